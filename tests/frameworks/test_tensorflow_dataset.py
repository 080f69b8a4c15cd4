"""Tensors and pipelines of TensorFlow are described as MLflow describes them."""

from __future__ import annotations

import json
from typing import Any

import numpy
import pytest
import tensorflow

from millstream.client.data import api as data
from millstream.errors import InvalidParameter

Pipeline = tensorflow.data.Dataset


def tensors(dataset: data.TensorFlowDataset) -> dict[str, Any]:
    """Types and shapes of features and targets, each by the name of the tensor."""
    told = json.loads(dataset.to_dict()["schema"])["mlflow_tensorspec"]
    return {
        part: None
        if text is None
        else {
            spec.get("name", ""): (spec["tensor-spec"]["dtype"], spec["tensor-spec"]["shape"])
            for spec in json.loads(text)
        }
        for part, text in told.items()
    }


def test_tensors_are_described() -> None:
    features = tensorflow.constant(numpy.zeros((3, 2)))
    dataset = data.from_tensorflow(features, "x", tensorflow.constant([1, 2, 3]), "prices")
    assert (dataset.name, dataset.source.uri) == ("prices", "x")
    assert tensors(dataset) == {
        "features": {"": ("float64", [-1, 2])},
        "targets": {"": ("int32", [-1])},
    }
    assert dataset.profile == {"features_cardinality": 6, "targets_cardinality": 3}
    assert dataset.data is features


def test_a_pipeline_is_described_by_its_elements_none_of_which_is_read() -> None:
    def never() -> Any:
        raise AssertionError("an element was read")

    signature = {"u": tensorflow.TensorSpec((None, 2), tensorflow.float32)}
    dataset = data.from_tensorflow(Pipeline.from_generator(never, output_signature=signature))
    assert tensors(dataset) == {"features": {"u": ("float32", [-1, 2])}, "targets": None}
    assert dataset.profile == {"features_cardinality": -2}


def test_elements_that_are_pairs_are_features_and_targets() -> None:
    x = {"u": numpy.zeros((5, 2)), "v": {"w": numpy.zeros(5, "int32")}}
    pairs = Pipeline.from_tensor_slices((x, numpy.array(["a"] * 5))).batch(2)
    assert tensors(data.from_tensorflow(pairs)) == {
        "features": {"u": ("float64", [-1, 2]), "v/w": ("int32", [-1])},
        "targets": {"": ("object", [-1])},
    }
    triples = Pipeline.from_tensor_slices(([1.0], [2], [True]))
    assert tensors(data.from_tensorflow(triples)) == {
        "features": {"": ("float32", [])},
        "targets": {"": ("int32", [])},
    }
    named = Pipeline.from_tensor_slices(({"u": [1.0]}, {"v": [2]}))
    assert tensors(data.from_tensorflow(named, targets=Pipeline.range(1))) == {
        "features": {"u": ("float32", []), "v": ("int32", [])},
        "targets": {"": ("int64", [])},
    }
    apart = data.from_tensorflow(Pipeline.range(3), targets=Pipeline.range(4))
    assert tensors(apart) == {"features": {"": ("int64", [])}, "targets": {"": ("int64", [])}}
    assert apart.profile == {"features_cardinality": 3, "targets_cardinality": 4}


def test_the_digest_is_of_the_values() -> None:
    words = tensorflow.constant(["a", "b"])
    digest = data.from_tensorflow(words).digest
    assert data.from_tensorflow(tensorflow.constant(["a", "b"])).digest == digest
    assert data.from_tensorflow(tensorflow.constant(["a", "c"])).digest != digest
    assert data.from_tensorflow(words, targets=tensorflow.constant(1)).digest != digest
    assert data.from_tensorflow(words, digest="1234").digest == "1234"


@pytest.mark.parametrize(
    ("features", "targets", "message"),
    [
        (numpy.zeros(3), None, "tf.data.Dataset or a TensorFlow Tensor, but it is a ndarray"),
        (Pipeline.range(3), tensorflow.constant(1), "is a tf.data.Dataset, 'targets' must be"),
        (tensorflow.constant(1), Pipeline.range(3), "is a TensorFlow Tensor, 'targets' must be"),
        (tensorflow.constant(1), numpy.zeros(3), "but it is a ndarray"),
    ],
)
def test_what_does_not_go_together_is_refused(features: Any, targets: Any, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        data.from_tensorflow(features, targets=targets)
