"""Journals of other processes, sent to where they belong or elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from millstream import connect
from millstream.client import journal
from millstream.client.applying import Applier, Refusal, pieces
from millstream.client.journal import Contents
from millstream.client.other_ids import MODEL
from millstream.client.records import (
    NOT_OF_RUNS,
    REPLACING,
    BeginRun,
    Header,
    Points,
    Record,
)
from millstream.client.session import SESSION
from millstream.client.stores import Stores
from millstream.entities.entity import Entity
from millstream.errors import InvalidParameter, MillstreamError
from millstream.masking import shown

MOVING = "./mlartifacts"

Advance = Callable[[int], None]


class Outcome(Entity):
    """What became of a journal, in words and numbers.

    `sent` counts records that the store took, `refused` those that it did not want, and `damage`
    the bytes behind the last whole record of a process that writes no more.
    """

    path: str
    state: str
    failed: bool
    run_id: str | None = None
    target: str | None = None
    sent: int = 0
    refused: int = 0
    damage: int = 0

    def to_dictionary(self) -> dict[str, object]:
        """All of it, for JSON."""
        return {name: getattr(self, name) for name in self.__struct_fields__}


class Sent(NamedTuple):
    """What came of applying a journal; `left` counts what is left to the process it is of."""

    records: int
    refusals: list[Refusal]
    left: int


class Sender:
    """Sends journals, again and again if they grow: each time what is new.

    `home` leaves out journals that belong elsewhere; `target` is where all of them are sent instead
    of where they belong. `everything` takes no process for running. `stores` replaces the open
    stores of this process.
    """

    def __init__(
        self,
        *,
        home: str | None,
        target: str | None,
        everything: bool,
        stores: Stores | None = None,
    ) -> None:
        self._stores = SESSION.stores if stores is None else stores
        self._home = home
        self._target = target
        self._everything = everything
        self._ends: dict[Path, int] = {}
        self._seen: dict[Path, int] = {}

    def send(self, path: Path, advance: Advance) -> Outcome | None:
        """Send a journal, and remove it if all of it has arrived where it belongs.

        None if nothing has been added since the last time.
        """
        try:
            contents = journal.read(path, self._ends.get(path, 0))
        except FileNotFoundError:  # its process was faster
            return None
        except (InvalidParameter, OSError) as error:
            return Outcome(str(path), f"not sent: {error}", failed=True)
        header = contents.header
        running = self._is_running(header)
        kept = running or self._target is not None
        if kept and self._seen.get(path) == contents.end:
            return None
        target = self._target or self._place_of(header)
        if target is None:
            return Outcome(str(path), f"belongs to {shown(header.tracking_uri)}", failed=False)
        folder = connect.local_folder(target)
        if self._home is None and self._target is None and folder and not Path(folder).is_dir():
            return Outcome(
                str(path),
                f"not sent: it belongs to the folder {folder}, which is not on this machine; say "
                "with --to where it is to be sent",
                True,
                header.run_id,
            )
        try:
            sent = self._apply(path, contents, target, running)
        except MillstreamError as error:
            return Outcome(str(path), f"not sent: {error.message}", True, header.run_id, target)
        self._seen[path] = contents.end
        if not sent.left:
            self._ends[path] = contents.end
        advance(path.stat().st_size)
        outcome = _told(path, contents, sent, running)
        outcome.target = target
        if not kept and not sent.refusals:
            _put_away(path, outcome)
        return outcome

    def is_meant(self, header: Header) -> bool:
        """Whether a journal belongs where those that are sent belong.

        A folder may have been moved: what is in it is meant, wherever it was begun.
        """
        if self._home is None or connect.local_folder(self._home) is not None:
            return True
        return header.tracking_uri == self._home

    def _place_of(self, header: Header) -> str | None:
        """Where a journal belongs, unless only those of another place are meant."""
        return self._home or header.tracking_uri if self.is_meant(header) else None

    def _is_running(self, header: Header) -> bool:
        return not self._everything and journal.is_of_running_process(header)

    def _apply(self, path: Path, contents: Contents, target: str, running: bool) -> Sent:
        header = contents.header
        at_home = self._target is None
        store = self._stores.patient(target)
        applier = Applier(
            target,
            header.run_id,
            path.parent,
            lambda uri: connect.open_artifacts(
                _place_of_files(uri, target, header, self._stores, at_home=at_home),
                self._stores.settings(),
                tracking_uri=target,
            ),
            at_home=at_home,
        )
        if not at_home and _needs_run(header, contents.records):
            applier.begin_if_absent(store, header)
        records: list[Record] = []
        left = 0
        for number, record in enumerate(contents.records):
            if not at_home or not isinstance(record, REPLACING):
                records.append(record)
            elif number >= contents.applied:  # what has arrived may have been replaced by now
                if running:
                    left += 1
                else:
                    records.append(record)
        refusals: list[Refusal] = []
        for piece in pieces(records):
            refusals += applier.send(store, piece, journal.files_of(path))
        refused = sum(refusal.records for refusal in refusals)
        return Sent(max(0, _number(records) - refused), refusals, left)


def _place_of_files(uri: str, target: str, header: Header, stores: Stores, *, at_home: bool) -> str:
    """Where files go that the store here finds at `uri`: to where the script would have put them.

    A database without a server knows where its files are only by the folder of whoever opens it.
    """
    root = stores.moving_root(target)
    path = None if root is None else connect.local_folder(uri)
    if root is None or path is None or not Path(path).is_relative_to(root):
        return uri
    kept_in = header.artifact_root
    if not at_home:
        if Path(root).is_dir():
            return uri
        raise InvalidParameter(
            f"files of {shown(target)} are kept in {MOVING} of whoever opens it, and there is no "
            f"{root}: go to the folder whose {MOVING} is meant"
        )
    here = header.host in ("", journal.this_host())
    if kept_in is None or not here or not Path(kept_in).parent.is_dir():
        raise InvalidParameter(
            f"where its files belong cannot be known: the script kept them in "
            f"{kept_in or MOVING} of {header.host or 'another machine'}, which is not here. Call "
            f"sync there, or with `--to` the same database in the folder whose {MOVING} is meant"
        )
    return str(Path(kept_in, Path(path).relative_to(root)))


def _needs_run(header: Header, records: list[Record]) -> bool:
    """Whether a run has to be there before what a journal holds, which does not tell of it."""
    if header.run_id.startswith(MODEL) or any(isinstance(record, BeginRun) for record in records):
        return False
    return not records or not all(isinstance(record, NOT_OF_RUNS) for record in records)


def _told(path: Path, contents: Contents, sent: Sent, running: bool) -> Outcome:
    """The outcome in words."""
    header, refusals = contents.header, sent.refusals
    refused = sum(refusal.records for refusal in refusals)
    said = [f"sent {sent.records} records" if sent.records or not refused else "not sent"]
    if refused:
        said[0] += f": {refusals[0].error.message}" if not sent.records else ""
        said.append(f"{refused} were refused: {refusals[0].error.message}")
    if running:
        more = f" and sends {sent.left} more itself" if sent.left else ""
        said.append(f"process {header.process_id} goes on with it{more}")
    damage = 0 if running else contents.damage
    if damage:
        said.append(f"{damage} bytes from position {contents.end} on are damaged or cut off")
    return Outcome(
        str(path),
        "; ".join(said if sent.records or not refused else said[:1] + said[2:]),
        failed=bool(refused),
        run_id=header.run_id,
        sent=sent.records,
        refused=refused,
        damage=damage,
    )


def _put_away(path: Path, outcome: Outcome) -> None:
    """Remove a journal that has arrived, or keep it under another name if something is damaged."""
    if outcome.damage:
        kept = path.replace(path.with_suffix(".torn"))
        outcome.state += f" and kept in {kept}"
    else:
        journal.discard(path)


def _number(records: list[Record]) -> int:
    return sum(len(record) if isinstance(record, Points) else 1 for record in records)
