"""What one process shares: where it logs to, its open stores, and what is on its way to them.

An active experiment that was chosen in one store is looked up by name in the next. After a fork
the child opens stores and journals of its own: neither connections nor threads survive one.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from millstream import connect, settings
from millstream.client.context import user_name
from millstream.client.delivery import Delivery, Lane, warn
from millstream.errors import MillstreamError
from millstream.masking import shown
from millstream.settings import Settings
from millstream.store.interface import Store
from millstream.store.pending import Pending

DELIVERY_TIMEOUT = 30.0
MOST_UNSETTLED = 1_000


class Session:
    """The state of this process. There is one, `SESSION`.

    `open_runs` are the ways to end, at exit, the runs that are still open; `linked` are the
    (run, model, dataset digest) that are known to be linked.
    """

    def __init__(self) -> None:
        self._tracking_uri: str | None = None
        self._tracking_place: str | None = None
        self._registry_uri: str | None = None
        self._registry_place: str | None = None
        self._default_uri: str | None = None
        self._experiment: tuple[str, str, str] | None = None
        self.open_runs: dict[str, Callable[[], None]] = {}
        self.linked: set[tuple[str, str | None, str | None]] = set()
        self._start()

    def _start(self) -> None:
        self._lock = threading.Lock()
        self._stores: dict[tuple[str, bool], Store] = {}
        self._unsettled: list[Pending[Any]] = []
        self._watching_exit = False
        self.delivery = Delivery(self._delivery_store, self.journal_folder)

    def settings(self) -> Settings:
        """What the environment says now."""
        return settings.load()

    @property
    def tracking_uri(self) -> str:
        """Where this process logs to, as it was said."""
        return self._tracking_uri or self.settings().tracking_uri or self._default()

    @property
    def place(self) -> str:
        """The canonical form of it, in which a relative path means what it meant when set."""
        return self._tracking_place or connect.canonical(self.tracking_uri)

    @property
    def tracking_uri_is_set(self) -> bool:
        """Whether the tracking URI is anything but the default."""
        return bool(self._tracking_uri or self.settings().tracking_uri)

    @property
    def registry_uri(self) -> str:
        """Where models are registered; the tracking URI unless said otherwise."""
        return self.own_registry_uri or self.tracking_uri

    @property
    def own_registry_uri(self) -> str | None:
        """The same, if it was said; None where models are registered at the tracking URI."""
        return self._registry_uri or self.settings().registry_uri

    def registry_place(self, tracking_place: str) -> str:
        """The canonical form of where models are registered that are logged to a place."""
        uri = self.own_registry_uri
        return self._registry_place or (tracking_place if uri is None else connect.canonical(uri))

    def set_tracking_uri(self, uri: str | os.PathLike[str]) -> None:
        """Log elsewhere from now on; child processes inherit it."""
        text = os.fspath(uri)
        self._tracking_uri = text or None
        self._tracking_place = connect.canonical(text) if text else None
        _export("TRACKING_URI", self._tracking_place or "")

    def set_registry_uri(self, uri: str) -> None:
        """Register models elsewhere from now on; child processes inherit it."""
        self._registry_uri = uri or None
        self._registry_place = connect.canonical(uri) if uri else None
        _export("REGISTRY_URI", self._registry_place or "")

    def experiment(self, place: str) -> str | None:
        """The id of the active experiment, if one was chosen in this store."""
        chosen = self._experiment
        return chosen[1] if chosen is not None and chosen[0] == place else None

    @property
    def experiment_name(self) -> str | None:
        """The name of the active experiment, in whatever store it was chosen."""
        return None if self._experiment is None else self._experiment[2]

    def set_experiment(self, place: str, experiment_id: str, name: str) -> None:
        """Choose the active experiment; child processes inherit it."""
        self._experiment = (place, experiment_id, name)
        _export("EXPERIMENT_ID", experiment_id)

    def set_workspace(self, name: str | None) -> None:
        """Work in another workspace from now on; child processes inherit it.

        What was logged is sent first, to where it was logged, and the stores are opened anew.
        """
        self.flush()
        _export("WORKSPACE", name or "")
        with self._lock:
            stores, self._stores = self._stores, {}
        for store in stores.values():
            store.close()
        if self._experiment is not None:
            _, _, chosen = self._experiment
            self._experiment = ("", "", chosen)
            _export("EXPERIMENT_ID", "")

    def store(self, place: str) -> Store:
        """The store of a canonical tracking URI, opened on first use."""
        return self._stores.get((place, True)) or self._open(place, patient=True)

    def fresh(self, place: str) -> Store:
        """The same for reading: what this process logged has arrived there, if it can."""
        self.flush(place)
        return self.store(place)

    def flush(self, place: str | None = None) -> list[Lane]:
        """Wait until what was logged has arrived or the store turns out to be away.

        Gives the runs of which something did not arrive.
        """
        self._settle()
        if self.delivery.idle:
            return []
        return self.delivery.flush(place, timeout=self.settings().exit_wait)

    def remember(self, pending: Pending[Any]) -> None:
        """Let the next flush wait for a write that nobody waits for now, and tell if it fails."""
        self._unsettled.append(pending)
        if len(self._unsettled) > MOST_UNSETTLED:
            self._settle()

    def journal_folder(self, place: str) -> Path:
        """Where the journals of runs of this store are kept; one is about to be begun there."""
        self._watch_exit()
        folder = connect.local_folder(place)
        if folder is not None:
            return Path(folder, "journal")
        state = self.settings().state_home
        return Path(state or Path.home() / ".local" / "state", "millstream", "journal")

    def finish(self) -> None:
        """End the runs left open, deliver within the settings' `exit_wait`, close the stores."""
        deadline = time.monotonic() + self.settings().exit_wait
        for end in reversed(list(self.open_runs.values())):
            end()
        left = self.delivery.stop(deadline)
        pending = [lane for lane in left if lane.pending]
        if pending:
            print(_farewell(pending), file=sys.stderr)
            return  # the thread may be inside a store: closing it now could wait for ever
        stores, self._stores = self._stores, {}
        for store in stores.values():
            store.close()
        self.delivery = Delivery(self._delivery_store, self.journal_folder)

    def after_fork(self) -> None:
        """Forget, in a forked child, what belongs to the parent, without touching it."""
        self._inherited = (self.delivery, self._stores)  # collecting them would close them
        self.open_runs = {}
        self._start()

    def _watch_exit(self) -> None:
        """See to it that nothing is left behind when this process ends in an orderly way."""
        if self._watching_exit:
            return
        self._watching_exit = True
        processes = sys.modules.get("multiprocessing.process")
        if processes is not None and processes.parent_process() is not None:
            # Children of multiprocessing leave without running what atexit was told.
            import_module("multiprocessing.util").Finalize(None, self.finish, exitpriority=0)

    def _settle(self) -> None:
        unsettled, self._unsettled = self._unsettled, []
        for pending in unsettled:
            try:
                pending.result()
            except MillstreamError as error:
                warn(f"what was logged without waiting was refused: {error.message}")

    def _default(self) -> str:
        if self._default_uri is None:
            self._default_uri = connect.canonical(connect.DEFAULT_FOLDER)
        return self._default_uri

    def _delivery_store(self, place: str) -> Store:
        if not connect.is_remote(place):
            return self.store(place)
        return self._stores.get((place, False)) or self._open(place, patient=False)

    def _open(self, place: str, *, patient: bool) -> Store:
        with self._lock:
            store = self._stores.get((place, patient))
            if store is None:
                found = self.settings()
                if not patient:  # the delivery thread has its own way of trying again
                    found = msgspec.structs.replace(
                        found,
                        http_request_max_retries=0,
                        http_request_timeout=min(found.http_request_timeout, DELIVERY_TIMEOUT),
                    )
                store = connect.open_store(place, found, any_source=True)
                if found.workspace:
                    store = connect.in_workspace(store, found.workspace)
                self._stores[place, patient] = store
        self._watch_exit()
        return store


