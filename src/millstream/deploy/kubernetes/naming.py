"""How a deployment's things are named and labelled, and how they are known as ours.

The labels are those that Kubernetes recommends (kubernetes.io, "Recommended Labels").
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from millstream.clusters.kinds import Kind
from millstream.deploy.wish import Wish
from millstream.errors import InvalidParameter

MANAGER = "millstream"
"""As whom a cluster knows us: in labels, and as the manager of fields."""

CONTAINER = "model"
MANAGED_BY = "app.kubernetes.io/managed-by"
INSTANCE = "app.kubernetes.io/instance"
MODEL = "millstream.io/model"
DIGEST = "millstream.io/digest"

_NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,51}[a-z0-9])?")
_VERSION = re.compile(r"models:/[^/]+/(?P<version>[0-9]+)(?:/.*)?")


def checked(name: str) -> str:
    """A name that a service may have, with room for what operators add; another one raises.

    RFC 1035 has a letter first, and 63 letters at most.
    """
    if not _NAME.fullmatch(name):
        raise InvalidParameter(
            f"The deployment is called {name!r}: a cluster takes 1 to 53 lower-case letters, "
            "digits and '-', of which the first is a letter."
        )
    return name


def selector(name: str) -> dict[str, str]:
    """The labels by which pods are known. They never change: selectors cannot."""
    return {"app.kubernetes.io/name": name, INSTANCE: name}


def labels(wish: Wish) -> dict[str, str]:
    """All labels of a deployment's things."""
    found = {
        **selector(wish.name),
        "app.kubernetes.io/component": "model-server",
        MANAGED_BY: MANAGER,
    }
    version = _VERSION.fullmatch(wish.model_uri)
    if version:
        found["app.kubernetes.io/version"] = version["version"]
    return found


def chosen(name: str | None = None) -> str:
    """A label selector for what is ours, of one deployment or of all."""
    ours = f"{MANAGED_BY}={MANAGER}"
    return ours if name is None else f"{ours},{INSTANCE}={name}"


def is_ours(manifest: Mapping[str, Any], name: str) -> bool:
    """Whether a thing is one that we made for a deployment.

    Operators give their own things the labels of ours; those are theirs, and have an owner.
    """
    metadata = manifest.get("metadata") or {}
    said = metadata.get("labels") or {}
    ours = (said.get(MANAGED_BY), said.get(INSTANCE)) == (MANAGER, name)
    return ours and not metadata.get("ownerReferences")


def manifest(
    kind: Kind, wish: Wish, said: Mapping[str, Any], notes: Mapping[str, str] = {}
) -> dict[str, Any]:
    """A thing of the deployment's name: `said` stands beside its metadata, `notes` in there.

    It bears a digest of itself, since of what a cluster gives back nobody can tell whether
    something of it was said before, and is not any more.
    """
    told = {
        "apiVersion": kind.version,
        "kind": kind.name,
        "metadata": {
            "name": wish.name,
            "labels": labels(wish),
            "annotations": {MODEL: wish.model_uri, **notes},
        },
        **said,
    }
    text = json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
    told["metadata"]["annotations"][DIGEST] = f"sha256:{hashlib.sha256(text).hexdigest()}"
    return told
