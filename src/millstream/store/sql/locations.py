"""Where artifacts are: below the store's artifact root, or somewhere of their own."""

from __future__ import annotations

import os
import re

_BELOW = "./"
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