def _export(name: str, value: str) -> None:
    for prefix in ("MLFLOW_", "MILLSTREAM_"):
        if prefix == "MLFLOW_" or prefix + name in os.environ:
            os.environ[prefix + name] = value


def _farewell(lanes: list[Lane]) -> str:
    lines = [
        f"millstream: {shown(lane.tracking_uri)} did not take all of run {lane.run_id} "
        f"({lane.away or 'it is slow'}); the rest is safe in {lane.journal.path}"
        for lane in lanes
    ]
    return "\n".join([*lines, "millstream: `millstream sync` sends it when the store is back."])


SESSION = Session()
atexit.register(lambda: SESSION.finish())
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: SESSION.after_fork())


class Connection:
    """What the methods of a client share: the store they talk to.

    Without a tracking URI it follows that of the process.
    """

    def __init__(self, tracking_uri: str | os.PathLike[str] | None = None) -> None:
        self._uri = None if tracking_uri is None else os.fspath(tracking_uri)
        self._fixed_place = None if self._uri is None else connect.canonical(self._uri)

    @property
    def tracking_uri(self) -> str:
        """Where this client logs to."""
        return SESSION.tracking_uri if self._uri is None else self._uri

    @property
    def _place(self) -> str:
        return self._fixed_place or SESSION.place

    @property
    def _store(self) -> Store:
        return SESSION.store(self._place)

    @property
    def _fresh(self) -> Store:
        return SESSION.fresh(self._place)


class RegistryConnection(Connection):
    """What the methods of the model registry share: the store they talk to, and who asks.

    Without a registry URI it follows that of the process, and without that its own tracking URI.
    """

    def __init__(
        self,
        tracking_uri: str | os.PathLike[str] | None = None,
        registry_uri: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__(tracking_uri)
        self._registry_uri = None if registry_uri is None else os.fspath(registry_uri)
        self._fixed_registry = (
            None if self._registry_uri is None else connect.canonical(self._registry_uri)
        )

    @property
    def _registry_place(self) -> str:
        return self._fixed_registry or SESSION.registry_place(self._place)

    @property
    def _registry(self) -> Store:
        return SESSION.store(self._registry_place)

    @property
    def _user(self) -> str:
        return user_name(SESSION.settings())


def set_tracking_uri(uri: str | os.PathLike[str]) -> None:
    """Log to a folder, database or server from now on; an empty text means the default again."""
    SESSION.set_tracking_uri(uri)


def get_tracking_uri() -> str:
    """Where this process logs to."""
    return SESSION.tracking_uri


def is_tracking_uri_set() -> bool:
    """Whether the tracking URI is anything but the default."""
    return SESSION.tracking_uri_is_set


def set_registry_uri(uri: str) -> None:
    """Register models elsewhere than at the tracking URI from now on; an empty text ends that."""
    SESSION.set_registry_uri(uri)


def get_registry_uri() -> str:
    """Where models are registered."""
    return SESSION.registry_uri
