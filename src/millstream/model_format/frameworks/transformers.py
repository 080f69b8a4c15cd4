"""Transformers: a pipeline, its model and its components as a model directory and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import transformers

from millstream import settings
from millstream.errors import InvalidParameter, NotSupported
from millstream.model_format.deserialize import refuse_pickle, without_pickles
from millstream.model_format.directory import inside
from millstream.model_format.frameworks.transformers_components import (
    READERS,
    class_named,
    dtype_named,
    pipeline_of,
)
from millstream.model_format.frameworks.transformers_pipeline import PipelinePredictor
from millstream.model_format.interface import Saved
from millstream.model_format.manifest import Manifest

MODEL = "model"
COMPONENTS = "components"
_DTYPE = "dtype" if int(transformers.__version__.partition(".")[0]) >= 5 else "torch_dtype"


def save(
    native: Any,
    directory: Path,
    *,
    task: str | None = None,
    processor: Any = None,
    torch_dtype: Any = None,
    model_config: Mapping[str, Any] | None = None,
    prompt_template: str | None = None,
) -> Saved:
    """Write a pipeline, a dictionary of its components, or what is in the folder of a checkpoint.

    `torch_dtype` is the type that the weights are loaded in; `model_config` are options of the
    pipeline's call, and `prompt_template` what its texts are put into.
    """
    pipeline = pipeline_of(native, task)
    found = {name: getattr(pipeline, name, None) for name in READERS}
    found["processor"] = processor if processor is not None else found["processor"]
    components = {name: value for name, value in found.items() if value is not None}
    pipeline.model.save_pretrained(directory / MODEL)
    for name, value in components.items():
        value.save_pretrained(directory / COMPONENTS / name)
    config = dict(model_config or {})
    if prompt_template and pipeline.task == "text-generation":
        config.setdefault("return_full_text", False)
    dtype = torch_dtype if torch_dtype is not None else getattr(pipeline.model, "dtype", None)
    predictor = PipelinePredictor(pipeline, config, prompt_template)
    return Saved(
        flavor={
            "task": task or pipeline.task,
            "instance_type": type(pipeline).__name__,
            "pipeline_model_type": type(pipeline.model).__name__,
            "source_model_name": str(getattr(pipeline.model, "name_or_path", "")),
            "model_binary": MODEL,
            **({"torch_dtype": str(dtype)} if dtype is not None else {}),
            **{f"{name}_type": type(value).__name__ for name, value in components.items()},
            "components": sorted(components),
            "transformers_version": transformers.__version__,
        },
        pyfunc={"config": config} if config else {},
        modules={"transformers", "torch", "pandas"},
        predict=lambda data, **params: predictor.predict(data, params),
    )


def load(
    directory: Path,
    flavor: Mapping[str, Any],
    allow_pickle: bool,
    *,
    return_type: str = "pipeline",
    device: Any = None,
    **options: Any,
) -> Any:
    """The pipeline; or, with `return_type="components"`, what it is made of, as a dictionary.

    `options` go to the model's `from_pretrained`. Nothing is fetched.
    """
    if return_type not in ("pipeline", "components"):
        raise InvalidParameter(
            f"`return_type` must be 'pipeline' or 'components', not {return_type!r}"
        )
    if "model_binary" not in flavor:
        raise NotSupported(
            "the weights are not in the model, which only names where they are: "
            f"{flavor.get('source_model_name')!r} at {flavor.get('source_model_revision')!r}. "
            "Save the model again with save_pretrained=True"
        )
    folder = inside(directory, str(flavor["model_binary"]))
    if not allow_pickle and not list(folder.glob("*.safetensors")):
        raise refuse_pickle(folder, "pickle", "safetensors")
    common: dict[str, Any] = {"local_files_only": True, "trust_remote_code": allow_pickle}
    dtype = dtype_named(flavor.get("torch_dtype"))
    wanted = {_DTYPE: dtype} if dtype is not None else {}
    with without_pickles(allow_pickle):
        found: dict[str, Any] = {"task": flavor["task"], **wanted}
        kind = class_named(flavor["pipeline_model_type"]) or transformers.AutoModel
        if not allow_pickle:
            options["use_safetensors"] = True
        found["model"] = kind.from_pretrained(folder, **common, **{**wanted, **options})
        for name in flavor.get("components") or ():
            part = inside(directory, f"{COMPONENTS}/{name}")
            reader = class_named(flavor.get(f"{name}_type")) or READERS[name]
            found[name] = reader.from_pretrained(part, **common)
        if device is not None:
            found["device"] = device
        return found if return_type == "components" else transformers.pipeline(**found)


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, config: Mapping[str, Any]
) -> PipelinePredictor:
    """The pipeline of a directory, ready to predict."""
    flavor = model.flavor("transformers")
    if flavor.get("inference_task"):
        raise NotSupported(
            f"models that answer requests of {flavor['inference_task']!r} can be loaded as "
            "pipelines, by `transformers.load_model`, and not predict here"
        )
    options = dict(config)
    device = options.pop("device", None) or settings.load().default_prediction_device
    pipeline = load(directory, flavor, allow_pickle, device=device)
    saved = model.flavors.get("python_function", {}).get("config") or {}
    template = (model.metadata or {}).get("prompt_template")
    return PipelinePredictor(pipeline, {**saved, **options}, template)
