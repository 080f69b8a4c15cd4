"""An `Access` made of requests: what may be asked of a server over the wire.

What a server asks of its own store while it answers (sign-ins, sessions, checks of secrets) is not
there. The server knows who asks, so nothing of `by` or `asking` travels.
"""

from __future__ import annotations

from collections.abc import Iterator

from millstream.entities import audit_events as ae
from millstream.entities import groups as gr
from millstream.entities import permissions as p
from millstream.entities import roles as ro
from millstream.entities import tokens as t
from millstream.entities import users as u
from millstream.entities.asking import Asking
from millstream.rest.caller import Caller
from millstream.store.pending import Pending

_SLICE = 1_000


class RemoteAccess:
    """The users, groups, roles, permissions, tokens and audit log of a server."""

    def __init__(self, caller: Caller) -> None:
        self.users = RemoteUsers(caller)
        self.groups = RemoteGroups(caller)
        self.roles = RemoteRoles(caller)
        self.permissions = RemotePermissions(caller)
        self.tokens = RemoteTokens(caller)
        self.audit = RemoteAudit(caller)


class _Noun:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller


class RemoteUsers(_Noun):
    """The users of a server."""

    def create(self, request: u.CreateUser, by: u.Actor) -> Pending[u.User]:
        """Add."""
        return self._caller.write("users.create", request, u.User)

    def get(self, request: u.UserName) -> u.User:
        """Get by name."""
        return self._caller.read("users.get", request, u.User)

    def get_current(self, request: u.GetCurrentUser, asking: Asking) -> u.CurrentUser:
        """Who is signed in."""
        return self._caller.read("users.get_current", request, u.CurrentUser)

    def list(self, request: u.ListUsers) -> u.UserPage:
        """A page of the users by name."""
        return self._caller.read("users.list", request, u.UserPage)

    def set_password(self, request: u.UpdateUserPassword, asking: Asking) -> Pending[None]:
        """Replace the password."""
        return self._caller.command("users.set_password", request)

    def set_admin(self, request: u.UpdateUserAdmin, by: u.Actor) -> Pending[None]:
        """Make an administrator or take it back."""
        return self._caller.command("users.set_admin", request)

    def set_active(self, request: u.UpdateUserActive, by: u.Actor) -> Pending[None]:
        """Shut out or let in again."""
        return self._caller.command("users.set_active", request)

    def delete(self, request: u.UserName, by: u.Actor) -> Pending[None]:
        """Delete for good."""
        return self._caller.command("users.delete", request)

    def list_links(self, request: u.ListUserLinks) -> u.UserLinkPage:
        """The accounts of an OpenID provider that users belong to."""
        return self._caller.read("users.list_links", request, u.UserLinkPage)

    def unlink(self, request: u.UserName, by: u.Actor) -> Pending[None]:
        """Let a user belong to nobody."""
        return self._caller.command("users.unlink", request)


class RemoteGroups(_Noun):
    """The groups of a server."""

    def create(self, request: gr.CreateGroup, by: u.Actor) -> Pending[gr.Group]:
        """Add."""
        return self._caller.write("groups.create", request, gr.Group)

    def get(self, request: gr.GroupName) -> gr.Group:
        """Get by name."""
        return self._caller.read("groups.get", request, gr.Group)

    def list(self, request: gr.ListGroups) -> gr.GroupList:
        """Groups by name."""
        return self._caller.read("groups.list", request, gr.GroupList)

    def update(self, request: gr.UpdateGroup, by: u.Actor) -> Pending[gr.Group]:
        """Change what is given."""
        return self._caller.write("groups.update", request, gr.Group)

    def delete(self, request: gr.GroupName, by: u.Actor) -> Pending[None]:
        """Delete for good."""
        return self._caller.command("groups.delete", request)

    def add_member(self, request: gr.GroupMember, by: u.Actor) -> Pending[None]:
        """Add a user."""
        return self._caller.command("groups.add_member", request)

    def remove_member(self, request: gr.GroupMember, by: u.Actor) -> Pending[None]:
        """Remove a user."""
        return self._caller.command("groups.remove_member", request)


