"""Sentence Transformers: a model of embeddings as a model directory and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sentence_transformers
from sentence_transformers import SentenceTransformer

from millstream.errors import InvalidParameter, NotSupported
from millstream.model_format.deserialize import without_pickles
from millstream.model_format.directory import inside
from millstream.model_format.frameworks.sentence_transformers_predictor import SentencePredictor
from millstream.model_format.interface import Saved
from millstream.model_format.manifest import Manifest

DATA = "model.sentence_transformer"
TASK = "llm/v1/embeddings"
_INFERENCE_CONFIG = "inference_config"


def save(
    native: Any,
    directory: Path,
    *,
    task: str | None = None,
    inference_config: Mapping[str, Any] | None = None,
) -> Saved:
    """Write the model in its own format; `inference_config` are options of its `encode`.

    With the `task` of embeddings it answers requests of OpenAI's form.
    """
    if not isinstance(native, SentenceTransformer):
        raise TypeError(f"`model` must be a SentenceTransformer, not {native!r}")
    if task not in (None, TASK):
        raise InvalidParameter(f"`task` must be {TASK!r} or None, not {task!r}")
    native.save(str(directory / DATA))
    if inference_config:
        (directory / _INFERENCE_CONFIG).write_text(json.dumps(dict(inference_config)))
    network = getattr(native[0], "auto_model", None)
    source = getattr(getattr(network, "config", None), "_name_or_path", "")
    predictor = SentencePredictor(native, task, inference_config)
    return Saved(
        flavor={
            "pipeline_model_type": type(network if network is not None else native[0]).__name__,
            "source_model_name": str(source),
            "sentence_transformers_version": sentence_transformers.__version__,
        },
        pyfunc={"data": DATA, **({"config": {"task": task}} if task else {})},
        modules={"sentence_transformers", "transformers", "torch", "pandas"},
        predict=lambda data, **params: predictor.predict(data, params),
    )


def load(directory: Path, flavor: Mapping[str, Any], allow_pickle: bool, **options: Any) -> Any:
    """The model; where it must not run code of its own, of the library's classes only."""
    path = inside(directory, str(flavor.get("data") or DATA))
    if not allow_pickle:
        _check(path)
    with without_pickles(allow_pickle):
        return SentenceTransformer(
            str(path), trust_remote_code=allow_pickle, local_files_only=True, **options
        )


def _check(path: Path) -> None:
    """Versions before 6 trust all that a local folder names."""
    modules = path / "modules.json"
    named = json.loads(modules.read_bytes()) if modules.is_file() else []
    others = [one["type"] for one in named if not one["type"].startswith("sentence_transformers.")]
    others += sorted(file.name for file in path.rglob("*.py"))
    if others:
        raise NotSupported(
            f"Running the code of a model is disallowed, and this one brings {others}. Set "
            "MILLSTREAM_ALLOW_PICKLE to 'true' if you trust where it comes from",
            "INVALID_PARAMETER_VALUE",
        )


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, config: Mapping[str, Any]
) -> SentencePredictor:
    """The model of a directory, ready to predict."""
    pyfunc = model.flavors.get("python_function", {})
    file = directory / _INFERENCE_CONFIG
    inference_config = json.loads(file.read_bytes()) if file.is_file() else {}
    others = {name: value for name, value in config.items() if name not in ("task", "device")}
    task = config.get("task") or (pyfunc.get("config") or {}).get("task")
    native = load(directory, pyfunc, allow_pickle, device=config.get("device"))
    return SentencePredictor(native, task, {**inference_config, **others})
