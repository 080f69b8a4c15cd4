"""Access control, put together from the options of a server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from millstream.entities.permissions import PermissionName
from millstream.entities.sessions import SignInWay
from millstream.entities.workspaces import DEFAULT_WORKSPACE, WorkspaceName
from millstream.rest.endpoints import ENDPOINTS
from millstream.server.access.facts import Lookups, Memories
from millstream.server.access.freshness import Freshness
from millstream.server.access.gate import ControlledGate
from millstream.server.access.identity import Identity
from millstream.server.access.policy import Policy
from millstream.server.access.proxy_identity import ProxyCallers, ProxyIdentity
from millstream.server.access.session import Session
from millstream.server.access.side_effects import SideEffects
from millstream.server.access.trail import Trail
from millstream.server.hashing import HashingThreads
from millstream.store.access import Access, Permissions
from millstream.store.sql.locations import is_within, place


class Files(NamedTuple):
    """What access control has to know of a server's files: all names of a place, and the root."""

    names: Callable[[str], Sequence[str]]
    root: str

    def is_own(self, uri: str) -> bool:
        """Whether a URI is below the root, and not the root itself."""
        home = place(self.root)
        places = [place(name) for name in self.names(uri)]
        return any(is_within(each, home) and each != home for each in places)


class AccessControl(NamedTuple):
    """The gate of a server that knows its users, the noun of signing in, and what they may do."""

    gate: ControlledGate
    session: Session
    permissions: Permissions


def control(
    access: Access,
    default_permission: PermissionName,
    files: Files,
    hashing: HashingThreads,
    path: str,
    proxy: ProxyIdentity | None = None,
    ways: Sequence[SignInWay] = ("password",),
    workspace: str | None = None,
) -> AccessControl:
    """Access control for a server whose pages are below a path, with these ways to sign in.

    In a `workspace`, who may read nothing there is told that it does not exist. A row of the
    endpoint table without a decision raises `Undecided`.
    """
    freshness = Freshness(access.version)
    memories, lookups = Memories(freshness), Lookups(access, files.names)
    proxied = None if proxy is None else ProxyCallers(proxy, freshness)
    enter = None
    if workspace not in (None, DEFAULT_WORKSPACE):
        enter = partial(access.workspaces.get, WorkspaceName(workspace))
    identity = Identity(access, freshness, default_permission, path, proxied, enter)
    policy = Policy(ENDPOINTS, SideEffects(files.is_own))
    gate = ControlledGate(
        identity, policy, memories, lookups, freshness, Trail(access.audit), hashing, workspace
    )
    return AccessControl(gate, Session(access, ways, workspace), access.permissions)
