"""Where artifacts are: below the store's artifact root, or somewhere of their own."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote

_BELOW = "./"
_PROXY = re.compile(r"mlflow-artifacts:(?://[^/?]*)?/*")
_FILE = re.compile(r"file:(?://(?:localhost)?(?=/))?")
_START = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+:/*|/|\./")
_HAS_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+:")


class ArtifactRoot:
    """The place that relative locations (`./...`) are below, as its opener sees it.

    A local folder and a server in front of it see the same rows below different roots, and a
    folder may move.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri
        head, mark, query = uri.partition("?")
        self._head = head if head.endswith("/") else f"{head}/"
        self._tail = f"{mark}{query}"

    def expand(self, location: str) -> str:
        """The URI of a stored location."""
        if location.startswith(_BELOW):
            return f"{self._head}{location[2:]}{self._tail}"
        return location

    def shorten(self, uri: str) -> str:
        """What to store for a URI: relative if it is below this root, else absolute."""
        if not _HAS_SCHEME.match(uri):
            uri = os.path.abspath(uri)  # noqa: PTH100  # keeps symbolic links as they are
        if uri.startswith(self._head) and uri.endswith(self._tail):
            return f"{_BELOW}{uri[len(self._head) : len(uri) - len(self._tail)]}"
        return uri


def below(location: str, rest: str) -> str:
    """A path below a location, stored or expanded; a query stays at the end."""
    head, mark, query = location.partition("?")
    return f"{head.rstrip('/')}/{rest}{mark}{query}"


def place(location: str) -> str:
    """A location in the form that is the same for all spellings of it.

    It has no query and no dots, doubled or closing slashes, so what is below a place begins with
    it and a slash. In `mlflow-artifacts:` no host is named, and nothing is percent-encoded there
    and in `file:`, which becomes the path.
    """
    path = location.partition("?")[0]
    for scheme, beginning in ((_PROXY, "mlflow-artifacts:/"), (_FILE, "/")):
        found = scheme.match(path)
        if found is not None:
            return beginning + _plain(unquote(path[found.end() :]))
    beginning = _beginning(path)
    return beginning + _plain(path[len(beginning) :])


def places_above(place: str) -> list[str]:
    """All that a place is below, and the place itself, outermost first."""
    beginning = _beginning(place)
    parts = place[len(beginning) :].split("/") if place != beginning else []
    return [beginning + "/".join(parts[:count]) for count in range(len(parts) + 1)]


def is_within(place: str, home: str) -> bool:
    """Whether a place is another one, or below it."""
    return f"{place.rstrip('/')}/".startswith(f"{home.rstrip('/')}/")


def _beginning(path: str) -> str:
    start = _START.match(path)
    return start[0] if start else ""


def _plain(path: str) -> str:
    return "/".join(part for part in path.split("/") if part not in ("", "."))
