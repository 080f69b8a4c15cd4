"""Users and groups by a part of their name, for whoever grants them something."""

from __future__ import annotations

from millstream.entities import access_validation, validation
from millstream.entities.permissions import FindSubjects, SubjectNames
from millstream.errors import InvalidParameter
from millstream.store.sql.reader import Reader

MOST_FOUND = 50

_SELECT = {
    "user": "SELECT username AS name FROM users WHERE is_active = 1 AND {}",
    "group": "SELECT name FROM user_groups WHERE {}",
}
_COLUMNS = {"user": "username", "group": "name"}
_CONTAINS = "LOWER({}) LIKE ? ESCAPE '!'"


def find(reader: Reader, request: FindSubjects) -> SubjectNames:
    """Names that contain a text, those first that begin with it, each part in their order."""
    if request.kind not in _SELECT:
        raise InvalidParameter(f"Invalid kind {request.kind!r}; it must be user or group.")
    validation.check_max_results(request.max_results, MOST_FOUND)
    validation.check_length(request.text, "text", access_validation.LONGEST_NAME)
    column = _COLUMNS[request.kind]
    contains = _CONTAINS.format(column)
    named = _SELECT[request.kind].format(contains)
    first = f"CASE WHEN {contains} THEN 0 ELSE 1 END"
    text = _escaped(request.text.lower())
    found = reader.execute(
        f"{named} ORDER BY {first}, {column} LIMIT ?",
        (f"%{text}%", f"{text}%", request.max_results),
    )
    return SubjectNames([row[0] for row in found])


def _escaped(text: str) -> str:
    for sign in "!%_":
        text = text.replace(sign, f"!{sign}")
    return text
