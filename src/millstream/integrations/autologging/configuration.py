"""Which integrations log automatically, and with which options."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from millstream.integrations.autologging.calls import arguments_of
from millstream.integrations.autologging.reports import told

_P = ParamSpec("_P")
_R = TypeVar("_R")

GLOBALLY = "globally_configured"

# The options of each integration that was turned on or off; libraries read it too.
AUTOLOGGING_INTEGRATIONS: dict[str, dict[str, Any]] = {}


class Pauses:
    """How often all integrations, and each single one, are told to pause just now."""

    def __init__(self) -> None:
        self.all = 0
        self.single: dict[str, int] = {}

    def stands(self, integration: str) -> bool:
        """Whether this integration is told to pause."""
        return bool(self.all or self.single.get(integration))


PAUSES = Pauses()


def get_autologging_config(flavor_name: str, config_key: str, default_value: Any = None) -> Any:
    """The option of an integration, or `default_value` if it was never configured or lacks it."""
    return AUTOLOGGING_INTEGRATIONS.get(flavor_name, {}).get(config_key, default_value)


def autologging_is_disabled(integration_name: str) -> bool:
    """Whether an integration does not log: never turned on, turned off, or paused."""
    off = get_autologging_config(integration_name, "disable", True)
    return bool(off) or PAUSES.stands(integration_name)


def configure(integration: str, options: Mapping[str, Any], *, globally: bool = False) -> None:
    """Note the options of an integration, in place of all earlier ones."""
    AUTOLOGGING_INTEGRATIONS[integration] = {**options, **({GLOBALLY: True} if globally else {})}


def configured_by_itself(integration: str) -> bool:
    """Whether the integration's own `autolog` was called, which the general one then respects."""
    options = AUTOLOGGING_INTEGRATIONS.get(integration)
    return bool(options) and GLOBALLY not in (options or {})


def autologging_integration(name: str) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Make a function the `autolog` of an integration: its arguments become the options.

    The function must have `disable` and `silent`, False by default; it applies the patches. An
    error while it does so becomes a warning. Options that it does not take raise `TypeError`.
    """

    def decorate(function: Callable[_P, _R]) -> Callable[_P, _R]:
        signature = inspect.signature(function)
        for option in ("disable", "silent"):
            parameter = signature.parameters.get(option)
            if parameter is None or parameter.default is not False:
                raise TypeError(
                    f"the autolog function of {name!r} must have the option `{option}=False`, but "
                    f"takes {signature}"
                )
        AUTOLOGGING_INTEGRATIONS.setdefault(name, {})

        @functools.wraps(function)
        def autolog(*arguments: _P.args, **options: _P.kwargs) -> Any:
            given = arguments_of(function, arguments, options)
            configure(name, given)
            with told(name, silent=bool(given["silent"])):
                return function(*arguments, **options)

        autolog.__dict__["integration_name"] = name
        return autolog

    return decorate


@contextmanager
def disable_autologging() -> Iterator[None]:
    """Let no integration log while the block runs, in any thread."""
    PAUSES.all += 1
    try:
        yield
    finally:
        PAUSES.all -= 1


@contextmanager
def disable_discrete_autologging(flavors_to_disable: Sequence[str]) -> Iterator[None]:
    """Let these integrations not log while the block runs, in any thread."""
    for name in flavors_to_disable:
        PAUSES.single[name] = PAUSES.single.get(name, 0) + 1
    try:
        yield
    finally:
        for name in flavors_to_disable:
            PAUSES.single[name] -= 1
