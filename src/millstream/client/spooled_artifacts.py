"""Files of runs: sent at once while their store answers, else kept beside the run's journal."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from io import FileIO
from pathlib import Path
from typing import NamedTuple, Self

from millstream import connect
from millstream.artifacts import paths
from millstream.artifacts.interface import ArtifactStore
from millstream.artifacts.local import absent
from millstream.client.applying import subject
from millstream.client.away import is_away, warn
from millstream.client.records import LogArtifact, LogTable
from millstream.client.session import SESSION
from millstream.client.spool import is_kept, must_queue, note_away
from millstream.entities.artifacts import FileInfo
from millstream.entities.models import GetLoggedModel
from millstream.entities.runs import RunId
from millstream.errors import InvalidParameter, MillstreamError, NotSupported
from millstream.masking import shown

Send = Callable[[ArtifactStore], None]


def send(place: str, run_id: str, uri: str | None, work: Send) -> None:
    """Do what writes files of a run, to where they belong or beside the run's journal.

    `uri` is where they belong, if it is known. `work` may be done again, from the beginning, if
    the place turns out not to answer.
    """

    def belonging() -> ArtifactStore:
        return artifacts_of_run(place, run_id, uri, promptly=is_kept())

    _send(place, KeptArtifacts(place, run_id), belonging, work)


def send_of_model(place: str, model_id: str, work: Send) -> None:
    """The same for files of a logged model, which has a journal of its own."""

    def belonging() -> ArtifactStore:
        asked = GetLoggedModel(SESSION.delivery.target(place, model_id))
        model = SESSION.stores.prompt(place).models.get(asked)
        return _open(place, model.artifact_location, promptly=is_kept())

    _send(place, KeptArtifacts(place, model_id, model_id=model_id), belonging, work)


def keep_rows(place: str, run_id: str, path: str, rows: bytes, at: int | None) -> None:
    """Keep rows of a table for later; `at` is where an attempt may have put them already."""
    if SESSION.settings().store_away == "warn":
        return
    kept = _keep_file(place, run_id, path, [rows])
    if kept is not None:
        part_id = os.urandom(16).hex()
        record = LogTable(paths.canonical(path), *kept, part_id=part_id, at=at)
        _record(place, run_id, record, kept.file)


def _send(
    place: str, kept: KeptArtifacts, belonging: Callable[[], ArtifactStore], work: Send
) -> None:
    if not must_queue(place, kept.owner):
        try:
            return work(belonging())
        except MillstreamError as error:
            if not is_kept() or not is_away(error):
                raise
            note_away(place, error)
    if SESSION.settings().store_away != "warn":
        work(kept)
    return None


def artifacts_of_run(
    place: str, run_id: str, uri: str | None, *, promptly: bool = False
) -> ArtifactStore:
    """Where the files of a run are."""
    if uri is None:
        store = SESSION.stores.prompt(place) if promptly else SESSION.stores.patient(place)
        uri = store.runs.get(RunId(SESSION.delivery.target(place, run_id))).info.artifact_uri
    if not uri:
        raise InvalidParameter(f"run '{run_id}' has no artifact location")
    return _open(place, uri, promptly=promptly)


def _open(place: str, uri: str, *, promptly: bool) -> ArtifactStore:
    settings = SESSION.stores.settings_for("delivery" if promptly else "patient")
    return connect.open_artifacts(uri, settings, tracking_uri=place)


class KeptFile(NamedTuple):
    """A file that waits beside journals: its name there, its size in bytes, its SHA-256."""

    file: str
    size: int
    digest: str


def _keep_file(place: str, owner: str, path: str, chunks: Iterable[bytes]) -> KeptFile | None:
    """Write a file under a name of its own; None, and a warning, if there is no room for it."""
    folder = SESSION.journal_folder(place)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=folder, suffix=".part")
    except OSError as error:
        _lose(place, owner, path, error)
        return None
    digest, size = hashlib.sha256(), 0
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        for chunk in chunks:
            try:
                _write_whole(file, chunk)
            except OSError as error:
                Path(name).unlink()
                _lose(place, owner, path, error)
                return None
            digest.update(chunk)
            size += len(chunk)
    return KeptFile(Path(name).name, size, digest.hexdigest())


def _write_whole(file: FileIO, chunk: bytes) -> None:
    """Write all of it: an unbuffered file on a disk that becomes full takes a part first."""
    view = memoryview(chunk)
    while view:
        view = view[file.write(view) :]


def _record(place: str, owner: str, record: LogArtifact | LogTable, file: str) -> None:
    kept = SESSION.journal_folder(place) / file
    try:
        SESSION.delivery.record(place, owner, record, kept)
    except OSError as error:
        kept.unlink(missing_ok=True)
        _lose(place, owner, record.path, error)


def _lose(place: str, owner: str, path: str, error: OSError) -> None:
    warn(
        f"{shown(place)} is away and '{path}' of {subject(owner)} cannot be kept ({error}): it is "
        "lost; training goes on"
    )


class KeptArtifacts:
    """Files of a run or model that wait for their store. They can be written, and not read back."""

    def __init__(
        self, place: str, owner: str, folder: str = "", model_id: str | None = None
    ) -> None:
        self._place = place
        self._folder = folder
        self._model_id = model_id
        self.owner = owner
        """The run or model, which the journal is of."""

    @property
    def uri(self) -> str:
        """The folder that the files are kept in."""
        return str(SESSION.journal_folder(self._place))

    def below(self, path: str) -> Self:
        """The same seen from a folder."""
        folder = paths.join(self._folder, paths.canonical(path))
        return type(self)(self._place, self.owner, folder, self._model_id)

    def list(self, path: str = "") -> list[FileInfo]:  # noqa: ARG002  # of the protocol
        """Nothing: what is kept is on its way."""
        return []

    def stat(self, path: str) -> FileInfo:
        """Raises `NotFound`."""
        raise absent(path)

    def read(
        self,
        path: str,
        offset: int = 0,  # noqa: ARG002  # of the protocol
        length: int | None = None,  # noqa: ARG002  # of the protocol
    ) -> Iterator[bytes]:
        """Raises `NotFound`."""
        raise absent(path)

    def write(self, path: str, chunks: Iterable[bytes]) -> None:
        """Keep a file under a name of its own, and say in the journal what it is."""
        target = paths.join(self._folder, paths.canonical(path))
        kept = _keep_file(self._place, self.owner, target, chunks)
        if kept is not None:
            record = LogArtifact(target, *kept, model_id=self._model_id)
            _record(self._place, self.owner, record, kept.file)

    def delete(self, path: str = "") -> None:
        """Refused with `NotSupported`."""
        raise NotSupported(
            f"'{path}' of {subject(self.owner)} waits for its store, and cannot go now"
        )
