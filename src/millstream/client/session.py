"""What one process shares: where it logs to, its open stores, and what is on its way to them.

An active experiment that was chosen in one store is looked up by name in the next. After a fork
the child opens stores and journals of its own: neither connections nor threads survive one.
"""

from __future__ import annotations

import atexit
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Protocol

from millstream import connect, settings
from millstream.client.applying import is_known, subject
from millstream.client.away import warn
from millstream.client.context import user_name
from millstream.client.delivery import Delivery, Lane
from millstream.client.endings import stay_interrupted
from millstream.client.journal_folder import journal_folder
from millstream.client.patience import Patience
from millstream.client.stores import Purpose, Stores
from millstream.entities.experiments import CreateExperiment
from millstream.errors import MillstreamError
from millstream.masking import shown
from millstream.settings import Settings
from millstream.store.interface import Store

AWAY_TIMEOUT = 1.0
MOST_UNSETTLED = 1_000


class Awaited(Protocol):
    """A write that nobody waits for now."""

    def result(self) -> object:
        """Wait for it; raises what was refused."""


class Session:
    """The state of this process. There is one, `SESSION`.

    `open_runs` are the ways to end, at exit, the runs that are still open; `linked` are the
    (run, model, dataset digest) that are known to be linked, `experiments_to_make` are those that
    were named while their store was away. `waited` is how long calls have waited in vain.
    `shared_runs` counts the runs in which this process met the others of its job. `collected` are
    the places for which it has looked for what earlier processes left behind.
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
        self.shared_runs = 0
        self.collected: set[str] = set()
        self.experiments_to_make: dict[tuple[str, str], CreateExperiment] = {}
        self._start()

    def _start(self) -> None:
        self.stores = Stores(self.settings, self._watch_exit)
        self._unsettled: list[Awaited] = []
        self.patience = Patience(self.settings)
        self._watching_exit = False
        self.delivery = self._new_delivery()

    def _new_delivery(self) -> Delivery:
        stores = self.stores
        return Delivery(
            stores.delivering, self.journal_folder, stores.artifacts_of, stores.moving_root
        )

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
        settings.export("TRACKING_URI", self._tracking_place or "")

    def set_registry_uri(self, uri: str) -> None:
        """Register models elsewhere from now on; child processes inherit it."""
        self._registry_uri = uri or None
        self._registry_place = connect.canonical(uri) if uri else None
        settings.export("REGISTRY_URI", self._registry_place or "")

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
        if is_known(experiment_id):
            settings.export("EXPERIMENT_ID", experiment_id)
        else:  # to others the id means nothing
            settings.export("EXPERIMENT_ID", "")
            settings.export("EXPERIMENT_NAME", name)

    def set_workspace(self, name: str | None) -> None:
        """Work in another workspace from now on; child processes inherit it.

        What was logged is sent first, to where it was logged, and the stores are opened anew.
        """
        self.flush()
        settings.export("WORKSPACE", name or "")
        self.stores.close()
        if self._experiment is not None:
            _, _, chosen = self._experiment
            self._experiment = ("", "", chosen)
            settings.export("EXPERIMENT_ID", "")

    def fresh(self, place: str, purpose: Purpose = "patient") -> Store:
        """The store of a place for reading: what this process logged has arrived there.

        Raises `Unavailable` if it has not because the store is away.
        """
        left = self.flush(place)
        error = self.delivery.places.error(place)
        if error is not None and any(lane.pending for lane in left):
            raise self.delivery.unavailable(place, error)
        return self.stores.open(place, purpose)

    def flush(self, place: str | None = None) -> list[Lane]:
        """Wait until what was logged has arrived or the store turns out to be away.

        Gives the runs of which something did not arrive.
        """
        self._settle()
        if self.delivery.idle:
            return []
        patience = self.patience
        timeout = min(patience.most, max(AWAY_TIMEOUT, patience.left))
        if place is not None and self.delivery.places.error(place) is not None:
            timeout = min(timeout, AWAY_TIMEOUT)
        began = time.monotonic()
        left = self.delivery.flush(place, timeout=timeout)
        in_vain = any(lane.pending for lane in left)
        patience.waited = patience.waited + time.monotonic() - began if in_vain else 0.0
        return left

    def remember(self, pending: Awaited) -> None:
        """Let the next flush wait for a write that nobody waits for now, and tell if it fails."""
        self._unsettled.append(pending)
        if len(self._unsettled) > MOST_UNSETTLED:
            self._settle()

    def journal_folder(self, place: str) -> Path:
        """Where the journals of runs of this store are kept; one is about to be begun there."""
        self._watch_exit()
        return journal_folder(place, self.settings())

    def finish(self) -> None:
        """End the runs left open, deliver within the settings' `exit_wait`, close the stores."""
        deadline = time.monotonic() + self.patience.left
        for end in reversed(list(self.open_runs.values())):
            end()
        left = self.delivery.stop(deadline)
        pending = [lane for lane in left if lane.pending]
        if pending:
            tell_what_is_left(pending)
            return  # the thread may be inside a store: closing it now could wait for ever
        if any(self.delivery.places.error(place) is not None for place in self.stores.places):
            return  # and so could a writer
        self.stores.close()
        self.delivery = self._new_delivery()

    def after_fork(self) -> None:
        """Forget, in a forked child, what belongs to the parent, without touching it."""
        self._inherited = (self.delivery, self.stores)  # collecting them would close them
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


def tell_what_is_left(lanes: list[Lane]) -> None:
    """Say on stderr, as the process ends, what has not arrived, where it is and what sends it."""
    lines = [
        f"millstream: {shown(lane.tracking_uri)} did not take all of {subject(lane.run_id)} "
        f"({lane.away or 'it takes longer than MILLSTREAM_EXIT_WAIT'}); the rest is safe in "
        f"{lane.source.path}"
        for lane in lanes
    ]
    away = {lane.tracking_uri for lane in lanes if lane.away is not None}
    lines += [
        f"millstream: {_sender_of(place)} sends it{' when the store is back' * (place in away)}."
        for place in sorted({lane.tracking_uri for lane in lanes})
    ]
    if lines:
        print("\n".join(lines), file=sys.stderr)


def _sender_of(place: str) -> str:
    """What brings to a place what was left behind."""
    sync = f"`millstream sync --tracking-uri {shown(place)}`"
    if connect.local_folder(place) is None:
        return sync
    return f"`millstream ui --backend-store-uri {place}` or {sync}"


def _leave() -> None:
    """What the interpreter calls as it ends."""
    SESSION.finish()
    stay_interrupted()


SESSION = Session()
atexit.register(_leave)
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
        return SESSION.stores.patient(self._place)

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
        return SESSION.stores.patient(self._registry_place)

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
