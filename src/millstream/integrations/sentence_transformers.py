"""Sentence Transformers in runs and on disk (`millstream.sentence_transformers`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Unpack, cast

from millstream.integrations.flavor import LogOptions, SaveOptions, load, log, save
from millstream.integrations.models import Model, ModelInfo
from millstream.integrations.option_names import known_options
from millstream.model_format.environment import default_conda_env, pin_all
from millstream.model_format.schema import Schema
from millstream.model_format.signature import ModelSignature

FLAVOR_NAME = "sentence_transformers"
_MODULES = [FLAVOR_NAME, "transformers", "torch"]

_TEXTS = '[{"type": "string", "required": true}]'
_NUMBERS = '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]'
_REQUEST = '[{"type": "string", "name": "input", "required": true}]'
_ANSWER = (
    '[{"type": "string", "name": "object", "required": true}, {"type": "array", "items": '
    '{"type": "object", "properties": {"embedding": {"type": "array", "items": {"type": '
    '"double"}, "required": true}, "index": {"type": "long", "required": true}, "object": '
    '{"type": "string", "required": true}}}, "name": "data", "required": true}, {"type": '
    '"object", "properties": {"prompt_tokens": {"type": "long", "required": true}, '
    '"total_tokens": {"type": "long", "required": true}}, "name": "usage", "required": true}]'
)


@known_options(SaveOptions)
def save_model(
    model: Any,
    path: str | os.PathLike[str],
    task: str | None = None,
    inference_config: Mapping[str, Any] | None = None,
    code_paths: Sequence[str] | None = None,
    *,
    conda_env: Mapping[str, Any] | str | None = None,
    **options: Unpack[SaveOptions],
) -> None:
    """Write a model as a directory; `inference_config` are options of its `encode`.

    With the `task` "llm/v1/embeddings" it takes and gives what OpenAI's service of embeddings
    does, and says so in its signature and metadata.
    """
    own = {"task": task, "inference_config": inference_config}
    given = cast("SaveOptions", {**options, **_described(task, options)})
    save(FLAVOR_NAME, model, path, conda_env, code_paths, given, **own)


def _described(task: str | None, options: SaveOptions) -> dict[str, Any]:
    """The signature and metadata of a model that were not given."""
    found: dict[str, Any] = {}
    if options.get("signature") is None and (task or options.get("input_example") is None):
        inputs, outputs = (_REQUEST, _ANSWER) if task else (_TEXTS, _NUMBERS)
        found["signature"] = ModelSignature(Schema.from_json(inputs), Schema.from_json(outputs))
    if task:
        model = options.get("mlflow_model") or Model()
        found["metadata"] = {
            **(model.metadata or {}),
            **(options.get("metadata") or {}),
            "task": task,
        }
    return found


@known_options(LogOptions)
def log_model(
    model: Any,
    artifact_path: str | None = None,
    task: str | None = None,
    inference_config: Mapping[str, Any] | None = None,
    code_paths: Sequence[str] | None = None,
    *,
    conda_env: Mapping[str, Any] | str | None = None,
    **options: Unpack[LogOptions],
) -> ModelInfo:
    """Log the model as a logged model, an output of the active run if there is one.

    `artifact_path` is an older name of `name`. The other options are those of `save_model`.
    """
    own = {"model": model, "task": task, "inference_config": inference_config}
    this = sys.modules[__name__]
    return log(this, artifact_path, conda_env, code_paths, options, **own)


def load_model(model_uri: str | os.PathLike[str], dst_path: str | None = None) -> Any:
    """The SentenceTransformer at a URI or path."""
    return load(FLAVOR_NAME, model_uri, dst_path)


def get_default_pip_requirements() -> list[str]:
    """What a model of this library needs at least, at the versions installed here."""
    return pin_all(_MODULES)


def get_default_conda_env() -> dict[str, Any]:
    """The same as a conda environment."""
    return default_conda_env(_MODULES)
