"""Whatever a signature allows is accepted as it is; nothing else ever ends in another error."""

from __future__ import annotations

import base64
import datetime
import json
import math
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.unit.serving.payload_models import column, decoded, model_of, tensor

from millstream.serving.errors import error_body
from millstream.serving.inference_protocol import (
    InferenceDecoder,
    encode_inference,
    inference_error,
)
from millstream.serving.payloads import BadRequest, Decoder, Request, encode

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "integer": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(width=32, allow_nan=False, allow_infinity=False),
    "double": NUMBERS,
    "string": TEXT,
    "binary": st.binary(max_size=8).map(lambda raw: base64.b64encode(raw).decode()),
    "datetime": st.datetimes(
        min_value=datetime.datetime(1700, 1, 1),
        max_value=datetime.datetime(2200, 1, 1),
    ).map(lambda moment: moment.isoformat()),
}
KINDS = st.sampled_from(sorted(VALUES))
NAMES = st.lists(TEXT.filter(bool), min_size=1, max_size=4, unique=True)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
DECODERS = [
    Decoder(model_of(inputs, **options))
    for inputs, options in (
        ([column(kind, kind) for kind in sorted(VALUES)], {}),
        ([column("double", "a"), column("long", "b", required=False)], {}),
        ([column({"type": "array", "items": {"type": "datetime"}}, "a")], {}),
        ([column("string")], {}),
        ([column("string")], {"hinted": True}),
        ([column("any")], {}),
        ([tensor("float64", [-1, 2])], {}),
        ([tensor("float32", [-1, 2, -1])], {}),
        ([tensor("int64", [2], "p"), tensor("str", [-1], "q")], {}),
        ([tensor("datetime64[ns]", [-1])], {}),
        ([tensor("object", [-1])], {}),
        (None, {}),
        (None, {"n_features": 2}),
        (None, {"n_features": 2, "names": ["a", "b"]}),
    )
]
FIELDS = ("dataframe_split", "dataframe_records", "inputs", "instances", "data", "messages")
MEDIA_TYPES = (
    None, "application/json", "text/csv", "application/msgpack",
    "application/json; charset=utf-8", "text/html", ";", "",
)  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[str], list[list[Any]]]:
    """Names, types and rows of values of these types."""
    names = draw(NAMES)
    kinds = [draw(KINDS) for _ in names]
    rows = draw(st.lists(st.tuples(*(VALUES[kind] for kind in kinds)).map(list), max_size=12))
    return names, kinds, rows


def read_back(value: Any, kind: str) -> Any:
    if kind == "binary":
        return base64.b64encode(value).decode()
    return value.to_pydatetime().isoformat() if kind == "datetime" else value


def accepts_or_explains(reads: Decoder, media_type: str | None, body: bytes) -> Request | None:
    refusal = None
    try:
        return reads.decode(media_type, body)
    except BadRequest as error:
        refusal = error
    assert refusal.status in (400, 413, 415)
    assert json.loads(error_body(refusal))["message"]
    return None


@given(tables(), st.sampled_from(["dataframe_split", "dataframe_records", "data", "inputs"]))
@settings(deadline=None)
def test_values_of_the_signature_arrive_unchanged(
    table: tuple[list[str], list[str], list[list[Any]]], field: str
) -> None:
    names, kinds, rows = table
    reads = Decoder(model_of([column(k, n) for n, k in zip(names, kinds, strict=True)]))
    records = [dict(zip(names, row, strict=True)) for row in rows]
    content = {
        "dataframe_split": {"columns": names, "data": rows},
        "dataframe_records": records,
        "inputs": {n: [record[n] for record in records] for n in names},
        "data": rows,
    }[field]
    request = decoded(reads, {field: content})
    assert request.rows == len(rows)
    assert list(request.data.columns) == names
    arrived = [
        [read_back(value, kind) for value in request.data[name].tolist()]
        for name, kind in zip(names, kinds, strict=True)
    ]
    for kind, column_of, expected in zip(
        kinds, arrived, zip(*rows, strict=True), strict=bool(rows)
    ):
        if kind == "datetime":
            expected = tuple(text.partition(".")[0] for text in expected)
            column_of = [text.partition(".")[0] for text in column_of]
        assert tuple(column_of) == expected


@given(
    st.sampled_from(["float64", "float32", "int64", "int8", "bool"]),
    st.lists(st.integers(0, 3), min_size=1, max_size=4),
    st.data(),
)
@settings(deadline=None)
def test_tensors_of_the_signature_arrive_unchanged(
    dtype: str, shape: list[int], data: st.DataObject
) -> None:
    size = math.prod(shape)
    bits = {"float64": VALUES["double"], "float32": VALUES["float"], "bool": st.booleans()}
    whole = st.integers(-128, 127) if dtype == "int8" else VALUES["long"]
    values = data.draw(st.lists(bits.get(dtype, whole), min_size=size, max_size=size))
    array = np.array(values, dtype=dtype).reshape(shape)
    assume(0 not in shape[:-1])  # nested lists cannot write the sizes behind a size of 0
    reads = Decoder(model_of([tensor(dtype, [-1, *shape[1:]])]))
    request = decoded(reads, {"inputs": array.tolist()})
    assert request.data.dtype == dtype
    assert np.array_equal(request.data, array)
    answer, _ = encode(request.data, request)
    assert json.loads(answer) == {"predictions": array.tolist()}


