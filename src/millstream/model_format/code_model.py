"""Models from code: a Python file that says by `set_model` which object is the model."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import msgspec
import yaml

from millstream.errors import InvalidParameter, NotFound
from millstream.model_format.deserialize import run_code
from millstream.model_format.manifest import Manifest
from millstream.model_format.python_model import PythonModelRunner, as_model, runner
from millstream.model_format.source_files import inside

LOADER = "mlflow.pyfunc.loaders.code_model"

Config = Mapping[str, Any] | str | os.PathLike[str]


class _Running(msgspec.Struct):
    """The file that is being run as a model: its configuration, and the model it set."""

    config: dict[str, Any] | None
    model: Any = None


_RUNNING: ContextVar[_Running | None] = ContextVar("_RUNNING", default=None)


def set_model(model: Any) -> None:
    """Say in a file of code which object is its model: a `PythonModel`, or a function.

    In a file that is run as a script it only checks the object.
    """
    made = as_model(model)
    running = _RUNNING.get()
    if running is not None:
        running.model = made


class ModelConfig:
    """The configuration that a model from code is saved or loaded with.

    `development_config`, a dictionary or the path of a YAML file, serves while there is none.
    """

    def __init__(self, *, development_config: Config | None = None) -> None:
        running = _RUNNING.get()
        given = running.config if running is not None else None
        self.development_config = development_config
        if given is None and development_config is None:
            raise NotFound(
                "the model has no configuration: pass `development_config` to ModelConfig, or "
                "`model_config` to save_model or load_model"
            )
        self._config = given if given is not None else read_config(development_config)

    def to_dict(self) -> dict[str, Any]:
        """All of it."""
        return dict(self._config or {})

    def get(self, key: str) -> Any:
        """The value of a key; a key that is not there raises `KeyError`."""
        if key not in (self._config or {}):
            raise KeyError(f"Key '{key}' not found in configuration: {self._config}.")
        return (self._config or {})[key]


def read_config(given: Config | None) -> dict[str, Any] | None:
    """The configuration: a dictionary as it is, or the content of a YAML file."""
    if given is None or isinstance(given, Mapping):
        return None if given is None else dict(given)
    if not isinstance(given, (str, os.PathLike)):
        raise InvalidParameter(
            f"a configuration is a dictionary or the path of a YAML file, not {given!r}"
        )
    path = Path(given)
    if not path.is_file():
        raise NotFound(f"Config file '{path}' not found.")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise InvalidParameter(f"the configuration {path} is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise InvalidParameter(f"the configuration {path} must be a mapping, not {content!r}")
    return content


def model_of_code(path: Path, config: Mapping[str, Any] | None, allow_pickle: bool) -> Any:
    """The model that the file sets when it is run with the configuration."""
    with _running(config) as running:
        run_code(path, allow_pickle)
    if running.model is None:
        raise InvalidParameter(
            f"the file {path.name!r} does not say which object is the model: call "
            "millstream.models.set_model(...) in it"
        )
    return running.model


@contextlib.contextmanager
def _running(config: Mapping[str, Any] | None) -> Iterator[_Running]:
    running = _Running(None if config is None else dict(config))
    token = _RUNNING.set(running)
    try:
        yield running
    finally:
        _RUNNING.reset(token)


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, config: Mapping[str, Any]
) -> PythonModelRunner:
    """The model of the file in the directory, its context loaded."""
    flavor = model.flavor("python_function")
    name = str(flavor.get("model_code_path") or "").replace("\\", "/").rpartition("/")[2]
    path = inside(directory, name)
    if not name or not path.is_file():
        raise InvalidParameter(f"the model in {directory} lacks the file of its code, {name!r}")
    saved = flavor.get("config")
    settings = {**saved, **config} if saved is not None else dict(config)
    runnable = model_of_code(path, settings or saved, allow_pickle)
    return runner(runnable, directory, flavor, settings)
