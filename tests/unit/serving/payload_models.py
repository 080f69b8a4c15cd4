"""Models for the tests of payloads: a signature, and what the library's object says of itself."""

from __future__ import annotations

import json
from typing import Any

from millstream.model_format.manifest import Manifest
from millstream.model_format.pyfunc import PyFuncModel
from millstream.model_format.signature import ModelSignature
from millstream.serving.payloads import Decoder, Request

JSON = "application/json"


class Fitted:
    """A library's object that was fitted on so many columns, perhaps with names."""

    def __init__(self, n_features: int | None, names: list[str] | None) -> None:
        self.n_features = n_features
        if names is not None:
            self.feature_names_in_ = names

    def predict(self, data: Any) -> Any:
        return data

    def get_raw_model(self) -> Any:
        return self


def column(kind: Any, name: str | None = None, required: bool = True) -> dict[str, Any]:
    form = {"type": kind} if isinstance(kind, str) else dict(kind)
    return {**form, **({} if name is None else {"name": name}), "required": required}


def tensor(dtype: str, shape: list[int], name: str | None = None) -> dict[str, Any]:
    named = {} if name is None else {"name": name}
    return {"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": shape}, **named}


def model_of(
    inputs: list[dict[str, Any]] | None = None,
    outputs: list[dict[str, Any]] | None = None,
    params: list[dict[str, Any]] | None = None,
    n_features: int | None = None,
    names: list[str] | None = None,
    hinted: bool = False,
) -> PyFuncModel:
    forms = {"inputs": inputs, "outputs": outputs, "params": params}
    texts = {role: None if form is None else json.dumps(form) for role, form in forms.items()}
    signature = ModelSignature.from_dict(texts) if any(texts.values()) else None
    manifest = Manifest(signature=signature, flavors={"sklearn": {}, "python_function": {}})
    manifest.is_signature_from_type_hint = hinted
    return PyFuncModel(manifest, Fitted(n_features, names))


def decoder(inputs: list[dict[str, Any]] | None = None, **options: Any) -> Decoder:
    return Decoder(model_of(inputs, **options))


def decoded(reads: Decoder, content: Any) -> Request:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return reads.decode(JSON, body)
