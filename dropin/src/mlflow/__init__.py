"""Millstream under the name `mlflow`: the same objects, found by the table in `_names`."""

from __future__ import annotations

import importlib
import sys

import millstream
from millstream.aliases import AliasFinder
from millstream.version import MLFLOW_VERSION
from mlflow._beside import refuse_mixture
from mlflow._names import MODULES, RENAMED

TYPE_CHECKING = False  # the constant in `typing`, whose import would cost more than all else here
if TYPE_CHECKING:
    from typing import Any

refuse_mixture(sys.path, __path__)

__version__ = VERSION = MLFLOW_VERSION

_SUBMODULES = {name.removeprefix("mlflow.") for name in MODULES if name.count(".") == 1}

__all__ = sorted(
    ({*millstream.__all__, *RENAMED, *_SUBMODULES} - {"MLFLOW_VERSION", *RENAMED.values()})
    | {"VERSION", "__version__"}
)

sys.meta_path.append(AliasFinder(MODULES))


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    known = RENAMED.get(name, name)
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(millstream, known)
    return value


def __dir__() -> list[str]:
    return __all__
