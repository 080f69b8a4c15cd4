"""Asking the gate before artifacts are read or changed."""

from __future__ import annotations

from urllib.parse import quote

from millstream.artifacts.confined import PROXY_SCHEME
from millstream.asgi.replies import Scope
from millstream.entities.asking import NOBODY
from millstream.entities.permissions import PermissionName
from millstream.server.access.gate import ASKING, Gate
from millstream.server.access.needs import Need

_ADMITTED = "millstream.admitted"


class ArtifactAdmission:
    """Whether who asks for artifacts may have or change them.

    Each question that was answered is noted in the scope: what nobody asked about is not sent.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def of_run(self, scope: Scope, level: PermissionName, run_id: str) -> None:
        """The files of a run."""
        await self._gate.need(scope.get(ASKING, NOBODY), [Need(level, "run", [run_id])])
        scope[_ADMITTED] = True

    async def of_model(self, scope: Scope, level: PermissionName, model_id: str) -> None:
        """The files of a logged model."""
        await self._gate.need(scope.get(ASKING, NOBODY), [Need(level, "logged_model", [model_id])])
        scope[_ADMITTED] = True

    async def of_version(self, scope: Scope, name: str) -> None:
        """The files of a version of a registered model, to read."""
        asking = scope.get(ASKING, NOBODY)
        await self._gate.need(asking, [Need("READ", "registered_model", [name])])
        scope[_ADMITTED] = True

    async def of_place(
        self, scope: Scope, level: PermissionName, path: str, *, whole: bool = False
    ) -> None:
        """A path of the proxy; `whole` if it goes with all that is below it."""
        uri = f"{PROXY_SCHEME}:/{quote(path)}"
        await self._gate.need_place(scope.get(ASKING, NOBODY), level, uri, whole=whole)
        scope[_ADMITTED] = True

    async def of_secret(self, scope: Scope) -> None:
        """What is asked for with a secret of its own, such as the id of an upload."""
        scope[_ADMITTED] = True

    def was_asked(self, scope: Scope) -> bool:
        """Whether anything was admitted in this request."""
        return _ADMITTED in scope
