"""The contract of groups."""

from __future__ import annotations

import pytest

from millstream.entities import groups as gr
from millstream.entities import permissions as p
from millstream.entities import roles as ro
from millstream.errors import AlreadyExists, InvalidParameter, NotFound
from millstream.store.access import Access
from millstream.store.interface import Store
from millstream.testing.access import BY, Clock, caller, last_event, new_user, permission
from millstream.testing.fixtures import new_experiment, unique


def new_group(access: Access, *members: str) -> str:
    """The name of a fresh group."""
    name = unique("group")
    access.groups.create(gr.CreateGroup(name), BY).result()
    for member in members:
        access.groups.add_member(gr.GroupMember(name, member), BY).result()
    return name


class GroupsContract:
    """What every store promises about groups."""

    def test_a_group_is_made_and_found(self, access: Access, clock: Clock) -> None:
        name = unique("group é")
        made = access.groups.create(gr.CreateGroup(name, "all of us"), BY).result()
        assert made == gr.Group(name, "all of us", clock.time)
        assert access.groups.get(gr.GroupName(name)) == made
        assert made in access.groups.list(gr.ListGroups()).groups
        with pytest.raises(AlreadyExists, match=f"Group with name={name} already exists"):
            access.groups.create(gr.CreateGroup(name), BY).result()
        with pytest.raises(InvalidParameter, match="group name"):
            access.groups.create(gr.CreateGroup(" "), BY).result()

    def test_members_come_and_go(self, access: Access) -> None:
        names = sorted(new_user(access) for _ in range(2))
        group, other = new_group(access, *reversed(names)), new_group(access, names[0])
        assert access.groups.get(gr.GroupName(group)).members == names
        access.groups.add_member(gr.GroupMember(group, names[0]), BY).result()
        assert access.groups.get(gr.GroupName(group)).members == names
        of_one = access.groups.list(gr.ListGroups(names[0])).groups
        assert [(one.name, one.members) for one in of_one] == sorted(
            [(group, names), (other, names[:1])]
        )
        access.groups.remove_member(gr.GroupMember(group, names[0]), BY).result()
        assert access.groups.get(gr.GroupName(group)).members == names[1:]
        assert last_event(access).details == {"username": names[0]}
        with pytest.raises(NotFound, match=f"'{names[0]}' is not in the group '{group}'"):
            access.groups.remove_member(gr.GroupMember(group, names[0]), BY).result()

    def test_a_group_is_renamed_and_keeps_what_it_was_granted(
        self, access: Access, store: Store
    ) -> None:
        user, experiment = new_user(access), new_experiment(store)
        group, other = new_group(access, user), new_group(access)
        request = p.GrantGroupPermission("experiment", experiment, "EDIT", group)
        access.permissions.grant_to_group(request, BY).result()
        new_name = unique("renamed")
        changed = access.groups.update(gr.UpdateGroup(group, new_name, "they"), BY).result()
        assert (changed.name, changed.description, changed.members) == (new_name, "they", [user])
        assert access.groups.get(gr.GroupName(new_name)) == changed
        assert permission(access, caller(access, user), "experiment", experiment) == "EDIT"
        same = access.groups.update(gr.UpdateGroup(new_name, new_name), BY).result()
        assert same.description == "they"
        with pytest.raises(AlreadyExists):
            access.groups.update(gr.UpdateGroup(new_name, other), BY).result()

    def test_a_deleted_group_grants_nothing(self, access: Access, store: Store) -> None:
        user, experiment = new_user(access), new_experiment(store)
        group = new_group(access, user)
        request = p.GrantGroupPermission("experiment", experiment, "MANAGE", group)
        access.permissions.grant_to_group(request, BY).result()
        role = access.roles.create(ro.CreateRole(unique("role")), BY).result()
        access.roles.assign_to_group(ro.AssignGroupRole(role.id, group), BY).result()
        access.groups.delete(gr.GroupName(group), BY).result()
        assert permission(access, caller(access, user), "experiment", experiment) == "READ"
        assert access.roles.list_assignments(ro.RoleId(role.id)).assignments == []
        new = access.groups.create(gr.CreateGroup(group), BY).result()
        assert new.members == []
        resource = p.Resource("experiment", experiment)
        members = access.permissions.list_members(resource).members
        assert group not in [member.group for member in members]

    def test_what_is_absent(self, access: Access) -> None:
        user, message = new_user(access), "Group with name=zz not found$"
        with pytest.raises(NotFound, match=message):
            access.groups.get(gr.GroupName("zz"))
        with pytest.raises(NotFound, match=message):
            access.groups.update(gr.UpdateGroup("zz", "yy"), BY).result()
        with pytest.raises(NotFound, match=message):
            access.groups.delete(gr.GroupName("zz"), BY).result()
        with pytest.raises(NotFound, match=message):
            access.groups.add_member(gr.GroupMember("zz", user), BY).result()
        with pytest.raises(NotFound, match=message):
            access.groups.remove_member(gr.GroupMember("zz", user), BY).result()
        with pytest.raises(NotFound, match=r"User with username=zz not found$"):
            access.groups.list(gr.ListGroups("zz"))
        with pytest.raises(NotFound, match=r"User with username=zz not found$"):
            access.groups.add_member(gr.GroupMember(new_group(access), "zz"), BY).result()
