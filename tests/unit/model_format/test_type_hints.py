"""Type hints of a model's input: the signature they are, and the values they let through."""

from __future__ import annotations

import dataclasses
import datetime
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Dict, List, Optional, Union  # noqa: UP035 - as users write them

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.errors import InvalidParameter
from millstream.integrations import pyfunc
from millstream.model_format.hinted_values import pyfunc as checked
from millstream.model_format.hinted_values import to_hint
from millstream.model_format.manifest import Manifest
from millstream.model_format.signature import ModelSignature
from millstream.model_format.type_hints import (
    TypeFromExample,
    Unsupported,
    hint_name,
    input_hint,
    schema_of_hint,
)


@dataclasses.dataclass
class Row:
    name: str
    size: float
    count: Optional[int] = None  # noqa: UP045 - as users write it
    tags: list[str] = dataclasses.field(default_factory=list)


class BaseModel:
    """Stands for the one of pydantic, which is not installed here: the parts that are used."""

    def __init__(self, **values: Any) -> None:
        vars(self).update(values)

    @classmethod
    def model_validate(cls, values: dict[str, Any]) -> BaseModel:
        if not isinstance(values.get("role"), str):
            raise ValueError("role: Input should be a valid string")
        return cls(**values)

    def model_dump(self) -> dict[str, Any]:
        return dict(vars(self))


class Message(BaseModel):
    role: str
    count: Optional[int]  # noqa: UP045 - as users write it
    model_fields = {"role": None, "count": None}


@pytest.fixture
def pydantic(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("pydantic")
    module.BaseModel = BaseModel  # type: ignore[attr-defined]  # that is what it stands for
    monkeypatch.setitem(sys.modules, "pydantic", module)


ROW = (
    '[{"type": "object", "properties": {"count": {"type": "long", "required": false}, '
    '"name": {"type": "string", "required": true}, "size": {"type": "double", "required": true}, '
    '"tags": {"type": "array", "items": {"type": "string"}, "required": true}}, "required": true}]'
)


@pytest.mark.parametrize(
    ("hint", "schema"),
    [
        (list[int], '[{"type": "long", "required": true}]'),
        (List[str], '[{"type": "string", "required": true}]'),  # noqa: UP006 - as users write it
        (list[bytes], '[{"type": "binary", "required": true}]'),
        (list[datetime.datetime], '[{"type": "datetime", "required": true}]'),
        (list[list[bool]], '[{"type": "array", "items": {"type": "boolean"}, "required": true}]'),
        (
            List[Dict[str, float]],  # noqa: UP006 - as users write it
            '[{"type": "map", "values": {"type": "double"}, "required": true}]',
        ),
        (list[Union[int, str]], '[{"type": "any", "required": true}]'),  # noqa: UP007  # the older spelling is meant
        (list[int | str], '[{"type": "any", "required": true}]'),
        (list[Any], '[{"type": "any", "required": true}]'),
        (list[Row], ROW),
    ],
)
def test_a_hint_is_a_signature(hint: Any, schema: str) -> None:
    assert schema_of_hint(hint).to_json() == schema


def test_a_model_of_pydantic_is_an_object(pydantic: None) -> None:
    assert repr(schema_of_hint(list[Message])) == (
        "[{count: long (optional), role: string (required)} (required)]"
    )


@pytest.mark.parametrize(
    ("hint", "says"),
    [
        (list, "does not say what is in the list"),
        (List, "does not say what is in the list"),  # noqa: UP006  # the older spelling is meant
        (list[dict], "`dict` does not say what is in it"),  # type: ignore[type-arg]  # on purpose
        (list[Optional[int]], "may be None"),  # noqa: UP045  # the older spelling is meant
        (list[dict[int, str]], r"keys of the type hint `dict\[int, str\]` must be str, not int"),
    ],
)
def test_a_hint_that_lacks_something_says_what(hint: Any, says: str) -> None:
    with pytest.raises(InvalidParameter, match=says):
        schema_of_hint(hint)


@pytest.mark.parametrize("hint", [str, dict[str, int], Row, list[set[int]], list[datetime.date]])
def test_other_hints_are_no_signature(hint: Any) -> None:
    with pytest.raises(Unsupported, match="type hint"):
        schema_of_hint(hint)


def test_the_input_is_the_first_parameter_that_is_no_context() -> None:
    def method(self: Any, context: Any, rows: list[int], params: dict[str, int]) -> None: ...
    def function(rows: list[str]) -> None: ...
    def nothing() -> None: ...
    def broken(rows: list[Absent]) -> None: ...  # type: ignore[name-defined]  # noqa: F821  # a name that is not there is meant

    assert input_hint(method) == list[int]
    assert input_hint(function) == list[str]
    assert input_hint(nothing) is None
    assert input_hint(broken) is None


SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(),
    str: st.text(),
    bool: st.booleans(),
    float: st.floats(allow_nan=False),
    bytes: st.binary(),
    datetime.datetime: st.datetimes(),
}
HINTS = st.recursive(
    st.sampled_from(list(SCALARS)),
    lambda inner: inner.map(lambda hint: list[hint]) | inner.map(lambda hint: dict[str, hint]),  # type: ignore[valid-type]  # built from hints at run time
    max_leaves=4,
)


