"""Does something when a module is imported, now or later; the module notices nothing."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from millstream.integrations.autologging.reports import report

Action = Callable[[ModuleType], None]


class ImportWatch:
    """Finds no module itself: it lets the other finders do so, and acts once they have loaded one.

    `modules` are exact names, `packages` are packages whose every module counts, themselves too.
    `executed` are modules that importlib has not finished with, though they are all there.
    """

    def __init__(self) -> None:
        self.modules: dict[str, dict[str, Action]] = {}
        self.packages: dict[str, dict[str, Action]] = {}
        self.executed: set[str] = set()
        self._looking = threading.local()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What the other finders say, with our action after it; None for what is not watched."""
        root = fullname.partition(".")[0]
        if fullname not in self.modules and root not in self.packages:
            return None
        if fullname in vars(self._looking).setdefault("names", set()):
            return None
        self._looking.names.add(fullname)
        try:
            spec = _found(self, fullname, path, target)
        finally:
            self._looking.names.discard(fullname)
        if spec is not None and spec.loader is not None:
            _after_loading(spec.loader, fullname, self.act)
        return spec

    def act(self, module: ModuleType) -> None:
        """Do what is to be done about a module that was imported."""
        name = module.__name__
        self.executed.add(name)
        actions = {**self.packages.get(name.partition(".")[0], {}), **self.modules.get(name, {})}
        for key, action in actions.items():
            _perform(key, action, module)
        self.executed.discard(name)


IMPORTS = ImportWatch()


def when_imported(name: str, key: str, action: Action, *, below: bool = False) -> None:
    """Call `action(module)` as soon as the module is imported, at once if it is.

    With `below` also for every module of that package. The same `key` counts once for a name.
    """
    watched = IMPORTS.packages if below else IMPORTS.modules
    actions = watched.setdefault(name, {})
    if key in actions:
        return
    actions[key] = action
    if IMPORTS not in sys.meta_path:
        sys.meta_path.insert(0, IMPORTS)
    for found, module in list(sys.modules.items()):
        if (found == name or (below and found.startswith(f"{name}."))) and _is_loaded(module):
            _perform(key, action, module)


def forget_imports(key: str) -> None:
    """Watch no longer for what was asked under this key."""
    for watched in (IMPORTS.modules, IMPORTS.packages):
        for name in list(watched):
            watched[name].pop(key, None)
            if not watched[name]:
                del watched[name]


def _found(
    watch: ImportWatch, name: str, path: Sequence[str] | None, target: ModuleType | None
) -> ModuleSpec | None:
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        if finder is watch or find is None:
            continue
        spec: ModuleSpec | None = find(name, path, target)
        if spec is not None:
            return spec
    return None


def _after_loading(loader: Any, name: str, act: Action) -> None:
    """Act after the loader executed this module; the loader is then as it was.

    Loaders whose attributes cannot be set belong to modules that come with the interpreter.
    """
    execute = getattr(loader, "exec_module", None)
    if execute is None or isinstance(loader, type):
        return

    def exec_module(module: ModuleType) -> None:
        if module.__name__ != name:  # the loader is shared by several modules
            execute(module)
            return
        vars(loader).pop("exec_module", None)
        execute(module)
        act(sys.modules.get(name, module))

    with suppress(AttributeError):
        loader.exec_module = exec_module


def _is_loaded(module: Any) -> bool:
    """Whether a module has been executed, and is not just being imported."""
    if not isinstance(module, ModuleType):
        return False
    spec = module.__spec__
    return module.__name__ in IMPORTS.executed or not getattr(spec, "_initializing", False)


def _perform(key: str, action: Action, module: ModuleType) -> None:
    try:
        action(module)
    except Exception as error:  # noqa: BLE001  # an import must not fail because of logging
        report(key, error, silent=False)
