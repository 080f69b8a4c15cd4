"""When one signature fits in the place of another."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from millstream.errors import InvalidParameter
from millstream.model_format.compatibility import mismatches
from millstream.model_format.schema import ColSpec, Schema
from millstream.model_format.signature import ModelSignature
from millstream.model_format.value_types import Array, Map, Object, Property

SCALARS = ("boolean", "integer", "long", "float", "double", "string", "binary", "datetime")


def inputs(*specs: ColSpec) -> dict[str, Any]:
    return dict(ModelSignature(inputs=Schema([*specs])).to_dict())


def outputs(*specs: ColSpec) -> dict[str, Any]:
    return dict(ModelSignature(outputs=Schema([*specs])).to_dict())


def tensors(*specs: tuple[str, list[int]]) -> dict[str, Any]:
    forms = [
        {"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": shape}}
        for dtype, shape in specs
    ]
    return {"inputs": json.dumps(forms)}


@pytest.mark.parametrize(
    ("champion", "candidate", "expected"),
    [
        (None, inputs(ColSpec("long", "a")), []),
        (inputs(ColSpec("long", "a")), None, []),
        (outputs(ColSpec("long", "a")), None, ["it does not say what it gives (no outputs)"]),
        (inputs(ColSpec("long", "a"), ColSpec("long", "b")), inputs(ColSpec("long", "b")), []),
        (
            inputs(ColSpec("long", "a")),
            inputs(ColSpec("long", "a"), ColSpec("long", "b")),
            ["it requires the new input 'b'"],
        ),
        (
            inputs(ColSpec("long", "a")),
            inputs(ColSpec("long", "a"), ColSpec("long", "b", required=False)),
            [],
        ),
        (
            inputs(ColSpec("long", "a", required=False)),
            inputs(ColSpec("long", "a")),
            ["it requires the input 'a', which the champion lets be absent"],
        ),
        (
            inputs(ColSpec("double", "a")),
            inputs(ColSpec("float", "a")),
            ["the input 'a' is float and does not take all of double"],
        ),
        (inputs(ColSpec("integer", "a")), inputs(ColSpec("double", "a")), []),
        (inputs(ColSpec("long")), inputs(ColSpec("long"), ColSpec("long")), ["new input '1'"]),
        (inputs(ColSpec("long"), ColSpec("long")), inputs(ColSpec("long")), ["takes 1 inputs"]),
        (inputs(ColSpec(Array("float"), "a")), inputs(ColSpec(Array("double"), "a")), []),
        (inputs(ColSpec(Map("double"), "a")), inputs(ColSpec(Map("float"), "a")), ["map of"]),
        (
            inputs(ColSpec(Object([Property("x", "long", required=False)]), "a")),
            inputs(ColSpec(Object([Property("x", "long")]), "a")),
            ["does not take all of object"],
        ),
        (tensors(("float32", [-1, 3])), tensors(("float32", [-1, -1])), []),
        (tensors(("float32", [-1, 3])), tensors(("float32", [8, 3])), ["does not take all"]),
        (tensors(("float32", [-1, 3])), tensors(("float64", [-1, 3])), ["float64 (-1, 3)"]),
        (
            tensors(("float32", [-1])),
            inputs(ColSpec("float", "a")),
            ["it takes columns where the champion takes tensors"],
        ),
        (outputs(ColSpec("long", "y")), outputs(ColSpec("double", "y")), ["double and was long"]),
        (outputs(ColSpec("long", "y")), outputs(ColSpec("long", "z"), ColSpec("long", "y")), []),
        (
            {"params": '[{"name": "t", "default": 1.0, "shape": null, "type": "double"}]'},
            {"inputs": '[{"name": "a", "type": "long"}]'},
            ["it does not take the param 't' any more"],
        ),
    ],
)
def test_what_fits(champion: Any, candidate: Any, expected: list[str]) -> None:
    found = mismatches(champion, candidate)
    assert len(found) == len(expected), found
    for sentence, part in zip(found, expected, strict=True):
        assert part in sentence


@pytest.mark.parametrize("wrong", [[1], {"inputs": "{"}, {"inputs": "[1]"}, "text"])
def test_what_is_no_signature_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidParameter, match=r"signature in MLmodel"):
        mismatches(wrong, None)


columns = some.dictionaries(
    some.sampled_from("abcd"), some.tuples(some.sampled_from(SCALARS), some.booleans()), min_size=1
).map(lambda found: [ColSpec(kind, name, needed) for name, (kind, needed) in found.items()])


@given(columns)
def test_every_signature_fits_in_its_own_place(specs: list[ColSpec]) -> None:
    signature = {**inputs(*specs), "outputs": outputs(*specs)["outputs"]}
    assert mismatches(signature, signature) == []


@given(columns, columns, columns)
def test_what_fits_twice_fits_at_once(
    first: list[ColSpec], second: list[ColSpec], third: list[ColSpec]
) -> None:
    signatures = [outputs(*specs) for specs in (first, second, third)]
    if not mismatches(signatures[0], signatures[1]) and not mismatches(
        signatures[1], signatures[2]
    ):
        assert mismatches(signatures[0], signatures[2]) == []
