"""What somebody has to have for a request to be carried out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from millstream.entities.permissions import PermissionName
from millstream.server.access.facts import SubjectKind


class Need(NamedTuple):
    """A level on what each of the ids is, or belongs to."""

    level: PermissionName
    kind: SubjectKind
    ids: Sequence[str]