def values(hint: Any) -> st.SearchStrategy[Any]:
    if hint in SCALARS:
        return SCALARS[hint]
    *_, inner = hint.__args__
    if hint.__origin__ is list:
        return st.lists(values(inner), max_size=3)
    return st.dictionaries(st.text(), values(inner), max_size=3)


@given(st.data(), HINTS)
def test_values_of_the_type_come_through_unchanged(data: st.DataObject, element: Any) -> None:
    hint = list[element]
    rows = data.draw(st.lists(values(element), max_size=3))
    assert to_hint(rows, hint) == rows
    assert schema_of_hint(hint).has_input_names() is False


@pytest.mark.parametrize(
    ("hint", "data", "message"),
    [
        (list[int], ["1"], "[('1', 'Expected type int, but got str')]"),
        (list[int], [1.5], "[('1.5', 'Expected type int, but got float')]"),
        (list[float], [True], "[('True', 'Expected type float, but got bool')]"),
        (list[datetime.datetime], ["x"], """[('x', "Expected type datetime, but got 'x'")]"""),
        (list[list[str]], ["a"], "[('a', 'Expected list, but got str')]"),
        (list[int], [None] * 7, " and 2 more"),
        (list[dict[str, int]], [5], "[('5', 'Expected dict, but got int')]"),
        (list[dict[str, int]], [{1: 1}], "Key must be a string, got int"),
        (list[dict[str, int]], [{"a": "1"}], "'a': 'Expected type int, but got str'"),
        (list[Row], [{"name": "a"}], "['size'] are missing"),
        (list[Row], [{"name": "a", "size": 1, "color": 2}], "['color'] are unknown"),
        (list[Row], [5], "Expected Row or dict, but got int"),
    ],
)
def test_what_does_not_fit_is_named(hint: Any, data: Any, message: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        to_hint(data, hint)
    assert caught.value.message.startswith(
        f"Failed to validate data against type hint `{hint_name(hint)}`, invalid elements: ["
    )
    assert message in caught.value.message


def test_only_lists_and_frames_are_inputs() -> None:
    for data in ("a", None, 1, {"a": 1}, np.array(["a"]), pd.Series(["a"])):
        with pytest.raises(InvalidParameter, match="Expected list, but got"):
            to_hint(data, list[str])


def test_values_take_the_form_of_the_hint(pydantic: None) -> None:
    assert to_hint([1, np.float32(0.5)], list[float]) == [1.0, 0.5]
    assert to_hint(["2026-01-02"], list[datetime.datetime]) == [datetime.datetime(2026, 1, 2)]
    assert to_hint([{"name": "a", "size": 1}], list[Row]) == [Row("a", 1.0)]
    row = Row("b", 2.0)
    assert to_hint([row], list[Row])[0] is row
    assert to_hint([1.5, None], list[Union[int, str]]) == [1.5, None]  # noqa: UP007  # the older spelling is meant
    (message,) = to_hint([{"role": "a"}], list[Message])
    assert message.role == "a"
    assert to_hint([message], list[Message]) == [message]
    with pytest.raises(InvalidParameter, match="should be a valid string"):
        to_hint([{"role": 1}], list[Message])
    with pytest.raises(InvalidParameter, match="Expected Message or dict"):
        to_hint([1], list[Message])


def test_a_frame_is_its_rows() -> None:
    assert to_hint(pd.DataFrame({"x": [1, 2]}), list[int]) == [1, 2]
    records = pd.DataFrame({"name": ["a"], "size": [1.5]})
    assert to_hint(records, list[Row]) == [Row("a", 1.5)]
    assert to_hint(pd.DataFrame({"a": [1], "b": [2]}), list[dict[str, int]]) == [{"a": 1, "b": 2}]
    assert to_hint(pd.DataFrame({"x": [{"a": 1}]}), list[dict[str, int]]) == [{"a": 1}]
    with pytest.raises(
        InvalidParameter, match=r"one column, and the DataFrame has 2: \['a', 'b'\]"
    ):
        to_hint(pd.DataFrame({"a": [1], "b": [2]}), list[int])


class Shout(pyfunc.PythonModel):
    def predict(self, model_input: list[str]) -> list[str]:  # type: ignore[override]  # context and params may be left out
        return [text.upper() for text in model_input]


class Sizes(pyfunc.PythonModel):
    def predict(self, model_input: list[Row], params: Any = None) -> Any:  # type: ignore[override]  # context may be left out
        factor = (params or {}).get("factor", 1)
        return [row.size * factor for row in model_input]


class Typed(pyfunc.PythonModel):
    def predict(self, model_input: TypeFromExample) -> Any:  # type: ignore[override]  # context and params may be left out
        return [repr(one) for one in list(model_input)]  # type: ignore[call-overload]  # a list, when it is called


def test_a_hinted_model_needs_no_signature_and_checks_its_input(tmp_path: Path) -> None:
    pyfunc.save_model(tmp_path / "model", python_model=Shout())
    manifest = Manifest.read(tmp_path / "model")
    assert manifest.is_signature_from_type_hint
    assert manifest.signature is not None
    assert repr(manifest.signature.outputs) == "[string (required)]"
    model = pyfunc.load_model(tmp_path / "model")
    assert model.predict(["a"]) == ["A"]
    for ask in (model.predict, model.infer):
        with pytest.raises(InvalidParameter, match="Expected type str, but got int"):
            ask([1])


def test_the_hint_comes_before_a_signature_and_params_join_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    example = ([{"name": "a", "size": 2.0}], {"factor": 3})
    other = ModelSignature(schema_of_hint(list[int]))
    pyfunc.save_model(
        tmp_path / "model", python_model=Sizes(), input_example=example, signature=other
    )
    assert "are not used, since the type hint says" in caplog.text
    model = pyfunc.load_model(tmp_path / "model")
    assert model.metadata.signature is not None
    assert model.metadata.signature.to_dict()["inputs"] == ROW
    assert repr(model.metadata.signature.outputs) == "[double (required)]"
    assert model.predict(example[0]) == [6.0]
    assert model.predict([Row("b", 1.5)], params={"factor": 2}) == [3.0]


@pytest.mark.parametrize(
    ("example", "data", "answer"),
    [
        (["a"], ["c"], ["'c'"]),
        (["a"], pd.DataFrame({"x": ["d"]}), ["'d'"]),
        ([{"k": 1}], [{"k": 2}], ["{'k': 2}"]),
        (pd.DataFrame({"k": ["a"]}), pd.DataFrame({"k": ["b"]}), ["'k'"]),
    ],
)
def test_the_input_has_the_type_of_the_example(
    tmp_path: Path, example: Any, data: Any, answer: Any
) -> None:
    pyfunc.save_model(tmp_path / "model", python_model=Typed(), input_example=example)
    assert Manifest.read(tmp_path / "model").type_hint_from_example
    assert pyfunc.load_model(tmp_path / "model").predict(data) == answer


def test_a_hint_that_says_nothing_costs_no_model(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def framed(frame: pd.DataFrame) -> pd.DataFrame:
        return frame

    def odd(model_input: list[set[int]]) -> Any:
        return model_input

    pyfunc.save_model(tmp_path / "framed", python_model=framed)
    assert "type hint" not in caplog.text
    pyfunc.save_model(tmp_path / "odd", python_model=odd)
    assert "without the signature of a type hint" in caplog.text
    assert Manifest.read(tmp_path / "odd").signature is None
    assert pyfunc.load_model(tmp_path / "odd").predict([{1}]) == [{1}]


def test_a_decorated_function_checks_direct_calls_too() -> None:
    @checked
    def double(rows: list[int]) -> list[int]:
        return [row * 2 for row in rows]

    @checked
    def anything(rows: Any) -> Any:
        return rows

    assert double([1]) == [2]
    assert anything("a") == "a"
    with pytest.raises(InvalidParameter, match="Expected type int"):
        double(["a"])
