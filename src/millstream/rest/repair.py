"""The second look at a request that did not decode at once: MLflow's liberties, or what is wrong.

MLflow accepts the camelCase spelling of a field, `run_uuid` for `run_id`, null for absent, numbers
as text, enumerations by number, and JSON within a JSON string. Beyond it, the tokens NaN and
Infinity and numbers as large as 1e400 are taken for what they say.
"""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Mapping
from typing import Any

import msgspec

from millstream.errors import BadRequest, InvalidParameter
from millstream.rest.fields import INT64_HIGHEST, INT64_LOWEST, Field, fields_of

_SEE = "See the API docs for more information about request parameters."
_NO_TEXTS: Mapping[str, str] = {}


def parse_json(body: bytes) -> dict[str, Any]:
    """The JSON object in a body (an empty body is an empty object)."""
    if not body.strip():
        return {}
    try:
        found = json.loads(body)
        if isinstance(found, str):
            found = json.loads(found)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The request body is not valid JSON: {error}.") from error
    if not isinstance(found, dict):
        raise BadRequest(
            f"The request body must be a JSON object, but it is of type '{type(found).__name__}'."
        )
    return found


def parse_query(query: bytes, kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The fields of `kind` in a query string; a repeated field is a list."""
    many = {field.name for field in fields_of(kind) if field.many}
    values: dict[str, Any] = {}
    try:
        pairs = urllib.parse.parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=10_000
        )
    except ValueError as error:
        raise BadRequest(f"The query string cannot be understood: {error}.") from error
    for name, value in pairs:
        if name in many:
            values.setdefault(name, []).append(value)
        else:
            values.setdefault(name, value)
    return values


def repaired(
    values: Mapping[str, Any],
    kind: type[msgspec.Struct],
    missing: Mapping[str, str] = _NO_TEXTS,
) -> dict[str, Any]:
    """The values under the names and of the types that `kind` has, or MLflow's error.

    `missing` holds texts of its own for required fields that are absent.
    """
    return _struct(values, kind, "", missing)


def require_text(request: msgspec.Struct, names: tuple[str, ...], texts: Mapping[str, str]) -> None:
    """Refuse a request in which one of these required fields is empty."""
    for name in names:
        if not getattr(request, name):
            raise _missing(name, texts)


def _struct(
    values: Mapping[str, Any], kind: type[msgspec.Struct], above: str, texts: Mapping[str, str]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields_of(kind):
        value = _pick(values, field)
        if value is not None:
            value = _value(value, field, above + field.name)
        if value is None or (value == "" and field.required and not above):
            if field.required and not field.nullable:
                raise _missing(above + field.name, texts)
            if field.required:
                found[field.name] = None
            continue
        found[field.name] = value
    return found


def _pick(values: Mapping[str, Any], field: Field) -> Any:
    if field.alias != field.name and field.alias in values:
        if field.name in values:
            raise InvalidParameter(
                f"Request specifies both '{field.name}' and '{field.alias}'; "
                "provide only one of them."
            )
        return values[field.alias]
    value = values.get(field.name)
    if value is None and field.name == "run_id" and field.required and not field.many:
        return values.get("run_uuid") or values.get("runUuid")
    return value


def _value(value: Any, field: Field, path: str) -> Any:
    if not field.many:
        return _item(value, field, path)
    if not isinstance(value, list):
        raise _mismatch(value, path)
    return [_item(item, field, f"{path}[{index}]") for index, item in enumerate(value)]


def _item(value: Any, field: Field, path: str) -> Any:
    if field.struct is not None:
        if not isinstance(value, dict):
            raise _mismatch(value, path)
        return _struct(value, field.struct, f"{path}.", _NO_TEXTS)
    if field.kind == "choice":
        return _choice(value, field, path)
    understood = _READERS[field.kind](value)
    if understood is None:
        raise _mismatch(value, path)
    return understood


def _choice(value: Any, field: Field, path: str) -> str | None:
    if isinstance(value, str) and value.isdecimal() and len(value) < 32:
        value = int(value)
    names = field.choices
    if value in names.values():
        return str(value)
    if isinstance(value, int) and value in names:
        return names[value]
    if field.required:
        raise InvalidParameter(
            f"Invalid value {_as_json(value)} for parameter '{path}' supplied: "
            f"it must be one of {', '.join(names.values())}."
        )
    return None


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return value if value.isascii() or _is_unicode(value) else None


def _is_unicode(value: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def _integer(value: Any) -> int | None:
    number = _number(value)
    if number is None or number != number or number in (float("inf"), float("-inf")):
        return None
    if isinstance(value, str) and value.lstrip("+-").isdecimal():
        number = int(value) if len(value) < 32 else None
    if number is None or number != int(number):
        return None
    return int(number) if INT64_LOWEST <= number <= INT64_HIGHEST else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, int):
        return value if abs(value) < 2**1023 else None
    try:
        return float(value) if "_" not in str(value) else None
    except ValueError:
        return None


def _boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def _mapping(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


_READERS: dict[str, Any] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "mapping": _mapping,
}


def _missing(path: str, texts: Mapping[str, str]) -> InvalidParameter:
    usual = f"Missing value for required parameter '{path}'. {_SEE}"
    return InvalidParameter(texts.get(path, usual))


def _mismatch(value: Any, path: str) -> InvalidParameter:
    return InvalidParameter(
        f"Invalid value {_as_json(value)} for parameter '{path}' supplied:  "
        f"Hint: Value was of type '{type(value).__name__}'. {_SEE}"
    )


def _as_json(value: Any) -> str:
    text = json.dumps(value, separators=(",", ":"))
    return text if len(text) <= 200 else f"{text[:200]}..."
