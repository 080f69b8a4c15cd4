"""Replaces functions of a framework by ones that log, and puts them back.

Patched functions give what the original gives, or raise what it raises, whatever happens in the
code that logs. They have its signature, docstring and name, and are pickled as it is.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from types import MethodType, ModuleType
from typing import Any, NamedTuple

from millstream.client.active import active_run
from millstream.integrations.autologging.configuration import (
    autologging_is_disabled,
    get_autologging_config,
)
from millstream.integrations.autologging.reports import report
from millstream.integrations.autologging.runs import with_managed_run
from millstream.integrations.autologging.sessions import is_managed, open_session, session
from millstream.integrations.autologging.versions import is_autolog_supported

Function = Callable[..., Any]


class Patch(NamedTuple):
    """What stood in a class or module before; `was_own` unless it was inherited."""

    destination: Any
    name: str
    before: Any
    was_own: bool


_PATCHES: dict[str, dict[tuple[int, str], Patch]] = {}


class PatchOptions(NamedTuple):
    """How a function is patched; see `safe_patch`."""

    integration: str
    patch_function: Function
    encloses: bool = False
    inside: bool = False


def safe_patch(
    autologging_integration: str,
    destination: Any,
    function_name: str,
    patch_function: Function,
    manage_run: bool = False,
    extra_tags: Mapping[str, str] | None = None,
    *,
    encloses: bool = False,
    inside: bool = False,
) -> None:
    """Replace a method of a class, or a function of a module, by one that logs; once only.

    A call becomes `patch_function(original, *args, **kwargs)`, with the object first for methods.
    It calls `original(*args, **kwargs)` once. Whatever it answers, the caller gets what `original`
    gave or raised; if it fails without having called it, `original` is called after all. It is not
    asked while the integration is off, nor inside another patched call, unless that `encloses`, or
    this is what is called `inside` calls of the same integration, and is never logged by itself.

    With `manage_run` there is an active run: the user's, or else one of its own with `extra_tags`.
    """
    if is_patched(autologging_integration, destination, function_name):
        return
    if manage_run:
        patch_function = with_managed_run(autologging_integration, patch_function, extra_tags)
    options = PatchOptions(autologging_integration, patch_function, encloses, inside)
    before = _raw(destination, function_name)
    replace(autologging_integration, destination, function_name, _replacement(before, options))


def replace(integration: str, destination: Any, name: str, after: Any) -> None:
    """Put something in the place of what a class or module has, until `revert_patches`; once."""
    patches = _PATCHES.setdefault(integration, {})
    if (id(destination), name) in patches:
        return
    before = _raw(destination, name)
    for place in _places(destination, name, before):
        patch = Patch(place, name, before, name in vars(place))
        setattr(place, name, after)
        patches[id(place), name] = patch


def is_patched(autologging_integration: str, destination: Any, function_name: str) -> bool:
    """Whether `safe_patch` has been here."""
    return (id(destination), function_name) in _PATCHES.get(autologging_integration, {})


def revert_patches(autologging_integration: str) -> None:
    """Put back all that `safe_patch` replaced for an integration."""
    for patch in reversed(_PATCHES.pop(autologging_integration, {}).values()):
        if patch.was_own:
            setattr(patch.destination, patch.name, patch.before)
        else:
            delattr(patch.destination, patch.name)


def is_to_log(options: PatchOptions) -> bool:
    """Whether a call of a patched function is logged, here and now."""
    name = options.integration
    if autologging_is_disabled(name) or open_session() != (name if options.inside else None):
        return False
    if get_autologging_config(name, "exclusive", False):
        run = active_run()
        if run is not None and not is_managed(run.info.run_id):
            return False
    strict = get_autologging_config(name, "disable_for_unsupported_versions", False)
    return not strict or is_autolog_supported(name)


def _raw(destination: Any, name: str) -> Any:
    """What stands in a class itself, static methods and descriptors unbound; or is inherited."""
    for place in getattr(destination, "__mro__", (destination,)):
        if name in vars(place):
            return vars(place)[name]
    return getattr(destination, name)


def _places(destination: Any, name: str, before: Any) -> list[Any]:
    """Where to put it: also in the module that defines a function, or it could not be pickled."""
    if not isinstance(destination, ModuleType):
        return [destination]
    home = sys.modules.get(str(getattr(before, "__module__", "")))
    also = home is not None and home is not destination and vars(home).get(name) is before
    return [destination, home] if also else [destination]


def _replacement(before: Any, options: PatchOptions) -> Any:
    if isinstance(before, staticmethod | classmethod):
        return type(before)(logged(before.__func__, options))
    if hasattr(before, "__get__") and not callable(before):
        return _LoggedDescriptor(before, options)
    return logged(before, options)


def logged(original: Function, options: PatchOptions) -> Function:
    """The function that stands in for the original one; see `safe_patch`."""

    @functools.wraps(original)
    def patched(*arguments: Any, **keywords: Any) -> Any:
        if not is_to_log(options):
            return original(*arguments, **keywords)
        call = _Call(original)
        with session(options.integration, encloses=options.encloses):
            return call.through(options, arguments, keywords)

    return patched


class _LoggedDescriptor:
    """A method that some objects do not have: asking for it fails as it did."""

    def __init__(self, before: Any, options: PatchOptions) -> None:
        functools.update_wrapper(self, before)  # type: ignore[arg-type]  # for its docstring
        self._before = before
        self._options = options

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        found = self._before.__get__(instance, owner)
        if isinstance(found, MethodType):
            return MethodType(logged(found.__func__, self._options), found.__self__)
        if instance is None:
            return logged(found, self._options) if callable(found) else found

        def unbound(_: Any, *arguments: Any, **keywords: Any) -> Any:
            return found(*arguments, **keywords)

        functools.update_wrapper(unbound, found)
        return MethodType(logged(unbound, self._options), instance)


class _Call:
    """One call: what the original function did in it, which is what the caller gets to see."""

    def __init__(self, original: Function) -> None:
        self._original = original
        self._called = False
        self._result: Any = None
        self._error: BaseException | None = None

    def run(self, *arguments: Any, **keywords: Any) -> Any:
        """Call the original function."""
        self._called = True
        self._error = None
        try:
            self._result = self._original(*arguments, **keywords)
        except BaseException as error:
            self._error = error
            raise
        return self._result

    def through(
        self, options: PatchOptions, arguments: tuple[Any, ...], keywords: dict[str, Any]
    ) -> Any:
        """Let the patch log around the original call."""

        @functools.wraps(self._original)
        def original(*arguments: Any, **keywords: Any) -> Any:
            return self.run(*arguments, **keywords)

        try:
            options.patch_function(original, *arguments, **keywords)
        except Exception as error:  # the original's own is raised again
            if error is self._error:
                raise
            silent = get_autologging_config(options.integration, "silent", False)
            report(options.integration, error, silent=silent)
        if not self._called:
            return self._original(*arguments, **keywords)
        swallowed, self._error = self._error, None
        if swallowed is not None:
            raise swallowed
        return self._result