@given(st.sampled_from(DECODERS), st.sampled_from(MEDIA_TYPES), st.binary(max_size=200))
@settings(deadline=None)
def test_bytes_are_accepted_or_explained(
    reads: Decoder, media_type: str | None, body: bytes
) -> None:
    accepts_or_explains(reads, media_type, body)


@given(st.sampled_from(DECODERS), st.sampled_from(FIELDS), JSON_VALUES, JSON_VALUES)
@settings(deadline=None, max_examples=400)
def test_json_is_accepted_or_explained(reads: Decoder, field: str, value: Any, params: Any) -> None:
    content = {field: value, "params": params}
    request = accepts_or_explains(reads, "application/json", json.dumps(content).encode())
    if request is not None:
        json.loads(encode(request.data, request, "application/json")[0])
        encode(request.data, request, "application/msgpack")
        encode(request.data, request, "text/csv")


@given(st.sampled_from(DECODERS), st.sampled_from(FIELDS[:5]), st.data())
@settings(deadline=None, max_examples=300)
def test_forms_that_are_nearly_right_are_accepted_or_explained(
    reads: Decoder, field: str, data: st.DataObject
) -> None:
    cell = JSON_VALUES
    names = st.sampled_from(["a", "b", "p", "q", *VALUES, 1])
    rows = st.lists(st.lists(cell, max_size=3), max_size=3)
    value = data.draw(
        st.fixed_dictionaries({"columns": st.lists(names, max_size=3), "data": rows})
        | st.lists(st.dictionaries(names.map(str), cell, max_size=4), max_size=3)
        | st.dictionaries(names.map(str), st.lists(cell, max_size=3), max_size=3)
        | rows
    )
    body = json.dumps({field: value}).encode()
    accepts_or_explains(reads, "application/json", body)


@given(
    st.sampled_from(DECODERS),
    st.recursive(
        JSON_VALUES | st.binary(max_size=4) | st.datetimes(),
        lambda inner: st.dictionaries(st.integers() | st.binary(max_size=2), inner, max_size=3),
        max_leaves=6,
    ),
)
@settings(deadline=None)
def test_message_pack_is_accepted_or_explained(reads: Decoder, value: Any) -> None:
    try:
        body = msgspec.msgpack.encode({"inputs": value})
    except (OverflowError, UnicodeEncodeError):  # integers beyond 64 bits, half characters
        return
    accepts_or_explains(reads, "application/msgpack", body)


@given(st.sampled_from(DECODERS), st.text('ab,"\n\r 1.5xé', max_size=60))
@settings(deadline=None)
def test_csv_is_accepted_or_explained(reads: Decoder, text: str) -> None:
    accepts_or_explains(reads, "text/csv", text.encode())


@given(
    st.sampled_from(DECODERS),
    st.fixed_dictionaries(
        {"inputs": st.lists(
            JSON_VALUES | st.fixed_dictionaries({
                "name": st.sampled_from(["a", "b", "p", "q"]) | JSON_VALUES,
                "shape": st.lists(st.integers(-1, 3), max_size=3) | JSON_VALUES,
                "datatype": st.sampled_from(["FP64", "INT8", "BYTES", "BOOL"]) | JSON_VALUES,
                "data": JSON_VALUES,
            }, optional={"parameters": JSON_VALUES}), max_size=3)},
        optional={"id": JSON_VALUES, "outputs": JSON_VALUES, "parameters": JSON_VALUES},
    ),
    st.none() | st.text("0123456789 x", max_size=3),
)  # fmt: skip
@settings(deadline=None, max_examples=300)
def test_inference_requests_are_accepted_or_explained(
    reads: Decoder, content: Any, length: str | None
) -> None:
    inference = InferenceDecoder(model_of(), reads)
    refusal = None
    try:
        asked = inference.decode(json.dumps(content).encode(), length)
        encode_inference(np.array([1.5, math.nan]), asked, "m")
    except BadRequest as error:
        refusal = error
    assert refusal is None or set(json.loads(inference_error(refusal))) == {"error"}


@pytest.mark.parametrize("reads", DECODERS, ids=range(len(DECODERS)))
def test_deep_nesting_is_accepted_or_explained(reads: Decoder) -> None:
    for depth in (10, 40, 70, 200, 900, 20_000):
        for start, end in ((b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]")):
            for field in (b"inputs", b"data", b"messages"):
                inner = start * depth + b"1" + end * depth
                accepts_or_explains(reads, None, b'{"' + field + b'":' + inner + b"}")
