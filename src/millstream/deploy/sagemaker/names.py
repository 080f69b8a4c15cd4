"""What things are called: by the deployment, and by what is in them.

A name never changes its meaning, so a revision is found again, and is made once. SageMaker takes 63
letters, digits and '-'.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec

_LONGEST = 63
_DIGEST = 16
_ROOM = _LONGEST - _DIGEST - 1


def digest(told: object) -> str:
    """The 16 digits that stand for a value of what JSON has, whatever the order of its keys."""
    text = msgspec.json.encode(told, order="deterministic")
    return hashlib.sha256(text).hexdigest()[:_DIGEST]


def prefix(deployment: str) -> str:
    """What the names of a deployment's models and configurations begin with."""
    if len(deployment) <= _ROOM:
        return deployment
    return f"{deployment[: _ROOM - _DIGEST - 1]}-{digest(deployment)}"


def revision(deployment: str, body: dict[str, Any]) -> str:
    """The name of a thing that a deployment has for one revision."""
    return f"{prefix(deployment)}-{digest(body)}"


def is_revision(name: str, deployment: str) -> bool:
    """Whether a name is of such a thing."""
    return re.fullmatch(rf"{re.escape(prefix(deployment))}-[0-9a-f]{{{_DIGEST}}}", name) is not None
