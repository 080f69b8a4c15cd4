"""The attributes of runs that can be columns of the table."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from millstream.entities.run_tables import Column
from millstream.errors import InvalidParameter

_TAGS = {"source": "mlflow.source.name", "commit": "mlflow.source.git.commit"}

C = TypeVar("C", bound=Column)


class Attribute(msgspec.Struct, frozen=True):
    """An attribute as an expression on the row `r` of runs, and whether it is a number."""

    expression: str
    is_number: bool = False


_ATTRIBUTES = {
    "run_id": Attribute("r.run_id"),
    "run_name": Attribute("r.name"),
    "experiment_id": Attribute("r.experiment_key"),
    "status": Attribute("r.status"),
    "user_id": Attribute("r.user_id"),
    "start_time": Attribute("r.start_time", is_number=True),
    "end_time": Attribute("r.end_time", is_number=True),
    "duration": Attribute("r.end_time - r.start_time", is_number=True),
    "lifecycle_stage": Attribute("r.lifecycle_stage"),
    "artifact_uri": Attribute("r.artifact_uri"),
    "datasets": Attribute(
        "SELECT MIN(d.name) FROM dataset_inputs AS i JOIN datasets AS d "
        "ON d.dataset_key = i.dataset_key WHERE i.run_key = r.run_key"
    ),
    "models": Attribute(
        "SELECT MIN(m.name) FROM model_links AS l JOIN logged_models AS m "
        "ON m.model_id = l.model_id WHERE l.run_key = r.run_key AND l.direction = 'output'"
    ),
}


def attribute(key: str) -> Attribute:
    """The attribute of a name.

    Raises:
        InvalidParameter: if there is none of that name.
    """
    found = _ATTRIBUTES.get(key)
    if found is None:
        names = ", ".join([*_ATTRIBUTES, *_TAGS])
        raise InvalidParameter(f"Invalid attribute {key!r} of a column: it must be one of {names}.")
    return found


def is_number(column: Column) -> bool:
    """Whether the values of a column are numbers; params are texts."""
    if column.kind == "attribute":
        return column.key not in _TAGS and attribute(column.key).is_number
    return column.kind == "metric"


def tag_of(column: C) -> C:
    """The column itself, or the tag's if it is an attribute that is kept in a tag."""
    if column.kind == "attribute" and column.key in _TAGS:
        return msgspec.structs.replace(column, kind="tag", key=_TAGS[column.key])
    return column
