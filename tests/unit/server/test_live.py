"""Browsers are told of what changes, within a second and in bounded memory."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
import uvicorn.config
import uvicorn.server
from tests.patience import patient_request

from millstream import connect
from millstream.asgi.protocol import PromptProtocol
from millstream.asgi.replies import Scope
from millstream.entities import experiments as e
from millstream.entities import metrics as m
from millstream.entities import registered_models as rm
from millstream.entities import runs as r
from millstream.entities.asking import Asking
from millstream.entities.users import Actor
from millstream.entities.workspaces import CreateWorkspace
from millstream.errors import Unauthenticated
from millstream.server import live
from millstream.server.access.gate import GATE, Gate, OpenGate
from millstream.server.access.workspace_gate import WorkspaceGate
from millstream.server.assembly import assemble
from millstream.server.callers import Callers
from millstream.server.head import Head
from millstream.server.options import ServerOptions
from millstream.store.news import Change
from millstream.store.sql.database import Database
from millstream.store.sql.news import SqlNews
from millstream.store.sql.store import SqlStore

OPEN = OpenGate(Callers("ada"))
RUN = Change("run", "r1", "7")
SECONDS = 60.0


class Source:
    """News that a test makes."""

    def __init__(self) -> None:
        self.calls: list[Callable[[Collection[Change]], None]] = []
        self.elsewhere: bool | None = False

    def when_changed(self, call: Callable[[Collection[Change]], None]) -> None:
        self.calls.append(call)

    def look_elsewhere(self) -> bool | None:
        return self.elsewhere

    def tell(self, *changes: Change) -> None:
        for call in self.calls:
            call(changes)


class Page:
    """One browser on a stream."""

    def __init__(
        self, news: live.LiveNews, *headers: tuple[bytes, bytes], gate: Gate | None = None
    ) -> None:
        self.sent: list[Any] = []
        self.left = asyncio.Event()
        self.blocked: asyncio.Event | None = None
        scope = {"type": "http", "method": "GET", "headers": [*headers], GATE: gate or OPEN}
        self.task = asyncio.ensure_future(news(scope, self._receive, self._send))

    async def _receive(self) -> Any:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if self.blocked is not None and message["type"].endswith("body"):
            await self.blocked.wait()
        self.sent.append(message)

    def events(self) -> list[dict[str, Any]]:
        text = b"".join(message.get("body", b"") for message in self.sent).decode()
        return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]

    def bodies(self) -> list[bytes]:
        return [message["body"] for message in self.sent if message["type"].endswith("body")]

    async def told(self, events: int) -> None:
        """Wait until so many events have come."""
        async with asyncio.timeout(SECONDS):
            while len(self.events()) < events:
                await asyncio.sleep(0.01)

    async def leave(self) -> None:
        self.left.set()
        await self.task


def test_what_is_committed_is_told_once_and_together() -> None:
    async def story() -> None:
        source = Source()
        page = Page(live.LiveNews(source))
        await asyncio.sleep(0.01)
        source.tell(RUN)
        await page.told(1)
        for number in range(100):
            source.tell(Change("run", f"r{number % 3}", "8"), Change("model", "m"))
            source.tell(Change("experiment", "9", "9"))
            await asyncio.sleep(0)
        await page.told(2)
        await page.leave()
        first, second = page.events()
        assert first == {"runs": ["r1"], "runs_of": ["7"]}
        assert second == {
            "runs": ["r0", "r1", "r2"],
            "runs_of": ["8"],
            "experiments": ["9"],
            "models": ["m"],
        }

    asyncio.run(story())


def test_a_page_that_takes_nothing_is_told_of_everything_at_last() -> None:
    async def story() -> None:
        source = Source()
        page = Page(live.LiveNews(source))
        await asyncio.sleep(0.01)
        page.blocked = asyncio.Event()
        source.tell(RUN)
        await asyncio.sleep(0.01)
        for number in range(live.MOST_CHANGES + 1):
            source.tell(Change("run", f"r{number}", "7"))
        await asyncio.sleep(0.05)
        page.blocked.set()
        await page.told(2)
        await page.leave()
        assert page.events() == [{"runs": ["r1"], "runs_of": ["7"]}, {"everything": True}]

    asyncio.run(story())


def test_a_page_that_comes_back_may_have_missed_anything() -> None:
    async def story() -> None:
        page = Page(live.LiveNews(Source()), (b"last-event-id", b"4"))
        await page.told(1)
        await page.leave()
        assert page.events() == [{"everything": True}]

    asyncio.run(story())


def test_silence_is_filled_with_heartbeats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.02)
    monkeypatch.setattr(live, "APART_SECONDS", 0.0)

    async def story() -> None:
        page = Page(live.LiveNews(Source()))
        async with asyncio.timeout(SECONDS):
            while len(page.bodies()) < 4:
                await asyncio.sleep(0.01)
        await page.leave()
        first, *others = page.bodies()
        assert first == b"retry: 2000\n\n"
        assert set(others) == {b": still here\n\n"}

    asyncio.run(story())


def test_what_others_change_is_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.02)

    async def story() -> None:
        source = Source()
        page = Page(live.LiveNews(source))
        await asyncio.sleep(0.1)
        assert page.events() == []
        source.elsewhere = True
        await page.told(1)
        assert page.events() == [{"everything": True}]
        await page.leave()

    asyncio.run(story())


class OnlyExperiment7(OpenGate):
    async def readable(self, asking: Asking, changes: Collection[Change]) -> list[Change]:
        assert asking.name == "ada"
        return [change for change in changes if change.experiment_id == "7"]


class SignedOut(OpenGate):
    def recall(self, scope: Scope, head: Head) -> Asking | None:
        raise Unauthenticated(f"The session of {scope['type']} {head.length} has ended.")


def test_who_is_signed_out_is_told_nothing_more() -> None:
    async def story() -> None:
        source = Source()
        page = Page(live.LiveNews(source), gate=SignedOut(Callers("ada")))
        await asyncio.sleep(0.01)
        source.tell(RUN)
        await asyncio.sleep(0.05)
        assert page.events() == []
        assert page.task.done()
        assert page.bodies()[-1] == b""
        await page.leave()

    asyncio.run(story())


def test_nobody_is_told_what_he_may_not_read() -> None:
    async def story() -> None:
        source = Source()
        news = live.LiveNews(source)
        page = Page(news, gate=OnlyExperiment7(Callers("ada")))
        await asyncio.sleep(0.01)
        source.tell(RUN, Change("run", "secret", "8"), Change("model", "secret"))
        await asyncio.sleep(0.05)
        source.tell(Change("experiment", "8", "8"))
        await asyncio.sleep(live.APART_SECONDS + 0.1)
        await page.leave()
        assert page.events() == [{"runs": ["r1"], "runs_of": ["7"]}]

    asyncio.run(story())


def test_models_of_other_workspaces_are_no_news(tmp_path: Path) -> None:
    store = SqlStore(Database(f"sqlite:///{tmp_path / 'test.db'}"), "/artifacts")
    access = connect.access_of(store)
    access.workspaces.create(CreateWorkspace("red-team"), Actor("ada")).result()
    told: list[Change] = []
    store.news.when_changed(told.extend)
    for workspace in ("default", "red-team"):
        models = store.in_workspace(workspace).registered_models
        models.create(rm.CreateRegisteredModel("prices")).result()
    experiments, parents = (
        store.in_workspace("red-team").experiments,
        access.in_workspace("red-team").parents,
    )
    gate = WorkspaceGate(Callers("ada"), "red-team", parents, experiments, lambda uri: [uri])
    readable = asyncio.run(gate.readable(Asking("ada"), told))
    assert len(told) == 2
    assert readable == [Change("model", "prices", workspace="red-team")]
    assert [change.concerns(None) for change in told] == [True, True]
    store.close()


def test_there_are_only_so_many_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_STREAMS", 1)

    async def story() -> None:
        news = live.LiveNews(Source())
        first = Page(news)
        await asyncio.sleep(0.01)
        second = Page(news)
        await second.task
        assert second.sent[0]["status"] == 503
        await first.leave()
        third = Page(news)
        await asyncio.sleep(0.01)
        assert third.sent[0]["status"] == 200
        await third.leave()

    asyncio.run(story())


class Server:
    """A server on a thread, and a stream of it that is read on another."""

    def __init__(self, folder: Path) -> None:
        options = ServerOptions(backend_store_uri=str(folder))
        config = uvicorn.config.Config(
            assemble(options), http=PromptProtocol, ws="none", lifespan="on", log_config=None
        )
        config.timeout_graceful_shutdown = 20
        self.server = uvicorn.server.Server(config)
        listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.server.run, args=([listener],))
        self.thread.start()
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.events: list[dict[str, Any]] = []
        self.opened = threading.Event()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        assert self.opened.wait(SECONDS)

    def _read(self) -> None:
        with urllib3.PoolManager() as pool:
            answer = pool.request(
                "GET", f"{self.url}/api/v1/news", preload_content=False, timeout=30
            )
            try:
                for line in answer:
                    self.opened.set()
                    if line.startswith(b"data: "):
                        self.events.append(json.loads(line[6:]))
            except urllib3.exceptions.ProtocolError:
                return

    def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = patient_request("POST", f"{self.url}/api/2.0/mlflow/{path}", json=body)
        assert answer.status == 200, answer.data
        return answer.json()

    def wait_for(self, told: Callable[[dict[str, Any]], bool]) -> None:
        ends = time.monotonic() + SECONDS
        while not any(map(told, self.events)):
            assert time.monotonic() < ends, f"not told: {self.events}"
            time.sleep(0.02)

    def end(self) -> None:
        self.server.should_exit = True
        self.thread.join(SECONDS)
        self.reader.join(SECONDS)
        assert not self.thread.is_alive()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    started = Server(tmp_path)
    yield started
    started.end()


def test_a_point_logged_is_told(server: Server) -> None:
    created = server.post("runs/create", {"experiment_id": "0"})
    run_id = created["run"]["info"]["run_id"]
    server.wait_for(lambda event: event.get("runs") == [run_id])
    server.events.clear()
    point = {"run_id": run_id, "key": "loss", "value": 1, "timestamp": 1}
    server.post("runs/log-metric", point)
    server.wait_for(lambda event: event == {"runs": [run_id], "runs_of": ["0"]})


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set once a server of this process has seen what there is, and so sees what is new."""
    event = threading.Event()
    look = SqlNews.look_elsewhere

    def looking(news: SqlNews) -> bool | None:
        found = look(news)
        event.set()
        return found

    monkeypatch.setattr(SqlNews, "look_elsewhere", looking)
    return event


