"""The schemas that Kubernetes publishes, each made ready once.

They are those of the package kubernetes-validate, which reads all 600 anew for every manifest.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs

_DEFINITIONS = "/api/_definitions.json#"


def fault(manifest: dict[str, Any], version: str) -> str | None:
    """What a version of Kubernetes does not take of a manifest, unknown fields too; or None."""
    group, _, own = str(manifest["apiVersion"]).rpartition("/")
    kind = "-".join([str(manifest["kind"]).lower(), *([group.split(".")[0]] if group else []), own])
    found = next(_validator(version, kind).iter_errors(manifest), None)
    return None if found is None else f"{list(found.instance_path)}: {found.message}"


@cache
def _validator(version: str, kind: str) -> Any:
    schema = json.loads(_text(version, kind).replace(_DEFINITIONS, "#"))
    return jsonschema_rs.validator_for({**schema, "$defs": _definitions(version)})


@cache
def _definitions(version: str) -> Any:
    return json.loads(_text(version, "_definitions").replace(_DEFINITIONS, "#"))["$defs"]


def _text(version: str, name: str) -> str:
    folder = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{version}.0-local-strict"
    return (folder / f"{name}.json").read_text("utf-8")
