"""The contract of roles."""

from __future__ import annotations

import pytest

from millstream.entities import permissions as p
from millstream.entities import registered_models as rm
from millstream.entities import roles as ro
from millstream.entities import users as u
from millstream.errors import AlreadyExists, InvalidParameter, NotFound
from millstream.store.access import Access
from millstream.store.interface import Store
from millstream.testing.access import BY, caller, grant, last_event, new_user, permission
from millstream.testing.fixtures import new_experiment, unique
from millstream.testing.groups import new_group
from millstream.testing.registered_models import new_registered_model


def new_role(access: Access) -> int:
    """The id of a fresh role."""
    return access.roles.create(ro.CreateRole(unique("role")), BY).result().id


def permit(
    access: Access, role_id: int, kind: p.ResourceType, pattern: str, level: p.PermissionName
) -> ro.RolePermission:
    """Give a role a permission."""
    request = ro.AddRolePermission(role_id, kind, pattern, level)
    return access.roles.add_permission(request, BY).result()


class RolesContract:
    """What every store promises about roles."""

    def test_a_role_is_made_and_found(self, access: Access) -> None:
        name = unique("role é")
        made = access.roles.create(ro.CreateRole(name, "default", "who reads"), BY).result()
        assert made == ro.Role(made.id, name, "default", [], "who reads")
        assert access.roles.get(ro.RoleId(made.id)) == made
        assert made in access.roles.list(ro.ListRoles()).roles
        assert made in access.roles.list(ro.ListRoles("default")).roles
        assert access.roles.list(ro.ListRoles("elsewhere")).roles == []
        with pytest.raises(AlreadyExists, match=f"name={name} already exists. Its id is {made.id}"):
            access.roles.create(ro.CreateRole(name), BY).result()

    def test_what_cannot_be(self, access: Access) -> None:
        with pytest.raises(InvalidParameter, match="those of the roles that single users"):
            access.roles.create(ro.CreateRole("__user_1__"), BY).result()
        with pytest.raises(NotFound, match="Workspace 'team' not found"):
            access.roles.create(ro.CreateRole(unique("role"), "team"), BY).result()
        role = new_role(access)
        with pytest.raises(InvalidParameter, match="WRITE"):
            permit(access, role, "experiment", "*", "WRITE")  # type: ignore[arg-type]  # on purpose
        with pytest.raises(InvalidParameter, match=r"\brun\b"):
            permit(access, role, "run", "*", "READ")  # type: ignore[arg-type]  # on purpose
        with pytest.raises(InvalidParameter, match="Invalid pattern 'default' of a workspace"):
            permit(access, role, "workspace", "default", "READ")
        with pytest.raises(NotFound, match="No Experiment with id=987654321 exists"):
            permit(access, role, "experiment", "987654321", "READ")
        with pytest.raises(NotFound, match="Registered Model with name=nothing not found"):
            permit(access, role, "registered_model", "nothing", "READ")
        with pytest.raises(NotFound, match="User with username=zz not found"):
            access.roles.assign(ro.AssignRole(role, "zz"), BY).result()
        with pytest.raises(NotFound, match="Group with name=zz not found"):
            access.roles.assign_to_group(ro.AssignGroupRole(role, "zz"), BY).result()

    def test_permissions_of_a_role(self, access: Access, store: Store) -> None:
        role, experiment, model = (
            new_role(access),
            new_experiment(store),
            new_registered_model(store),
        )
        made = [
            permit(access, role, "experiment", experiment, "EDIT"),
            permit(access, role, "registered_model", model, "READ"),
            permit(access, role, "workspace", "*", "USE"),
        ]
        assert access.roles.get(ro.RoleId(role)).permissions == made
        assert access.roles.list_permissions(ro.RoleId(role)).role_permissions == made
        listed = {one.id: one for one in access.roles.list(ro.ListRoles()).roles}
        assert listed[role].permissions == made
        with pytest.raises(AlreadyExists, match=f"Its id is {made[0].id}; update that"):
            permit(access, role, "experiment", experiment, "READ")
        update = ro.UpdateRolePermission(made[0].id, "DENY")
        changed = access.roles.update_permission(update, BY).result()
        assert changed == ro.RolePermission(made[0].id, role, "experiment", experiment, "DENY")
        store.registered_models.rename(rm.RenameRegisteredModel(model, f"{model}-new")).result()
        after = access.roles.get(ro.RoleId(role)).permissions
        assert [one.resource_pattern for one in after] == [experiment, f"{model}-new", "*"]
        store.registered_models.delete(rm.DeleteRegisteredModel(f"{model}-new")).result()
        assert access.roles.get(ro.RoleId(role)).permissions == [changed, made[2]]
        access.roles.remove_permission(ro.RolePermissionId(made[1].id), BY).result()
        with pytest.raises(NotFound, match=f"Role permission with id={made[1].id} not found"):
            access.roles.remove_permission(ro.RolePermissionId(made[1].id), BY).result()
        access.roles.remove_permission(ro.RolePermissionId(made[0].id), BY).result()
        assert access.roles.get(ro.RoleId(role)).permissions == [made[2]]
        event = last_event(access)
        assert (event.action, event.resource_id) == ("role.remove_permission", str(role))
        assert event.details["resource_pattern"] == experiment

    def test_who_has_a_role(self, access: Access, store: Store) -> None:
        role, experiment = new_role(access), new_experiment(store)
        permit(access, role, "experiment", experiment, "MANAGE")
        user, member = new_user(access), new_user(access)
        group = new_group(access, member)
        assigned = access.roles.assign(ro.AssignRole(role, user), BY).result()
        user_id = caller(access, user).user_id
        assert assigned == ro.UserRoleAssignment(assigned.id, user_id, role, user)
        access.roles.assign_to_group(ro.AssignGroupRole(role, group), BY).result()
        assert access.roles.list_users(ro.RoleId(role)).assignments == [assigned]
        other = access.roles.assign(ro.AssignRole(new_role(access), user), BY).result()
        assert other.id != assigned.id
        access.roles.unassign(ro.AssignRole(other.role_id, user), BY).result()
        assert access.roles.list_assignments(ro.RoleId(role)).assignments == [
            ro.RoleAssignment(role, user),
            ro.RoleAssignment(role, group=group),
        ]
        for name in (user, member):
            assert permission(access, caller(access, name), "experiment", experiment) == "MANAGE"
            (own,) = access.roles.list_of_user(ro.ListUserRoles(name)).roles
            assert own.id == role
        with pytest.raises(AlreadyExists, match=f"The user '{user}' has the role {role} already"):
            access.roles.assign(ro.AssignRole(role, user), BY).result()
        access.roles.unassign(ro.AssignRole(role, user), BY).result()
        assert permission(access, caller(access, user), "experiment", experiment) == "READ"
        with pytest.raises(NotFound, match=f"'{user}' does not have the role {role}"):
            access.roles.unassign(ro.AssignRole(role, user), BY).result()
        to_group = ro.AssignGroupRole(role, group)
        with pytest.raises(AlreadyExists, match=f"The group '{group}' has the role {role} already"):
            access.roles.assign_to_group(to_group, BY).result()
        access.roles.unassign_from_group(to_group, BY).result()
        assert last_event(access).details == {"group": group}
        assert access.roles.list_of_user(ro.ListUserRoles(member)).roles == []
        with pytest.raises(NotFound, match=f"'{group}' does not have the role {role}"):
            access.roles.unassign_from_group(to_group, BY).result()

    def test_a_role_is_changed_and_deleted(self, access: Access, store: Store) -> None:
        role, other, experiment = new_role(access), new_role(access), new_experiment(store)
        permit(access, role, "experiment", experiment, "MANAGE")
        user = new_user(access)
        access.roles.assign(ro.AssignRole(role, user), BY).result()
        name = unique("renamed")
        changed = access.roles.update(ro.UpdateRole(role, name, "they"), BY).result()
        assert (changed.name, changed.description) == (name, "they")
        assert len(changed.permissions) == 1
        assert access.roles.update(ro.UpdateRole(role), BY).result() == changed
        taken = access.roles.get(ro.RoleId(other)).name
        with pytest.raises(AlreadyExists, match=f"name={taken} already exists"):
            access.roles.update(ro.UpdateRole(role, taken), BY).result()
        access.roles.delete(ro.RoleId(role), BY).result()
        assert permission(access, caller(access, user), "experiment", experiment) == "READ"
        for call in (
            lambda: access.roles.get(ro.RoleId(role)),
            lambda: access.roles.update(ro.UpdateRole(role), BY).result(),
            lambda: access.roles.delete(ro.RoleId(role), BY).result(),
            lambda: access.roles.assign(ro.AssignRole(role, user), BY).result(),
            lambda: access.roles.list_assignments(ro.RoleId(role)),
            lambda: access.roles.list_users(ro.RoleId(role)),
            lambda: access.roles.list_permissions(ro.RoleId(role)),
            lambda: access.roles.unassign(ro.AssignRole(role, user), BY).result(),
            lambda: permit(access, role, "experiment", "*", "READ"),
        ):
            with pytest.raises(NotFound, match=f"Role with id={role} not found"):
                call()

    def test_what_is_one_users_own_is_no_shared_role(self, access: Access, store: Store) -> None:
        user, experiment = new_user(access), new_experiment(store)
        grant(access, user, "experiment", experiment, "EDIT")
        (mine,) = access.permissions.list(u.UserName(user)).permissions
        own = access.roles.get(ro.RoleId(mine.role_id))
        user_id = caller(access, user).user_id
        assert own.name == mine.role_name == f"__user_{user_id}__"
        assert own.id not in [one.id for one in access.roles.list(ro.ListRoles()).roles]
        assert access.roles.list_of_user(ro.ListUserRoles(user)).roles == []
        for call in (
            lambda: access.roles.delete(ro.RoleId(own.id), BY).result(),
            lambda: access.roles.update(ro.UpdateRole(own.id, "a"), BY).result(),
            lambda: access.roles.assign(ro.AssignRole(own.id, new_user(access)), BY).result(),
            lambda: permit(access, own.id, "experiment", "*", "READ"),
        ):
            with pytest.raises(InvalidParameter, match="to one user or group alone"):
                call()
        key = own.permissions[0].id
        with pytest.raises(NotFound, match=f"Role permission with id={key} not found"):
            access.roles.remove_permission(ro.RolePermissionId(key), BY).result()
