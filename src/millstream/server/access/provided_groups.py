"""Groups whose members are known elsewhere: a provider of sign-ins, or a proxy."""

from __future__ import annotations

import contextlib
from collections.abc import Collection

from millstream.entities.groups import CreateGroup, GroupMember, ListGroups
from millstream.entities.users import Actor
from millstream.errors import AlreadyExists, NotFound, PermissionDenied
from millstream.store.access import Groups

MOST_GROUPS = 500


class ProvidedGroups:
    """The groups whose names begin with `prefix`: who is in them is said by somebody else.

    The prefix keeps them apart from the groups that administrators fill by hand, which are never
    touched. A group is made when somebody is in it.
    """

    def __init__(self, groups: Groups, prefix: str) -> None:
        self._groups = groups
        self._prefix = prefix

    def replace(self, username: str, names: Collection[str], by: Actor) -> None:
        """Let a user be in the groups of these names, given without the prefix, and in no others.

        More than 500 raise `PermissionDenied`.
        """
        wanted = {self._prefix + name for name in names}
        if len(wanted) > MOST_GROUPS:
            raise PermissionDenied(
                f"User {username!r} is said to be in {len(wanted)} groups; at most {MOST_GROUPS} "
                "can be taken over. Let fewer of them be told."
            )
        present = self._present(username)
        for name in sorted(wanted - present):
            self._add(GroupMember(name, username), by)
        for name in sorted(present - wanted):
            with contextlib.suppress(NotFound):  # somebody else was faster
                self._groups.remove_member(GroupMember(name, username), by).result()

    def _present(self, username: str) -> set[str]:
        listed = self._groups.list(ListGroups(username)).groups
        return {group.name for group in listed if group.name.startswith(self._prefix)}

    def _add(self, member: GroupMember, by: Actor) -> None:
        try:
            self._groups.add_member(member, by).result()
        except NotFound:
            with contextlib.suppress(AlreadyExists):  # somebody else was faster
                self._groups.create(CreateGroup(member.name), by).result()
            self._groups.add_member(member, by).result()
