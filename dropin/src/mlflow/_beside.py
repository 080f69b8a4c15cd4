"""Finds out whether MLflow itself is installed too, which would mix the two."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # the constant in `typing`, whose import would cost more than all else here
if TYPE_CHECKING:
    from collections.abc import Iterable

_FOREIGN = ("mlflow-", "mlflow_skinny-", "mlflow_tracing-")
_METADATA = (".dist-info", ".egg-info")


def refuse_mixture(search_path: Iterable[str], package_path: Iterable[str]) -> None:
    """Raise `ImportError`, saying what to remove, if MLflow is installed beside this package.

    The folders are read as they are, since `importlib.metadata` alone would cost more time than
    the rest of this import.
    """
    found = sorted({name for folder in search_path for name in _installed(folder)})
    mixed = [
        folder
        for folder in package_path
        if os.path.exists(f"{folder}/tracking/__init__.py")  # noqa: PTH110 - pathlib takes long
    ]
    if not found and not mixed:
        return
    names = " ".join(found) or "mlflow mlflow-skinny mlflow-tracing"
    raise ImportError(
        "MLflow itself is installed beside millstream-mlflow, and both provide the module "
        f"`mlflow`. To use Millstream: `pip uninstall {names}`, then "
        "`pip install --force-reinstall --no-deps millstream-mlflow`. "
        "To use MLflow: `pip uninstall millstream-mlflow`, then reinstall mlflow."
    )


def _installed(folder: str) -> Iterable[str]:
    """The distributions of MLflow in a folder, by the names of their metadata."""
    try:
        names = os.listdir(folder or ".")  # noqa: PTH208 - pathlib takes long to import
    except OSError:
        return
    for name in names:
        if name.startswith(_FOREIGN) and name.endswith(_METADATA):
            yield name.partition("-")[0].replace("_", "-")
