"""A model written in Python becomes files: the steps of `millstream.pyfunc.save_model`."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from millstream.errors import InvalidParameter
from millstream.integrations.model_files import local_path
from millstream.model_format import code_model
from millstream.model_format.adapters import adapter
from millstream.model_format.description import describe, predicted
from millstream.model_format.example import split_params
from millstream.model_format.inference import infer_param_schema, infer_schema
from millstream.model_format.manifest import Manifest
from millstream.model_format.python_model import (
    PythonModel,
    as_model,
    defines_stream,
    predict_function,
    runner,
)
from millstream.model_format.schema import ColSpec, Schema
from millstream.model_format.signature import ModelSignature
from millstream.model_format.type_hints import (
    input_hint,
    is_type_from_example,
    output_hint,
    resolve_hints,
    says_nothing,
    schema_of_hint,
)
from millstream.model_format.value_types import AnyType

Given = PythonModel | Callable[..., Any] | str | os.PathLike[str]

_logger = logging.getLogger("millstream.models")


class Parts(msgspec.Struct, kw_only=True):
    """What a Python model is saved with, beside the object itself."""

    artifacts: Mapping[str, str] | None = None
    config: dict[str, Any] | None = None
    streamable: bool | None = None
    signature: ModelSignature | None = None
    input_example: Any = None


class Source:
    """A Python model as it was given: an object, a function, or a file of code."""

    def __init__(self, given: Given, config: Mapping[str, Any] | None) -> None:
        self.file: Path | None = None
        if isinstance(given, (str, os.PathLike)):
            self.file = _code_file(Path(given))
            self.model = code_model.model_of_code(self.file, config, allow_pickle=True)
        else:
            self.model = as_model(given)

    def write(self, directory: Path) -> tuple[str, dict[str, Any], set[str]]:
        """Write it; answers with its loader module, its keys, and the modules that it needs."""
        if self.file is not None:
            shutil.copy2(self.file, directory / self.file.name)
            return code_model.LOADER, {"model_code_path": self.file.name}, set()
        resolve_hints(predict_function(self.model))
        keys, modules = adapter("pyfunc").save_python_model(self.model, directory)
        return "mlflow.pyfunc.model", keys, modules


def write_python_model(
    source: Source, directory: Path, model: Manifest, parts: Parts
) -> tuple[str, dict[str, Any], set[str]]:
    """Write the model and what it comes with; answers as `Source.write` does."""
    loader, keys, modules = source.write(directory)
    streams = defines_stream(source.model) if parts.streamable is None else parts.streamable
    keys["streamable"] = streams
    if parts.config is not None:
        keys["config"] = parts.config
    keys |= _copy_artifacts(parts.artifacts, directory)
    predict = None
    if parts.input_example is not None:
        running = runner(source.model, directory, keys, parts.config or {})

        def predict(data: Any, **params: Any) -> Any:
            return running.predict(data, params or None)

    _sign(source.model, directory, model, parts, predict)
    return loader, keys, modules


def _sign(
    python_model: Any,
    directory: Path,
    model: Manifest,
    parts: Parts,
    predict: Callable[..., Any] | None,
) -> None:
    """Record example and signature; a type hint of the input says more than either."""
    function = predict_function(python_model)
    hint = input_hint(function)
    inputs = _hinted_schema(hint)
    if inputs is None:
        describe(model, directory, parts.input_example, parts.signature, predict)
        data = split_params(parts.input_example)[0]
        listed = isinstance(data, list) or hasattr(data, "columns")
        model.type_hint_from_example = (is_type_from_example(hint) and listed) or None
        return
    given = parts.signature
    if given is not None and given.inputs != inputs:
        _logger.warning(
            "The inputs of the given signature, %s, are not used, since the type hint says %s",
            *(given.inputs, inputs),
        )
    params = split_params(parts.input_example)[1]
    signature = ModelSignature(inputs, params=infer_param_schema(params) if params else None)
    if given is not None:
        signature.params = given.params or signature.params
    model.is_signature_from_type_hint = True
    describe(model, directory, parts.input_example, signature, None)
    signature.outputs = _hinted_schema(output_hint(function)) or _seen_output(
        predicted(model, directory, parts.input_example, predict) if predict else None
    )


def _hinted_schema(hint: Any) -> Schema | None:
    """The schema that a hint says; a hint that says none costs a warning, never the model."""
    if hint is None or is_type_from_example(hint) or says_nothing(hint):
        return None
    try:
        return schema_of_hint(hint)
    except InvalidParameter as error:
        _logger.warning("The model is saved without the signature of a type hint, since %s", error)
        return None


def _seen_output(output: Any) -> Schema:
    if output is not None:
        try:
            return infer_schema(output)
        except InvalidParameter as error:
            _logger.warning("The schema of the outputs is 'anything', since %s", error)
    return Schema([ColSpec(AnyType())])


def _code_file(path: Path) -> Path:
    if not path.is_file():
        raise InvalidParameter(
            f"The provided model path '{path}' does not exist. Ensure the file path is valid and "
            "try again."
        )
    if path.suffix != ".py":
        raise InvalidParameter(
            f"a model from code is a Python file, whose name ends in .py, not {path.name!r}"
        )
    return path.resolve()


def _copy_artifacts(artifacts: Mapping[str, str] | None, directory: Path) -> dict[str, Any]:
    """Copy files and folders into the model; answers with the key that says where they are."""
    if not artifacts:
        return {}
    entries: dict[str, dict[str, str]] = {}
    for name, uri in artifacts.items():
        source = local_path(uri)
        target = Path("artifacts", source.name)
        if str(target) in [entry["path"] for entry in entries.values()]:
            target = Path("artifacts", name, source.name)
        copy(source, directory / target)
        entries[name] = {"path": target.as_posix(), "uri": str(uri)}
    return {"artifacts": entries}


def copy(source: Path, target: Path) -> None:
    """Copy a file or folder into a model."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.is_file():
        shutil.copy2(source, target)
    else:
        raise InvalidParameter(f"{str(source)!r} is to be saved with the model and does not exist")
