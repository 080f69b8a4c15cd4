"""Rows that were logged while a store was away come into their table, once however often sent.

Where the rows of each part went is noted beside the captured files of the run before they are
written: a part whose rows stand there has arrived, whoever sent it and however that ended.
"""

from __future__ import annotations

import json

from millstream.artifacts.interface import ArtifactStore
from millstream.client import table_content
from millstream.entities.artifacts import CAPTURED
from millstream.entities.runs import Run, SetTag
from millstream.errors import InvalidParameter, NotFound
from millstream.store.interface import Store

LOGGED_ARTIFACTS = "mlflow.loggedArtifacts"


def merge(artifacts: ArtifactStore, path: str, part_id: str, part: bytes, at: int | None) -> None:
    """Append the rows of a part to the table at `path`, unless they are there.

    `at` is the row before which an attempt to write them, of unknown outcome, may have put them.
    """
    table = content_of(artifacts, path)
    noted_in = f"{CAPTURED}/tables/{path}.parts.json"
    places = _places(artifacts, noted_in)
    for known in {places.get(part_id), at} - {None}:
        if table_content.holds(path, table, known or 0, part):
            return
    places[part_id] = table_content.number_of_rows(path, table)
    artifacts.write(noted_in, [json.dumps(places).encode()])
    artifacts.write(path, [table_content.joined(path, table, part)])


def content_of(artifacts: ArtifactStore, path: str) -> bytes:
    """The file of a table; empty if there is none."""
    try:
        return b"".join(artifacts.read(path))
    except NotFound:
        return b""


def list_table(store: Store, run: Run, path: str) -> None:
    """See to it that a run's tag says that this file of it is a table."""
    text = listing(run, path)
    if text is not None:
        store.runs.set_tag(SetTag(run.info.run_id, LOGGED_ARTIFACTS, text)).result()


def listing(run: Run, path: str) -> str | None:
    """What the tag of a run's tables has to say now that there is this one; None if it does."""
    logged = json.loads(run.data.tags.get(LOGGED_ARTIFACTS, "[]"))
    entry = {"path": path, "type": "table"}
    return None if entry in logged else json.dumps([*logged, entry])


def _places(artifacts: ArtifactStore, path: str) -> dict[str, int]:
    content = content_of(artifacts, path)
    try:
        found: dict[str, int] = json.loads(content) if content else {}
    except ValueError as error:
        raise InvalidParameter(
            f"'{artifacts.uri}/{path}', which says which rows of a table have arrived, is no JSON: "
            f"{error}"
        ) from error
    return found
