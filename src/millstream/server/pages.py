"""The built web pages: read from one folder, whose list of files is all that can be asked for."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
import re
from pathlib import Path
from typing import NamedTuple

from millstream.asgi.guard import PAGE_POLICY
from millstream.asgi.replies import HTML, TEXT, Headers, Scope, Send, reply

FOLDER = Path(__file__).parent / "static"
_ENCODINGS = {".br": b"br", ".gz": b"gzip"}
_HASHED = re.compile(r"[-.][A-Za-z0-9_-]{8,}\.\w+$")
_YEAR = (b"cache-control", b"public, max-age=31536000, immutable")
_ASK_AGAIN = (b"cache-control", b"no-cache")
_POLICY = (b"content-security-policy", PAGE_POLICY)
_NOT_BUILT = (
    "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Millstream</title></head>"
    "<body><h1>Millstream</h1><p>The server runs, but its web pages have not been built. In the "
    "source folder, run <code>make ui</code> and start the server again. The REST API is described "
    "at <a href='docs'>docs</a>.</p></body></html>"
)


class _File(NamedTuple):
    path: Path
    kind: bytes
    tag: bytes
    hashed: bool
    variants: dict[bytes, Path]


class Pages:
    """Serves the files of a folder, and its index.html for whatever is no file.

    `prefix` is the path below which a proxy shows this server. Another in front of it may be said
    with each request, as its `root_path`.
    """

    def __init__(self, folder: Path = FOLDER, prefix: str = "") -> None:
        self._prefix = prefix
        self._files = _list_files(folder)
        self._page = _read_index(folder)
        self._index = _placed(self._page, prefix)

    async def __call__(self, scope: Scope, send: Send, headers: Headers) -> None:
        """Answer with a file or the index."""
        if scope["method"] not in ("GET", "HEAD"):
            text = b"Pages can only be read: use GET."
            await reply(send, 405, text, TEXT, headers, [(b"allow", b"GET, HEAD")])
            return
        path = scope["path"].removeprefix(self._prefix).strip("/")
        file = self._files.get(path.removeprefix("static-files/"))
        if file is not None:
            await _send_file(scope, send, headers, file)
        elif "." in path.rpartition("/")[2]:
            await reply(send, 404, b"There is no such file.", TEXT, headers)
        else:
            index = self._index
            if in_front := scope.get("root_path"):
                index = _placed(self._page, in_front + self._prefix)
            await reply(send, 200, index, HTML, headers, [_POLICY, _ASK_AGAIN])


async def _send_file(scope: Scope, send: Send, headers: Headers, file: _File) -> None:
    asked = dict(scope["headers"])
    caching = [_YEAR if file.hashed else _ASK_AGAIN, (b"etag", file.tag), _POLICY]
    if asked.get(b"if-none-match") == file.tag:
        await reply(send, 304, b"", file.kind, headers, caching)
        return
    path = file.path
    accepted = [item.strip() for item in asked.get(b"accept-encoding", b"").split(b",")]
    for encoding, variant in file.variants.items():
        if encoding in accepted:
            path = variant
            caching.append((b"content-encoding", encoding))
            break
    if file.variants:
        caching.append((b"vary", b"Accept-Encoding"))
    body = await asyncio.get_running_loop().run_in_executor(None, path.read_bytes)
    await reply(send, 200, body, file.kind, headers, caching)


def _list_files(folder: Path) -> dict[str, _File]:
    """Every file of the folder by its path; compressed copies stand behind what they are of."""
    files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or path.suffix in _ENCODINGS or name == "index.html":
            continue
        variants = {
            encoding: copy
            for suffix, encoding in _ENCODINGS.items()
            if (copy := path.with_name(path.name + suffix)).is_file()
        }
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        tag = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
        hashed = name.startswith("assets/") and _HASHED.search(name) is not None
        files[name] = _File(path, _with_charset(kind), f'"{tag}"'.encode(), hashed, variants)
    return files


def _with_charset(kind: str) -> bytes:
    text = kind.startswith("text/") or kind.endswith(("javascript", "json", "svg+xml"))
    return f"{kind}; charset=utf-8".encode() if text else kind.encode()


def _read_index(folder: Path) -> str:
    path = folder / "index.html"
    return path.read_text("utf-8") if path.is_file() else _NOT_BUILT


def _placed(page: str, prefix: str) -> bytes:
    """A page that is told where the addresses in it begin, whatever address it is shown under."""
    return page.replace("<head>", f'<head><base href="{prefix}/">', 1).encode()
