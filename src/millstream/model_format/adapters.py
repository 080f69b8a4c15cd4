"""The adapters of libraries, loaded by name when a model or a value of theirs turns up."""

from __future__ import annotations

import importlib
from types import ModuleType

from millstream.errors import NotSupported
from millstream.model_format.flavors import FLAVORS

_INSTALL = {
    "arrays": "numpy",
    "pyfunc": "cloudpickle",
    "shap_explanation": "shap",
    "sparse": "scipy",
    "tabular": "pandas",
}


def adapter(name: str) -> ModuleType:
    """The adapter of that name; says what to install if its library is missing.

    Adapters import their library at the top. Going through here, instead of importing them, is
    what keeps that library out of every program that does not use it.
    """
    try:
        return importlib.import_module(f"millstream.model_format.frameworks.{name}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("millstream"):
            raise
        library = FLAVORS[name].install if name in FLAVORS else _INSTALL.get(name, error.name)
        raise NotSupported(
            f"this needs {library}, and the module {error.name!r} cannot be imported: "
            f"run `pip install {library}`"
        ) from error
