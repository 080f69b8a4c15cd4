"""Artifact paths: one canonical form, and everything that could leave the root refused."""

from __future__ import annotations

import re
from urllib.parse import unquote

from millstream.errors import InvalidParameter

_DRIVE = re.compile(r"^[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MOST_DECODINGS = 5
_LONGEST_PATH = 4096
_LONGEST_NAME = 255


def canonical(path: str) -> str:
    """The path with single slashes and without `.`; the root is the empty string.

    Anything that leaves the root, now or after decoding percent signs any number of times, raises
    `InvalidParameter`.
    """
    if not path:
        return ""
    _check(path, path)
    decoded = path
    for _ in range(_MOST_DECODINGS):
        if "%" not in decoded:
            break
        before, decoded = decoded, unquote(decoded)
        if decoded == before:
            break
        if decoded.count("/") != before.count("/"):
            raise _invalid(path, "hides a slash behind percent signs")
        _check(path, decoded)
    else:
        raise _invalid(path, "is percent-encoded too many times")
    return "/".join(part for part in path.split("/") if part not in ("", "."))


def from_url(encoded: str) -> str:
    """The canonical form of a path as it stands, percent-encoded, in the URL of a request."""
    if "%2f" in encoded.lower():
        raise _invalid(encoded, "hides a slash behind percent signs")
    try:
        return canonical(unquote(encoded, errors="strict"))
    except UnicodeDecodeError as error:
        raise _invalid(encoded, "is not UTF-8") from error


def join(folder: str, path: str) -> str:
    """Two canonical paths as one."""
    return f"{folder}/{path}" if folder and path else folder or path


def name_of(path: str) -> str:
    """The last part of a canonical path."""
    return path.rpartition("/")[2]


def _check(given: str, path: str) -> None:
    if path.startswith("/"):
        raise _invalid(given, "is absolute; it must be relative to the artifact root")
    if "\\" in path:
        raise _invalid(given, "contains a backslash; folders are separated by /")
    if _CONTROL.search(path):
        raise _invalid(given, "contains a control character")
    if _DRIVE.match(path):
        raise _invalid(given, "starts with a drive letter")
    parts = path.split("/")
    if ".." in parts:
        raise _invalid(given, "contains '..'; it must stay below the artifact root")
    try:
        sizes = [len(part.encode()) for part in parts]
    except UnicodeEncodeError as error:
        raise _invalid(given, "is not valid Unicode") from error
    if max(sizes) > _LONGEST_NAME or sum(sizes) + len(sizes) > _LONGEST_PATH:
        raise _invalid(given, f"is too long; names may have {_LONGEST_NAME} bytes")


def _invalid(path: str, reason: str) -> InvalidParameter:
    shown = path if len(path) <= 200 else path[:200] + "..."
    return InvalidParameter(f"Invalid path: {shown!r} {reason}")
