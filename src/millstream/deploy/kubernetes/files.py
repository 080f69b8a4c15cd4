"""A deployment as files: plain YAML, a Kustomize base, or a Helm chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from millstream.deploy.kubernetes import helm
from millstream.errors import InvalidParameter

FORMATS = ("yaml", "kustomize", "helm")

_KUSTOMIZATION = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}


def written(
    form: str, name: str, manifests: Sequence[Mapping[str, Any]], namespace: str | None
) -> dict[str, str]:
    """The files of a format, each with its name; another format raises `InvalidParameter`."""
    if form == "yaml":
        return {f"{name}.yaml": _plain(manifests, namespace)}
    if form == "kustomize":
        return _kustomize(manifests, namespace)
    if form == "helm":
        return helm.chart(name, manifests)
    raise InvalidParameter(f"The format is {form!r}; it is one of {', '.join(FORMATS)}.")


def as_yaml(manifest: Mapping[str, Any]) -> str:
    """A manifest as people write it."""
    return yaml.safe_dump(dict(manifest), sort_keys=False, width=100)


def file_name(manifest: Mapping[str, Any]) -> str:
    """What the file of a manifest is called."""
    return f"{str(manifest['kind']).lower()}.yaml"


def _plain(manifests: Sequence[Mapping[str, Any]], namespace: str | None) -> str:
    placed = [one if namespace is None else _within(one, namespace) for one in manifests]
    return "---\n".join(as_yaml(one) for one in placed)


def _within(manifest: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    name, *rest = manifest["metadata"].items()
    return {**manifest, "metadata": dict([name, ("namespace", namespace), *rest])}


def _kustomize(manifests: Sequence[Mapping[str, Any]], namespace: str | None) -> dict[str, str]:
    """A base: an overlay changes the image, how many pods there are, and whatever else."""
    files = {file_name(one): as_yaml(one) for one in manifests}
    placed = {} if namespace is None else {"namespace": namespace}
    said = {**_KUSTOMIZATION, **placed, "resources": list(files)}
    return {"kustomization.yaml": as_yaml(said), **files}
