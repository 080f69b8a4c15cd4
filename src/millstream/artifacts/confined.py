"""What a server may open: its own artifact folders and clouds, and nothing else on its disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from urllib.parse import unquote, urlsplit

from millstream.artifacts import paths
from millstream.artifacts.interface import ArtifactStore
from millstream.artifacts.local import LocalArtifacts
from millstream.errors import InvalidParameter, NotSupported, PermissionDenied

PROXY_SCHEME = "mlflow-artifacts"
_LOCAL_HOSTS = ("", "localhost")


class Confined:
    """Opens artifact URIs for a server, whoever wrote them into an experiment.

    `mlflow-artifacts:` is the server's own `proxied` store. A local path must be below one of
    `roots` after all symlinks are followed. Anything else goes to `open`, except that a server
    makes no requests to other servers at a stranger's wish; and what `open` takes for a local
    folder, however its URI is written, is judged as one.
    """

    def __init__(
        self,
        open: Callable[[str], ArtifactStore],
        proxied: ArtifactStore | None = None,
        roots: Iterable[str | os.PathLike[str]] = (),
    ) -> None:
        self._open = open
        self._proxied = proxied
        self._roots = [os.path.realpath(root) for root in roots]
        if isinstance(proxied, LocalArtifacts):
            self._roots.append(os.path.realpath(proxied.root))

    def __call__(self, uri: str) -> ArtifactStore:
        """Open the store at a URI; raises `PermissionDenied` for what is not the server's own."""
        path = local_path(uri)
        if path is not None:
            return self._local(uri, path)
        parts = urlsplit(uri)
        if parts.scheme == PROXY_SCHEME:
            if self._proxied is None:
                raise NotSupported(f"This server keeps no artifacts of its own, so not '{uri}'.")
            return self._proxied.below(paths.from_url(parts.path.removeprefix("/")))
        if parts.scheme in ("http", "https"):
            raise PermissionDenied(f"This server does not fetch artifacts from '{uri}'.")
        store = self._open(uri)
        return self._local(uri, store.root) if isinstance(store, LocalArtifacts) else store

    def _local(self, uri: str, path: str | os.PathLike[str]) -> ArtifactStore:
        real = os.path.realpath(path)
        for root in self._roots:
            if real == root or real.startswith(root.rstrip("/") + "/"):
                return LocalArtifacts(real, root)
        raise PermissionDenied(
            f"The artifact location '{uri}' is outside of this server's artifact folders, so the "
            "server does not open it. Start the server with that folder as its artifact root "
            "(--default-artifact-root or --artifacts-destination) if it should."
        )


def local_path(uri: str) -> str | None:
    """The path that a URI without scheme or with `file:` names; None for other schemes."""
    if not uri or "\0" in uri:
        raise InvalidParameter(f"Invalid artifact location: {uri!r}")
    parts = urlsplit(uri)
    if parts.scheme == "file":
        if parts.netloc not in _LOCAL_HOSTS:
            raise PermissionDenied(f"The artifact location '{uri}' is on another machine.")
        return unquote(parts.path)
    windows_drive = len(parts.scheme) == 1
    return uri if not parts.scheme or windows_drive else None
