"""The list of faults: where a script logs to in each case, and how its trouble begins and ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.faults import proxy
from tests.faults.disks import keep_files_small, small_disk
from tests.faults.locks import has_tables, postgresql_lock, sqlite_lock
from tests.faults.network import two_hosts
from tests.faults.proxy import Behaviour, in_front_of
from tests.faults.server import serving

from millstream import connect
from millstream.settings import Settings
from millstream.testing.databases import empty_database


class Case(NamedTuple):
    """A prepared place. `begin` is told the id of the script's process."""

    uri: str
    begin: Callable[[int], object]
    end: Callable[[], object]
    within: tuple[str, ...] = ()
    """The beginning of the script's command, which leads into its network."""
    variables: Mapping[str, str] = {}
    """What the environment of the script says beside the URI."""


Prepare = Callable[[Path], AbstractContextManager[Case]]


class Fault(NamedTuple):
    """A kind of trouble."""

    name: str
    prepare: Prepare
    lasts: float | None = None
    """How many seconds, at most until the end of the script; None: until then."""
    of_journal: bool = False
    """Whether it befalls what only a client with a journal has."""


def untroubled(uri: str) -> Case:
    """A place at which nothing happens."""
    return Case(uri, lambda _: None, lambda: None)


@contextmanager
def _untroubled(folder: Path) -> Iterator[Case]:
    with serving(folder / "server") as server:
        yield untroubled(server.url)


@contextmanager
def _killed(folder: Path) -> Iterator[Case]:
    with serving(folder / "server") as server:
        yield Case(server.url, lambda _: server.kill(), server.start)


@contextmanager
def _frozen(folder: Path) -> Iterator[Case]:
    with serving(folder / "server") as server:
        yield Case(server.url, lambda _: server.freeze(), server.thaw)


def _answering(behaviour: Behaviour) -> Prepare:
    @contextmanager
    def prepare(folder: Path) -> Iterator[Case]:
        with serving(folder / "server") as server, in_front_of(server.url) as front:

            def behave(now: Behaviour) -> None:
                front.behave = now

            yield Case(front.url, lambda _: behave(behaviour), lambda: behave(proxy.passing_on))

    return prepare


@contextmanager
def _cut_off(folder: Path) -> Iterator[Case]:
    with two_hosts() as network:
        # Nobody but the other namespace reaches this address.
        options = ("--host", network.server_address, "--allow-anonymous")
        with serving(folder / "server", *options, within=network.within("server")) as server:
            yield Case(server.url, lambda _: network.cut(), network.mend, network.within("script"))


@contextmanager
def _server_disk_full(folder: Path) -> Iterator[Case]:
    with small_disk(folder / "disk", 8) as disk, serving(disk.folder / "server") as server:
        yield Case(server.url, lambda _: disk.fill(), disk.clear)


@contextmanager
def _journal_disk_full(folder: Path) -> Iterator[Case]:
    with small_disk(folder / "disk", 1) as disk, serving(folder / "server") as server:
        variables = {"XDG_STATE_HOME": str(disk.folder)}
        yield Case(server.url, lambda _: disk.fill(), disk.clear, variables=variables)


@contextmanager
def _journal_may_not_grow(folder: Path) -> Iterator[Case]:
    with serving(folder / "server") as server:
        yield Case(server.url, keep_files_small, lambda: None)


@contextmanager
def _own_disk_full(folder: Path) -> Iterator[Case]:
    with small_disk(folder / "disk", 8) as disk:
        uri = f"sqlite:///{disk.folder / 'facts.db'}"
        variables = {"XDG_STATE_HOME": str(folder / "state")}
        yield Case(uri, lambda _: disk.fill(), disk.clear, variables=variables)


@contextmanager
def _server_database_locked(folder: Path) -> Iterator[Case]:
    path = folder / "facts.db"
    with serving(folder / "server", store=f"sqlite:///{path}") as server:
        lock = sqlite_lock(path)
        yield Case(server.url, lambda _: lock.hold(), lock.release)


@contextmanager
def _own_database_locked(folder: Path) -> Iterator[Case]:
    path = folder / "facts.db"
    lock = sqlite_lock(path)
    yield Case(f"sqlite:///{path}", lambda _: lock.hold(), lock.release)


@contextmanager
def _postgresql_locked(folder: Path) -> Iterator[Case]:
    with empty_database("postgresql", folder) as uri:
        lock = postgresql_lock(uri)

        def hold(_: int) -> None:
            if not has_tables(uri):  # the script has not begun, and there has to be what is locked
                connect.open_store(uri, Settings()).close()
            lock.hold()

        yield Case(uri, hold, lock.release)


NOTHING = Fault("nothing at all", _untroubled)
KILLED = Fault("server killed", _killed)
FROZEN = Fault("server frozen", _frozen)
UNAVAILABLE = Fault("server answers 503", _answering(proxy.refusing("503 Service Unavailable")))
CUT_OFF = Fault("network cut", _cut_off)
DATABASE_LOCKED = Fault("own SQLite database locked", _own_database_locked)
TABLES_LOCKED = Fault("own PostgreSQL tables locked", _postgresql_locked)
_LATER = "Retry-After: 3600"
SOME_SECONDS = 2.0

FAULTS = (
    KILLED,
    Fault("server killed, back after 2 s", _killed, SOME_SECONDS),
    FROZEN,
    Fault("server frozen for 2 s", _frozen, SOME_SECONDS),
    Fault("each answer 0.5 s late", _answering(proxy.slow(0.5))),
    Fault("server answers 500", _answering(proxy.refusing("500 Internal Server Error"))),
    UNAVAILABLE,
    Fault(
        "server answers 503 for 2 s",
        _answering(proxy.refusing("503 Service Unavailable")),
        SOME_SECONDS,
    ),
    Fault(
        "server answers 429, asks for patience of an hour",
        _answering(proxy.refusing("429 Too Many Requests", _LATER)),
    ),
    Fault("server answers garbage", _answering(proxy.garbage)),
    Fault("answers break off in the middle", _answering(proxy.cut_short)),
    Fault("connections are closed", _answering(proxy.hanging_up)),
    CUT_OFF,
    Fault("network cut for 2 s", _cut_off, SOME_SECONDS),
    Fault("server's disk full", _server_disk_full),
    Fault("server's SQLite database locked", _server_database_locked),
    DATABASE_LOCKED,
    Fault("own SQLite database on a full disk", _own_disk_full),
    TABLES_LOCKED,
    Fault("disk of the journal full", _journal_disk_full, of_journal=True),
    Fault("file of the journal may not grow", _journal_may_not_grow, of_journal=True),
)
