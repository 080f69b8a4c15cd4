"""Pipelines of Transformers in runs and on disk (`millstream.transformers`)."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Unpack, cast

from millstream.errors import InvalidParameter, NotSupported
from millstream.integrations.autologging.frameworks import turn_on
from millstream.integrations.flavor import LogOptions, SaveOptions, load, log, save
from millstream.integrations.models import Model, ModelInfo
from millstream.integrations.option_names import known_options
from millstream.model_format.environment import default_conda_env, pin_all
from millstream.model_format.schema import Schema
from millstream.model_format.signature import ModelSignature

FLAVOR_NAME = "transformers"
_MODULES = [FLAVOR_NAME, "torch"]

_logger = logging.getLogger("millstream.models")

_TEXT = '[{"type": "string", "required": true}]'
_CLASSES = (
    '[{"type": "string", "name": "label", "required": true}, '
    '{"type": "double", "name": "score", "required": true}]'
)
_SIGNATURES = {
    "text-classification": (_TEXT, _CLASSES),
    "feature-extraction": (
        _TEXT,
        '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]',
    ),
    "zero-shot-classification": (
        '[{"type": "string", "name": "sequences", "required": true}, '
        '{"type": "string", "name": "candidate_labels", "required": true}, '
        '{"type": "string", "name": "hypothesis_template", "required": false}]',
        '[{"type": "string", "name": "sequence", "required": true}, {"type": "string", "name": '
        '"labels", "required": true}, {"type": "double", "name": "scores", "required": true}]',
    ),
    "text-generation": (_TEXT, _TEXT),
    "text2text-generation": (_TEXT, _TEXT),
    "summarization": (_TEXT, _TEXT),
    "translation": (_TEXT, _TEXT),
    "token-classification": (_TEXT, _TEXT),
    "fill-mask": (_TEXT, _TEXT),
}
"""What the tasks take and give, for models without a signature or an example."""


@known_options(SaveOptions)
def save_model(
    transformers_model: Any,
    path: str | os.PathLike[str],
    processor: Any = None,
    task: str | None = None,
    torch_dtype: Any = None,
    model_card: Any = None,
    code_paths: Sequence[str] | None = None,
    *,
    conda_env: Mapping[str, Any] | str | None = None,
    model_config: Mapping[str, Any] | None = None,
    prompt_template: str | None = None,
    save_pretrained: bool = True,
    base_model_path: str | None = None,
    **options: Unpack[SaveOptions],
) -> None:
    """Write a pipeline, a dictionary of its components, or a checkpoint's folder as a directory.

    The last two need the `task`. `model_config` are arguments of the pipeline's call;
    `prompt_template` is a text with one "{prompt}", which every input is put into. The weights are
    always kept with the model, as safetensors, so that it loads without a network.
    """
    if base_model_path is not None:
        raise NotSupported(f"adapters beside a base model ({base_model_path!r}) are not supported")
    if task is not None and task.startswith("llm/"):
        raise NotSupported(f"the task {task!r} is not supported; give a task of Transformers")
    if not save_pretrained:
        _logger.warning("save_pretrained=False is not followed: the weights are kept")
    own = {
        "processor": processor,
        "task": task,
        "torch_dtype": torch_dtype,
        "model_config": model_config,
        "prompt_template": _checked(prompt_template),
    }
    wanted = task or getattr(transformers_model, "task", None)
    given = cast("SaveOptions", {**options, **_described(wanted, prompt_template, options)})
    save(FLAVOR_NAME, transformers_model, path, conda_env, code_paths, given, **own)
    if model_card is not None:
        _logger.warning("model_card is not kept: the model has its files alone")


def _checked(template: str | None) -> str | None:
    if template is not None and template.count("{prompt}") != 1:
        raise InvalidParameter(
            f"`prompt_template` must contain '{{prompt}}' once, as in 'Answer: {{prompt}}', not "
            f"{template!r}"
        )
    return template


def _described(task: Any, template: str | None, options: SaveOptions) -> dict[str, Any]:
    """The signature and metadata of a model that were not given."""
    found: dict[str, Any] = {}
    known = _SIGNATURES.get(str(task).partition("_")[0])
    if known and options.get("signature") is None and options.get("input_example") is None:
        inputs, outputs = (Schema.from_json(text) for text in known)
        found["signature"] = ModelSignature(inputs, outputs)
    if template is not None:
        model = options.get("mlflow_model") or Model()
        given = {**(model.metadata or {}), **(options.get("metadata") or {})}
        found["metadata"] = {**given, "prompt_template": template}
    return found


@known_options(LogOptions)
def log_model(
    transformers_model: Any,
    artifact_path: str | None = None,
    processor: Any = None,
    task: str | None = None,
    torch_dtype: Any = None,
    model_card: Any = None,
    code_paths: Sequence[str] | None = None,
    *,
    conda_env: Mapping[str, Any] | str | None = None,
    model_config: Mapping[str, Any] | None = None,
    prompt_template: str | None = None,
    save_pretrained: bool = True,
    base_model_path: str | None = None,
    **options: Unpack[LogOptions],
) -> ModelInfo:
    """Log the pipeline as a logged model, an output of the active run if there is one.

    `artifact_path` is an older name of `name`. The other options are those of `save_model`.
    """
    own = {
        "transformers_model": transformers_model,
        "processor": processor,
        "task": task,
        "torch_dtype": torch_dtype,
        "model_card": model_card,
        "model_config": model_config,
        "prompt_template": prompt_template,
        "save_pretrained": save_pretrained,
        "base_model_path": base_model_path,
    }
    this = sys.modules[__name__]
    return log(this, artifact_path, conda_env, code_paths, options, **own)


def load_model(
    model_uri: str | os.PathLike[str],
    dst_path: str | None = None,
    return_type: str = "pipeline",
    device: Any = None,
    **options: Any,
) -> Any:
    """The pipeline at a URI or path; with `return_type="components"` its parts, by name.

    `device` is where it predicts. The other options go to the model's `from_pretrained`.
    """
    own = {"return_type": return_type, "device": device, **options}
    return load(FLAVOR_NAME, model_uri, dst_path, **own)


def get_default_pip_requirements(model: Any = None) -> list[str]:  # noqa: ARG001 - MLflow's signature
    """What a pipeline needs at least, at the versions installed here."""
    return pin_all(_MODULES)


def get_default_conda_env(model: Any = None) -> dict[str, Any]:  # noqa: ARG001 - MLflow's signature
    """The same as a conda environment."""
    return default_conda_env(_MODULES)


def autolog(
    log_input_examples: bool = False,
    log_model_signatures: bool = False,
    log_models: bool = False,
    log_datasets: bool = False,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    extra_tags: dict[str, str] | None = None,
) -> None:
    """Log each `train` of a Trainer: the arguments, the model's configuration, and what it tells.

    The names are those of the library's own `MLflowCallback`; where a Trainer has that one, it
    logs in place of this. Whatever the options say, neither model nor data sets are logged: a
    pipeline needs more than a Trainer has. Log it with `log_model`.
    """
    turn_on(FLAVOR_NAME, locals())
