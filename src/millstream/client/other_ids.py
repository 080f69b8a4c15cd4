"""The ids that runs and logged models have in a store which chose others than were made here.

Which ones is remembered beside the journal, in `<id>.places`, and told by a tag.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from millstream.client.journal import is_id
from millstream.entities.metrics import Metric
from millstream.entities.runs import LogBatch, LogInputs, LogOutputs
from millstream.errors import InvalidParameter

ORIGINAL = "millstream.originalRunId"
ORIGINAL_MODEL = "millstream.originalModelId"
MODEL = "m-"

IdOf = Callable[[str], str]
"""The id in a store of the run or model that has this one here."""


def id_in(place: str, made_here: str, folder: Path) -> str:
    """The id in a place of what has another one here; the same if nothing else is known."""
    if not is_id(made_here):
        return made_here
    return _read(_path(folder, made_here)).get(place, made_here)


def remember(place: str, made_here: str, chosen: str, folder: Path) -> None:
    """Note which id a place chose."""
    path = _path(folder, made_here)
    places = _read(path) | {place: chosen}
    written = path.with_suffix(".places.new")
    written.write_bytes(msgspec.json.encode(places))
    written.replace(path)


def addressed(record: Any, id_of: IdOf) -> Any:
    """The record with the ids that its run and models have in a store."""
    changes: dict[str, Any] = {}
    for name in ("run_id", "model_id"):
        here = getattr(record, name, None)
        if here is not None and (there := id_of(here)) != here:
            changes[name] = there
    if isinstance(record, LogInputs | LogOutputs):
        changes["models"] = [_of_model(item, id_of) for item in record.models]
    elif isinstance(record, LogBatch):
        changes["metrics"] = points_of(record.metrics, id_of)
    return msgspec.structs.replace(record, **changes) if changes else record


def points_of(points: list[Metric], id_of: IdOf) -> list[Metric]:
    """The points with the ids that their models have in a store."""
    models = {point.model_id for point in points if point.model_id is not None}
    there = {model_id: id_of(model_id) for model_id in models}
    if all(model_id == chosen for model_id, chosen in there.items()):
        return points
    return [_of_model(point, there.__getitem__) for point in points]


def _of_model(item: Any, id_of: IdOf) -> Any:
    if item.model_id is None or (there := id_of(item.model_id)) == item.model_id:
        return item
    return msgspec.structs.replace(item, model_id=there)


def _path(folder: Path, made_here: str) -> Path:
    return folder / f"{made_here}.places"


def _read(path: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        return {}
    except msgspec.DecodeError as error:
        raise InvalidParameter(
            f"'{path}', which says under which ids something is known, cannot be read: {error}"
        ) from error
