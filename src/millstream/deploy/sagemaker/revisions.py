"""What a revision of a deployment has in SageMaker: a model, and a configuration of the endpoint.

Neither can be changed, and their names say what is in them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from millstream.deploy.resources import Resource
from millstream.deploy.sagemaker import names
from millstream.deploy.sagemaker.aws import Aws

MODEL, CONFIG = "Model", "EndpointConfig"


class _Words(NamedTuple):
    """How SageMaker calls the requests about a kind of thing, and what it says of one."""

    method: str
    listed: str
    name: str
    fields: tuple[str, ...]


_WORDS = {
    MODEL: _Words(
        "model", "Models", "ModelName", ("ExecutionRoleArn", "PrimaryContainer", "VpcConfig")
    ),
    CONFIG: _Words(
        "endpoint_config",
        "EndpointConfigs",
        "EndpointConfigName",
        ("ProductionVariants", "AsyncInferenceConfig", "DataCaptureConfig"),
    ),
}


class Revisions:
    """The models and configurations of a region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def present(self, kind: str, deployment: str) -> list[Resource]:
        """The things of a kind that all revisions of a deployment have."""
        words = _WORDS[kind]
        method = f"list_{words.method}s"
        pages = self._aws.pages("sagemaker", method, NameContains=names.prefix(deployment))
        found = [one[words.name] for page in pages for one in page[words.listed]]
        own = [name for name in sorted(found) if names.is_revision(name, deployment)]
        return [self.get(kind, name) for name in own]

    def get(self, kind: str, name: str) -> Resource:
        """One thing; raises `NotFound` if it is not there."""
        words = _WORDS[kind]
        found = self._aws.ask("sagemaker", f"describe_{words.method}", **{words.name: name})
        body = {key: found[key] for key in words.fields if found.get(key)}
        return Resource(kind, name, body)

    def make(self, resource: Resource, tags: list[dict[str, str]]) -> None:
        """Create a thing; the tags are told to SageMaker alone."""
        words = _WORDS[resource.kind]
        said: dict[str, Any] = {words.name: resource.name, **resource.body, "Tags": tags}
        self._aws.ask("sagemaker", f"create_{words.method}", **said)

    def remove(self, resource: Resource) -> None:
        """Remove a thing; one that is gone raises `NotFound`."""
        words = _WORDS[resource.kind]
        self._aws.ask("sagemaker", f"delete_{words.method}", **{words.name: resource.name})
