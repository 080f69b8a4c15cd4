"""The file MLmodel: what a model is, which flavors load it, and what it takes and gives."""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, TextIO

import yaml

from millstream.errors import InvalidParameter, NotFound
from millstream.model_format import example
from millstream.model_format.digests import MANIFEST, check_digests
from millstream.model_format.params import ParamSchema
from millstream.model_format.schema import Schema
from millstream.model_format.serving_input import in_types
from millstream.model_format.signature import ModelSignature
from millstream.version import MLFLOW_VERSION

_FROM_HINT = "is_signature_from_type_hint"
_FROM_EXAMPLE = "type_hint_from_example"
_YAML: dict[str, Any] = {"default_flow_style": False, "allow_unicode": True}


class Manifest:
    """The content of MLmodel; unknown keys are kept, so that reading and writing loses nothing.

    `file_digests` is ours: the SHA-256 of each other file of the model, by path.
    `is_signature_from_type_hint` says that inputs are held against the type hint of the model's
    `predict`; `type_hint_from_example`, that they get the type of the input example.
    """

    _OPTIONAL: ClassVar[tuple[str, ...]] = (
        "artifact_path", "run_id", "saved_input_example_info", "metadata", "resources",
        "env_vars", "auth_policy", "file_digests", "is_signature_from_type_hint",
        "type_hint_from_example",
    )  # fmt: skip

    def __init__(
        self,
        artifact_path: str | None = None,
        run_id: str | None = None,
        utc_time_created: datetime.datetime | str | None = None,
        flavors: dict[str, Any] | None = None,
        signature: ModelSignature | None = None,
        saved_input_example_info: dict[str, Any] | None = None,
        model_uuid: str | Callable[[], str] | None = None,
        mlflow_version: str | None = MLFLOW_VERSION,
        metadata: dict[str, Any] | None = None,
        model_size_bytes: int | None = None,
        resources: Any = None,
        env_vars: list[str] | None = None,
        auth_policy: Any = None,
        model_id: str | None = None,
        prompts: list[str] | None = None,
        **others: Any,
    ) -> None:
        self.artifact_path = artifact_path
        self.run_id = run_id
        self.utc_time_created = str(
            utc_time_created or datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
        )
        self.flavors = {} if flavors is None else flavors
        self.signature = signature
        self.saved_input_example_info = saved_input_example_info
        given = model_uuid() if callable(model_uuid) else model_uuid
        self.model_uuid = given or model_id or uuid.uuid4().hex
        self.mlflow_version = mlflow_version
        self.metadata = metadata
        self.model_size_bytes = model_size_bytes
        self.resources = resources
        self.env_vars = env_vars
        self.auth_policy = auth_policy
        self.model_id = model_id
        self.prompts = prompts
        self.file_digests: dict[str, str] | None = others.pop("file_digests", None)
        self.is_signature_from_type_hint: bool | None = others.pop(_FROM_HINT, None)
        self.type_hint_from_example: bool | None = others.pop(_FROM_EXAMPLE, None)
        self.others = others

    def add_flavor(self, name: str, **params: Any) -> Manifest:
        """Describe how a library loads the model; answers with itself."""
        self.flavors[name] = params
        return self

    def flavor(self, name: str) -> dict[str, Any]:
        """How the library of that name loads the model."""
        if name not in self.flavors:
            raise NotFound(f'Model does not have the "{name}" flavor')
        found: dict[str, Any] = self.flavors[name]
        return found

    def get_input_schema(self) -> Schema | None:
        """What the model takes, if it says so."""
        return self.signature.inputs if self.signature else None

    def get_output_schema(self) -> Schema | None:
        """What the model gives, if it says so."""
        return self.signature.outputs if self.signature else None

    def get_params_schema(self) -> ParamSchema | None:
        """What the model can be told, if it says so."""
        return self.signature.params if self.signature else None

    def load_input_example(self, path: str) -> Any:
        """The example of an input in the model directory `path`; None if there is none."""
        info = self.saved_input_example_info
        if info is None:
            return None
        return in_types(example.load_example(Path(path), info), self.get_input_schema())

    def load_input_example_params(self, path: str) -> dict[str, Any] | None:
        """The params of that example; None if there are none."""
        info = self.saved_input_example_info
        return None if info is None else example.load_example_params(Path(path), info)

    def get_serving_input(self, path: str) -> str | None:
        """That example as the body of a request, JSON; None if there is none."""
        info = self.saved_input_example_info
        return None if info is None else example.load_serving_input(Path(path), info)

    def to_dict(self) -> dict[str, Any]:
        """The keys of MLmodel."""
        content: dict[str, Any] = {
            **self.others,
            "flavors": self.flavors,
            "utc_time_created": self.utc_time_created,
            "model_uuid": self.model_uuid,
            "mlflow_version": self.mlflow_version,
            "model_id": self.model_id,
            "prompts": self.prompts,
            "model_size_bytes": self.model_size_bytes,
        }
        for key in self._OPTIONAL:
            if getattr(self, key) is not None:
                content[key] = getattr(self, key)
        if self.signature is not None:
            content["signature"] = self.signature.to_dict()
            content.setdefault(_FROM_HINT, False)
            content.setdefault(_FROM_EXAMPLE, False)
        return content

    @classmethod
    def from_dict(cls, model_dict: Mapping[str, Any]) -> Manifest:
        """Read the keys of MLmodel; those of any version of MLflow are understood."""
        content = dict(model_dict)
        signature = content.pop("signature", None)
        if isinstance(signature, Mapping) and any(signature.values()):
            content["signature"] = ModelSignature.from_dict(signature)
        model = cls(**content)
        model.model_uuid = content.get("model_uuid") or content.get("model_id") or ""
        model.mlflow_version = content.get("mlflow_version")
        return model

    def to_yaml(self, stream: TextIO | None = None) -> str | None:
        """The text of MLmodel, keys sorted; written to the stream if one is given."""
        text: str | None = yaml.safe_dump(self.to_dict(), stream=stream, **_YAML)
        return text

    def to_json(self) -> str:
        """The keys of MLmodel as JSON."""
        return json.dumps(self.to_dict())

    def save(self, path: str | Path) -> None:
        """Write MLmodel to that file."""
        with Path(path).open("w", encoding="utf-8") as file:
            self.to_yaml(file)

    @classmethod
    def read(cls, directory: Path) -> Manifest:
        """Read the MLmodel of a model directory."""
        path = directory / MANIFEST
        if not path.is_file():
            raise NotFound(f'Could not find an "MLmodel" configuration file at "{path}"')
        return cls.from_yaml(path.read_text(encoding="utf-8"), str(path))

    @classmethod
    def from_yaml(cls, text: str, name: str = MANIFEST) -> Manifest:
        """Read the text of MLmodel; `name` says in errors where it is from."""
        try:
            content = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise InvalidParameter(f"{name} is not YAML: {error}") from error
        if not isinstance(content, dict):
            raise InvalidParameter(f"{name} must hold a mapping, not {type(content).__name__}")
        return cls.from_dict(content)

    @classmethod
    def verify(cls, directory: Path) -> Manifest:
        """Read MLmodel and hold every file against its recorded digest."""
        model = cls.read(directory)
        check_digests(directory, model.file_digests or {})
        return model

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Manifest) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(self.model_uuid)

    def __str__(self) -> str:
        return self.to_yaml() or ""
