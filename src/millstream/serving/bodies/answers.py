"""Bodies out: predictions as JSON the way MLflow's server writes them, or as Arrow and others."""

from __future__ import annotations

import base64
import csv
import datetime
import decimal
import importlib
import io
import json
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from millstream.errors import MillstreamError
from millstream.serving.bodies.media_types import JSON, Form, answer_form, media_type
from millstream.serving.request import Request

_WRITE = msgspec.json.Encoder().encode
_BEFORE = b'{"predictions": '
_AFTER = b"}"


def encode(predictions: Any, request: Request, accept: str | None = None) -> tuple[bytes, bytes]:
    """The body of an answer and its content type.

    JSON as MLflow's server writes it; Arrow, MessagePack, CSV or Parquet where `accept` prefers it.
    Raises `MillstreamError` (500) if the model's answer has no such form.
    """
    form = answer_form(accept)
    if form != "json":
        answer = _other(predictions, request, form)
        if answer is not None:
            return answer, media_type(form)
    body = json_of(predictions)
    return (_BEFORE + body + _AFTER if request.wrapped else body), JSON


def json_of(predictions: Any) -> bytes:
    """The JSON of predictions; numbers that are none appear as NaN, Infinity and -Infinity."""
    if isinstance(predictions, np.ndarray) and predictions.dtype.kind in "fiub":
        plain = predictions.tolist()
        if predictions.dtype.kind != "f" or np.isfinite(predictions).all():
            return _WRITE(plain)
        return _standard(plain)
    return _standard(as_plain(predictions))


def as_plain(value: Any) -> Any:
    """Lists, dictionaries, text and numbers instead of arrays, DataFrames, bytes and times."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value.item() if isinstance(value, np.generic) else value
    if isinstance(value, (bytes, bytearray)):
        return base64.encodebytes(value).decode()
    if isinstance(value, Mapping):
        return {_key(key): as_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_plain(item) for item in value]
    if hasattr(value, "columns") and hasattr(value, "to_dict"):
        return _records(value)
    if hasattr(value, "to_frame") and hasattr(value, "iloc"):
        return _records(value.to_frame("0" if value.name is None else value.name))
    return _plain_object(value)


def _plain_object(value: Any) -> Any:
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat() if value == value else "NaT"  # NaT differs from itself
    if isinstance(value, np.datetime64):
        return np.datetime_as_string(value)
    if isinstance(value, decimal.Decimal):
        return float(value)
    if hasattr(value, "toarray"):  # a sparse matrix
        return value.toarray().tolist()
    if hasattr(value, "tolist"):
        listed = value.tolist()
        return as_plain(listed) if not hasattr(listed, "tolist") else _fail(value)
    if hasattr(value, "numpy"):  # a tensor of a framework
        return as_plain(value.numpy())
    if type(value).__name__ == "NAType":
        return None
    return _fail(value)


def _fail(value: Any) -> Any:
    raise MillstreamError(
        f"The model answered with a {type(value).__name__}, which has no form in JSON. It can "
        "answer with DataFrames, arrays, lists, dictionaries, texts and numbers."
    )


def _records(frame: Any) -> list[dict[str, Any]]:
    names = [_key(name) for name in frame.columns]
    columns = [
        [as_plain(value) for value in frame.iloc[:, place].tolist()] for place in range(len(names))
    ]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _key(key: Any) -> str:
    if isinstance(key, tuple):
        return str(tuple(as_plain(part) for part in key))
    plain = as_plain(key)
    return plain if isinstance(plain, str) else json.dumps(plain)


def _standard(plain: Any) -> bytes:
    """JSON by the standard library, whose numbers beyond the standard are those of MLflow."""
    try:
        return json.dumps(plain).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise MillstreamError(f"The model's answer has no form in JSON: {error}") from error


def _other(predictions: Any, request: Request, form: Form) -> bytes | None:
    """The answer in another form than JSON; None if it has none there."""
    plain = as_plain(predictions)
    if form == "msgpack":
        try:
            return msgspec.msgpack.encode({"predictions": plain} if request.wrapped else plain)
        except (OverflowError, UnicodeEncodeError):  # integers beyond 64 bits, half characters
            return None
    columns = _columns(plain)
    if columns is None:
        return None  # JSON, which has room for everything
    if form == "csv":
        return _csv(columns)
    try:
        arrow = importlib.import_module("millstream.serving.bodies.arrow")
    except ModuleNotFoundError as error:
        if error.name != "pyarrow":
            raise
        return None  # JSON, which every client reads
    answer: bytes | None = arrow.write(columns, form)
    return answer


def _columns(plain: Any) -> dict[str, list[Any]] | None:
    """Predictions as columns by name; None if they are no table."""
    if isinstance(plain, dict):
        lengths = {len(column) if isinstance(column, list) else -1 for column in plain.values()}
        return plain if len(lengths) == 1 and -1 not in lengths else None
    if not isinstance(plain, list):
        return None
    if plain and all(isinstance(row, dict) and row.keys() == plain[0].keys() for row in plain):
        return {name: [row[name] for row in plain] for name in plain[0]}
    if plain and all(isinstance(row, list) and len(row) == len(plain[0]) for row in plain):
        return {str(place): list(column) for place, column in enumerate(zip(*plain, strict=True))}
    return {"predictions": plain}


def _csv(columns: Mapping[str, list[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return out.getvalue().encode(errors="replace")
