"""Tensors and `tf.data` pipelines of TensorFlow as datasets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from millstream.client.data.dataset import MOST_ROWS_HASHED, Dataset, digest_of
from millstream.client.extras import load
from millstream.errors import InvalidParameter

_ROLES = ("features", "targets")


class TensorFlowDataset(Dataset):
    """Features and perhaps targets, both tensors or both `tf.data.Dataset`.

    Of a pipeline no element is read: its digest is over the shapes and types of its elements, and
    over their number. Elements that are tuples are features, targets and so on, as Keras takes
    them. A number below zero is `tf.data.INFINITE_CARDINALITY` or `UNKNOWN_CARDINALITY`.
    """

    def __init__(
        self,
        features: Any,
        source: Any | None = None,
        targets: Any | None = None,
        name: str | None = None,
        digest: str | None = None,
    ) -> None:
        parts = _parts(features, targets)
        specs = _specs(parts)
        sizes = {f"{role}_cardinality": part.cardinality for role, part in parts.items()}
        content = [part.content for part in parts.values()]
        told = {role: json.dumps(specs[role]) if role in specs else None for role in _ROLES}
        super().__init__(
            features,
            name,
            source,
            digest or digest_of(*content, json.dumps(specs), json.dumps(sizes)),
            {"mlflow_tensorspec": told},
            sizes,
        )
        self.targets = targets


def from_tensorflow(
    features: Any,
    source: Any | None = None,
    targets: Any | None = None,
    name: str | None = None,
    digest: str | None = None,
) -> TensorFlowDataset:
    """Describe a tensor or a `tf.data.Dataset` of TensorFlow as a dataset."""
    return TensorFlowDataset(features, source, targets, name, digest)


class _Part(msgspec.Struct, frozen=True):
    """Features or targets: their tensors' types and shapes, how many there are, and their bytes.

    `specs` has one list for each member of elements that are tuples, and else one. `cardinality`
    counts values of a tensor and elements of a pipeline.
    """

    specs: list[list[dict[str, Any]]]
    cardinality: int
    content: bytes


def _parts(features: Any, targets: Any | None) -> dict[str, _Part]:
    library = load("tensorflow", "describing a dataset of TensorFlow")
    pipeline = library.data.Dataset
    piped = isinstance(features, pipeline)
    if not piped and not library.is_tensor(features):
        raise InvalidParameter(
            "'features' must be an instance of tf.data.Dataset or a TensorFlow Tensor, but it is a "
            f"{type(features).__name__}."
        )
    fits = isinstance(targets, pipeline) if piped else library.is_tensor(targets)
    if targets is not None and not fits:
        kind = "tf.data.Dataset" if piped else "TensorFlow Tensor"
        raise InvalidParameter(
            f"If 'features' is a {kind}, 'targets' must be one as well, but it is a "
            f"{type(targets).__name__}."
        )
    given = {"features": features, "targets": targets}
    return {
        name: _of_pipeline(value) if piped else _of_tensor(value, library)
        for name, value in given.items()
        if value is not None
    }


def _specs(parts: Mapping[str, _Part]) -> dict[str, list[dict[str, Any]]]:
    """The tensors of features and targets; what is told of targets alone goes before pairs."""
    if len(parts) == 1:
        return dict(zip(_ROLES, parts["features"].specs, strict=False))
    return {
        role: [spec for member in part.specs for spec in member] for role, part in parts.items()
    }


def _of_tensor(tensor: Any, library: Any) -> _Part:
    first = tensor[:MOST_ROWS_HASHED] if tensor.shape.rank else tensor
    content = library.io.serialize_tensor(first).numpy()
    return _Part([[_spec(tensor, [-1, *tensor.shape[1:]])]], int(library.size(tensor)), content)


def _of_pipeline(pipeline: Any) -> _Part:
    spec = pipeline.element_spec
    members = spec if isinstance(spec, tuple) else (spec,)
    return _Part([_flat(member) for member in members], int(pipeline.cardinality()), b"")


def _flat(spec: Any, name: str = "") -> list[dict[str, Any]]:
    """The tensors of a nested structure, named by the keys and places that lead to them."""
    if isinstance(spec, Mapping):
        inner = list(spec.items())
    elif isinstance(spec, (tuple, list)):
        inner = [(str(place), one) for place, one in enumerate(spec)]
    else:
        shape = getattr(spec, "shape", None)
        known = [-1] if shape is None or shape.rank is None else list(shape)
        return [_spec(spec, [-1 if size is None else size for size in known], name)]
    return [
        found for key, one in inner for found in _flat(one, f"{name}/{key}" if name else str(key))
    ]


def _spec(tensor: Any, shape: list[int], name: str = "") -> dict[str, Any]:
    kind = getattr(getattr(tensor, "dtype", None), "name", "object")
    described = {"dtype": "object" if kind == "string" else kind, "shape": shape}
    return {**({"name": name} if name else {}), "type": "tensor", "tensor-spec": described}
