"""H2O: a model on a cluster of H2O as a model directory and back."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import h2o
import numpy as np
import pandas as pd
import yaml

from millstream.errors import InvalidParameter, NotSupported
from millstream.model_format.directory import inside
from millstream.model_format.frameworks.h2o_cluster import connect
from millstream.model_format.interface import Saved
from millstream.model_format.manifest import Manifest

_FOLDER = "model.h2o"
_SETTINGS = "h2o.yaml"


def save(native: Any, directory: Path, *, settings: Mapping[str, Any] | None = None) -> Saved:
    """Fetch the model from its cluster; `settings["init"]` are arguments of `h2o.init` for later.

    The paths in h2o.yaml are relative to the model: nothing reads them but `model_file`.
    """
    folder = directory / _FOLDER
    folder.mkdir()
    file = Path(h2o.download_model(native, path=str(folder))).name
    known = {"full_file": f"{_FOLDER}/{file}", "model_dir": _FOLDER, "model_file": file}
    (folder / _SETTINGS).write_text(yaml.safe_dump({**(settings or {}), **known}))
    return Saved(
        flavor={"h2o_version": h2o.__version__, "data": _FOLDER},
        pyfunc={"data": _FOLDER},
        modules={"h2o", "pandas"},
        predict=H2OPredictor(native).predict,
    )


def load(directory: Path, flavor: Mapping[str, Any], allow_pickle: bool, **_options: Any) -> Any:
    """The model, sent to the cluster that H2O is connected to, or to one started on this machine.

    H2O reads its models with Java's own serialisation, which can run code as a pickle can.
    """
    if not allow_pickle:
        raise NotSupported(
            "Deserializing the model is disallowed: H2O reads its models with Java serialisation, "
            "whose loading can run any code. Set MILLSTREAM_ALLOW_PICKLE (or "
            "MLFLOW_ALLOW_PICKLE_DESERIALIZATION) to 'true' if you trust where it comes from",
            "INVALID_PARAMETER_VALUE",
        )
    folder = inside(directory, str(flavor.get("data") or _FOLDER))
    settings = yaml.safe_load((folder / _SETTINGS).read_text())
    if not isinstance(settings, dict) or not isinstance(settings.get("model_file"), str):
        raise InvalidParameter(
            f"{folder / _SETTINGS} must be a mapping with the key 'model_file', the name of the "
            f"model's file, not {settings!r}"
        )
    path = inside(folder, settings["model_file"])
    if not path.is_file():
        raise InvalidParameter(f"the model in {directory} lacks its file {path.name!r}")
    connect(settings.get("init") or {})
    return h2o.upload_model(str(path))


class H2OPredictor:
    """A model of H2O behind the one interface of all models."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> pd.DataFrame:  # noqa: ARG002 - H2O's `predict` takes none
        """A DataFrame: the column `predict`, and for classes one column of probabilities each."""
        rows = self._frame(data)
        sent = h2o.H2OFrame(rows, column_types=_column_types(rows))
        text = self._model.predict(sent).get_frame_data()
        return pd.read_csv(StringIO(text), low_memory=False, skip_blank_lines=False)

    def _frame(self, data: Any) -> pd.DataFrame:
        """The rows with the names of the columns that the model was trained on.

        H2O would call the columns of an array C1, C2, … and predict as if all values were missing.
        """
        if not isinstance(data, np.ndarray):
            return data if isinstance(data, pd.DataFrame) else pd.DataFrame(data)
        names = self._columns()
        if data.ndim != 2 or data.shape[1] != len(names):
            raise InvalidParameter(
                f"the model takes {len(names)} columns, {names}; the array has shape {data.shape}"
            )
        return pd.DataFrame(data, columns=names)

    def _columns(self) -> list[str]:
        output = self._model._model_json["output"]
        target = self._model.actual_params.get("response_column") or {}
        name = target.get("column_name") if isinstance(target, dict) else target
        return [column for column in output["names"] if column != name]

    def get_raw_model(self) -> Any:
        """The model on the cluster."""
        return self._model


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, _config: Mapping[str, Any]
) -> H2OPredictor:
    """The model of a directory, on a cluster and ready to predict."""
    flavor = model.flavors.get("h2o") or model.flavor("python_function")
    h2o.no_progress()  # its bars would fill the log of a service
    return H2OPredictor(load(directory, flavor, allow_pickle))


def _column_types(rows: pd.DataFrame) -> dict[str, str] | None:
    """What H2O would have to guess from the rows: categories, and numbers of a few rows."""
    kinds = {
        str(name): "enum" if str(dtype) == "category" else "numeric"
        for name, dtype in rows.dtypes.items()
        if str(dtype) == "category" or (dtype.kind in "iuf")
    }
    return kinds or None
