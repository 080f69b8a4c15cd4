"""News to browsers: a stream of server-sent events for each page that is open."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable

from millstream.asgi.protocol import ENDLESS
from millstream.asgi.replies import TEXT, Receive, Scope, Send, reply
from millstream.entities.news import NewsEvent
from millstream.errors import MillstreamError, Unauthenticated
from millstream.rest import answers
from millstream.rest.endpoints.row import OWN
from millstream.server.access.gate import GATE
from millstream.server.head import read_head
from millstream.store.news import Change, News

_LOG = logging.getLogger("millstream.live")

MOST_STREAMS = 200
MOST_CHANGES = 1_000
APART_SECONDS = 0.25
HEARTBEAT_SECONDS = 15.0
LOOK_SECONDS = 0.5
SURE_SECONDS = 0.9
UNSURE_SECONDS = 5.0
_STALLED_SECONDS = 60.0
_HEAD = b"retry: 2000\n\n"
_HEARTBEAT = b": still here\n\n"


class LiveNews:
    """The streams below `/api/v1/news`.

    What this process commits is told at once, at most four times a second to each stream; what
    other processes commit is looked for twice a second, while anybody listens. Nobody is told of
    what it may not read, or anything once it is signed out: the gate that it came by says so.
    """

    def __init__(self, news: News, prefix: str = "") -> None:
        self._news = news
        self._path = f"{prefix}{OWN}/news"
        self._streams: set[_Stream] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looking: asyncio.Task[None] | None = None
        self._told_all = 0.0

    @property
    def streams(self) -> int:
        """How many pages are told of news."""
        return len(self._streams)

    def handles(self, path: str) -> bool:
        """Whether a path is its own."""
        return path == self._path

    def is_open(self, _path: str) -> bool:
        """News are for who is signed in."""
        return False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: with a stream that lasts until the browser leaves."""
        if scope["method"] not in ("GET", "HEAD"):
            await reply(send, 405, b"News can only be read.", TEXT, [(b"allow", b"GET")])
            return
        if len(self._streams) >= MOST_STREAMS:
            text = f"{MOST_STREAMS} pages are told of news already; ask again from time to time."
            await reply(send, 503, text.encode(), TEXT, [])
            return
        scope[ENDLESS] = True
        again = any(name == b"last-event-id" for name, _ in scope["headers"])
        stream = _Stream(everything=again)
        self._streams.add(stream)
        try:
            self._listen()
            if scope["method"] == "GET":
                await _follow(stream, lambda: self._event(stream, scope), receive, send)
            else:
                await reply(send, 200, b"", b"text/event-stream", [])
        finally:
            self._streams.discard(stream)

    async def _event(self, stream: _Stream, scope: Scope) -> bytes:
        """What the one who listens may know by now; a heartbeat if that is nothing.

        Raises `Unauthenticated` if it is signed out.
        """
        head, gate = read_head(scope), scope[GATE]
        asking = gate.recall(scope, head) or await gate.identify(scope, head)
        changes, everything = stream.give()
        readable = await gate.readable(asking, changes)
        return stream.event(readable, everything=everything)

    def _listen(self) -> None:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._news.when_changed(self._committed)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self._look_elsewhere())

    def _committed(self, changes: Collection[Change]) -> None:
        """On the writer's thread."""
        if self._streams and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, as will the process
                self._loop.call_soon_threadsafe(self._take, list(changes))

    def _take(self, changes: Iterable[Change]) -> None:
        for stream in self._streams:
            stream.take(changes)

    async def _look_elsewhere(self) -> None:
        """While anybody listens."""
        loop = asyncio.get_running_loop()
        while self._streams:
            try:
                answer = await loop.run_in_executor(None, self._news.look_elsewhere)
            except MillstreamError as error:
                _LOG.warning("cannot see what other processes change: %s", error)
                answer = None
            pause = UNSURE_SECONDS if answer is None else SURE_SECONDS
            if answer is not False and loop.time() - self._told_all >= pause:
                self._told_all = loop.time()
                for stream in self._streams:
                    stream.take_everything()
            await asyncio.sleep(LOOK_SECONDS)


class _Stream:
    """What one browser still has to be told; it holds so much and no more."""

    def __init__(self, *, everything: bool) -> None:
        self._changes: set[Change] = set()
        self._everything = everything
        self._number = 0
        self.waiting = asyncio.Event()
        if everything:
            self.waiting.set()

    def take(self, changes: Iterable[Change]) -> None:
        """Take what there is to tell."""
        if not self._everything:
            self._changes.update(changes)
        if len(self._changes) > MOST_CHANGES:
            self.take_everything()
        elif self._changes:
            self.waiting.set()

    def take_everything(self) -> None:
        """Anything may have changed."""
        self._changes.clear()
        self._everything = True
        self.waiting.set()

    def give(self) -> tuple[list[Change], bool]:
        """All that it holds, and whether anything may have changed; nothing is left."""
        given = list(self._changes), self._everything
        self._changes.clear()
        self._everything = False
        self.waiting.clear()
        return given

    def event(self, changes: Collection[Change], *, everything: bool) -> bytes:
        """Changes as one event, or a heartbeat if there are none."""
        if not changes and not everything:
            return _HEARTBEAT
        event = NewsEvent(
            runs=_names(changes, "run"),
            runs_of=sorted({str(c.experiment_id) for c in changes if c.kind == "run"}),
            experiments=_names(changes, "experiment"),
            models=_names(changes, "model"),
            everything=everything,
        )
        self._number += 1
        return b"id: %d\ndata: %b\n\n" % (self._number, answers.encode(event))


def _names(changes: Iterable[Change], kind: str) -> list[str]:
    return sorted(change.name for change in changes if change.kind == kind)


async def _follow(
    stream: _Stream, event: Callable[[], Awaitable[bytes]], receive: Receive, send: Send
) -> None:
    """Send events until the browser leaves, is signed out or takes nothing for a minute."""
    gone = asyncio.ensure_future(_disconnected(receive))
    headers = [
        (b"content-type", b"text/event-stream"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),  # proxies that gather answers shall pass this one on
    ]
    try:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await _send(send, _HEAD)
        while not gone.done():
            news = asyncio.ensure_future(stream.waiting.wait())
            await asyncio.wait(
                {news, gone}, timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            news.cancel()
            if gone.done():
                break
            await _send(send, await event())
            await asyncio.wait({gone}, timeout=APART_SECONDS)
    except TimeoutError:
        return
    except Unauthenticated:
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()


async def _send(send: Send, body: bytes) -> None:
    message = {"type": "http.response.body", "body": body, "more_body": True}
    await asyncio.wait_for(send(message), _STALLED_SECONDS)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
