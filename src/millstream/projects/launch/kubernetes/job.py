"""The Job of a run: the template with a name, an image, a command and variables of its own.

A cluster replaces `$(NAME)` in commands and variables by what the variable NAME holds, and `$$` by
`$` (kubernetes.io, "Define Dependent Environment Variables"); here every `$` is doubled, so that
what somebody gives as a value arrives as it was given.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from millstream.projects.command import Command

LONGEST_LABEL = 63
"""How many letters a DNS label may have (RFC 1123)."""

_NOT_IN_LABELS = re.compile(r"[^a-z0-9]+")
_TIME = "%Y-%m-%d-%H-%M-%S-%f"


def label(name: str, longest: int = LONGEST_LABEL) -> str:
    """A name as a DNS label: its letters and digits, in lower case, and single hyphens between."""
    return _NOT_IN_LABELS.sub("-", name.lower()).strip("-")[:longest].rstrip("-") or "project"


def job_name(project: str, at: datetime) -> str:
    """The name of a Job, which ends with the time."""
    time = at.strftime(_TIME)
    return f"{label(project, LONGEST_LABEL - len(time) - 1)}-{time}"


def manifest(
    template: Mapping[str, Any],
    *,
    name: str,
    container: str,
    image: str,
    command: Command,
    variables: Mapping[str, str],
) -> dict[str, Any]:
    """The template with what is the run's own; all else stays as it is written.

    A command that needs a shell is given to bash, with its values in variables.
    """
    found: dict[str, Any] = copy.deepcopy(dict(template))
    found["metadata"] = {**(found.get("metadata") or {}), "name": name}
    first = found["spec"]["template"]["spec"]["containers"][0]
    first["name"] = container
    first["image"] = image
    if command.words:
        words: Sequence[str] = command.words
    else:
        words = ("bash", "-c", command.text)
        variables = {**command.variables, **variables}
    first["command"] = [_literal(word) for word in words]
    kept = [one for one in first.get("env") or [] if one.get("name") not in variables]
    own = [{"name": key, "value": _literal(value)} for key, value in variables.items()]
    first["env"] = [*kept, *own]
    return found


def _literal(text: str) -> str:
    return text.replace("$", "$$")
