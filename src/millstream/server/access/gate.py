"""The gate of a server: every request to it passes here, or is refused."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from millstream.asgi.replies import Headers, Scope
from millstream.entities.asking import Asking
from millstream.entities.audit_events import AuditRecord
from millstream.entities.permissions import PermissionName
from millstream.entities.users import Caller
from millstream.errors import MillstreamError, PermissionDenied, Unauthenticated
from millstream.rest.endpoints import Endpoint
from millstream.server.access import cookies
from millstream.server.access.exchange import Exchange
from millstream.server.access.facts import Facts, Lookups, Memories, NotRemembered
from millstream.server.access.freshness import Freshness
from millstream.server.access.identity import Identity
from millstream.server.access.needs import Need
from millstream.server.access.policy import Hidden, Policy, readable, require, require_place
from millstream.server.access.trail import Trail
from millstream.server.callers import Callers
from millstream.server.hashing import HashingThreads
from millstream.server.head import Head
from millstream.store.news import Change

ASKING = "millstream.asking"
"""Where who asks stands in a scope."""

GATE = "millstream.gate"
"""Where the gate stands that let it in."""

_THREADS = 2
T = TypeVar("T")


class Gate(Protocol):
    """Says who asks and whether it may.

    What is remembered answers at once, on the event loop; anything else on a thread.
    """

    def recall(self, scope: Scope, head: Head) -> Asking | None:
        """Who asks, if that is known without waiting."""

    async def identify(self, scope: Scope, head: Head) -> Asking:
        """Who asks; raises `Unauthenticated` if it has not shown who it is."""

    async def admit(self, endpoint: Endpoint, asking: Asking, request: Any) -> None:
        """Raise `NotFound` or `PermissionDenied` if who asks may not do this."""

    async def need(self, asking: Asking, needs: Iterable[Need]) -> None:
        """The same for what is no row of the table."""

    async def need_place(
        self, asking: Asking, level: PermissionName, uri: str, *, whole: bool = False
    ) -> None:
        """The same for files, by where they are."""

    async def readable(self, asking: Asking, changes: Collection[Change], /) -> Collection[Change]:
        """Those of the changes that who asks may know of."""

    async def followed(self, endpoint: Endpoint, asking: Asking, request: Any) -> None:
        """It was done."""

    def exchange(self, scope: Scope, head: Head, asking: Asking, /) -> Exchange:
        """A request whose answer may change cookies."""

    def close(self) -> None:
        """End its threads."""


class OpenGate:
    """Everybody who reaches the server may do everything."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers

    def recall(self, scope: Scope, head: Head) -> Asking | None:
        """Who asks, as far as it says."""
        return self._callers.asking(scope, head.authorization)

    async def identify(self, scope: Scope, head: Head) -> Asking:
        """The same."""
        return self._callers.asking(scope, head.authorization)

    async def admit(self, endpoint: Endpoint, asking: Asking, request: Any) -> None:
        """Admit."""

    async def need(self, asking: Asking, needs: Iterable[Need]) -> None:
        """Admit."""

    async def need_place(
        self, asking: Asking, level: PermissionName, uri: str, *, whole: bool = False
    ) -> None:
        """Admit."""

    async def readable(self, _asking: Asking, changes: Collection[Change], /) -> Collection[Change]:
        """All of them."""
        return changes

    async def followed(self, endpoint: Endpoint, asking: Asking, request: Any) -> None:
        """Nobody keeps a log of it."""

    def exchange(self, _scope: Scope, head: Head, asking: Asking, /) -> Exchange:
        """A request whose cookies nobody reads."""
        place = cookies.place_of("/", head.host, encrypted=head.encrypted)
        return Exchange(asking, place, None, [])

    def close(self) -> None:
        """Nothing to end."""


