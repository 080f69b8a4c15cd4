"""How things of a deployment are called in a workspace, and what names Azure takes."""

from __future__ import annotations

import re
from typing import Any

from millstream.errors import InvalidParameter

_NAME = re.compile(r"[A-Za-z](?:[A-Za-z0-9-]{1,30}[A-Za-z0-9])")
_VERSIONED = re.compile(r".*/(?P<name>[^/:]+)/versions/(?P<version>[^/:]+)")

OF_DEPLOYMENT = "millstream.deployment"
"""The tag that says for which deployment a thing was made."""


BATCH = "_batch"
"""What stands for the endpoint in the names of assets of jobs: no endpoint is called so."""


def checked(name: str, what: str = "deployment") -> str:
    """A name as Azure takes it for an endpoint or a deployment; others raise."""
    if not _NAME.fullmatch(name):
        raise InvalidParameter(
            f"The {what} is called {name!r}: Azure ML takes 3 to 32 letters, digits and '-', that "
            "begin with a letter and do not end with '-'."
        )
    return name


def asset(endpoint: str, name: str) -> str:
    """What an environment or model is called that only one deployment uses.

    No name of an endpoint or deployment has a `_`, so no two pairs are called the same.
    """
    return f"millstream_{endpoint}_{name}"


def versioned(found: str | None) -> str | None:
    """Of the id of an asset, `name:version`; None of what is no asset of the workspace."""
    match = _VERSIONED.fullmatch(found or "")
    return f"{match['name']}:{match['version']}" if match else None


def state(found: Any) -> str:
    """How Azure says that a thing is, as in `Succeeded`."""
    return word(found.provisioning_state)


def word(said: Any) -> str:
    """A word of Azure, of which the SDK may have made one of its classes."""
    return str(getattr(said, "value", said))
