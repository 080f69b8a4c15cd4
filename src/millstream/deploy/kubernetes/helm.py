"""A deployment as a Helm chart: the manifests, with what people change in `values.yaml`.

A chart is of version v2 (helm.sh/docs/topics/charts). Templates do nothing but put a value in its
place, as JSON, which is YAML: so a chart says what the manifests say, whatever its values are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from millstream.deploy.kubernetes.naming import DIGEST, MANAGED_BY
from millstream.version import VERSION

_PLACES = (
    ("image", ("containers", "*", "image")),
    ("resources", ("containers", "*", "resources")),
    ("env", ("containers", "*", "env")),
    ("nodeSelector", ("nodeSelector",)),
    ("replicas", ("spec", "replicas")),
    ("replicas", ("predictors", "*", "replicas")),
    ("minReplicas", ("minReplicas",)),
    ("maxReplicas", ("maxReplicas",)),
    ("serviceType", ("spec", "type")),
    ("host", ("rules", "*", "host")),
    ("host", ("hosts", "*")),
    ("host", ("hostnames", "*")),
    ("ingressClass", ("ingressClassName",)),
)
"""Values, and where they stand: the last steps of a path, with `*` for any place of a list."""

_MARK = "\ue000"
"""What no text of an option can hold, since it cannot be printed."""

_HOLE = re.compile(f"{_MARK}([a-zA-Z]+){_MARK}")


def chart(name: str, manifests: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The files of the chart, each with its path in it."""
    values: dict[str, Any] = {}
    templates = {
        f"templates/{str(one['kind']).lower()}.yaml": _template(one, values) for one in manifests
    }
    about = {
        "apiVersion": "v2",
        "name": name,
        "description": f"The model server '{name}'",
        "type": "application",
        "version": "0.1.0",
        "annotations": {"millstream.io/version": VERSION},
    }
    return {"Chart.yaml": _yaml(about), "values.yaml": _yaml(values), **templates}


def _template(manifest: Mapping[str, Any], values: dict[str, Any]) -> str:
    """A manifest with holes, whose fillings are noted in `values`.

    It is without its digest, which would not be that of what is installed, and with Helm as what
    it is managed by.
    """
    metadata = manifest["metadata"]
    notes = {key: text for key, text in metadata["annotations"].items() if key != DIGEST}
    told = {**manifest, "metadata": {**metadata, "annotations": notes}}
    text = _yaml(_opened(told, (), values)).replace("{{", '{{ "{{" }}')
    text = text.replace(f"{_MARK}{_MARK}", "{{ .Release.Service }}")
    return _HOLE.sub(r"{{ .Values.\1 | toJson }}", text)


def _opened(said: Any, path: tuple[str, ...], values: dict[str, Any]) -> Any:
    for key, place in _PLACES:
        if path[-len(place) :] == place:
            values[key] = said
            return f"{_MARK}{key}{_MARK}"
    if path[-1:] == (MANAGED_BY,):
        return f"{_MARK}{_MARK}"
    if isinstance(said, Mapping):
        return {key: _opened(value, (*path, key), values) for key, value in said.items()}
    if isinstance(said, list):
        return [_opened(one, (*path, "*"), values) for one in said]
    return said


def _yaml(said: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(said), sort_keys=False, width=100, allow_unicode=True)
