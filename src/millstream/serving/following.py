"""Follows an alias or a stage of the registry: the version that it names is the one that serves.

The next version is fetched, loaded and asked for its own example while the one before still
answers; only then it takes over, between two requests. Whatever fails leaves the one before.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from millstream import connect
from millstream.asgi import memory
from millstream.client.model_uris import Where, registry_name, version_named
from millstream.client.session import SESSION
from millstream.environments.preparation import mismatches
from millstream.errors import InvalidParameter, InvalidState
from millstream.integrations.model_environment import specification
from millstream.integrations.model_files import local_path, remove_temporary
from millstream.model_format.directory import add_code_to_path
from millstream.model_format.manifest import Manifest
from millstream.serving.options import Followed, ServedModel
from millstream.serving.served import Served
from millstream.serving.slot import Slot
from millstream.serving.threads import ModelThreads
from millstream.store.interface import Store

_LOG = logging.getLogger(__name__)
_ASKING_SECONDS = 10.0
_LONGEST_PAUSE_SECONDS = 300.0
_DRAINING_SECONDS = 0.05


class Counts(Protocol):
    """Whoever counts what becomes of a model that is followed."""

    def serves(self, version: str, before: str | None) -> None:
        """This version serves, and no longer the one before."""

    def refused(self) -> None:
        """A version could not take over."""

    def unanswered(self) -> None:
        """The registry could not say which version it is."""


class Making(NamedTuple):
    """How a model is made and loaded.

    `turn` is held meanwhile: libraries do not bear to be imported on several threads at once.
    """

    make: Callable[[ServedModel], Served]
    load: Callable[[Served], Awaitable[None]]
    turn: asyncio.Lock


class _Refusal(NamedTuple):
    """A version that could not take over, when to try it again, and the pause after that."""

    version: str
    until: float
    pause: float


class Follower:
    """Keeps a slot at the version that the registry names."""

    def __init__(
        self, slot: Slot, served: ServedModel, followed: Followed, making: Making, counts: Counts
    ) -> None:
        self._slot = slot
        self._directory = Path(served.path)
        self._fetched: set[Path] = set()  # not that one: whoever started this process removes it
        self._followed = followed
        self._making = making
        self._counts = counts
        self._version = followed.version
        self._threads = ModelThreads(f"follow-{slot.name}")
        self._registry = _Registry(followed)
        self._refusal: _Refusal | None = None
        self._complaint = ""
        self._leaving: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Look every now and then until cancelled."""
        self._counts.serves(self._version, None)
        try:
            while True:
                await self._look()
                await asyncio.sleep(self._followed.seconds)
        finally:
            for directory in list(self._fetched):
                self._remove(directory)

    async def _look(self) -> None:
        try:
            version = await self._threads.call(self._registry.version)
        except Exception as error:  # noqa: BLE001  # of whichever store; the model serves on
            self._counts.unanswered()
            self._complain(f"The registry cannot say which version {self._followed.uri} is", error)
            return
        if version == self._version:
            self._refusal, self._complaint = None, ""
        elif not self._is_refused(version):
            await self._try(version)

    async def _try(self, version: str) -> None:
        try:
            async with self._making.turn:
                await self._change(version)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001  # code of the user's may even ask to exit
            known = self._refusal
            pause = self._followed.seconds
            if known is not None and known.version == version:
                pause = min(2 * known.pause, _LONGEST_PAUSE_SECONDS)
            self._refusal = _Refusal(version, time.monotonic() + pause, pause)
            self._counts.refused()
            self._complain(f"Version {version} of the model '{self._slot.name}' is refused", error)

    async def _change(self, version: str) -> None:
        """Let another version take over; raises if it cannot be fetched, loaded or asked."""
        directory = await self._threads.call(lambda: self._fetch(version))
        model = self._making.make(ServedModel(self._slot.name, str(directory)))
        try:
            await self._making.load(model)
            if model.reason is not None:
                raise InvalidState(model.reason)
        except BaseException:
            model.end()
            _bring_code_back(self._directory)
            self._remove(directory)
            raise
        leaving = self._retire(self._slot.take(model), self._directory)
        task = asyncio.ensure_future(leaving)
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)
        self._counts.serves(version, self._version)
        _LOG.warning(
            "The model '%s' is version %s from now on, and no longer %s",
            *(self._slot.name, version, self._version),
        )
        self._directory, self._version = directory, version
        self._refusal, self._complaint = None, ""

    def _fetch(self, version: str) -> Path:
        directory = local_path(f"models:/{self._followed.name}/{version}")
        self._fetched.add(directory)
        strict = self._followed.same_environment
        missing = mismatches(specification(directory).resolved()) if strict else []
        if missing:
            self._remove(directory)
            raise InvalidState(
                f"it needs another environment ({'; '.join(missing)}): start the server again, "
                "which makes it, or serve with --env-manager local"
            )
        return directory

    async def _retire(self, model: Served, directory: Path) -> None:
        """Give back what a model took, once it has answered its last request."""
        while model.in_flight:
            await asyncio.sleep(_DRAINING_SECONDS)
        self._slot.left(model)
        model.end()
        del model
        self._remove(directory)
        memory.release()

    def _remove(self, directory: Path) -> None:
        if directory in self._fetched:
            self._fetched.discard(directory)
            remove_temporary(directory)

    def _is_refused(self, version: str) -> bool:
        refusal = self._refusal
        if refusal is None or refusal.version != version:
            return False
        return time.monotonic() < refusal.until

    def _complain(self, what: str, error: BaseException) -> None:
        """Say it once, and not at every look."""
        said = f"{what}: {error}"
        if said != self._complaint:
            _LOG.error("%s. Version %s serves on.", said.rstrip("."), self._version)
        self._complaint = said


def _bring_code_back(directory: Path) -> None:
    """Let the model's own modules be found again, and not those of a version that was refused."""
    add_code_to_path(directory, Manifest.read(directory).flavor("python_function"))


class _Registry:
    """Asks for one version, by one point read; impatient, since it will ask again."""

    def __init__(self, followed: Followed) -> None:
        named = registry_name(followed.uri)
        if named is None:
            raise InvalidParameter(f"{followed.uri} cannot be followed")
        self._named = named
        self._store: Store | None = None

    def version(self) -> str:
        """The number of the version that is meant now."""
        if self._store is None:
            known = SESSION.settings()
            hasty = msgspec.structs.replace(
                known,
                http_request_max_retries=0,
                http_request_timeout=min(known.http_request_timeout, _ASKING_SECONDS),
            )
            self._store = connect.open_store(Where.now().registry, hasty)
        return version_named(self._named, self._store).version
