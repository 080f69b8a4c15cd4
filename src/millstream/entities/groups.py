"""Groups of users, and the requests about them."""

from __future__ import annotations

from millstream.entities.entity import Entity


class Group(Entity):
    """Users who are granted permissions and roles together. Times are in ms since 1970."""

    name: str
    description: str | None = None
    creation_time: int = 0
    members: list[str] = []


class CreateGroup(Entity):
    """Add a group without members."""

    name: str
    description: str | None = None


class GroupName(Entity):
    """Names one group: get, delete."""

    name: str


class UpdateGroup(Entity):
    """Rename a group or describe it otherwise; what was granted to it stays."""

    name: str
    new_name: str | None = None
    description: str | None = None


class ListGroups(Entity):
    """All groups, or those that a user is in."""

    username: str | None = None


class GroupList(Entity):
    """Groups by name, each with its members by name."""

    groups: list[Group]


class GroupMember(Entity):
    """A user in a group: add, remove."""

    name: str
    username: str