def test_what_another_process_writes_is_told(
    looked: threading.Event, server: Server, tmp_path: Path
) -> None:
    assert looked.wait(SECONDS)
    store = SqlStore(Database(f"sqlite:///{tmp_path / 'millstream.db'}"), "/artifacts")
    store.runs.create(r.CreateRun("0")).result()
    store.close()
    server.wait_for(lambda event: event == {"everything": True})


def test_every_write_is_told(tmp_path: Path) -> None:
    store = SqlStore(Database(f"sqlite:///{tmp_path / 'test.db'}"), "/artifacts")
    told: list[Change] = []
    store.news.when_changed(told.extend)
    experiment = store.experiments.create(e.CreateExperiment("e")).result().experiment_id
    run_id = store.runs.create(r.CreateRun(experiment)).result().info.run_id
    run, home = Change("run", run_id, experiment), Change("experiment", experiment, experiment)
    model = Change("model", "m", workspace="default")
    assert told == [home, run]
    for write, change in (
        (lambda: store.metrics.log(m.LogMetric(run_id, "k", 1.0, 1)), run),
        (lambda: store.runs.log_batch(r.LogBatch(run_id, params=[r.Param("p", "1")])), run),
        (lambda: store.runs.set_tag(r.SetTag(run_id, "t", "v")), run),
        (lambda: store.runs.update(r.UpdateRun(run_id, "FINISHED")), run),
        (lambda: store.runs.delete(r.RunId(run_id)), run),
        (lambda: store.runs.restore(r.RunId(run_id)), run),
        (lambda: store.experiments.set_tag(e.SetExperimentTag(experiment, "k", "v")), home),
        (lambda: store.experiments.update(e.UpdateExperiment(experiment, "f")), home),
        (lambda: store.registered_models.create(rm.CreateRegisteredModel("m")), model),
        (lambda: store.experiments.delete(e.ExperimentId(experiment)), home),
    ):
        told.clear()
        write().result()
        assert told == [change]
    store.close()
