"""An example of a model's input, kept beside the model as JSON."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from millstream.errors import InvalidParameter
from millstream.model_format.adapters import adapter

INPUT_EXAMPLE = "input_example.json"
SERVING_INPUT_EXAMPLE = "serving_input_example.json"

# What MLmodel calls a sparse matrix, and the class of SciPy.
SPARSE = {"sparse_matrix_csr": "csr_matrix", "sparse_matrix_csc": "csc_matrix"}

Info = dict[str, Any]


def split_params(example: Any) -> tuple[Any, dict[str, Any] | None]:
    """The data and the params of an example, which may be a pair of both."""
    if isinstance(example, tuple) and len(example) == 2 and isinstance(example[1], dict):
        return example[0], example[1]
    return example, None


def save_example(example: Any, directory: Path) -> Info:
    """Write the example, and it as a request body; the answer says how to read it back."""
    data, params = split_params(example)
    info, form, request = _encoded(data)
    if params:
        form = {"inputs": form, "params": params}
        request = {**request, "params": params}
        info["params"] = "true"
    (directory / INPUT_EXAMPLE).write_text(_text(form))
    (directory / SERVING_INPUT_EXAMPLE).write_text(_text(request, indent=2))
    return {
        "artifact_path": INPUT_EXAMPLE,
        "serving_input_path": SERVING_INPUT_EXAMPLE,
        **info,
    }


def request_body(example: Any) -> str:
    """The body of a request that asks for the prediction of an example."""
    data, params = split_params(example)
    _, _, request = _encoded(data)
    return _text({**request, "params": params} if params else request, indent=2)


def load_example(directory: Path, info: Mapping[str, Any]) -> Any:
    """The data of a saved example."""
    form = _read(directory, info)
    if info.get("params") == "true":
        form = form["inputs"]
    if info["type"] == "dataframe":
        return adapter("tabular").frame_from_split(form)
    if info["type"] == "ndarray":
        if isinstance(form, Mapping):
            return {name: adapter("arrays").array(value) for name, value in form.items()}
        return adapter("arrays").array(form)
    if info["type"] in SPARSE:
        return adapter("sparse").matrix(form, SPARSE[info["type"]])
    return form


def load_example_params(directory: Path, info: Mapping[str, Any]) -> dict[str, Any] | None:
    """The params of a saved example; None if it has none."""
    if info.get("params") != "true":
        return None
    params: dict[str, Any] = _read(directory, info)["params"]
    return params


def load_serving_input(directory: Path, info: Mapping[str, Any]) -> str | None:
    """The request body of a saved example; None if it has none."""
    path = directory / str(info.get("serving_input_path"))
    return path.read_text() if path.is_file() else None


def _encoded(data: Any) -> tuple[Info, Any, dict[str, Any]]:
    """How to read it back, the JSON form of the example, and the request body."""
    if hasattr(data, "to_frame") and not hasattr(data, "columns"):
        data = data.to_frame()
    if hasattr(data, "columns") and hasattr(data, "to_dict"):
        split = data.to_dict(orient="split")
        form = {"columns": split["columns"], "data": split["data"]}
        return {"type": "dataframe", "pandas_orient": "split"}, form, {"dataframe_split": form}
    if hasattr(data, "tolist"):
        return {"type": "ndarray"}, data.tolist(), {"inputs": data.tolist()}
    if isinstance(data, Mapping) and data and all(hasattr(v, "tolist") for v in data.values()):
        lists = {str(name): value.tolist() for name, value in data.items()}
        return {"type": "ndarray"}, lists, {"inputs": lists}
    if hasattr(data, "tocsr"):
        return _sparse(data)
    return {"type": "json_object"}, data, {"inputs": data}


def _sparse(matrix: Any) -> tuple[Info, Any, dict[str, Any]]:
    """The arrays that SciPy makes the matrix of; a request has it dense."""
    kind = f"sparse_matrix_{matrix.format}"
    if kind not in SPARSE:
        matrix, kind = matrix.tocsr(), "sparse_matrix_csr"
    parts = {name: getattr(matrix, name).tolist() for name in ("data", "indices", "indptr")}
    form = {**parts, "shape": list(matrix.shape)}
    return {"type": kind}, form, {"inputs": matrix.toarray().tolist()}


def _read(directory: Path, info: Mapping[str, Any]) -> Any:
    path = directory / str(info["artifact_path"])
    if not path.is_file():
        raise InvalidParameter(f"the model has no input example {path.name!r}")
    return json.loads(path.read_text())


def _text(form: Any, indent: int | None = None) -> str:
    try:
        return json.dumps(form, indent=indent, default=_encode)
    except TypeError as error:
        raise InvalidParameter(f"the input example cannot be written as JSON: {error}") from error


def _encode(value: Any) -> Any:
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if hasattr(value, "tolist"):
        return value.tolist()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if hasattr(value, "model_dump"):  # a model of pydantic
        return value.model_dump()
    raise TypeError(f"{type(value).__name__} has no JSON form")
