"""The contract of permissions: what grants, defaults and tokens come to."""

from __future__ import annotations

import pytest

from millstream.entities import experiments as e
from millstream.entities import groups as gr
from millstream.entities import permissions as p
from millstream.entities import registered_models as rm
from millstream.entities import roles as ro
from millstream.entities import tokens as t
from millstream.entities import users as u
from millstream.entities.asking import Asking
from millstream.errors import InvalidParameter, NotFound, Unauthenticated
from millstream.store.access import Access
from millstream.store.interface import Store
from millstream.testing.access import (
    ASKING,
    BY,
    caller,
    grant,
    last_event,
    new_user,
    permission,
)
from millstream.testing.fixtures import new_experiment, unique
from millstream.testing.groups import new_group
from millstream.testing.registered_models import new_registered_model
from millstream.testing.roles import new_role, permit


def with_token(access: Access, username: str, scope: p.ScopeName, *limits: p.Resource) -> u.Caller:
    """A user who shows a token of that scope, maybe for some resources only."""
    request = t.CreateToken(username, "token", scope, resources=list(limits))
    return access.tokens.check(access.tokens.create(request, BY).result().secret).caller


class PermissionsContract:
    """What every store promises about permissions; the default of `access` is READ."""

    def test_where_nothing_is_granted_the_default_counts(
        self, access: Access, store: Store
    ) -> None:
        who, resource = caller(access, new_user(access)), new_experiment(store)
        found = access.permissions.get(who, p.Resource("experiment", resource))
        assert found == p.EffectivePermission("READ", allowed=True)

    def test_a_grant_takes_the_place_of_the_default(self, access: Access, store: Store) -> None:
        user, experiment = new_user(access), new_experiment(store)
        for level in ("MANAGE", "NO_PERMISSIONS", "EDIT", "DENY", "USE", "READ"):
            grant(access, user, "experiment", experiment, level)
            found = access.permissions.get(
                caller(access, user), p.Resource("experiment", experiment)
            )
            assert found.permission == level
            assert found.allowed == (level not in ("NO_PERMISSIONS", "DENY"))
        listed = access.permissions.list(u.UserName(user))
        (one,) = listed.permissions
        assert (one.resource_type, one.resource_pattern, one.permission, one.workspace) == (
            "experiment",
            experiment,
            "READ",
            "default",
        )
        assert not listed.is_admin

    def test_what_a_user_may_is_told_as_mlflow_does(self, access: Access, store: Store) -> None:
        user, experiment = new_user(access), new_experiment(store)
        request = p.GetUserPermission(user, "experiment", experiment)
        assert access.permissions.get_of_user(request) == p.UsablePermission("READ", False)
        grant(access, user, "experiment", experiment, "USE")
        assert access.permissions.get_of_user(request) == p.UsablePermission("USE", True)
        for absent in (
            p.GetUserPermission(user, "experiment", "987654321"),
            p.GetUserPermission(user, "registered_model", "zz"),
        ):
            found = access.permissions.get_of_user(absent)
            assert found == p.UsablePermission("NO_PERMISSIONS", False)
        with pytest.raises(NotFound, match="User with username=zz not found"):
            access.permissions.get_of_user(p.GetUserPermission("zz", "experiment", experiment))
        with pytest.raises(InvalidParameter, match="must be '\\*'"):
            access.permissions.get_of_user(p.GetUserPermission(user, "workspace", "default"))

    def test_what_one_may_oneself(self, access: Access, store: Store) -> None:
        user, experiment, denied = new_user(access), new_experiment(store), new_experiment(store)
        asking = Asking(user, caller(access, user))
        grant(access, user, "experiment", experiment, "EDIT")
        grant(access, user, "experiment", denied, "DENY")
        get_own = access.permissions.get_own
        found = get_own(p.Resource("experiment", experiment), asking)
        assert found == p.EffectivePermission("EDIT", allowed=True)
        every = get_own(p.Resource("experiment", "*"), asking)
        assert every == p.EffectivePermission("READ", allowed=True)
        for unseen in (denied, "987654321"):
            with pytest.raises(NotFound, match=f"No Experiment with id={unseen} exists$"):
                get_own(p.Resource("experiment", unseen), asking)
        everything = p.EffectivePermission("MANAGE", allowed=True)
        assert get_own(p.Resource("experiment", denied), ASKING) == everything
        listed = access.permissions.list_own(p.ListOwnPermissions(), asking)
        assert listed == access.permissions.list(u.UserName(user))
        assert len(listed.permissions) == 2
        with pytest.raises(Unauthenticated, match="Nobody is signed in"):
            access.permissions.list_own(p.ListOwnPermissions(), ASKING)

    def test_what_one_may_oneself_with_many(self, access: Access, store: Store) -> None:
        user, experiment, denied = new_user(access), new_experiment(store), new_experiment(store)
        asking = Asking(user, caller(access, user))
        grant(access, user, "experiment", experiment, "EDIT")
        grant(access, user, "experiment", denied, "DENY")
        ids = ["987654321", experiment, denied, "0", "x"]
        request = p.ListOwnLevels("experiment", ids)
        found = access.permissions.list_own_levels(request, asking).levels
        assert found == [p.OwnLevel(experiment, "EDIT"), p.OwnLevel("0", "READ")]
        own = access.permissions.list_own_levels(request, ASKING).levels
        assert own == [p.OwnLevel(each, "MANAGE") for each in (experiment, denied, "0")]
        none = p.ListOwnLevels("registered_model", [unique("none")])
        assert access.permissions.list_own_levels(none, asking).levels == []
        many = p.ListOwnLevels("registered_model", ["x"] * 1_001)
        with pytest.raises(InvalidParameter, match="1,001 of resource_ids; it must be at most"):
            access.permissions.list_own_levels(many, asking)

    def test_who_can_be_granted_something_is_found_by_a_part_of_the_name(
        self, access: Access, store: Store
    ) -> None:
        part = unique("Part")
        names = [f"a {part}", f"{part} b", f"{part}_c", f"{part}!d"]
        for name in names:
            access.users.create(u.CreateUser(name), BY).result()
            access.groups.create(gr.CreateGroup(f"g{name}"), BY).result()
        access.users.set_active(u.UpdateUserActive(names[1], False), BY).result()
        experiment = new_experiment(store)

        def find(text: str, kind: p.SubjectKind = "user", most: int = 10) -> list[str]:
            request = p.FindSubjects("experiment", experiment, kind, text, most)
            return access.permissions.find_subjects(request).names

        assert find(part.upper()) == [names[3], names[2], names[0]]
        assert find(part, most=2) == [names[3], names[2]]
        assert find(f"{part}_") == [names[2]]
        assert find(f"{part}%") == []
        assert find(f"{part}!") == [names[3]]
        assert find(part, "group") == sorted(f"g{name}" for name in names)
        for most in (0, 51):
            with pytest.raises(InvalidParameter, match="max_results"):
                find(part, most=most)

    def test_what_a_group_may(self, access: Access, store: Store) -> None:
        group, role, experiment = new_group(access), new_role(access), new_experiment(store)
        access.roles.assign_to_group(ro.AssignGroupRole(role, group), BY).result()
        permit(access, role, "workspace", "*", "USE")
        request = p.GrantGroupPermission("experiment", experiment, "EDIT", group)
        access.permissions.grant_to_group(request, BY).result()
        assert last_event(access).details == {"permission": "EDIT", "group": group}
        listed = access.permissions.list_of_group(gr.GroupName(group)).permissions
        assert [(one.resource_type, one.resource_pattern, one.permission) for one in listed] == [
            ("workspace", "*", "USE"),
            ("experiment", experiment, "EDIT"),
        ]
        assert [one.role_id == role for one in listed] == [True, False]
        revoke = p.RevokeGroupPermission("experiment", experiment, group)
        access.permissions.revoke_from_group(revoke, BY).result()
        assert len(access.permissions.list_of_group(gr.GroupName(group)).permissions) == 1
        with pytest.raises(NotFound, match=f"The group '{group}' was granted nothing"):
            access.permissions.revoke_from_group(revoke, BY).result()

    def test_a_grant_is_taken_back(self, access: Access, store: Store) -> None:
        user, experiment = new_user(access), new_experiment(store)
        grant(access, user, "experiment", experiment, "MANAGE")
        assert last_event(access).details == {"permission": "MANAGE", "user": user}
        revoke = p.RevokePermission("experiment", experiment, user)
        access.permissions.revoke(revoke, BY).result()
        assert last_event(access).action == "permission.revoke"
        assert permission(access, caller(access, user), "experiment", experiment) == "READ"
        with pytest.raises(NotFound, match=f"The user '{user}' was granted nothing on experiment"):
            access.permissions.revoke(revoke, BY).result()

    def test_the_greatest_counts_unless_something_is_denied(
        self, access: Access, store: Store
    ) -> None:
        user, experiment = new_user(access), new_experiment(store)
        who, group, role = caller(access, user), new_group(access, user), new_role(access)
        access.roles.assign_to_group(ro.AssignGroupRole(role, group), BY).result()
        grant(access, user, "experiment", experiment, "READ")
        request = p.GrantGroupPermission("experiment", "*", "EDIT", group)
        access.permissions.grant_to_group(request, BY).result()
        assert permission(access, who, "experiment", experiment) == "EDIT"
        permit(access, role, "workspace", "*", "MANAGE")
        assert permission(access, who, "experiment", experiment) == "MANAGE"
        grant(access, user, "experiment", experiment, "DENY")
        assert permission(access, who, "experiment", experiment) == "DENY"
        assert permission(access, who, "experiment", new_experiment(store)) == "MANAGE"
        model = new_registered_model(store)
        assert permission(access, who, "registered_model", model) == "MANAGE"

    def test_a_grant_survives_a_rename_and_does_not_survive_its_model(
        self, access: Access, store: Store
    ) -> None:
        user, model = new_user(access), new_registered_model(store)
        who, renamed = caller(access, user), unique("renamed")
        grant(access, user, "registered_model", model, "MANAGE")
        store.registered_models.rename(rm.RenameRegisteredModel(model, renamed)).result()
        assert permission(access, who, "registered_model", renamed) == "MANAGE"
        store.registered_models.create(rm.CreateRegisteredModel(model)).result()
        assert permission(access, who, "registered_model", model) == "READ"
        store.registered_models.delete(rm.DeleteRegisteredModel(renamed)).result()
        store.registered_models.create(rm.CreateRegisteredModel(renamed)).result()
        assert permission(access, who, "registered_model", renamed) == "READ"
        assert access.permissions.list(u.UserName(user)).permissions == []

    def test_a_grant_survives_the_rename_of_its_experiment(
        self, access: Access, store: Store
    ) -> None:
        user, experiment = new_user(access), new_experiment(store)
        grant(access, user, "experiment", experiment, "MANAGE")
        update = e.UpdateExperiment(experiment, unique("renamed"))
        store.experiments.update(update).result()
        assert permission(access, caller(access, user), "experiment", experiment) == "MANAGE"

    def test_administrators_may_everything(self, access: Access, store: Store) -> None:
        admin, experiment = new_user(access, is_admin=True), new_experiment(store)
        grant(access, admin, "experiment", experiment, "DENY")
        who = caller(access, admin)
        assert permission(access, who, "experiment", experiment) == "MANAGE"
        assert access.permissions.filter_readable(who, "experiment", [experiment]) == [experiment]
        assert access.permissions.list(u.UserName(admin)).is_admin
        of_admin = p.GetUserPermission(admin, "experiment", experiment)
        assert access.permissions.get_of_user(of_admin) == p.UsablePermission("MANAGE", True)

    def test_a_token_only_narrows(self, access: Access, store: Store) -> None:
        user, admin = new_user(access), new_user(access, is_admin=True)
        experiment, denied = new_experiment(store), new_experiment(store)
        grant(access, user, "experiment", experiment, "MANAGE")
        grant(access, user, "experiment", denied, "DENY")
        for scope, most in p.MOST_BY_SCOPE.items():
            for name in (user, admin):
                who = with_token(access, name, scope)
                assert permission(access, who, "experiment", experiment) == most
                assert who.administers == (scope == "admin" and name == admin)
            who = with_token(access, user, scope)
            assert permission(access, who, "experiment", denied) == "DENY"

    def test_a_token_for_some_resources(self, access: Access, store: Store) -> None:
        model, others = new_registered_model(store), [new_experiment(store) for _ in range(3)]
        for name in (new_user(access), new_user(access, is_admin=True)):
            limits = [p.Resource("experiment", others[1]), p.Resource("registered_model", "*")]
            who = with_token(access, name, "admin", *limits)
            assert not who.administers
            assert permission(access, who, "experiment", others[0]) == "NO_PERMISSIONS"
            assert permission(access, who, "experiment", others[1]) != "NO_PERMISSIONS"
            assert permission(access, who, "registered_model", model) != "NO_PERMISSIONS"
            readable = access.permissions.filter_readable
            assert readable(who, "experiment", others) == [others[1]]
            assert readable(who, "registered_model", [model]) == [model]
            who = with_token(access, name, "admin", limits[0])
            assert readable(who, "registered_model", [model]) == []

    def test_what_is_readable_of_many(self, access: Access, store: Store) -> None:
        user = new_user(access)
        who, ids = caller(access, user), [new_experiment(store) for _ in range(4)]
        grant(access, user, "experiment", ids[0], "DENY")
        grant(access, user, "experiment", ids[1], "NO_PERMISSIONS")
        grant(access, user, "experiment", ids[2], "MANAGE")
        asked = [ids[3], "987654321", *ids, "no number", "9" * 30, "-1"]
        readable = access.permissions.filter_readable
        assert readable(who, "experiment", asked) == [ids[3], ids[2], ids[3]]
        many = [*map(str, range(500_000, 502_500)), ids[2]]
        assert readable(who, "experiment", many) == [ids[2]]
        assert readable(who, "experiment", []) == []
        models = [new_registered_model(store) for _ in range(3)]
        grant(access, user, "registered_model", models[1], "DENY")
        assert readable(who, "registered_model", [*models, "none"]) == [models[0], models[2]]
        with pytest.raises(InvalidParameter, match="Invalid resource type 'workspace'"):
            readable(who, "workspace", ["*"])

    def test_levels_of_many(self, access: Access, store: Store) -> None:
        user = new_user(access)
        who, ids = caller(access, user), [new_experiment(store) for _ in range(3)]
        grant(access, user, "experiment", ids[0], "DENY")
        grant(access, user, "experiment", ids[1], "EDIT")
        levels = access.permissions.get_levels
        expected = {ids[0]: "DENY", ids[1]: "EDIT", ids[2]: "READ"}
        asked = [*ids, ids[0], "987654321", "no number", "9" * 30, "-1"]
        assert levels(who, "experiment", asked) == expected
        many = [*map(str, range(500_000, 502_500)), ids[1]]
        assert levels(who, "experiment", many) == {ids[1]: "EDIT"}
        assert levels(who, "experiment", ["*"]) == {"*": "READ"}
        assert levels(who, "experiment", []) == {}
        models = [new_registered_model(store) for _ in range(2)]
        grant(access, user, "registered_model", models[1], "MANAGE")
        found = levels(who, "registered_model", [*models, "none"])
        assert found == {models[0]: "READ", models[1]: "MANAGE"}
        assert levels(who, "workspace", ["*", "other"]) == {"*": "READ"}
        limits = [p.Resource("registered_model", models[1])]
        limited = with_token(access, user, "write", *limits)
        found = levels(limited, "registered_model", models)
        assert found == {models[0]: "NO_PERMISSIONS", models[1]: "EDIT"}

    def test_each_change_makes_the_version_greater(self, access: Access, store: Store) -> None:
        user, experiment = new_user(access), new_experiment(store)
        version = access.version()
        assert version == last_event(access).sequence
        grant(access, user, "experiment", experiment, "EDIT")
        granted = access.version()
        assert granted > version
        access.permissions.revoke(p.RevokePermission("experiment", experiment, user), BY).result()
        assert access.version() > granted

    def test_members_of_a_resource(self, access: Access, store: Store) -> None:
        experiment, user, other = new_experiment(store), new_user(access), new_user(access)
        group, role = new_group(access, user), new_role(access)
        grant(access, user, "experiment", experiment, "EDIT")
        grant(access, other, "experiment", new_experiment(store), "EDIT")
        request = p.GrantGroupPermission("experiment", "*", "READ", group)
        access.permissions.grant_to_group(request, BY).result()
        permit(access, role, "workspace", "*", "USE")
        name = access.roles.get(ro.RoleId(role)).name
        found = access.permissions.list_members(p.Resource("experiment", experiment)).members
        assert [one for one in found if user == one.username] == [
            p.Member("EDIT", "experiment", experiment, username=user)
        ]
        assert p.Member("READ", "experiment", "*", group=group) in found
        assert p.Member("USE", "workspace", "*", role=name) in found
        assert other not in [one.username for one in found]
        kinds = [(one.username is None, one.group is None) for one in found]
        assert kinds == sorted(kinds)
        revoke = p.RevokeGroupPermission("experiment", "*", group)
        access.permissions.revoke_from_group(revoke, BY).result()

    def test_what_is_absent(self, access: Access, store: Store) -> None:
        user, experiment = new_user(access), new_experiment(store)
        with pytest.raises(NotFound, match="User with username=zz not found"):
            grant(access, "zz", "experiment", experiment, "READ")
        with pytest.raises(NotFound, match="No Experiment with id=987654321 exists"):
            grant(access, user, "experiment", "987654321", "READ")
        with pytest.raises(NotFound, match="No Experiment with id=987654321 exists"):
            permission(access, caller(access, user), "experiment", "987654321")
        with pytest.raises(NotFound, match="Registered Model with name=zz not found"):
            grant(access, user, "registered_model", "zz", "READ")
        with pytest.raises(NotFound, match="User with username=zz not found"):
            access.permissions.list(u.UserName("zz"))
        to_group = p.GrantGroupPermission("experiment", experiment, "READ", "zz")
        with pytest.raises(NotFound, match="Group with name=zz not found"):
            access.permissions.grant_to_group(to_group, BY).result()
        with pytest.raises(NotFound, match="Group with name=zz not found"):
            access.permissions.list_of_group(gr.GroupName("zz"))