class ControlledGate:
    """Lets in who shows who it is, and lets it do what it was permitted."""

    def __init__(
        self,
        identity: Identity,
        policy: Policy,
        memories: Memories,
        lookups: Lookups,
        freshness: Freshness,
        trail: Trail,
        hashing: HashingThreads,
        workspace: str | None = None,
    ) -> None:
        self._workspace = workspace
        self._identity = identity
        self._policy = policy
        self._remembered = Facts(memories)
        self._facts = Facts(memories, lookups)
        self._freshness = freshness
        self._trail = trail
        self._hashing = hashing
        self._threads = ThreadPoolExecutor(_THREADS, "gate")

    def recall(self, scope: Scope, head: Head) -> Asking | None:
        """Who asks, if it is remembered; what is no proof raises `Unauthenticated`."""
        return self._identity.recall(scope, self._identity.shown(scope, head))

    async def identify(self, scope: Scope, head: Head) -> Asking:
        """Who asks; raises `Unauthenticated` if it has not shown who it is."""
        shown = self._identity.shown(scope, head)

        def find() -> Asking:
            return self._identity.find(scope, shown)

        if self._identity.hashes(shown):
            client = scope.get("client")
            found: Asking = await self._hashing.run(client[0] if client else None, find)
            return found
        return await self._in_thread(find)

    async def admit(self, endpoint: Endpoint, asking: Asking, request: Any) -> None:
        """Raise `NotFound` or `PermissionDenied` if who asks may not do this."""
        try:
            await self._ask(lambda facts: self._policy.check(endpoint, facts, asking, request))
        except (Hidden, PermissionDenied) as error:
            tell = functools.partial(self._trail.denied, endpoint, asking, request, error)
            await self._in_thread(tell)
            raise

    async def need(self, asking: Asking, needs: Iterable[Need]) -> None:
        """The same for what is no row of the table."""
        caller, wanted = _caller_of(asking), list(needs)
        try:
            await self._ask(lambda facts: require(facts, caller, wanted))
        except (Hidden, PermissionDenied) as error:
            named = wanted[0]
            await self._tell_of_files(asking, named.level, named.kind, ", ".join(named.ids), error)
            raise

    async def need_place(
        self, asking: Asking, level: PermissionName, uri: str, *, whole: bool = False
    ) -> None:
        """The same for files, by where they are; what is nobody's is for administrators."""
        caller = _caller_of(asking)
        try:
            await self._ask(lambda facts: require_place(facts, caller, level, uri, whole=whole))
        except (Hidden, PermissionDenied) as error:
            await self._tell_of_files(asking, level, "files", uri, error)
            raise

    async def readable(self, asking: Asking, changes: Collection[Change]) -> Collection[Change]:
        """Those of the changes that who asks may know of."""
        caller = _caller_of(asking)
        own = [change for change in changes if change.concerns(self._workspace)]
        return await self._ask(lambda facts: readable(facts, caller, own))

    async def followed(self, endpoint: Endpoint, asking: Asking, request: Any) -> None:
        """It was done: what it may have changed is forgotten, and the audit log told."""
        if self._trail.keeps(endpoint):
            await self._in_thread(lambda: self._trail.done(endpoint, asking, request))
        elif endpoint.permission.action == "read" or endpoint.told == "nothing":
            return
        self._freshness.expire()

    def exchange(self, scope: Scope, head: Head, asking: Asking) -> Exchange:
        """A request whose answer may change cookies."""
        place = self._identity.place(scope, head)
        return Exchange(asking, place, cookies.session_secret(head.cookie, place), [])

    def close(self) -> None:
        """End its threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _tell_of_files(
        self,
        asking: Asking,
        level: PermissionName,
        kind: str,
        named: str,
        error: MillstreamError,
    ) -> None:
        record = AuditRecord(f"artifact.{'read' if level == 'READ' else 'edit'}", kind, named)
        await self._in_thread(functools.partial(self._trail.refused, record, asking, error))

    async def _ask(self, question: Callable[[Facts], T]) -> T:
        try:
            return question(self._remembered)
        except NotRemembered:
            return await self._in_thread(lambda: question(self._facts))

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)


def _caller_of(asking: Asking) -> Caller:
    if asking.caller is None:
        raise Unauthenticated("You are not signed in.")
    return asking.caller


def challenge(head: Head) -> Headers:
    """What asks a program for its name and password, but lets no browser open its own dialog."""
    if head.in_browser or head.cookie is not None or head.repeated is not None:
        return [(b"www-authenticate", b'Bearer realm="mlflow"')]
    return [(b"www-authenticate", b'Basic realm="mlflow"')]
