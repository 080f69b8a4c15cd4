"""What a run recorded of how it came about: tags, params, inputs, and the files that were kept.

All of it may have been written by a stranger: it is read within bounds, and taken for text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from millstream.artifacts.interface import ArtifactStore
from millstream.capture import machine, packages
from millstream.capture.source import (
    DIFFERENCE,
    FILES,
    MOST_FILES,
    MOST_OF_DIFFERENCE,
    MOST_OF_FILE,
    MOST_OF_FILES,
    TREE,
    Tree,
)
from millstream.client.session import SESSION
from millstream.client.spooled_artifacts import artifacts_of_run
from millstream.client.tracking import MillstreamClient
from millstream.entities.artifacts import CAPTURED
from millstream.entities.runs import Run
from millstream.environments.requirements_lock import LOCK, LONGEST, Pin, pins
from millstream.errors import InvalidParameter, NotFound
from millstream.projects.invocation import INVOCATION, Invocation

_LARGEST_JSON = 1 << 20
_DEEPEST = 32
Shape = TypeVar("Shape")


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A run, and the files that were kept of it; what was not is None.

    `difference` is the patch from its commit, `files` are the sources that git did not have, by
    their names below `tree`. `packages` are those that were installed, `lock` is that of an
    environment that was made for it, and `invocation` is how it was called if it is of a project.
    """

    run: Run
    tree: Tree | None = None
    difference: bytes = b""
    files: dict[str, bytes] = {}
    machine: dict[str, Any] | None = None
    packages: tuple[Pin, ...] | None = None
    lock: tuple[Pin, ...] | None = None
    invocation: Invocation | None = None

    @property
    def run_id(self) -> str:
        """The id of the run."""
        return self.run.info.run_id


def read(run_id: str) -> Record:
    """All that a run recorded; what is damaged or larger than it can be is `InvalidParameter`."""
    run = MillstreamClient().get_run(run_id)
    kept = artifacts_of_run(SESSION.place, run_id, run.info.artifact_uri or None).below(CAPTURED)
    return Record(
        run=run,
        tree=_decoded(kept, TREE, Tree),
        difference=_content(kept, DIFFERENCE, MOST_OF_DIFFERENCE + 1_000) or b"",
        files=dict(_files(kept)),
        machine=_decoded(kept, machine.FILE, dict[str, Any]),
        packages=_pins(kept, packages.FILE),
        lock=_pins(kept, LOCK),
        invocation=_decoded(kept, INVOCATION, Invocation),
    )


def _content(kept: ArtifactStore, path: str, most: int) -> bytes | None:
    """What a file holds; None if there is none."""
    try:
        found = b"".join(kept.read(path, 0, most + 1))
    except NotFound:
        return None
    if len(found) > most:
        raise InvalidParameter(f"'{CAPTURED}/{path}' of the run has more than {most} bytes.")
    return found


def _decoded(kept: ArtifactStore, path: str, shape: type[Shape]) -> Shape | None:
    content = _content(kept, path, _LARGEST_JSON)
    if content is None:
        return None
    try:
        return msgspec.json.decode(content, type=shape)
    except msgspec.DecodeError as error:
        raise InvalidParameter(f"'{CAPTURED}/{path}' of the run is damaged: {error}") from error


def _pins(kept: ArtifactStore, path: str) -> tuple[Pin, ...] | None:
    content = _content(kept, path, LONGEST)
    return None if content is None else tuple(pins(content.decode("utf-8", "replace")))


def _files(kept: ArtifactStore) -> Iterator[tuple[str, bytes]]:
    left = MOST_OF_FILES
    for number, name in enumerate(_names(kept, FILES, _DEEPEST)):
        content = _content(kept, f"{FILES}/{name}", MOST_OF_FILE + 1_000) or b""
        left -= len(content)
        if number >= MOST_FILES or left < 0:
            raise InvalidParameter(
                f"'{CAPTURED}/{FILES}' of the run holds more than {MOST_FILES} files, or more than "
                f"{MOST_OF_FILES} bytes."
            )
        yield name, content


def _names(kept: ArtifactStore, folder: str, deepest: int) -> Iterator[str]:
    """The files below a folder, as seen from there."""
    if not deepest:
        raise InvalidParameter(f"'{CAPTURED}/{FILES}' of the run has more than {_DEEPEST} levels.")
    for entry in kept.list(folder):
        name = entry.path.removeprefix(f"{folder}/")
        if not entry.is_dir:
            yield name
            continue
        for inner in _names(kept, f"{folder}/{name}", deepest - 1):
            yield f"{name}/{inner}"
