"""The open stores of this process, each with the patience that its use asks for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

import msgspec

from millstream import connect
from millstream.artifacts.interface import ArtifactStore
from millstream.client.lost_runs import end_lost_runs
from millstream.settings import Settings
from millstream.store.interface import Store

DELIVERY_TIMEOUT = 30.0
PROMPT_TIMEOUT = 5.0

Purpose = Literal["patient", "prompt", "delivery"]


class Stores:
    """Stores by canonical tracking URI, opened on first use; `opened` is told of each."""

    def __init__(self, settings: Callable[[], Settings], opened: Callable[[], None]) -> None:
        self.settings = settings
        self._opened = opened
        self._lock = threading.Lock()
        self._stores: dict[tuple[str, Purpose], Store] = {}
        self._roots: dict[str, str] = {}

    @property
    def places(self) -> set[str]:
        """The places that were asked."""
        return {place for place, _ in self._stores}

    def patient(self, place: str) -> Store:
        """For reading, and for what can only be done at once."""
        return self._stores.get((place, "patient")) or self._open(place, "patient")

    def prompt(self, place: str) -> Store:
        """For what can be journalled: it says soon when a server does not answer."""
        if not connect.is_remote(place) or self.settings().store_away == "raise":
            return self.patient(place)
        return self._stores.get((place, "prompt")) or self._open(place, "prompt")

    def delivering(self, place: str) -> Store:
        """For the thread that has its own way of trying again."""
        if not connect.is_remote(place):
            return self.patient(place)
        return self._stores.get((place, "delivery")) or self._open(place, "delivery")

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
        for store in stores.values():
            store.close()

    def _open(self, place: str, purpose: Purpose) -> Store:
        with self._lock:
            store = self._stores.get((place, purpose))
            if store is None:
                found = self.settings_for(purpose)
                root = self.moving_root(place)
                store = connect.open_store(place, found, artifacts=root, any_source=True)
                if found.workspace:
                    store = connect.in_workspace(store, found.workspace)
                if not connect.is_remote(place):
                    end_lost_runs(store)
                self._stores[place, purpose] = store
        self._opened()
        return store