class RemoteRoles(_Noun):
    """The roles of a server."""

    def create(self, request: ro.CreateRole, by: u.Actor) -> Pending[ro.Role]:
        """Add."""
        return self._caller.write("roles.create", request, ro.Role)

    def get(self, request: ro.RoleId) -> ro.Role:
        """Get by id."""
        return self._caller.read("roles.get", request, ro.Role)

    def list(self, request: ro.ListRoles) -> ro.RoleList:
        """Roles by name."""
        return self._caller.read("roles.list", request, ro.RoleList)

    def list_of_user(self, request: ro.ListUserRoles) -> ro.RoleList:
        """The roles that a user has."""
        return self._caller.read("roles.list_of_user", request, ro.RoleList)

    def update(self, request: ro.UpdateRole, by: u.Actor) -> Pending[ro.Role]:
        """Change what is given."""
        return self._caller.write("roles.update", request, ro.Role)

    def delete(self, request: ro.RoleId, by: u.Actor) -> Pending[None]:
        """Delete for good."""
        return self._caller.command("roles.delete", request)

    def add_permission(
        self,
        request: ro.AddRolePermission,
        by: u.Actor,
    ) -> Pending[ro.RolePermission]:
        """Permit something."""
        return self._caller.write("roles.add_permission", request, ro.RolePermission)

    def list_permissions(self, request: ro.RoleId) -> ro.RolePermissionList:
        """What a role permits."""
        return self._caller.read("roles.list_permissions", request, ro.RolePermissionList)

    def remove_permission(self, request: ro.RolePermissionId, by: u.Actor) -> Pending[None]:
        """Take a permission away."""
        return self._caller.command("roles.remove_permission", request)

    def update_permission(
        self,
        request: ro.UpdateRolePermission,
        by: u.Actor,
    ) -> Pending[ro.RolePermission]:
        """Change how much is permitted."""
        return self._caller.write("roles.update_permission", request, ro.RolePermission)

    def assign(self, request: ro.AssignRole, by: u.Actor) -> Pending[ro.UserRoleAssignment]:
        """Give to a user."""
        return self._caller.write("roles.assign", request, ro.UserRoleAssignment)

    def unassign(self, request: ro.AssignRole, by: u.Actor) -> Pending[None]:
        """Take from a user."""
        return self._caller.command("roles.unassign", request)

    def assign_to_group(self, request: ro.AssignGroupRole, by: u.Actor) -> Pending[None]:
        """Give to a group."""
        return self._caller.command("roles.assign_to_group", request)

    def unassign_from_group(self, request: ro.AssignGroupRole, by: u.Actor) -> Pending[None]:
        """Take from a group."""
        return self._caller.command("roles.unassign_from_group", request)

    def list_users(self, request: ro.RoleId) -> ro.UserRoleAssignmentList:
        """The users who have a role by themselves."""
        return self._caller.read("roles.list_users", request, ro.UserRoleAssignmentList)

    def list_assignments(self, request: ro.RoleId) -> ro.RoleAssignmentList:
        """The users and groups who have a role."""
        return self._caller.read("roles.list_assignments", request, ro.RoleAssignmentList)


class RemotePermissions(_Noun):
    """What users and groups of a server may do."""

    def grant(self, request: p.GrantPermission, by: u.Actor) -> Pending[None]:
        """Grant to a user."""
        return self._caller.command("permissions.grant", request)

    def revoke(self, request: p.RevokePermission, by: u.Actor) -> Pending[None]:
        """Take back from a user."""
        return self._caller.command("permissions.revoke", request)

    def grant_to_group(self, request: p.GrantGroupPermission, by: u.Actor) -> Pending[None]:
        """Grant to a group."""
        return self._caller.command("permissions.grant_to_group", request)

    def revoke_from_group(self, request: p.RevokeGroupPermission, by: u.Actor) -> Pending[None]:
        """Take back from a group."""
        return self._caller.command("permissions.revoke_from_group", request)

    def get_own(self, request: p.Resource, asking: Asking) -> p.EffectivePermission:
        """What who asks may do with a resource."""
        return self._caller.read("permissions.get_own", request, p.EffectivePermission)

    def list_own_levels(self, request: p.ListOwnLevels, asking: Asking) -> p.OwnLevels:
        """What who asks may do with each of many resources."""
        return self._caller.read("permissions.list_own_levels", request, p.OwnLevels)

    def get_of_user(self, request: p.GetUserPermission) -> p.UsablePermission:
        """What a user may do with a resource."""
        return self._caller.read("permissions.get_of_user", request, p.UsablePermission)

    def list(self, request: u.UserName) -> p.UserPermissions:
        """The grants that count for a user."""
        return self._caller.read("permissions.list", request, p.UserPermissions)

    def list_own(self, request: p.ListOwnPermissions, asking: Asking) -> p.UserPermissions:
        """The grants that count for who asks."""
        return self._caller.read("permissions.list_own", request, p.UserPermissions)

    def list_of_group(self, request: gr.GroupName) -> p.GroupPermissions:
        """The grants that count for a group."""
        return self._caller.read("permissions.list_of_group", request, p.GroupPermissions)

    def list_members(self, resource: p.Resource) -> p.MemberList:
        """Who has a permission on a resource."""
        return self._caller.read("permissions.list_members", resource, p.MemberList)

    def find_subjects(self, request: p.FindSubjects) -> p.SubjectNames:
        """Users or groups by a part of their name."""
        return self._caller.read("permissions.find_subjects", request, p.SubjectNames)


class RemoteTokens(_Noun):
    """The tokens of the users of a server."""

    def create(self, request: t.CreateToken, by: u.Actor) -> Pending[t.NewToken]:
        """Make a token."""
        return self._caller.write("tokens.create", request, t.NewToken)

    def list(self, request: t.ListTokens) -> t.TokenList:
        """The tokens of a user."""
        return self._caller.read("tokens.list", request, t.TokenList)

    def delete(self, request: t.TokenId, by: u.Actor) -> Pending[None]:
        """Revoke."""
        return self._caller.command("tokens.delete", request)


class RemoteAudit(_Noun):
    """The audit log of a server."""

    def search(self, request: ae.SearchAuditEvents) -> ae.AuditEventPage:
        """Entries, newest first."""
        return self._caller.read("audit.search", request, ae.AuditEventPage)

    def export(self, request: ae.ExportAudit) -> Iterator[list[ae.AuditEvent]]:
        """Entries, oldest first, a request for each slice, so that none is held whole."""
        first, left = request.first_sequence, request.max_results
        while True:
            wanted = _SLICE if left is None else min(left, _SLICE)
            part = ae.ExportAudit(first, wanted)
            events = self._caller.read_lines("audit.export", part, ae.AuditEvent)
            if events:
                yield events
                first = events[-1].sequence + 1
            left = None if left is None else left - len(events)
            if len(events) < _SLICE or left == 0:
                return

    def verify(self, request: ae.VerifyAudit) -> ae.AuditVerification:
        """Hold the log against its hashes."""
        return self._caller.read("audit.verify", request, ae.AuditVerification)
