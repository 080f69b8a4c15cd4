"""Sending a folder of artifacts as one zip file, which is never anywhere as a whole."""

from __future__ import annotations

from millstream.artifacts.interface import ArtifactStore
from millstream.artifacts.zip_stream import files_below, zip_of
from millstream.errors import InvalidParameter
from millstream.server.artifact_files import NOTHING_RUNS, disposition
from millstream.server.bodies import Headers, Scope, Send, run, send_chunks


def is_zip(archive: str | None) -> bool:
    """Whether `archive=` asks for a zip file; raises `InvalidParameter` for any other word."""
    if archive not in (None, "zip"):
        raise InvalidParameter(
            f"Invalid value '{archive[:100]}' for parameter 'archive'. It must be zip."
        )
    return archive is not None


async def send_zip(scope: Scope, send: Send, store: ArtifactStore, folder: str, name: str) -> None:
    """Answer a GET or HEAD request with a folder, which unpacks to a folder of that name.

    Its length is not announced: a file may become shorter while the zip file is on its way. Where
    one can no longer be read the answer breaks off, so that no client takes it for whole.
    """
    files = await run(files_below, store, folder)
    headers: Headers = [
        (b"content-type", b"application/zip"),
        (b"content-disposition", disposition(f"{name}.zip").encode()),
        (b"content-security-policy", NOTHING_RUNS),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["method"] == "HEAD":
        await send({"type": "http.response.body", "body": b""})
        return
    await send_chunks(send, zip_of(store, files, folder, name))
