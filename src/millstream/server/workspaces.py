"""From the header that names a workspace to the application that answers within it."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from urllib.parse import unquote

from millstream.asgi.replies import Receive, Scope, Send
from millstream.entities.workspaces import (
    DEFAULT_WORKSPACE,
    CreateWorkspace,
    DeleteWorkspace,
    ListWorkspaces,
    UpdateWorkspace,
    Workspace,
    WorkspaceList,
    WorkspaceName,
    check_name,
)
from millstream.errors import MillstreamError, NotFound, NotSupported
from millstream.server.access.cookies import place_of
from millstream.server.app import Application
from millstream.server.head import read_head
from millstream.store.access import Workspaces
from millstream.store.pending import Pending

HEADER = b"x-mlflow-workspace"
COOKIE = "millstream-workspace"
_MOST = 64
_FRESH_SECONDS = 2.0
_INFO = "/mlflow/server-info"
_ONE = "/mlflow/workspaces/"
_OFF = "Workspace APIs are not available: workspaces are not enabled on this server"


class NoWorkspaces:
    """The noun of a server without workspaces: every operation says so."""

    def create(self, _request: CreateWorkspace, _by: object) -> Pending[Workspace]:
        """Refuse."""
        raise workspaces_off()

    def get(self, _request: WorkspaceName, _asking: object) -> Workspace:
        """Refuse."""
        raise workspaces_off()

    def list(self, _request: ListWorkspaces, _asking: object) -> WorkspaceList:
        """Refuse."""
        raise workspaces_off()

    def update(self, _request: UpdateWorkspace, _by: object) -> Pending[Workspace]:
        """Refuse."""
        raise workspaces_off()

    def delete(self, _request: DeleteWorkspace, _by: object) -> Pending[None]:
        """Refuse."""
        raise workspaces_off()


def workspaces_off() -> NotSupported:
    """The error for a workspace that is asked for where there are none, with MLflow's code."""
    return NotSupported(f"{_OFF} (--enable-workspaces does)", "FEATURE_DISABLED")


def named_workspace(scope: Scope) -> str:
    """The workspace that a request names; an empty text if it names none."""
    for name, value in scope["headers"]:
        if name == HEADER:
            return str(value.decode("latin-1")).strip()
    return ""


def chosen_workspace(scope: Scope) -> str:
    """The workspace that was chosen in the pages, which browsers send as a cookie."""
    head = read_head(scope)
    place = place_of("/", head.host, encrypted=head.encrypted)
    wanted = f"{COOKIE}-{place.port}" if place.port else COOKIE
    for piece in (head.cookie or b"").decode("latin-1").split(";"):
        name, _, value = piece.strip().partition("=")
        if name == wanted:
            return unquote(value)
    return ""


class _Site(NamedTuple):
    """The application of a workspace, the key of the workspace, and until when that is believed."""

    application: Application
    key: int
    fresh_until: float


class WorkspaceSites:
    """A server whose requests name their workspace, one application for each that is in use.

    Programs name it in a header, pages in a cookie. Who names none is in `default`, whose
    application begins and ends with the process. That a workspace exists is believed for two
    seconds, unless this process deletes one; the 64 used last are kept.
    """

    def __init__(
        self,
        workspaces: Workspaces,
        default: Application,
        build: Callable[[str], Application],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._workspaces = workspaces
        self._default = default
        self.literal = default.literal
        self._build = build
        self._clock = clock
        self._sites: OrderedDict[str, _Site] = OrderedDict()
        self._threads = ThreadPoolExecutor(1, "workspaces")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request within the workspace that it names."""
        name = chosen = ""
        if scope["type"] == "http":
            chosen = chosen_workspace(scope)
            name = named_workspace(scope) or chosen
        if name in ("", DEFAULT_WORKSPACE) or scope["path"].rstrip("/").endswith(_INFO):
            application = self._default
        else:
            try:
                application = await self._find(name)
            except MillstreamError as error:
                if name != chosen:
                    await self._default.refuse(scope, send, error)
                    return
                application = self._default  # what was chosen once is gone
        await application(scope, receive, send)
        if scope.get("method") == "DELETE" and _ONE in scope["path"]:
            self._doubt()

    def _doubt(self) -> None:
        """One may be gone: look again before any of them is believed."""
        for name, site in list(self._sites.items()):
            self._sites[name] = site._replace(fresh_until=0.0)

    async def _find(self, name: str) -> Application:
        site = self._sites.get(name)
        if site is not None and site.fresh_until > self._clock():
            self._sites.move_to_end(name)
            return site.application
        loop = asyncio.get_running_loop()
        # One thread builds them, so that nothing is built twice.
        return await loop.run_in_executor(self._threads, self._renew, name)

    def _renew(self, name: str) -> Application:
        check_name(name)
        key = self._workspaces.find_key(name)
        before = self._sites.get(name)
        if key is None:
            self._sites.pop(name, None)
            raise NotFound(f"Workspace '{name}' not found")
        same = before is not None and before.key == key
        application = before.application if before and same else self._build(name)
        self._sites[name] = _Site(application, key, self._clock() + _FRESH_SECONDS)
        self._sites.move_to_end(name)
        while len(self._sites) > _MOST:
            self._sites.popitem(last=False)
        return application
