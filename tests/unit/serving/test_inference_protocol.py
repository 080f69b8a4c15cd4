"""The Open Inference Protocol V2: any client of it can ask any model."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.unit.serving.payload_models import column, model_of, tensor

from millstream.errors import MillstreamError
from millstream.serving.inference_protocol import (
    InferenceDecoder,
    InferenceRequest,
    encode_inference,
    inference_error,
    model_metadata,
)
from millstream.serving.payloads import BadRequest, Decoder

TENSOR = [tensor("float64", [-1, 2])]
COLUMNS = [column("double", "a"), column("string", "s")]


def asked(inputs: list[Any] | None, *tensors: Any, **more: Any) -> InferenceRequest:
    params = [{"name": "k", "type": "long", "default": 1, "shape": None}]
    model = model_of(inputs, params=params)
    body = json.dumps({"inputs": list(tensors), **more}).encode()
    return InferenceDecoder(model, Decoder(model)).decode(body)


def given(name: str, shape: list[int], datatype: str, data: Any, **parameters: Any) -> Any:
    tensor = {"name": name, "shape": shape, "datatype": datatype, "data": data}
    return {**tensor, "parameters": parameters} if parameters else tensor


@pytest.mark.parametrize("data", [[1, 2, 3, 4], [[1, 2], [3, 4]]], ids=["flat", "nested"])
@pytest.mark.parametrize("datatype", ["FP64", "FP32", "INT64", "UINT8"])
@pytest.mark.parametrize("inputs", [TENSOR, None], ids=["tensor", "none"])
def test_a_model_of_tensors_gets_one(inputs: Any, datatype: str, data: Any) -> None:
    request = asked(inputs, given("any name", [2, 2], datatype, data)).request
    assert request.data.tolist() == [[1, 2], [3, 4]]
    assert request.rows == 2
    if inputs:
        assert request.data.dtype == np.float64


def test_a_model_of_several_tensors_gets_them_by_name() -> None:
    inputs = [tensor("float32", [-1, 2], "p"), tensor("str", [-1], "q")]
    request = asked(inputs, given("q", [1], "BYTES", ["x"]), given("p", [1, 2], "FP32", [1, 2]))
    assert request.request.data["p"].tolist() == [[1, 2]]
    assert request.request.data["q"].tolist() == ["x"]


@pytest.mark.parametrize("shape", [[2], [2, 1]])
def test_a_model_of_columns_gets_an_input_for_each(shape: list[int]) -> None:
    request = asked(
        COLUMNS,
        given("s", shape, "BYTES", ["x", "y"], content_type="str"),
        given("a", shape, "INT32", [1, 2]),
        parameters={"content_type": "pd"},
    ).request
    assert request.data.to_dict("list") == {"a": [1.0, 2.0], "s": ["x", "y"]}


def test_a_model_of_columns_gets_a_matrix_by_place() -> None:
    columns = [column("double", "a"), column("long", "b")]
    request = asked(columns, given("input-0", [1, 2], "FP32", [1.5, 2])).request
    assert request.data.to_dict("list") == {"a": [1.5], "b": [2]}


def test_a_model_without_a_signature_gets_arrays_by_name_or_a_dataframe() -> None:
    tensors = given("a", [1], "FP64", [1]), given("b", [1], "BOOL", [True])
    assert asked(None, *tensors).request.data["b"].tolist() == [True]
    frame = asked(None, *tensors, parameters={"content_type": "pd"}).request.data
    assert frame.to_dict("list") == {"a": [1.0], "b": [True]}


def test_base64_is_decoded() -> None:
    columns = [column("binary", "a")]
    tensor = given("a", [1, 1], "BYTES", ["YWI="], content_type="base64")
    assert asked(columns, tensor).request.data["a"].tolist() == [b"ab"]


def test_parameters_of_the_model_are_passed_on() -> None:
    parameters = {"k": 2, "content_type": "pd"}
    request = asked(TENSOR, given("x", [1, 2], "FP64", [1, 2]), parameters=parameters)
    assert request.request.params == {"k": 2}


@pytest.mark.parametrize(
    ("tensors", "expected"),
    [
        ([], "there are no inputs"),
        ([5], "input 0: expected an object with a name, got 5"),
        ([given("x", [1, 2], "FP64", [1])], "input 'x' has 1 values, its shape [1, 2] says 2"),
        ([given("x", [1, -2], "FP64", [1])], "input 'x': expected a shape"),
        ([given("x", [1], "FP65", [1])], "input 'x': expected a datatype of ['BOOL'"),
        ([given("x", [2], "INT8", [1, 300])], "input 'x', value 1: expected a whole number from"),
        ([given("x", [2], "BYTES", ["a", 1])], "input 'x', value 1: expected text (BYTES), got 1"),
        ([given("x", [1, 3], "FP64", [1, 2, 3])], "does not match expected shape (-1, 2)"),
        ([given("x", [1], "FP64", [1])] * 2, "the input 'x' is given more than once"),
        ([{"name": "x", "shape": [1], "datatype": "FP64"}], "input 'x' has no data"),
    ],
)
def test_a_wrong_input_is_named(tensors: list[Any], expected: str) -> None:
    with pytest.raises(BadRequest) as caught:
        asked(TENSOR, *tensors)
    assert caught.value.status == 400
    assert expected in json.loads(inference_error(caught.value))["error"]


def answer(predictions: Any, request: InferenceRequest) -> Any:
    return json.loads(encode_inference(predictions, request, "m", "1")[0])


class TestAnAnswer:
    ONE = given("x", [1, 2], "FP64", [1, 2])

    @pytest.mark.parametrize(
        ("predictions", "datatype", "shape", "data"),
        [
            (np.array([1.5, 2]), "FP64", [2], [1.5, 2]),
            (np.array([[1, 2]], dtype="int32"), "INT32", [1, 2], [1, 2]),
            (np.array([True]), "BOOL", [1], [True]),
            (["a", "b"], "BYTES", [2], ["a", "b"]),
            ([1.5, 2], "FP64", [2], [1.5, 2]),
            (pd.Series([1.5]), "FP64", [1], [1.5]),
            ("text", "BYTES", [1], ["text"]),
        ],
        ids=repr,
    )
    def test_says_datatype_and_shape(
        self, predictions: Any, datatype: str, shape: list[int], data: Any
    ) -> None:
        (output,) = answer(predictions, asked(TENSOR, self.ONE))["outputs"]
        assert output == {"name": "predict", "datatype": datatype, "shape": shape, "data": data}

    def test_repeats_the_id_and_names_the_model(self) -> None:
        found = answer(np.array([1.0]), asked(TENSOR, self.ONE, id="7"))
        assert (found["id"], found["model_name"], found["model_version"]) == ("7", "m", "1")

    def test_has_an_output_for_each_column_and_only_those_asked_for(self) -> None:
        frame = pd.DataFrame({"p": [1], "q": ["x"]})
        names = [o["name"] for o in answer(frame, asked(TENSOR, self.ONE))["outputs"]]
        assert names == ["p", "q"]
        one = asked(TENSOR, self.ONE, outputs=[{"name": "q"}])
        assert [o["name"] for o in answer(frame, one)["outputs"]] == ["q"]
        with pytest.raises(BadRequest, match=r"there are no outputs \['z'\]"):
            answer(frame, asked(TENSOR, self.ONE, outputs=[{"name": "z"}]))

    def test_without_a_form_is_an_error(self) -> None:
        with pytest.raises(MillstreamError, match="no form"):
            answer(object(), asked(TENSOR, self.ONE))


class TestTheBinaryExtension:
    def ask(self, raw: bytes, datatype: str, shape: list[int], **more: Any) -> InferenceRequest:
        tensor = {"name": "x", "shape": shape, "datatype": datatype,
                  "parameters": {"binary_data_size": len(raw)}}  # fmt: skip
        head = json.dumps({"inputs": [tensor], **more}).encode()
        model = model_of()
        decoder = InferenceDecoder(model, Decoder(model))
        return decoder.decode(head + raw, str(len(head)))

    @pytest.mark.parametrize("dtype", ["float64", "float16", "int8", "uint64", "bool"])
    def test_carries_numbers_both_ways(self, dtype: str) -> None:
        array = np.array([[1, 0], [0, 1]], dtype=dtype)
        datatype = {"float64": "FP64", "float16": "FP16", "bool": "BOOL"}.get(dtype, dtype.upper())
        request = self.ask(
            array.tobytes(), datatype, [2, 2], parameters={"binary_data_output": True}
        )
        assert request.request.data.dtype == dtype
        assert np.array_equal(request.request.data, array)
        body, size = encode_inference(array, request, "m")
        assert size is not None
        (output,) = json.loads(body[:size])["outputs"]
        assert output["parameters"] == {"binary_data_size": array.nbytes}
        assert body[size:] == array.tobytes()

    def test_carries_texts(self) -> None:
        raw = struct.pack("<I2sI0s", 2, b"ab", 0, b"")
        assert self.ask(raw, "BYTES", [2]).request.data.tolist() == ["ab", ""]

    @pytest.mark.parametrize(
        ("raw", "datatype", "expected"),
        [(b"12345", "FP64", "has 5 bytes"), (b"\xff\0\0\0ab", "BYTES", "ends behind the end")],
    )
    def test_refuses_what_does_not_fill_the_shape(
        self, raw: bytes, datatype: str, expected: str
    ) -> None:
        with pytest.raises(BadRequest, match=expected):
            self.ask(raw, datatype, [1])

    @pytest.mark.parametrize("length", ["x", "-1", "99999999", "", "1" * 5000])
    def test_refuses_a_wrong_length(self, length: str) -> None:
        model = model_of()
        with pytest.raises(BadRequest, match="Inference-Header-Content-Length"):
            InferenceDecoder(model, Decoder(model)).decode(b"{}", length)


def test_metadata_describe_the_signature() -> None:
    outputs = [tensor("float32", [-1])]
    found = model_metadata(model_of(COLUMNS, outputs=outputs), "m", ["1"])
    assert found == {
        "name": "m",
        "versions": ["1"],
        "platform": "sklearn_mlflow",
        "inputs": [
            {"name": "a", "datatype": "FP64", "shape": [-1, 1]},
            {"name": "s", "datatype": "BYTES", "shape": [-1, 1]},
        ],
        "outputs": [{"name": "predict", "datatype": "FP32", "shape": [-1]}],
    }


def test_metadata_say_how_many_features_a_model_without_signature_takes() -> None:
    found = model_metadata(model_of(n_features=13), "m")
    assert found["inputs"] == [{"name": "input-0", "datatype": "FP64", "shape": [-1, 13]}]
