"""Bodies of all forms reach the model as its signature says, and wrong ones are explained."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from tests.unit.serving.payload_models import JSON, column, decoded, decoder, tensor

from millstream.serving.payloads import (
    BadRequest,
    Decoder,
    SchemaMismatch,
    UnsupportedMediaType,
    error_body,
)

DOUBLES = [column("double", "a"), column("double", "b")]
MIXED = [column("double", "a"), column("long", "b")]
TENSOR = [tensor("float64", [-1, 2])]
THIRTEEN = [f"f{place}" for place in range(13)]


def refused(reads: Decoder, content: Any) -> str:
    with pytest.raises(BadRequest) as caught:
        decoded(reads, content)
    assert caught.value.status == 400
    assert json.loads(error_body(caught.value))["message"] == caught.value.message
    return caught.value.message


class TestAColumnModel:
    SAME = (
        {"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2], [3, 4]]}},
        {"dataframe_split": {"columns": ["b", "x", "a"], "data": [[2, 0, 1], [4, 0, 3]]}},
        {"dataframe_split": {"columns": ["a", "b"], "data": [["1", "2"], [3, 4.0]]}},
        {"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2], [3, 4]], "index": [7, 8]}},
        {"dataframe_split": {"data": [[1, 2], [3, 4]]}},
        {"dataframe_records": [{"a": 1, "b": 2}, {"b": 4, "a": 3, "z": "dropped"}]},
        {"inputs": {"a": [1, 3], "b": [2, 4]}},
        {"inputs": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]},
        {"inputs": [[1, 2], [3, 4]]},
        {"instances": [[1, 2], [3, 4]]},
        {"instances": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]},
        {"data": [[1, 2], [3, 4]]},
    )

    @pytest.mark.parametrize("content", SAME, ids=str)
    @pytest.mark.parametrize("signature", [DOUBLES, MIXED], ids=["doubles", "mixed"])
    def test_gets_the_same_dataframe_from_every_form(
        self, content: Any, signature: list[dict[str, Any]]
    ) -> None:
        request = decoded(decoder(signature), content)
        dtypes = ["float64", "float64" if signature is DOUBLES else "int64"]
        assert list(request.data.columns) == ["a", "b"]
        assert [str(dtype) for dtype in request.data.dtypes] == dtypes
        assert request.data.to_numpy().tolist() == [[1, 2], [3, 4]]
        assert list(request.data.index) == [0, 1]
        assert request.rows == 2

    @pytest.mark.parametrize("content", SAME, ids=str)
    def test_gets_the_same_from_message_pack(self, content: Any) -> None:
        request = decoder(MIXED).decode("application/msgpack", msgspec.msgpack.encode(content))
        assert request.data.to_numpy().tolist() == [[1, 2], [3, 4]]

    def test_gets_one_row_from_an_object_of_values(self) -> None:
        request = decoded(decoder(MIXED), {"inputs": {"a": 1.5, "b": 2}})
        assert request.data.to_dict("records") == [{"a": 1.5, "b": 2}]

    def test_gets_csv_in_the_types_of_the_signature(self) -> None:
        signature = [column("double", "x"), column("string", "s"), column("boolean", "t")]
        body = b"t,s,x\ntrue,007,1.5\nFalse,NA,\n"
        frame = decoder(signature).decode("text/csv", body).data
        assert frame["x"].tolist()[0] == 1.5
        assert np.isnan(frame["x"].tolist()[1])
        assert frame["s"].tolist() == ["007", "NA"]
        assert frame["t"].tolist() == [True, False]

    @pytest.mark.parametrize(
        ("kind", "given", "got"),
        [
            ("double", 1, 1.0),
            ("double", "1.5", 1.5),
            ("double", True, 1.0),
            ("float", 0.1, float(np.float32(0.1))),
            ("long", 1.0, 1),
            ("long", "12", 12),
            ("long", 2**63 - 1, 2**63 - 1),
            ("integer", -(2**31), -(2**31)),
            ("boolean", 1, True),
            ("boolean", "false", False),
            ("string", 1, 1),
            ("binary", "YWI=\n", b"ab"),
            ("datetime", "2026-01-31", pd.Timestamp("2026-01-31")),
            ("datetime", "2026-01-31T10:00:00+02:00", pd.Timestamp("2026-01-31T08:00:00")),
            ("datetime", "01/02/2026", pd.Timestamp("2026-01-02")),
            ("datetime", "2026-01-31T00:00:00.123456789", pd.Timestamp(1769817600123456789)),
            ({"type": "array", "items": {"type": "double"}}, [1, None], None),
            ({"type": "map", "values": {"type": "long"}}, {"k": 1.0}, {"k": 1}),
            ({"type": "any"}, [1, "a"], [1, "a"]),
        ],
        ids=str,
    )
    def test_takes_what_loses_nothing(self, kind: Any, given: Any, got: Any) -> None:
        frame = decoded(decoder([column(kind, "a")]), {"dataframe_records": [{"a": given}]}).data
        if got is not None:
            assert frame["a"].tolist() == [got]

    @pytest.mark.parametrize(
        ("kind", "given", "expected"),
        [
            ("double", "abc", "expected a number, got 'abc'"),
            ("double", 10**400, "expected a number within the range of float64"),
            ("float", 1e300, "expected a number within ±3.403e+38"),
            ("long", 1.5, "expected a whole number, got 1.5"),
            ("long", None, "integers cannot say that a value is missing"),
            ("long", 2**63, "expected a whole number from -9223372036854775808"),
            ("integer", 3_000_000_000, "expected a whole number from -2147483648 to 2147483647"),
            ("boolean", None, "expected true or false, got None"),
            ("boolean", 2, "expected true or false, got 2"),
            ("string", {"x": 1}, "expected text"),
            ("binary", "!!", "expected bytes in Base64"),
            ("datetime", "today", "expected a point in time"),
            ("datetime", "9999-01-01T00:00:00", "expected a point in time"),
            ({"type": "array", "items": {"type": "double"}}, ["1"], "at [0] a number, got '1'"),
            ({"type": "array", "items": {"type": "double"}}, "x", "expected a list, got 'x'"),
        ],
        ids=str,
    )
    def test_refuses_what_would_change_the_value(
        self, kind: Any, given: Any, expected: str
    ) -> None:
        reads = decoder([column(kind, "a"), column("any", "z", required=False)])
        fine = {"type": "array"} if isinstance(kind, dict) else None
        good: Any = {"double": 1, "float": 1, "long": 1, "integer": 1, "boolean": True}.get(
            str(kind), [] if fine else {"binary": "", "datetime": "2026-01-01"}.get(str(kind), "x")
        )
        message = refused(reads, {"dataframe_records": [{"a": good}, {"a": given}]})
        assert "Failed to convert column a to type" in message
        assert "row 1: expected" in message
        assert expected in message

    def test_says_what_is_wrong_inside_of_objects(self) -> None:
        inner = {
            "type": "object",
            "properties": {"b": {"type": "array", "items": {"type": "long"}}},
        }
        reads = decoder([column(inner, "o")])
        message = refused(reads, {"dataframe_records": [{"o": {"b": [1, "x"]}}]})
        assert "row 0: expected at .b[1] a whole number, got 'x'" in message
        assert "Missing required properties: {'b'}" in refused(reads, {"inputs": [{"o": {}}]})
        unknown = refused(reads, {"inputs": [{"o": {"b": [], "c": 1}}]})
        assert "Invalid properties not defined in the schema found: {'c'}" in unknown

    def test_names_missing_columns_and_those_that_came_instead(self) -> None:
        with pytest.raises(SchemaMismatch) as caught:
            decoded(decoder(MIXED), {"dataframe_split": {"columns": ["x"], "data": [[1]]}})
        error = caught.value
        assert "Model is missing inputs ['a', 'b']." in error.message
        assert "extra inputs: ['x']. None of the columns that were sent" in error.message
        assert (error.error_code, error.sqlstate, error.error_class) == (
            "INVALID_PARAMETER_VALUE", "KAM01", "SCHEMA_ENFORCEMENT_FAILED",
        )  # fmt: skip

    def test_names_its_columns_when_a_row_is_too_short(self) -> None:
        reads = decoder([column("double", name) for name in THIRTEEN])
        message = refused(reads, {"data": [[0.0] * 13, [0.0] * 9]})
        assert f"row 1 has 9 values, the model takes 13: {', '.join(THIRTEEN)}" in message

    def test_refuses_a_column_that_is_given_twice(self) -> None:
        twice = {"dataframe_split": {"columns": ["a", "a", "b"], "data": [[1, 2, 3]]}}
        assert "['a'] are given more than once" in refused(decoder(MIXED), twice)

    def test_may_do_without_optional_columns(self) -> None:
        reads = decoder([column("double", "a"), column("long", "b", required=False)])
        for record in ({"a": 1}, {"a": 1, "b": None}):
            assert list(decoded(reads, {"dataframe_records": [record]}).data.columns) == ["a"]

    @pytest.mark.parametrize(
        "content", [{"dataframe_records": []}, {"data": []}, {"inputs": []},
                    {"dataframe_split": {"columns": ["a", "b"], "data": []}}], ids=str
    )  # fmt: skip
    def test_may_get_no_rows(self, content: Any) -> None:
        request = decoded(decoder(MIXED), content)
        assert request.data.shape == (0, 2)
        assert [str(dtype) for dtype in request.data.dtypes] == ["float64", "int64"]
        assert request.rows == 0

    def test_says_which_of_the_dataframe_forms_is_wrong(self) -> None:
        reads = decoder(MIXED)
        assert "must be a dictionary. Got list." in refused(reads, {"dataframe_split": []})
        assert "list of records. Got dictionary." in refused(reads, {"dataframe_records": {}})
        assert "row 1: expected an object" in refused(reads, {"dataframe_records": [{}, 1]})
        odd = {"dataframe_split": {"columns": ["a", "b"], "data": [], "x": 1}}
        assert "must have 'data' field" in refused(reads, odd)
        assert "different lengths" in refused(decoder(TENSOR), {"inputs": [[1, 2], [3]]})

    def test_keeps_the_columns_of_requests_apart_that_cannot_be_merged(self) -> None:
        reads = decoder([column("double", "a"), column("double", "b", required=False)])
        both = decoded(reads, {"data": [[1, 2]]}).kind
        assert both == decoded(reads, {"dataframe_records": [{"a": 3, "b": 4}]}).kind
        assert both != decoded(reads, {"dataframe_records": [{"a": 3}]}).kind


class TestATensorModel:
    @pytest.mark.parametrize("key", ["inputs", "instances", "data"])
    @pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "uint8", "bool"])
    def test_gets_arrays_of_its_dtype(self, key: str, dtype: str) -> None:
        request = decoded(decoder([tensor(dtype, [-1, 2])]), {key: [[1, 0], [0, 1]]})
        assert request.data.dtype == dtype
        assert request.data.tolist() == [[1, 0], [0, 1]]
        assert request.rows == 2

    def test_gets_dataframes_as_arrays(self) -> None:
        split = {"dataframe_split": {"columns": ["x", "y"], "data": [[1, 2.5]]}}
        assert decoded(decoder(TENSOR), split).data.tolist() == [[1, 2.5]]

    def test_gets_several_tensors_by_name(self) -> None:
        reads = decoder([tensor("float32", [-1, 2], "p"), tensor("str", [-1], "q")])
        for content in (
            {"inputs": {"p": [[1, 2]], "q": ["x"], "z": 1}},
            {"instances": [{"p": [1, 2], "q": "x"}]},
        ):
            data = decoded(reads, content).data
            assert data["p"].tolist() == [[1, 2]]
            assert data["q"].tolist() == ["x"]
        assert "missing inputs ['q']" in refused(reads, {"inputs": {"p": [[1, 2]]}})

    @pytest.mark.parametrize(
        ("dtype", "given", "expected"),
        [
            ("int64", 1.5, "row 1, value 0: expected a whole number, got 1.5"),
            ("float32", 1e300, "row 1, value 0: expected a number within"),
            ("float64", "x", "row 1, value 0: expected a number, got 'x'"),
            ("uint8", 256, "row 1, value 0: expected a whole number from 0 to 255"),
        ],
    )
    def test_names_the_value_that_does_not_fit(self, dtype: str, given: Any, expected: str) -> None:
        reads = decoder([tensor(dtype, [-1, 2])])
        assert expected in refused(reads, {"inputs": [[1, 2], [given, 2]]})

    def test_names_the_shape_it_takes(self) -> None:
        reads = decoder(TENSOR)
        message = refused(reads, {"inputs": [[1, 2, 3]]})
        assert "Shape of input (1, 3) does not match expected shape (-1, 2)." in message
        assert "Row 0 has 3 values, the model takes 2" in message
        assert "a list within a list" in refused(reads, {"inputs": [1, 2]})

    def test_may_get_no_rows(self) -> None:
        assert decoded(decoder(TENSOR), {"inputs": []}).data.shape == (0, 2)

    def test_takes_numbers_that_json_cannot_write(self) -> None:
        data = decoded(decoder(TENSOR), b'{"inputs": [[NaN, -Infinity]]}').data
        assert np.isnan(data[0, 0])
        assert data[0, 1] == -np.inf

    def test_does_not_need_pandas(self) -> None:
        program = (
            "import sys; from tests.unit.serving.payload_models import *\n"
            "import numpy, millstream.serving.payloads as p\n"
            "reads = decoder([tensor('float64', [-1, 2])])\n"
            "r = decoded(reads, {'inputs': [[1, 2]]}); p.encode(numpy.array([1.0]), r)\n"
            "r = decoded(decoder(None, n_features=2), {'data': [[1, 2]]})\n"
            "assert not {'pandas', 'pyarrow'} & set(sys.modules)"
        )
        subprocess.run([sys.executable, "-c", program], check=True)

    def test_texts_of_very_different_lengths_cannot_fill_the_memory(self) -> None:
        texts = ["x" * 100_000, *(["y"] * 10_000)]
        message = refused(decoder([tensor("str", [-1])]), {"inputs": texts})
        assert "text of fewer characters" in message
        assert decoded(decoder(), {"inputs": texts}).data.dtype == object


class TestAModelWithoutASignature:
    def test_gets_arrays_and_objects_of_arrays(self) -> None:
        reads = decoder()
        assert decoded(reads, {"inputs": [[1, 2]]}).data.dtype == np.int64
        assert decoded(reads, {"inputs": {"a": ["x"]}}).data["a"].tolist() == ["x"]
        assert decoded(reads, {"instances": [{"a": 1}, {"a": 2}]}).data["a"].tolist() == [1, 2]

    def test_does_not_turn_numbers_beside_text_into_text(self) -> None:
        assert decoded(decoder(), {"inputs": [[1, "a"]]}).data.tolist() == [[1, "a"]]

    def test_gets_a_dataframe_from_the_dataframe_forms(self) -> None:
        frame = decoded(decoder(), {"dataframe_records": [{"a": 1}, {"a": 2, "b": "x"}]}).data
        assert frame["a"].tolist() == [1, 2]
        assert list(frame.columns) == ["a", "b"]

    def test_that_was_fitted_on_arrays_gets_arrays(self) -> None:
        split = {"dataframe_split": {"columns": ["x", "y"], "data": [[1, 2.5]]}}
        assert decoded(decoder(n_features=2), split).data.tolist() == [[1, 2.5]]
        csv = decoder(n_features=2).decode("text/csv", b"x,y\n1,2.5\n")
        assert csv.data.tolist() == [[1, 2.5]]

    def test_that_was_fitted_on_columns_gets_a_dataframe(self) -> None:
        request = decoded(decoder(n_features=2, names=["x", "y"]), {"data": [[1, 2.5]]})
        assert list(request.data.columns) == ["x", "y"]

    @pytest.mark.parametrize("key", ["data", "inputs"])
    def test_says_how_many_values_a_row_has_and_needs(self, key: str) -> None:
        nine = {key: [[0.1] * 9]}
        expected = "row 0 has 9 values, the model takes 13"
        assert expected in refused(decoder(n_features=13), nine)
        names = f"{expected}: {', '.join(THIRTEEN)}"
        assert names in refused(decoder(n_features=13, names=THIRTEEN), nine)

    def test_says_that_a_row_lies_in_a_list(self) -> None:
        message = refused(decoder(n_features=13), {"inputs": [0.1] * 13})
        assert "one row is a list within a list" in message

    def test_keeps_whole_numbers_that_float64_cannot_hold(self) -> None:
        data = decoded(decoder(n_features=2), {"data": [[2**53 + 1, 1]]}).data
        assert data[0, 0] == 2**53 + 1

    def test_records_with_ever_new_keys_cannot_fill_the_memory(self) -> None:
        records = [{str(number): 1} for number in range(2000)]
        with pytest.raises(BadRequest) as caught:
            decoded(decoder(), {"dataframe_records": records})
        assert caught.value.status == 413


class TestAModelWithTypeHints:
    def test_gets_the_inputs_as_they_are(self) -> None:
        reads = decoder([column("string")], hinted=True)
        assert decoded(reads, {"inputs": ["a", "b"]}).data == ["a", "b"]
        assert "under 'inputs'" in refused(reads, {"dataframe_records": [{"a": 1}]})


class TestALanguageModel:
    def test_gets_the_whole_object_and_answers_without_a_wrapper(self) -> None:
        params = [{"name": "temperature", "type": "double", "default": 1.0, "shape": None}]
        body = {"messages": [{"role": "user", "content": "hi"}], "temperature": 0.5}
        request = decoded(decoder(params=params), body)
        assert request.data == {"messages": body["messages"]}
        assert request.params == {"temperature": 0.5}
        assert not request.wrapped


class TestVertexParameters:
    """Vertex AI calls params `parameters`, beside `instances`."""

    PARAMS = ({"name": "top", "type": "long", "default": 1, "shape": None},)

    @pytest.mark.parametrize("given", [{"top": 3}, {}])
    def test_are_params_of_the_model(self, given: dict[str, Any]) -> None:
        body = {"instances": [[1, 2]], "parameters": given}
        request = decoded(decoder(DOUBLES, params=list(self.PARAMS)), body)
        assert request.params == given
        assert request.data.to_numpy().tolist() == [[1, 2]]

    def test_that_are_null_are_none(self) -> None:
        body = {"instances": [[1, 2]], "parameters": None, "params": {"top": 2}}
        assert decoded(decoder(DOUBLES), body).params == {"top": 2}

    def test_that_the_signature_has_not_are_named(self) -> None:
        body = {"instances": [[1, 2]], "parameters": {"topp": 3, "top": 1}}
        message = refused(decoder(DOUBLES, params=list(self.PARAMS)), body)
        assert message == (
            "The model takes no parameters 'topp'. Its signature has the params 'top'."
        )
        message = refused(decoder(DOUBLES), body)
        assert (
            message == "The model takes no parameters 'top', 'topp'. Its signature has no params."
        )

    def test_have_one_name_at_a_time(self) -> None:
        body = {"instances": [[1, 2]], "parameters": {"top": 3}, "params": {"top": 1}}
        assert "give one of them" in refused(decoder(DOUBLES, params=list(self.PARAMS)), body)
        assert refused(decoder(DOUBLES), {**body, "params": None, "parameters": [3]}) == (
            "Parameters must be a dictionary. Got type 'list'."
        )

    def test_are_nothing_beside_fields_that_vertex_does_not_send(self) -> None:
        body = {"inputs": [[1, 2]], "parameters": {"top": 3}}
        assert decoded(decoder(DOUBLES), body).params is None


class TestAnyBody:
    def test_carries_params(self) -> None:
        assert decoded(decoder(TENSOR), {"inputs": [[1, 2]], "params": {"k": 1}}).params == {"k": 1}
        message = refused(decoder(TENSOR), {"inputs": [[1, 2]], "params": [1]})
        assert message == "Parameters must be a dictionary. Got type 'list'."

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (b"", "Expecting value: line 1 column 1 (char 0)"),
            (b'{"inputs": [1,]}', "line 1 column 15"),
            (b'{"inputs": "\xff"}', "byte 12 is no UTF-8"),
            (b'{"inputs": [1e999]}', "'1e999' is beyond the range of float64: line 1 column 13"),
            (b'{"inputs": ["\\ud800"]}', "lone surrogate"),
            (b'{"inputs": ' + b"[" * 200_000, "nested too deeply"),
            (b'{"inputs": ' + b"[" * 500 + b"]" * 500 + b"}", "nested too deeply: more than 64"),
            (b'{"inputs": ' + b"9" * 5000 + b"}", "too many digits"),
            (b"[1]", "Received a list."),
            (b"5", "Received unexpected input type <class 'int'>."),
            (b"{}", "Received dictionary with input fields: []."),
            (b'{"inputs": [], "instances": []}', "['inputs', 'instances']"),
        ],
        ids=lambda value: str(value)[:30],
    )
    def test_that_is_broken_says_where(self, body: bytes, expected: str) -> None:
        assert expected in refused(decoder(TENSOR), body)

    def test_may_start_with_a_byte_order_mark(self) -> None:
        body = b'\xef\xbb\xbf{"inputs": [[1, 2]]}'
        assert decoded(decoder(TENSOR), body).rows == 1

    def test_counts_the_last_of_keys_that_are_given_twice(self) -> None:
        body = b'{"inputs": [[1, 2]], "inputs": [[3, 4]]}'
        assert decoded(decoder(TENSOR), body).data.tolist() == [[3, 4]]

    def test_without_a_media_type_is_json(self) -> None:
        assert decoder(TENSOR).decode(None, b'{"inputs": [[1, 2]]}').rows == 1

    @pytest.mark.parametrize(
        ("media_type", "expected"),
        [
            ("text/plain", "Got 'text/plain'."),
            ("application/json; charset=latin-1", "only supports UTF-8"),
            ("application/json; format=pandas-split", "parameters: format."),
            ("nonsense", "Got 'nonsense'."),
        ],
    )
    def test_of_another_media_type_is_told_which_there_are(
        self, media_type: str, expected: str
    ) -> None:
        with pytest.raises(UnsupportedMediaType) as caught:
            decoder(TENSOR).decode(media_type, b"")
        assert caught.value.status == 415
        assert expected in caught.value.message

    def test_may_say_its_charset(self) -> None:
        body = b'{"inputs": [[1, 2]]}'
        assert decoder(TENSOR).decode("application/json; charset=UTF-8", body).rows == 1

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (b"", "the body is empty"),
            (b"a,b\n1\n", "row 0 has 1 values, the first line names 2 columns: a, b"),
            (b'a,b\n"1', "unexpected end of data"),
            (b"a,b\n1,x\n", "row 0: expected a whole number, got 'x'"),
            (b"a\n1\n", "missing inputs ['b']"),
            (b"\xff", "no UTF-8"),
        ],
    )
    def test_of_csv_says_what_is_wrong(self, body: bytes, expected: str) -> None:
        with pytest.raises(BadRequest) as caught:
            decoder(MIXED).decode("text/csv", body)
        assert expected in caught.value.message

    def test_of_message_pack_says_what_is_wrong(self) -> None:
        with pytest.raises(BadRequest, match="no valid MessagePack"):
            decoder(TENSOR).decode("application/msgpack", b"\x81")


def test_json_is_taken_for_granted() -> None:
    assert decoder(TENSOR).decode(JSON, b'{"data": [[1, 2]]}').rows == 1
