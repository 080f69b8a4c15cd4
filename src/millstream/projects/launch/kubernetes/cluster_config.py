"""What a caller says of the cluster: three keys, one of which names the template of a Job.

| key | |
| --- | --- |
| `kube-context` | the context of the kubeconfig; its current one if absent |
| `repository-uri` | where the image is pushed to and pulled from |
| `kube-job-template-path` | a file of YAML with a Job of batch/v1 |
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from millstream.containers.box import checked_image
from millstream.errors import InvalidParameter

LARGEST_TEMPLATE = 1 << 20
"""How long a template may be, in bytes."""

_CONTEXT, _REPOSITORY, _TEMPLATE = "kube-context", "repository-uri", "kube-job-template-path"
_KEYS = (_CONTEXT, _REPOSITORY, _TEMPLATE)


class ClusterConfig(msgspec.Struct, frozen=True):
    """A context of the kubeconfig, the repository for the image, and the template of the Job."""

    context: str | None
    repository: str
    template: dict[str, Any]


def read(config: Mapping[str, Any]) -> ClusterConfig:
    """Check what the caller says; what is missing or cannot be meant raises `InvalidParameter`."""
    unknown = sorted(str(key) for key in config if key not in _KEYS)
    if unknown:
        raise InvalidParameter(
            f"The backend's configuration has {unknown[0]!r}; kubernetes knows {', '.join(_KEYS)}."
        )
    for key in (_REPOSITORY, _TEMPLATE):
        if not config.get(key):
            raise InvalidParameter(
                f"The backend kubernetes needs '{key}' in its configuration: give it with "
                "--backend-config, as a file of JSON or the JSON itself."
            )
    context = config.get(_CONTEXT) or None
    if context is not None and not isinstance(context, str):
        raise InvalidParameter(f"'{_CONTEXT}' is {context!r}; it has to be a context's name.")
    repository = checked_image(str(config[_REPOSITORY]))
    if "@" in repository or ":" in repository.rpartition("/")[2]:
        raise InvalidParameter(
            f"'{_REPOSITORY}' is {repository!r}; give it without a tag: the image gets one."
        )
    return ClusterConfig(context, repository, _template(Path(str(config[_TEMPLATE]))))


def _template(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_TEMPLATE + 1)
    except OSError as error:
        raise InvalidParameter(f"The template of the Job cannot be read: {error}") from error
    if len(text) > LARGEST_TEMPLATE:
        raise InvalidParameter(f"'{path}' is longer than {LARGEST_TEMPLATE} bytes.")
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidParameter(f"'{path}' is not YAML: {error}") from error
    if not isinstance(found, dict):
        raise InvalidParameter(f"'{path}' holds no Job, but {type(found).__name__}.")
    named = (found.get("apiVersion"), found.get("kind"))
    if named != ("batch/v1", "Job"):
        raise InvalidParameter(
            f"'{path}' has the apiVersion {named[0]!r} and the kind {named[1]!r}; it has to be a "
            "Job of batch/v1."
        )
    if not _has_container(found):
        raise InvalidParameter(f"'{path}' has no containers in spec.template.spec.containers.")
    return found


def _has_container(template: Mapping[str, Any]) -> bool:
    at: Any = template
    for key in ("spec", "template", "spec", "containers"):
        at = at.get(key) if isinstance(at, Mapping) else None
    return isinstance(at, list) and bool(at) and isinstance(at[0], Mapping)
