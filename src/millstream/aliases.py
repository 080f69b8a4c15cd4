"""Imports a module under another name: the same object, in `sys.modules` twice."""

from __future__ import annotations

import importlib
from importlib.machinery import ModuleSpec

TYPE_CHECKING = False  # the constant in `typing`, whose import would cost more than all else here
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType


class AliasFinder:
    """Finds the modules of a table: the name to import, and the module that it stands for.

    It has no base class, since importing those of importlib takes longer than all the rest here.
    """

    def __init__(self, modules: Mapping[str, str]) -> None:
        self._modules = modules
        self._children: dict[str, dict[str, str]] = {}
        for name in modules:
            parent, _, child = name.rpartition(".")
            self._children.setdefault(parent, {})[child] = name

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - the signature of importlib
        target: ModuleType | None = None,  # noqa: ARG002 - the signature of importlib
    ) -> ModuleSpec | None:
        """The way to load a name of the table; None for all others."""
        if fullname not in self._modules:
            return None
        children = self._children.get(fullname, {})
        return ModuleSpec(
            fullname,
            _AliasLoader(self._modules[fullname], children),  # type: ignore[arg-type]  # by its methods
            is_package=bool(children),
        )


class _AliasLoader:
    def __init__(self, target: str, children: Mapping[str, str]) -> None:
        self._target = target
        self._children = children
        self._own_spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:  # noqa: ARG002 - importlib's signature
        module = importlib.import_module(self._target)
        self._own_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Undo what importlib did to a module that has long been loaded: give it its spec back.

        In MLflow, `import mlflow` loads all of it, so that scripts write `mlflow.utils.validation`
        without importing that. Here the modules below this one load when they are first named.
        """
        module.__spec__ = self._own_spec
        if self._children:
            _add_children(module, self._children)


def _add_children(module: ModuleType, children: Mapping[str, str]) -> None:
    before = vars(module).get("__getattr__")

    def find(name: str) -> object:
        if name in children:
            return importlib.import_module(children[name])
        if before is not None:
            return before(name)
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

    vars(module)["__getattr__"] = find
