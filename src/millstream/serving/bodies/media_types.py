"""Media types: what a body is, and what an answer shall be."""

from __future__ import annotations

import email.message
from collections.abc import Iterator
from typing import Literal

from millstream.serving.errors import UnsupportedMediaType, shown

Form = Literal["json", "csv", "parquet", "arrow-stream", "arrow-file", "msgpack"]

JSON = b"application/json"

_FORMS: dict[str, Form] = {
    "application/json": "json",
    "text/csv": "csv",
    "application/vnd.apache.parquet": "parquet",
    "application/x-parquet": "parquet",
    "application/vnd.apache.arrow.stream": "arrow-stream",
    "application/vnd.apache.arrow.file": "arrow-file",
    "application/msgpack": "msgpack",
    "application/x-msgpack": "msgpack",
    "application/vnd.msgpack": "msgpack",
}
_UTF_8 = {"utf-8", "utf8"}
_MOST_RANGES = 20


def body_form(content_type: str | None) -> Form:
    """The form of a body; without a media type it is JSON. Raises `UnsupportedMediaType`."""
    if not content_type:
        return "json"
    found = _FORMS.get(content_type)
    return found or _parsed(content_type)


def _parsed(content_type: str) -> Form:
    message = email.message.Message()
    message["content-type"] = content_type.replace("\n", " ").replace("\r", " ")
    kind = message.get_content_type()
    parameters = dict(message.get_params(failobj=[])[1:])
    charset = parameters.pop("charset", "utf-8")
    if charset.lower() not in _UTF_8:
        raise UnsupportedMediaType("The scoring server only supports UTF-8")
    if parameters:
        raise UnsupportedMediaType(
            f"Unrecognized content type parameters: {', '.join(map(str, parameters))}. "
            "IMPORTANT: the form of the data is said by a key of the body, such as "
            "'dataframe_split', not by the media type."
        )
    form = _FORMS.get(kind)
    if form is None or not content_type.lower().startswith(kind):
        raise UnsupportedMediaType(
            "This predictor only supports the following content types: "
            f"Types: {list(_FORMS)}. Got {shown(content_type)}."
        )
    return form


def answer_form(accept: str | None) -> Form:
    """The form of an answer: the most wanted of those there are, JSON where none is said."""
    if not accept or accept in ("*/*", "application/json"):
        return "json"
    best: Form = "json"
    weight = 0.0
    for kind, wanted in _ranges(accept):
        form = "json" if kind in ("*/*", "application/*") else _FORMS.get(kind)
        if form is not None and wanted > weight:
            best, weight = form, wanted
    return best


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    for part in accept.split(",")[:_MOST_RANGES]:
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name == "q":
                try:
                    weight = float(value)
                except ValueError:
                    weight = 0.0
        yield kind, weight


def media_type(form: Form) -> bytes:
    """The media type of an answer in that form."""
    return next(name for name, known in _FORMS.items() if known == form).encode()
