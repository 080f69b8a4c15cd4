"""What names, aliases and numbers in the registry may be; a breach raises `InvalidParameter`."""

from __future__ import annotations

import posixpath
import re

from millstream.entities import validation
from millstream.entities.registry_events import RegistryChange
from millstream.errors import InvalidParameter

LONGEST_NAME = 500
LONGEST_ALIAS = 255
LONGEST_TAG_VALUE = 100_000
LONGEST_COMMENT = 10_000
LONGEST_TEXT = 1 << 20

_ALIAS = re.compile(r"[\w\-]+")
_LIKE_A_VERSION = re.compile(r"v\d+", re.IGNORECASE)
LATEST = "latest"


def check_name(name: str) -> None:
    """Check the name of a registered model: 1 to 500 characters, no slash, colon or NUL."""
    if not name.strip():
        raise InvalidParameter(
            "Missing value for required parameter 'name'. Give the registered model a name that is "
            "not blank."
        )
    if "/" in name or ":" in name:
        raise InvalidParameter(f"Invalid model name '{name}'. Names cannot contain '/' or ':'.")
    if "\0" in name:
        raise InvalidParameter(
            f"Invalid model name {name!r}. Names cannot contain the character NUL, which no search "
            "can ask for."
        )
    if name == "." or posixpath.normpath(name) != name or name.startswith(".."):
        raise InvalidParameter(
            f"Invalid value \"{name}\" for parameter 'name' supplied: Names may be treated as "
            "files in certain cases, and must not resolve to other names when treated as such. "
            f"This name would resolve to '{posixpath.normpath(name)}'"
        )
    validation.check_length(name, "name", LONGEST_NAME)


def check_alias(alias: str) -> None:
    """Check an alias: 1 to 255 letters, digits, dashes and underscores, and no version."""
    validation.check_length(alias, "alias", LONGEST_ALIAS)
    if _ALIAS.fullmatch(alias) is None:
        raise InvalidParameter(
            f"Invalid alias name: '{alias}'. Names may only contain alphanumerics, underscores "
            "(_), and dashes (-)."
        )
    if alias.lower() == LATEST:
        raise InvalidParameter("'latest' alias name (case insensitive) is reserved.")
    if _LIKE_A_VERSION.fullmatch(alias):
        raise InvalidParameter(f"Version alias name '{alias}' is reserved.")


def version_number(version: str) -> int:
    """The number that a version is; -1 for numbers that no version can have."""
    try:
        number = int(version)
    except ValueError as error:
        raise InvalidParameter(
            f"Parameter 'version' must be an integer, got '{version}'."
        ) from error
    return number if 0 < number <= validation.GREATEST_LONG else -1


def check_tag(key: str, value: str) -> None:
    """Check a tag of a registered model or a version."""
    validation.check_tag_key(key)
    validation.check_length(value, "value", LONGEST_TAG_VALUE)


def check_source(source: str, pattern: str | None) -> None:
    """Check the source of a version against the administrator's regular expression, if any."""
    if pattern is None:
        return
    try:
        fits = re.search(pattern, source) is not None
    except re.error as error:
        raise InvalidParameter(
            "MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX is no regular expression: "
            f"'{pattern}' ({error})."
        ) from error
    if not fits:
        raise InvalidParameter(
            f"Invalid model version source: '{source}'. This store takes only sources that match "
            f"'{pattern}'."
        )


def check_text(text: str | None, what: str) -> None:
    """Check the length of a free text such as a description."""
    validation.check_length(text, what, LONGEST_TEXT)


def check_change(request: RegistryChange) -> None:
    """Check who asks and why."""
    validation.check_length(request.user_id, "user_id", 256)
    validation.check_length(request.comment, "comment", LONGEST_COMMENT)
