"""What names, passwords and patterns of access may be; every breach raises `InvalidParameter`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from millstream.entities import validation
from millstream.entities.permissions import (
    EVERY_RESOURCE,
    LEVELS,
    ResourceType,
)
from millstream.errors import InvalidParameter

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1_024
LONGEST_NAME = 255
LONGEST_TEXT = 2_000
MOST_RESOURCES = 1_000

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_OUR_ROLES = re.compile(r"__.*__", re.DOTALL)


def check_username(username: str) -> None:
    """Check a new user's name; a colon would end it where names and passwords travel together."""
    _check_name(username, "username")
    if ":" in username:
        raise InvalidParameter(f"Invalid username {username!r}: it must not contain a colon (':').")


def check_user_kind(kind: str) -> None:
    """Check what a new user is."""
    if kind not in ("user", "service"):
        raise InvalidParameter(f"Invalid kind {kind!r} of a user; it must be user or service.")


def check_password(password: str) -> None:
    """Check a new password: 12 to 1,024 characters. The message does not repeat it."""
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidParameter(f"Password must be at least {SHORTEST_PASSWORD} characters.")
    if len(password) > LONGEST_PASSWORD:
        raise InvalidParameter(
            f"Password must be at most {LONGEST_PASSWORD} characters; this one has {len(password)}."
        )


def check_group_name(name: str) -> None:
    """Check the name of a group."""
    _check_name(name, "group name")


def check_role_name(name: str) -> None:
    """Check the name of a role; those of single users and groups begin and end with `__`."""
    _check_name(name, "role name")
    if _OUR_ROLES.fullmatch(name):
        raise InvalidParameter(
            f"Invalid role name {name!r}: names that begin and end with '__' are those of the "
            "roles that single users and groups have."
        )


def check_token_name(name: str) -> None:
    """Check the name of a token."""
    _check_name(name, "token name")


def check_description(description: str | None) -> None:
    """Check the description of a group or role."""
    validation.check_length(description, "description", LONGEST_TEXT)


def check_permission(permission: str) -> None:
    """Check the name of a permission."""
    if permission not in LEVELS:
        known = ", ".join(LEVELS)
        raise InvalidParameter(f"Invalid permission {permission!r}; it must be one of {known}.")


def check_resource(resource_type: ResourceType, resource_id: str) -> None:
    """Check the type of a resource, and that a workspace is only granted as a whole."""
    if resource_type not in ("experiment", "registered_model", "workspace"):
        raise InvalidParameter(
            f"Invalid resource type {resource_type!r}; it must be experiment, registered_model or "
            "workspace."
        )
    if resource_type == "workspace" and resource_id != EVERY_RESOURCE:
        raise InvalidParameter(
            f"Invalid pattern {resource_id!r} of a workspace; it must be '{EVERY_RESOURCE}', all "
            "that is in the workspace."
        )


def check_resource_ids(resource_ids: Sequence[str]) -> None:
    """Check how many resources a request names."""
    if len(resource_ids) > MOST_RESOURCES:
        raise InvalidParameter(
            f"Invalid number {len(resource_ids):,} of resource_ids; it must be at most "
            f"{MOST_RESOURCES:,}."
        )


def _check_name(name: str, what: str) -> None:
    if not name.strip():
        raise InvalidParameter(f"Invalid {what} {name!r}: it must not be blank.")
    if name != name.strip() or _CONTROL.search(name):
        raise InvalidParameter(
            f"Invalid {what} {name!r}: it must not begin or end with a space nor contain control "
            "characters."
        )
    validation.check_length(name, what, LONGEST_NAME)
