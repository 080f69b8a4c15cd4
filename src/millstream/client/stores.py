"""The open stores of this process, each with the patience that its use asks for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Literal

import msgspec

from millstream import connect
from millstream.artifacts.interface import ArtifactStore
from millstream.client.lost_runs import end_lost_runs
from millstream.errors import Unavailable
from millstream.masking import shown
from millstream.settings import Settings
from millstream.store.interface import Store
from millstream.store.pending import Pending
from millstream.store.promptness import HasPromptness

DELIVERY_TIMEOUT = 30.0
PROMPT_TIMEOUT = 5.0

Purpose = Literal["patient", "prompt", "delivery"]
_Key = tuple[str, Purpose]


class _Opening:
    """A store that is being opened, for all who ask for it meanwhile."""

    def __init__(self, place: str, settings: Settings, root: str | None) -> None:
        self.place = place
        self.settings = settings
        self.root = root
        self.began = time.monotonic()
        self.store: Pending[Store] = Pending()

    def result(self, within: float | None) -> Store:
        """The store, once it is open, at most `within` s after the opening began."""
        left = None if within is None else max(0.0, self.began + within - time.monotonic())
        try:
            return self.store.result(left)
        except TimeoutError:
            raise Unavailable(
                f"{shown(self.place)} is not open after {within:g} s; perhaps somebody keeps it "
                "locked"
            ) from None


class Stores:
    """Stores by canonical tracking URI, opened on first use; `opened` is told of each.

    Opening a folder or database waits for whoever has it locked. Who is not patient does not wait
    for that longer than for a server: a thread goes on with it, and the store is there once it has
    come. A place is opened once, whoever asks. What is loaded for it is no part of that wait, for
    it depends on nobody, only on how busy the machine is. Nor do the prompt wait longer for what
    they read in an open one.
    """

    def __init__(self, settings: Callable[[], Settings], opened: Callable[[], None]) -> None:
        self.settings = settings
        self._opened = opened
        self._lock = threading.RLock()  # a signal's handler may ask while this thread does
        self._stores: dict[_Key, Store] = {}
        self._prompt: dict[str, Store] = {}
        self._openings: dict[_Key, _Opening] = {}
        self._roots: dict[str, str] = {}

    @property
    def places(self) -> set[str]:
        """The places that were asked."""
        return {place for place, _ in self._stores}

    def patient(self, place: str) -> Store:
        """For reading, and for what can only be done at once."""
        return self.open(place, "patient")

    def prompt(self, place: str) -> Store:
        """For what can be journalled: it says soon when a store does not answer."""
        return self.open(place, "prompt")

    def delivering(self, place: str) -> Store:
        """For the thread that has its own way of trying again."""
        return self.open(place, "delivery")

    def open(self, place: str, purpose: Purpose) -> Store:
        """The store of a place, opened for this purpose if need be."""
        is_remote = connect.is_remote(place)
        if purpose == "prompt" and is_remote and self._raises:
            purpose = "patient"
        key: _Key = (place, purpose if is_remote else "patient")
        store = self._stores.get(key) or self._open(key, purpose)
        return self._prompt.get(place, store) if purpose == "prompt" else store

    def moving_root(self, place: str) -> str | None:
        """Where files of a place are that depend on the current folder: as when first asked."""
        if not connect.has_moving_root(place):
            return None
        return self._roots.setdefault(place, connect.artifact_root(place))

    def artifacts_of(self, place: str) -> Callable[[str], ArtifactStore]:
        """What opens, for the same thread, the files of the runs of a place."""
        return lambda uri: connect.open_artifacts(
            uri, self.settings_for("delivery"), tracking_uri=place
        )

    def settings_for(self, purpose: Purpose) -> Settings:
        """The settings, with the patience that suits a purpose."""
        found = self.settings()
        if purpose == "patient":
            if found.store_away == "raise":
                return found
            retries, timeout = 1, DELIVERY_TIMEOUT
        else:
            retries, timeout = 0, DELIVERY_TIMEOUT if purpose == "delivery" else PROMPT_TIMEOUT
        return msgspec.structs.replace(
            found,
            http_request_max_retries=min(found.http_request_max_retries, retries),
            http_request_timeout=min(found.http_request_timeout, timeout),
        )

    def close(self) -> None:
        """Close all; whoever is asked next is opened anew."""
        with self._lock:
            stores, self._stores = self._stores, {}
            self._prompt = {}
            self._openings = {}
        for store in stores.values():
            store.close()

    @property
    def _raises(self) -> bool:
        return self.settings().store_away == "raise"

    def _longest_read(self) -> float | None:
        """How many seconds the prompt wait for what they read; None: as long as it takes."""
        return None if self._raises else PROMPT_TIMEOUT

    def _open(self, key: _Key, purpose: Purpose) -> Store:
        place = key[0]
        connect.load(place)
        with self._lock:
            known = self._stores.get(key)
            if known is not None:
                return known
            opening = self._openings.get(key)
            begins = opening is None
            if opening is None:
                opening = _Opening(place, self.settings_for(key[1]), self.moving_root(place))
                self._openings[key] = opening
        waits = purpose == key[1] or (purpose == "prompt" and self._raises)
        if begins and (waits or not self._begin_beside(key, opening)):
            self._finish(key, opening)
        store = opening.result(None if waits else PROMPT_TIMEOUT)
        self._opened()
        return store

    def _begin_beside(self, key: _Key, opening: _Opening) -> bool:
        """Open a store on a thread; says whether there can be one."""
        thread = threading.Thread(
            target=self._finish, args=(key, opening), name="millstream-opening", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:  # the interpreter is ending, or there are too many
            return False
        return True

    def _finish(self, key: _Key, opening: _Opening) -> None:
        """Open a store for all who wait for it."""
        try:
            store = _open(opening)
        except BaseException as error:
            self._settle(key, opening, None)
            if not isinstance(error, Exception):  # it is for this thread alone
                opening.store.fail(Unavailable(f"the opening was interrupted: {error!r}"))
                raise
            opening.store.fail(error)
            return
        if self._settle(key, opening, store):
            opening.store.succeed(store)
        else:
            store.close()
            opening.store.fail(Unavailable("the stores were closed meanwhile"))

    def _settle(self, key: _Key, opening: _Opening, store: Store | None) -> bool:
        """Note that an opening is over; says whether it was still wanted."""
        with self._lock:
            if self._openings.get(key) is not opening:
                return False
            del self._openings[key]
            if store is not None:
                if isinstance(store, HasPromptness):
                    self._prompt[key[0]] = store.answering_within(self._longest_read)
                self._stores[key] = store
            return True


def _open(opening: _Opening) -> Store:
    found = opening.settings
    store = connect.open_store(opening.place, found, artifacts=opening.root, any_source=True)
    if found.workspace:
        store = connect.in_workspace(store, found.workspace)
    if not connect.is_remote(opening.place):
        end_lost_runs(store)
    return store
