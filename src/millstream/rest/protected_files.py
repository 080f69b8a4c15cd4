"""Changes of artifacts held against what the registry protects, whatever a file is called."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from millstream.artifacts.confined import PROXY_SCHEME, local_path
from millstream.store.protected_files import ProtectedFiles
from millstream.store.sql.locations import ArtifactRoot

_PROXY_ROOT = f"{PROXY_SCHEME}:/"


class FileProtection:
    """Refuses to change files of versions in protected stages.

    `destination` is the URI of the files that the proxy serves: each of them has a name there and
    one as `mlflow-artifacts:`. Without `protected`, nothing is known to be protected.
    """

    def __init__(self, protected: ProtectedFiles | None, destination: str | None = None) -> None:
        self._protected = protected
        self._destination = None if destination is None else ArtifactRoot(_absolute(destination))

    @property
    def known_to_be_none(self) -> bool:
        """Whether `check` has nothing to ask a database about."""
        return self._protected is None or self._protected.known_to_be_none

    def check_proxied(self, path: str, *, whole: bool = False) -> None:
        """Refuse to change a file of the proxy; `whole` if it goes with all that is below it."""
        self.check(_PROXY_ROOT + quote(path), whole=whole)

    def check(self, uri: str, *, whole: bool = False) -> None:
        """Refuse to change the file or folder at a URI; raises `PermissionDenied`."""
        if self._protected is not None and not self._protected.known_to_be_none:
            self._protected.check(self.names(uri), whole=whole)

    def names(self, uri: str) -> list[str]:
        """All the names of the place that a URI names."""
        path = self._proxied_path(uri)
        if path is None:
            return [uri]
        names = [_PROXY_ROOT + form for form in (path, quote(path))]
        if self._destination is not None:
            names.append(self._destination.expand(f"./{path}"))
        return names

    def _proxied_path(self, uri: str) -> str | None:
        parts = urlsplit(uri)
        if parts.scheme == PROXY_SCHEME:
            return unquote(parts.path).strip("/")
        if self._destination is None:
            return None
        location = self._destination.shorten(_absolute(uri))
        return location.removeprefix("./") if location.startswith("./") else None


def _absolute(uri: str) -> str:
    path = local_path(uri)
    return uri if path is None else str(Path(path).absolute())
