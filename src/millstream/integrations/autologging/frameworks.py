"""Turns automatic logging on: of one framework, or of all at once, each when it is imported."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from millstream.integrations.autologging.configuration import (
    AUTOLOGGING_INTEGRATIONS,
    GLOBALLY,
    configure,
    configured_by_itself,
)
from millstream.integrations.autologging.imports import forget_imports, when_imported
from millstream.integrations.autologging.patches import revert_patches

# The integrations, each the name of a module of `millstream.integrations` that has an `autolog`,
# and of one of this folder whose `install` patches the framework once one of the modules is there.
FRAMEWORKS = {
    "sklearn": ("sklearn",),
    "statsmodels": ("statsmodels",),
    "optuna": ("optuna",),
    "xgboost": ("xgboost",),
    "lightgbm": ("lightgbm",),
    "catboost": ("catboost",),
    "pytorch": ("pytorch_lightning", "lightning.pytorch"),
    "tensorflow": ("keras",),  # before Keras itself, which then is the outer one of the two
    "keras": ("keras",),
    "transformers": ("transformers.trainer",),
}


def autolog(
    log_input_examples: bool = False,
    log_model_signatures: bool = True,
    log_models: bool = True,
    log_datasets: bool = True,
    log_traces: bool = True,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    extra_tags: dict[str, str] | None = None,
    exclude_flavors: list[str] | None = None,
) -> None:
    """Log what frameworks train, of all frameworks that are or will be imported.

    Nothing is imported for it. Calling it again changes the options. An integration whose own
    `autolog` was called keeps the options given there; `exclude_flavors` are left as they are.
    """
    options = {name: value for name, value in locals().items() if name != "exclude_flavors"}
    for flavor, modules in FRAMEWORKS.items():
        if flavor not in (exclude_flavors or []) and not configured_by_itself(flavor):
            configure(flavor, options, globally=True)
            _watch(f"autolog() for {flavor}", modules, _turn_on_globally(flavor))


def turn_on(flavor: str, options: Mapping[str, Any]) -> None:
    """Note the options of a framework's `autolog`; patch it when it is imported, if it is on."""
    configure(flavor, options)
    if not options["disable"]:
        _watch(f"autolog of {flavor}", FRAMEWORKS[flavor], _install(flavor))


def turn_off(flavor: str) -> None:
    """Undo all that was done for a framework, as if it had never been turned on."""
    for key in (f"autolog() for {flavor}", f"autolog of {flavor}", flavor):
        forget_imports(key)
    revert_patches(flavor)
    AUTOLOGGING_INTEGRATIONS.pop(flavor, None)


def _watch(key: str, modules: tuple[str, ...], action: Callable[[ModuleType], None]) -> None:
    forget_imports(key)
    for module in modules:
        when_imported(module, key, action)


def _install(flavor: str) -> Callable[[ModuleType], None]:
    def install(module: ModuleType) -> None:
        import_module(f"{__package__}.{flavor}").install(module)

    return install


def _turn_on_globally(flavor: str) -> Callable[[ModuleType], None]:
    """Call the framework's own `autolog` with those of the general options that it has."""

    def act(_: ModuleType) -> None:
        if configured_by_itself(flavor):
            return
        own = import_module(f"millstream.integrations.{flavor}").autolog
        taken = inspect.signature(own).parameters
        options = AUTOLOGGING_INTEGRATIONS[flavor]
        own(**{name: value for name, value in options.items() if name in taken})
        AUTOLOGGING_INTEGRATIONS[flavor][GLOBALLY] = True

    return act
