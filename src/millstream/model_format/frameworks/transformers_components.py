"""Transformers: a pipeline out of its components, and the classes and types that MLmodel names."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import transformers

from millstream.errors import InvalidParameter

# What reads a component whose class the library does not know.
READERS = {
    "tokenizer": transformers.AutoTokenizer,
    "feature_extractor": transformers.AutoFeatureExtractor,
    "image_processor": transformers.AutoImageProcessor,
    "processor": transformers.AutoProcessor,
}


def pipeline_of(native: Any, task: str | None) -> Any:
    """The pipeline that was given, or the one of the components or of the folder given."""
    if isinstance(native, transformers.Pipeline):
        return native
    if isinstance(native, (str, Path)) and Path(native).is_dir():
        native = {"model": str(native)}
    if not isinstance(native, Mapping):
        raise InvalidParameter(
            "`transformers_model` must be a pipeline, a dictionary of its components, or the "
            f"folder of a checkpoint, not {native!r}"
        )
    if native.get("model") is None:
        raise InvalidParameter(
            f"the dictionary of components must have the key 'model', not only {sorted(native)}"
        )
    if task is None:
        raise InvalidParameter(
            "give `task`, what the components are for, such as 'text-classification': it cannot "
            "be seen from them"
        )
    return transformers.pipeline(task, **native)


def class_named(name: Any) -> Any:
    """The class of the library by that name; None if it has none, as for code in the model."""
    found = getattr(transformers, str(name), None) if name else None
    return found if hasattr(found, "from_pretrained") else None


def dtype_named(name: Any) -> Any:
    """The type of numbers that MLmodel names, as `torch.float32`."""
    library, _, kind = str(name or "").partition(".")
    if library != "torch":
        return None
    torch = importlib.import_module("torch")
    found = getattr(torch, kind, None)
    if not isinstance(found, torch.dtype):
        raise InvalidParameter(f"the model names {name!r} as the type of its weights")
    return found
