"""All that can be asked of a store about who may do what, on one page.

It is in the database of runs. Reads answer at once, writes with a `Pending`, as in `interface`;
every method may be called from any thread. What changes something is told who asks (`by`), apart
from the request, so that no request can claim to come from somebody else; it leaves an entry in the
audit log in the same transaction. Changes happen one after the other, from however many processes
they come.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, Protocol

import msgspec

from millstream.entities import audit_events as ae
from millstream.entities import groups as gr
from millstream.entities import permissions as p
from millstream.entities import roles as ro
from millstream.entities import tokens as t
from millstream.entities import users as u
from millstream.entities import workspaces as ws
from millstream.entities.asking import Asking
from millstream.store.pending import Pending

_MINUTE = 60_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


class AccessRules(msgspec.Struct, frozen=True):
    """What a server may choose about access. Times are in ms.

    After so many failures in a row a user or an address is locked out for `first_lockout`, which
    doubles with each further failure up to `longest_lockout`; `failures_forgotten_after` the last
    one, counting begins anew. At most `most_failures_kept` users and addresses are counted.
    """

    default_permission: p.PermissionName = "READ"
    user_failures: int = 10
    address_failures: int = 50
    first_lockout: int = _MINUTE
    longest_lockout: int = 15 * _MINUTE
    failures_forgotten_after: int = _HOUR
    most_failures_kept: int = 10_000
    longest_token_life: int = 366 * _DAY
    session_idle_life: int = 12 * _HOUR
    longest_session_life: int = 7 * _DAY
    administrator_link_life: int = _HOUR
    use_noted_every: int = _MINUTE


class Checked(NamedTuple):
    """Who showed a secret, and until when (ms) it is one, unless it is revoked before.

    A session that is used lasts longer than that. `noted` is the write that notes this use, if one
    was due.
    """

    caller: u.Caller
    valid_until: int
    noted: Pending[None] | None = None


class FilesOwner(NamedTuple):
    """Whose files are at a place: those of a run or logged model, or loose ones of an experiment.

    `experiment_id` is the experiment that they belong to today.
    """

    kind: Literal["run", "logged_model", "experiment"]
    experiment_id: str


class DeploymentOwner(NamedTuple):
    """What a deployment is of: nothing, or a registered model or experiment.

    Without a `resource_id` that one exists no more.
    """

    resource_type: Literal["registered_model", "experiment"] | None = None
    resource_id: str | None = None


class Proved(NamedTuple):
    """Who showed a password; `proof` names that password, until the user has another one."""

    caller: u.Caller
    proof: str


class Users(Protocol):
    """People and service accounts. There is always an active administrator, once there was one."""

    def create(self, request: u.CreateUser, by: u.Actor) -> Pending[u.User]:
        """Add; a name that is taken raises `AlreadyExists`."""

    def get(self, request: u.UserName) -> u.User:
        """Get by name."""

    def get_caller(self, request: u.UserName) -> u.Caller:
        """An active user as who proved to be it by other means; others raise `Unauthenticated`."""

    def get_current(self, request: u.GetCurrentUser, asking: Asking) -> u.CurrentUser:
        """Who asks; raises `Unauthenticated` if nobody is signed in."""

    def list(self, request: u.ListUsers) -> u.UserPage:
        """All users by name, with their roles, in a constant number of statements."""

    def set_password(self, request: u.UpdateUserPassword, asking: Asking) -> Pending[None]:
        """Replace the password and end the user's sessions; a service account has none.

        Who is signed in and changes its own has to know the current one, so that whoever finds a
        browser open cannot keep the account; a wrong one counts as a failed sign-in.
        """

    def set_admin(self, request: u.UpdateUserAdmin, by: u.Actor) -> Pending[None]:
        """Make an administrator or take it back, but not from the last one."""

    def set_active(self, request: u.UpdateUserActive, by: u.Actor) -> Pending[None]:
        """Shut out, which ends sessions and leaves tokens without effect, or let in again."""

    def delete(self, request: u.UserName, by: u.Actor) -> Pending[None]:
        """Delete for good, with all that was granted; the last administrator stays."""

    def find_link(self, user_id: int) -> u.UserLink | None:
        """The account of an OpenID provider that a user belongs to, in one statement."""

    def link(self, request: u.LinkUser, by: u.Actor) -> Pending[u.UserLink]:
        """Link a user that is not linked; gives the link that counts, maybe one from before."""

    def list_links(self, request: u.ListUserLinks) -> u.UserLinkPage:
        """The links of users, by name."""

    def unlink(self, request: u.UserName, by: u.Actor) -> Pending[None]:
        """Let a user belong to nobody; one that belongs to none raises `NotFound`.

        Whoever comes from the provider with that name next may be linked, as the settings say.
        """


class SignIns(Protocol):
    """Passwords and the link that makes the first administrator."""

    def check_password(self, request: u.CheckPassword) -> Proved:
        """Who it is; may take a tenth of a second.

        A wrong password, an absent user and one that is shut out raise the same `Unauthenticated`
        after the same work; one who is locked out raises `LimitExceeded` with the seconds to wait.
        """

    def get_proved(self, request: u.UserName, proof: str) -> u.Caller:
        """Who proved before to be it, by the same password as is kept now, in one statement.

        If the user has another one by now, is shut out or gone, it raises `Unauthenticated`.
        """

    def has_administrator(self) -> bool:
        """Whether anybody has been made administrator."""

    def create_link(self) -> Pending[u.AdministratorLink | None]:
        """A link that makes the first administrator; None if there is one."""

    def redeem_link(self, request: u.RedeemAdministratorLink, by: u.Actor) -> Pending[u.User]:
        """Make the first administrator; all links end with it."""


class Groups(Protocol):
    """Groups of users."""

    def create(self, request: gr.CreateGroup, by: u.Actor) -> Pending[gr.Group]:
        """Add; a name that is taken raises `AlreadyExists`."""

    def get(self, request: gr.GroupName) -> gr.Group:
        """Get by name."""

    def list(self, request: gr.ListGroups) -> gr.GroupList:
        """Groups by name."""

    def update(self, request: gr.UpdateGroup, by: u.Actor) -> Pending[gr.Group]:
        """Change what is given."""

    def delete(self, request: gr.GroupName, by: u.Actor) -> Pending[None]:
        """Delete for good, with all that was granted to it."""

    def add_member(self, request: gr.GroupMember, by: u.Actor) -> Pending[None]:
        """Add a user; one that is in it already is no error."""

    def remove_member(self, request: gr.GroupMember, by: u.Actor) -> Pending[None]:
        """Remove a user; one that is not in it raises `NotFound`."""


class Roles(Protocol):
    """Roles, what they permit, and who has them."""

    def create(self, request: ro.CreateRole, by: u.Actor) -> Pending[ro.Role]:
        """Add; a name that the workspace has already raises `AlreadyExists`."""

    def get(self, request: ro.RoleId) -> ro.Role:
        """Get by id."""

    def list(self, request: ro.ListRoles) -> ro.RoleList:
        """Roles by name, without those of single users and groups."""

    def list_of_user(self, request: ro.ListUserRoles) -> ro.RoleList:
        """The same of those that a user has by itself or by a group."""

    def update(self, request: ro.UpdateRole, by: u.Actor) -> Pending[ro.Role]:
        """Change what is given."""

    def delete(self, request: ro.RoleId, by: u.Actor) -> Pending[None]:
        """Delete for good."""

    def add_permission(
        self, request: ro.AddRolePermission, by: u.Actor
    ) -> Pending[ro.RolePermission]:
        """Permit something; a resource that does not exist raises `NotFound`."""

    def list_permissions(self, request: ro.RoleId) -> ro.RolePermissionList:
        """What a role permits."""

    def remove_permission(self, request: ro.RolePermissionId, by: u.Actor) -> Pending[None]:
        """Take a permission away; an absent one raises `NotFound`."""

    def update_permission(
        self, request: ro.UpdateRolePermission, by: u.Actor
    ) -> Pending[ro.RolePermission]:
        """Change how much is permitted."""

    def assign(self, request: ro.AssignRole, by: u.Actor) -> Pending[ro.UserRoleAssignment]:
        """Give to a user; twice raises `AlreadyExists`."""

    def unassign(self, request: ro.AssignRole, by: u.Actor) -> Pending[None]:
        """Take from a user; who does not have it raises `NotFound`."""

    def assign_to_group(self, request: ro.AssignGroupRole, by: u.Actor) -> Pending[None]:
        """Give to a group; twice raises `AlreadyExists`."""

    def unassign_from_group(self, request: ro.AssignGroupRole, by: u.Actor) -> Pending[None]:
        """Take from a group; one that does not have it raises `NotFound`."""

    def list_users(self, request: ro.RoleId) -> ro.UserRoleAssignmentList:
        """The users who have a role by themselves."""

    def list_assignments(self, request: ro.RoleId) -> ro.RoleAssignmentList:
        """Who has a role: users and groups."""


class Permissions(Protocol):
    """What users and groups may do with single resources."""

    def grant(self, request: p.GrantPermission, by: u.Actor) -> Pending[None]:
        """Grant to a user; a resource that does not exist raises `NotFound`."""

    def revoke(self, request: p.RevokePermission, by: u.Actor) -> Pending[None]:
        """Take back from a user; what was not granted raises `NotFound`."""

    def grant_to_group(self, request: p.GrantGroupPermission, by: u.Actor) -> Pending[None]:
        """Grant to a group; a resource that does not exist raises `NotFound`."""

    def revoke_from_group(self, request: p.RevokeGroupPermission, by: u.Actor) -> Pending[None]:
        """Take back from a group; what was not granted raises `NotFound`."""

    def get(self, caller: u.Caller, resource: p.Resource) -> p.EffectivePermission:
        """What a caller may do with one resource, in a constant number of statements."""

    def get_levels(
        self, caller: u.Caller, resource_type: p.ResourceType, ids: Sequence[str]
    ) -> dict[str, p.PermissionName]:
        """What a caller may do with each of the resources; those that do not exist are absent.

        Thousand at a time, in a constant number of statements each.
        """

    def get_own(self, request: p.Resource, asking: Asking) -> p.EffectivePermission:
        """What who asks may do with a resource; what it may not read raises `NotFound`."""

    def list_own_levels(self, request: p.ListOwnLevels, asking: Asking) -> p.OwnLevels:
        """What who asks may do with each of many resources, without those it may not read."""

    def get_of_user(self, request: p.GetUserPermission) -> p.UsablePermission:
        """What a user may do with a resource; nothing if that does not exist."""

    def filter_readable(
        self, caller: u.Caller, resource_type: p.ResourceType, ids: Sequence[str]
    ) -> list[str]:
        """Those of the ids that exist and that a caller may read, in their order.

        Thousand at a time, in a constant number of statements each.
        """

    def list(self, request: u.UserName) -> p.UserPermissions:
        """The grants that count for a user, those of its groups and roles included."""

    def list_own(self, request: p.ListOwnPermissions, asking: Asking) -> p.UserPermissions:
        """The same for who asks; raises `Unauthenticated` if nobody is signed in."""

    def list_of_group(self, request: gr.GroupName) -> p.GroupPermissions:
        """The grants that count for a group, those of its roles included."""

    def list_members(self, resource: p.Resource) -> p.MemberList:
        """Who has a permission on a resource or, by `*`, on all of its type."""

    def find_subjects(self, request: p.FindSubjects) -> p.SubjectNames:
        """Users or groups by a part of their name, in one statement."""


class Parents(Protocol):
    """The experiments and registered models that other things are of; what counts is today's.

    What is deleted, but can be restored or read, is of its experiment still; what does not exist is
    absent. Each method takes a constant number of statements for each thousand ids.
    """

    def experiments_of_runs(self, run_ids: Sequence[str]) -> dict[str, str]:
        """The experiment of each run."""

    def experiments_of_models(self, model_ids: Sequence[str]) -> dict[str, str]:
        """The experiment of each logged model."""

    def experiments_of_views(self, view_ids: Sequence[str]) -> dict[str, str | None]:
        """The experiment of each saved view; None for a view of no experiment."""

    def experiment_of_name(self, name: str) -> str | None:
        """The experiment of that name."""

    def model_of_transition_request(self, request_id: str) -> str | None:
        """The name that the model of a request has now; None if it is deleted."""

    def owner_of_deployment(
        self, target: str, name: str, endpoint: str | None
    ) -> DeploymentOwner | None:
        """What the deployment is of that is live at a name; None if nothing is."""

    def owner_of_files(self, names: Sequence[str]) -> FilesOwner | None:
        """Whose file or folder is at a place, which `names` name in all ways that it has.

        What is among the artifacts of a run or logged model is of that one, also after it was moved
        to another experiment. Else the experiment counts whose artifact location is the longest one
        above the place, and of several with that location the oldest.
        """

    def models_of_files(self, names: Sequence[str]) -> list[str]:
        """The registered models that have a file or folder among the files of a version."""


class Tokens(Protocol):
    """What programs show instead of a password."""

    def create(self, request: t.CreateToken, by: u.Actor) -> Pending[t.NewToken]:
        """Make a token; only this answer ever holds its secret.

        Who shows a token itself can only make one that may no more and lives no longer, and none
        if its own is for some resources; else it raises `PermissionDenied`.
        """

    def list(self, request: t.ListTokens) -> t.TokenList:
        """The tokens of a user, newest first."""

    def get_owner(self, token_id: str) -> str | None:
        """Whose token that is, by its name; None if there is none."""

    def delete(self, request: t.TokenId, by: u.Actor) -> Pending[None]:
        """Revoke; an absent one raises `NotFound`."""

    def check(self, secret: str) -> Checked:
        """Whose token it is; one that is wrong, past or of nobody raises `Unauthenticated`."""


class Sessions(Protocol):
    """What browsers show after a sign-in."""

    def create(self, caller: u.Caller, by: u.Actor) -> Pending[t.NewSession]:
        """Begin a session; only this answer ever holds its secret."""

    def check(self, secret: str) -> Checked:
        """Whose session it is; one that is unknown or past raises `Unauthenticated`."""

    def delete(self, secret: str, by: u.Actor) -> Pending[None]:
        """End a session; one that is unknown or past raises `NotFound`."""

    def delete_all(self, request: u.UserName, by: u.Actor) -> Pending[None]:
        """End all sessions of a user."""


class Audit(Protocol):
    """The audit log. Nothing changes or removes an entry, and none can be added in between."""

    def append(self, record: ae.AuditRecord, by: u.Actor) -> Pending[ae.AuditEvent]:
        """Add an entry; texts that are too long for the log are cut."""

    def search(self, request: ae.SearchAuditEvents) -> ae.AuditEventPage:
        """Entries, newest first."""

    def export(self, request: ae.ExportAudit) -> Iterator[list[ae.AuditEvent]]:
        """Entries, oldest first, in slices of at most 1,000, in constant memory."""

    def verify(self, request: ae.VerifyAudit) -> ae.AuditVerification:
        """Hold every entry against its hash and the one before; the first broken one is named.

        Whoever can write to the database can also make the whole chain anew; an entry that was kept
        elsewhere, given with its hash, tells that too.
        """


class Workspaces(Protocol):
    """The workspaces of a server; `default` exists always."""

    def create(self, request: ws.CreateWorkspace, by: u.Actor) -> Pending[ws.Workspace]:
        """Create; a name that is taken raises `AlreadyExists`."""

    def get(self, request: ws.WorkspaceName, asking: Asking | None = None) -> ws.Workspace:
        """Get by name; one where who asks may read nothing raises `NotFound`."""

    def list(self, request: ws.ListWorkspaces, asking: Asking | None = None) -> ws.WorkspaceList:
        """The workspaces by name where who asks may read anything."""

    def update(self, request: ws.UpdateWorkspace, by: u.Actor) -> Pending[ws.Workspace]:
        """Change what is given; an empty text clears a field."""

    def delete(self, request: ws.DeleteWorkspace, by: u.Actor) -> Pending[None]:
        """Delete with its roles, and with what is in it as the mode says."""

    def find_key(self, name: str) -> int | None:
        """A number that no other workspace ever has; None if there is none of that name."""

    def find_other(self) -> str | None:
        """The name of a workspace that is not `default`, if there is one."""


class Access(Protocol):
    """All nouns of access together, and how far their changes are."""

    def version(self) -> int:
        """A number that every change of access makes greater, whichever process makes it.

        It is the sequence of the newest entry of the audit log. What becomes of experiments and
        registered models (a rename, a deletion, a run that moves) does not change it.
        """

    def in_workspace(self, name: str) -> Access:
        """The same about what is in one workspace; nothing else is known to it."""

    @property
    def workspaces(self) -> Workspaces:
        """The workspaces."""

    @property
    def users(self) -> Users:
        """The users and service accounts."""

    @property
    def sign_ins(self) -> SignIns:
        """Passwords and the first administrator."""

    @property
    def groups(self) -> Groups:
        """The groups."""

    @property
    def roles(self) -> Roles:
        """The roles."""

    @property
    def permissions(self) -> Permissions:
        """The permissions."""

    @property
    def parents(self) -> Parents:
        """The experiments and registered models that other things are of."""

    @property
    def tokens(self) -> Tokens:
        """The tokens."""

    @property
    def sessions(self) -> Sessions:
        """The sessions."""

    @property
    def audit(self) -> Audit:
        """The audit log."""
