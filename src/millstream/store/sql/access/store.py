"""Access in SQL: all nouns on the database of runs."""

from __future__ import annotations

from collections.abc import Callable

from millstream.store.access import AccessRules
from millstream.store.sql.access import chain
from millstream.store.sql.access.audit_events import SqlAudit
from millstream.store.sql.access.context import AccessContext
from millstream.store.sql.access.groups import SqlGroups
from millstream.store.sql.access.parents import SqlParents
from millstream.store.sql.access.passwords import HashingCost, Passwords
from millstream.store.sql.access.permissions import SqlPermissions
from millstream.store.sql.access.roles import SqlRoles
from millstream.store.sql.access.sessions import SqlSessions
from millstream.store.sql.access.sign_ins import SqlSignIns
from millstream.store.sql.access.tokens import SqlTokens
from millstream.store.sql.access.users import SqlUsers
from millstream.store.sql.access.workspaces import SqlWorkspaces
from millstream.store.sql.confined_database import ConfinedDatabase
from millstream.store.sql.confinement import Workspace
from millstream.store.sql.database import Database
from millstream.store.sql.lifecycle import now
from millstream.store.sql.locations import ArtifactRoot


class SqlAccess:
    """The `Access` of a database. `cost` is that of new passwords' hashes; `clock` tells ms.

    `artifact_root` is that of the store of runs on the database. Access is apart from it, so that
    a training script does not load it.
    """

    def __init__(
        self,
        database: Database,
        artifact_root: str,
        rules: AccessRules | None = None,
        cost: HashingCost | None = None,
        clock: Callable[[], int] = now,
    ) -> None:
        context = AccessContext(database, rules or AccessRules(), clock)
        passwords = Passwords(cost or HashingCost())
        self._open(context, ArtifactRoot(artifact_root), passwords)

    def in_workspace(self, name: str) -> SqlAccess:
        """The same about what is in one workspace; nothing else is known to it."""
        whole = self._context
        database = ConfinedDatabase(whole.database, Workspace(name))
        confined = SqlAccess.__new__(SqlAccess)
        confined._open(whole._replace(database=database), self._root, self._passwords)
        return confined

    def _open(self, context: AccessContext, root: ArtifactRoot, passwords: Passwords) -> None:
        self._context = context
        self._root = root
        self._passwords = passwords
        database = context.database
        self._database = database
        self.sign_ins = SqlSignIns(context, passwords)
        self.users = SqlUsers(context, passwords, self.sign_ins.check_password)
        self.groups = SqlGroups(context)
        self.roles = SqlRoles(context)
        self.permissions = SqlPermissions(context)
        self.parents = SqlParents(database, root)
        self.tokens = SqlTokens(context)
        self.sessions = SqlSessions(context)
        self.audit = SqlAudit(context)
        self.workspaces = SqlWorkspaces(context, root)

    def version(self) -> int:
        """A number that every change of access makes greater: the newest sequence of the log."""
        return self._database.read(chain.last_sequence)
