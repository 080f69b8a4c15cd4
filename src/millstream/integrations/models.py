"""What all models share: MLmodel, signatures, and the way into the store (`millstream.models`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from millstream import late
from millstream.client.session import SESSION
from millstream.entities.metrics import Metric
from millstream.entities.models import LoggedModel
from millstream.errors import InvalidParameter
from millstream.integrations.model_changes import (
    add_libraries_to_model,
    set_signature,
    update_model_requirements,
)
from millstream.integrations.model_files import local_path
from millstream.integrations.model_logging import (
    Logging,
    create,
    fill,
    register,
)
from millstream.integrations.requirements import infer_pip_requirements
from millstream.model_format import pyfunc
from millstream.model_format.code_model import ModelConfig, read_config, set_model
from millstream.model_format.digests import MANIFEST
from millstream.model_format.directory import seal
from millstream.model_format.enforcement import enforce_inputs
from millstream.model_format.example import request_body
from millstream.model_format.manifest import Manifest
from millstream.model_format.schema import Schema
from millstream.model_format.serving_input import parse_serving_input
from millstream.model_format.signature import ModelSignature, infer_signature

__all__ = [
    "MLMODEL_FILE_NAME",
    "Model",
    "ModelConfig",
    "ModelInfo",
    "ModelSignature",
    "add_libraries_to_model",
    "convert_input_example_to_serving_input",
    "get_model_info",
    "infer_pip_requirements",
    "infer_signature",
    "set_model",
    "set_signature",
    "update_model_requirements",
    "validate_schema",
    "validate_serving_input",
]

MLMODEL_FILE_NAME = MANIFEST

__getattr__ = late(
    {
        "deploy.container.api": "build_docker",
        "evaluation.contents": "EvaluationArtifact",
        "evaluation.evaluate": "evaluate",
        "evaluation.plugins": "ModelEvaluator list_evaluators",
        "evaluation.result": "EvaluationResult",
        "evaluation.thresholds": "MetricThreshold",
        "evaluation.values": "EvaluationMetric make_metric",
        "serving.prediction": "predict",
    }
)


class ModelInfo:
    """What is known of a model that was logged."""

    def __init__(
        self,
        model: Manifest,
        model_uri: str,
        logged: LoggedModel | None = None,
        registered_model_version: int | None = None,
    ) -> None:
        self._logged = logged
        self.artifact_path = model.artifact_path
        self.flavors = model.flavors
        self.model_uri = model_uri
        self.model_uuid = model.model_uuid
        self.run_id = model.run_id
        self.saved_input_example_info = model.saved_input_example_info
        self.signature = model.signature
        self.utc_time_created = model.utc_time_created
        self.mlflow_version = model.mlflow_version
        self.metadata = model.metadata
        self.env_vars = model.env_vars
        self.prompts = model.prompts
        self.registered_model_version = registered_model_version

    @property
    def signature_dict(self) -> dict[str, str | None] | None:
        """The signature as JSON texts."""
        return self.signature.to_dict() if self.signature else None

    @property
    def model_id(self) -> str | None:
        """The id of the logged model."""
        return self._logged.model_id if self._logged else None

    @property
    def name(self) -> str | None:
        """The name of the logged model."""
        return self._logged.name if self._logged else None

    @property
    def params(self) -> dict[str, str] | None:
        """The params of the logged model."""
        return self._logged.params if self._logged else None

    @property
    def tags(self) -> dict[str, str] | None:
        """The tags of the logged model."""
        return self._logged.tags if self._logged else None

    @property
    def metrics(self) -> list[Metric] | None:
        """What was measured of the logged model."""
        return self._logged.metrics if self._logged else None

    @property
    def creation_timestamp(self) -> int | None:
        """When the logged model was created, in ms."""
        return self._logged.creation_timestamp if self._logged else None

    def __repr__(self) -> str:
        return f"<ModelInfo: name={self.name!r}, model_uri={self.model_uri!r}>"


class Model(Manifest):
    """MLmodel with the way into the store and back."""

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Model:
        """Read the MLmodel of a model directory, of a URI, or the file itself."""
        text = os.fspath(path)
        if Path(text).is_file():
            text = str(Path(text).parent)
        return cls.from_manifest(Manifest.read(local_path(text)))

    @classmethod
    def from_manifest(cls, manifest: Manifest) -> Model:
        """The same content with the methods of this class."""
        model = cls()
        model.__dict__.update(manifest.__dict__)
        return model

    def get_model_info(
        self, logged_model: LoggedModel | None = None, registered_model_version: int | None = None
    ) -> ModelInfo:
        """What is known of this model."""
        uri = f"models:/{self.model_id}" if self.model_id else str(self.artifact_path)
        return ModelInfo(self, uri, logged_model, registered_model_version)

    @classmethod
    def log(
        cls,
        artifact_path: str | None,
        flavor: ModuleType | Any,
        registered_model_name: str | None = None,
        await_registration_for: int = 300,
        metadata: dict[str, Any] | None = None,
        run_id: str | None = None,
        resources: Any = None,
        auth_policy: Any = None,
        prompts: list[str] | None = None,
        name: str | None = None,
        model_type: str | None = None,
        params: Mapping[str, Any] | None = None,
        tags: Mapping[str, Any] | None = None,
        step: int = 0,
        model_id: str | None = None,
        **kwargs: Any,
    ) -> ModelInfo:
        """Log a model that `flavor.save_model(path=…, mlflow_model=…, **kwargs)` writes.

        `artifact_path` is an older name of `name`. With `registered_model_name` it is registered
        as well.
        """
        options = Logging(
            name=name or artifact_path,
            run_id=run_id,
            model_id=model_id,
            model_type=model_type,
            params=params,
            tags=tags,
            step=step,
            registered_model_name=registered_model_name,
            await_registration_for=await_registration_for,
        )

        def write(
            directory: Path, place: str, run: str | None = None, logged_id: str | None = None
        ) -> Manifest:
            model = cls(
                artifact_path=place,
                run_id=run,
                metadata=metadata,
                resources=declared(resources, "resources"),
                auth_policy=declared(auth_policy, "auth_policy"),
                prompts=prompts,
                model_id=logged_id,
            )
            flavor.save_model(path=str(directory), mlflow_model=model, **kwargs)
            return seal(directory)

        return cls._log(options, write)

    @classmethod
    def _log(cls, options: Logging, write: Callable[..., Manifest]) -> ModelInfo:
        saved: list[Manifest] = []
        logged = create(options)
        location = logged.artifact_location or f"models:/{logged.model_id}"
        about = (location, logged.source_run_id or None, logged.model_id)
        ready = fill(logged, options, lambda directory: saved.append(write(directory, *about)))
        version = register(ready, options)
        number = None if version is None else int(version.version)
        return cls.from_manifest(saved[0]).get_model_info(ready, number)


def get_model_info(model_uri: str) -> ModelInfo:
    """What MLmodel says of the model at a URI."""
    return ModelInfo(Manifest.read(local_path(model_uri)), model_uri)


def declared(given: Any, option: str) -> Any:
    """What a model declares of its surroundings, as plain data: a mapping, or a YAML file of one.

    Objects that have a `to_dict` say it themselves, and a list of them is merged.
    """
    if given is None or isinstance(given, Mapping):
        return given
    if isinstance(given, (str, os.PathLike)):
        return read_config(given)
    parts = given if isinstance(given, list) else [given]
    merged: dict[str, Any] = {}
    for part in parts:
        if not isinstance(part, Mapping) and not hasattr(part, "to_dict"):
            raise InvalidParameter(
                f"`{option}` is a dictionary, the path of a YAML file, or objects with a "
                f"`to_dict`, not {part!r}"
            )
        merged |= part if isinstance(part, Mapping) else part.to_dict()
    return merged


def validate_schema(data: Any, expected_schema: Schema) -> None:
    """Raise `InvalidParameter` unless the data are what the schema says."""
    enforce_inputs(data, expected_schema)


def validate_serving_input(model_uri: str, serving_input: str | Mapping[str, Any]) -> Any:
    """What the model at a URI answers to the body of a request, given as JSON or as its content."""
    model = pyfunc.load(local_path(model_uri), SESSION.settings().allow_pickle)
    data, params = parse_serving_input(serving_input, model.metadata.get_input_schema())
    return model.predict(data, params)


def convert_input_example_to_serving_input(input_example: Any) -> str | None:
    """The body of a request that asks for the prediction of the example, JSON."""
    return None if input_example is None else request_body(input_example)
