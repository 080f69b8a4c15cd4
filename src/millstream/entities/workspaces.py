"""Workspaces: teams on one server that see nothing of each other."""

from __future__ import annotations

import re
from typing import Literal

from millstream.entities.entity import Entity
from millstream.errors import InvalidParameter

DEFAULT_WORKSPACE = "default"
LONGEST_NAME = 63
_PATTERN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_RESERVED = ("workspaces", "api", "ajax-api", "static-files")
_LONGEST_TEXT = 5_000

DeletionMode = Literal["SET_DEFAULT", "CASCADE", "RESTRICT"]
DELETION_MODES: tuple[DeletionMode, ...] = ("SET_DEFAULT", "CASCADE", "RESTRICT")


class Workspace(Entity):
    """What names of experiments and registered models are unique in.

    New experiments keep their artifacts below `default_artifact_root`, a URI; without one below
    `workspaces/<name>` of the server's root.
    """

    name: str
    description: str | None = None
    default_artifact_root: str | None = None


class CreateWorkspace(Entity):
    """A new workspace; its name stays."""

    name: str
    description: str | None = None
    default_artifact_root: str | None = None


class UpdateWorkspace(Entity):
    """What to change: None leaves a field as it is, an empty text clears it."""

    workspace_name: str
    description: str | None = None
    default_artifact_root: str | None = None


class WorkspaceName(Entity):
    """One workspace."""

    workspace_name: str


class DeleteWorkspace(Entity):
    """`mode` says what becomes of what is in it.

    RESTRICT refuses while there is something, SET_DEFAULT moves it to the workspace `default`,
    and CASCADE deletes it for good, but for the files.
    """

    workspace_name: str
    mode: str = "RESTRICT"


class ListWorkspaces(Entity):
    """All workspaces."""


class WorkspaceList(Entity):
    """Workspaces by name."""

    workspaces: list[Workspace] = []


def check_name(name: str) -> None:
    """Refuse what cannot be the name of a workspace."""
    if name == DEFAULT_WORKSPACE:
        return
    if not 2 <= len(name) <= LONGEST_NAME:
        raise InvalidParameter(
            f"Workspace name '{name[:100]}' must be between 2 and {LONGEST_NAME} characters."
        )
    if _PATTERN.fullmatch(name) is None:
        raise InvalidParameter(
            f"Workspace name '{name}' must match the pattern ^{_PATTERN.pattern}$ (lowercase "
            "letters and digits, with hyphens only between them)."
        )
    if name in _RESERVED:
        raise InvalidParameter(f"Workspace name '{name}' is reserved and cannot be used.")


def check_texts(description: str | None, default_artifact_root: str | None) -> None:
    """Refuse texts that are too long."""
    for field, text in (
        ("description", description),
        ("default_artifact_root", default_artifact_root),
    ):
        if text is not None and len(text) > _LONGEST_TEXT:
            raise InvalidParameter(
                f"Invalid {field} of {len(text)} characters: it must have at most {_LONGEST_TEXT}."
            )


def deletion_mode(mode: str) -> DeletionMode:
    """The mode of that name, in whatever case; any other text raises `InvalidParameter`."""
    for known in DELETION_MODES:
        if mode.upper() == known:
            return known
    raise InvalidParameter(
        f"Invalid deletion mode '{mode}'. Must be one of: {', '.join(DELETION_MODES)}"
    )
