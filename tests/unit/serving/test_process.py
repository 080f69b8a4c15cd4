"""The processes: how they start, what they bear, and that they end in order."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import urllib3

from millstream.errors import InvalidParameter
from millstream.serving.options import ServedModel, ServingOptions, check, from_json, to_json
from millstream.serving.process import serve

if TYPE_CHECKING:
    from tests.unit.serving.conftest import Save

ROWS = b'{"inputs": [[1.0, 1.0, 1.0], [0.0, 0.0, 2.0]]}'
HEADERS = {"Content-Type": "application/json"}


class Running:
    """A server in a process of its own."""

    def __init__(self, *folders: Path, **options: Any) -> None:
        models = tuple(ServedModel(folder.name, str(folder)) for folder in folders)
        text = to_json(ServingOptions(models=models, port=0, as_json=True, **options)).decode()
        words = [sys.executable, "-m", "millstream.serving", text]
        self.process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.url: str = json.loads(self.process.stdout.readline())["url"]
        self.pool = urllib3.PoolManager(retries=False, timeout=30, maxsize=16)

    def get(self, path: str) -> urllib3.BaseHTTPResponse:
        return self.pool.request("GET", self.url + path)

    def ask(self, body: bytes = ROWS) -> urllib3.BaseHTTPResponse:
        return self.pool.request("POST", f"{self.url}/invocations", body=body, headers=HEADERS)

    def until_ready(self) -> None:
        until(lambda: self.get("/ping").status == 200)

    def workers(self) -> list[psutil.Process]:
        return [child for child in psutil.Process(self.process.pid).children() if _is_worker(child)]

    def end(self, with_signal: int = signal.SIGTERM) -> tuple[int, str]:
        """The exit code, and what it said."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        self.pool.clear()
        _, said = self.process.communicate(timeout=60)
        return self.process.returncode, said


def _is_worker(child: psutil.Process) -> bool:
    try:
        return any("spawn_main" in word for word in child.cmdline())
    except psutil.Error:  # it has just ended
        return False


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            if holds():
                return
        time.sleep(0.05)
    raise AssertionError("it did not come about")


Start = Callable[..., Running]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Running] = []

    def start(*folders: Path, **options: Any) -> Running:
        started.append(Running(*folders, **options))
        return started[-1]

    yield start
    for server in started:
        workers = server.workers() if server.process.poll() is None else []
        server.end(signal.SIGKILL)
        psutil.wait_procs(workers, timeout=30)


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
def test_it_listens_at_once_serves_and_ends_in_silence(
    start: Start, linear: Path, with_signal: int
) -> None:
    server = start(linear)
    assert server.get("/v2/health/live").status == 200
    assert json.loads(server.ask().data)["predictions"] == pytest.approx([6, 6])
    server.until_ready()
    assert server.end(with_signal) == (0, "")


def test_small_answers_leave_at_once_and_in_one_piece(start: Start, linear: Path) -> None:
    server = start(linear)
    server.until_ready()
    host, port = server.url.removeprefix("http://").split(":")
    head = f"POST /invocations HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(ROWS)}\r\n\r\n"
    with socket.create_connection((host, int(port))) as connection:
        for _ in range(20):
            connection.sendall(head.encode() + ROWS)
            block = connection.recv(1 << 16)
            assert block.startswith(b"HTTP/1.1 200")
            assert block.endswith(b"}")


def test_a_head_without_end_is_refused(start: Start, linear: Path) -> None:
    server = start(linear)
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(b"GET /ping HTTP/1.1\r\nX: " + b"a" * (200 << 10))
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 431")
    server.until_ready()


def test_requests_whose_clients_have_left_are_given_up(start: Start, save: Save) -> None:
    def slow(self: Any, context: Any, model_input: Any, params: Any = None) -> Any:
        import time  # noqa: PLC0415  # the model is pickled

        time.sleep(0.5)
        return ["done"]

    server = start(save(slow))
    server.until_ready()
    host, port = server.url.removeprefix("http://").split(":")
    head = f"POST /invocations HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(ROWS)}\r\n\r\n"
    for _ in range(3):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(head.encode() + ROWS)
            until(lambda: b'in_flight{model="model"} 0.0' not in server.get("/metrics").data)
    until(lambda: b'in_flight{model="model"} 0.0' in server.get("/metrics").data)
    seen = server.get("/metrics").data
    assert b'errors_total{cause="abandoned",model="model"} 3.0' in seen
    assert server.ask().status == 200


def test_requests_that_were_accepted_are_answered_before_it_ends(start: Start, save: Save) -> None:
    def slow(self: Any, context: Any, model_input: Any, params: Any = None) -> Any:
        import time  # noqa: PLC0415  # the model is pickled

        time.sleep(1)
        return ["done"]

    server = start(save(slow))
    server.until_ready()
    answers: list[int] = []
    asking = [
        threading.Thread(target=lambda: answers.append(server.ask().status)) for _ in range(2)
    ]
    for thread in asking:
        thread.start()
    until(lambda: b'in_flight{model="model"} 2.0' in server.get("/metrics").data)
    server.process.send_signal(signal.SIGTERM)
    for thread in asking:
        thread.join(30)
    assert answers == [200, 200]
    assert server.end()[0] == 0


def test_a_prediction_that_never_ends_does_not_keep_the_process(start: Start, save: Save) -> None:
    def stuck(self: Any, context: Any, model_input: Any, params: Any = None) -> Any:
        import time  # noqa: PLC0415  # the model is pickled

        time.sleep(1_000)

    server = start(save(stuck), timeout=0.2)
    server.until_ready()
    assert server.ask().status == 504
    assert server.end()[0] == 0


def test_a_slow_model_does_not_keep_others_from_answering(
    start: Start, linear: Path, save: Save
) -> None:
    def slow(self: Any, context: Any, model_input: Any, params: Any = None) -> Any:
        import time  # noqa: PLC0415  # the model is pickled

        time.sleep(5)
        return ["done"]

    server = start(linear, save(slow, "slow"))
    server.until_ready()
    path = f"{server.url}/models/slow/invocations"
    waiting = threading.Thread(
        target=lambda: server.pool.request("POST", path, body=ROWS, headers=HEADERS)
    )
    waiting.start()
    until(lambda: b'in_flight{model="slow"} 1.0' in server.get("/metrics").data)
    assert server.ask().status == 200
    assert b'in_flight{model="slow"} 1.0' in server.get("/metrics").data
    waiting.join(30)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_model_that_cannot_be_loaded_ends_the_server(
    start: Start, tmp_path: Path, workers: int
) -> None:
    (tmp_path / "model").mkdir()
    server = start(tmp_path / "model", workers=workers)
    code, said = server.process.wait(60), server.end()[1]
    assert code == 1
    assert "Error: The model 'model' in " in said
    assert 'Could not find an "MLmodel"' in said
    assert "Traceback" not in said


def test_workers_share_the_work_and_count_together(start: Start, linear: Path) -> None:
    server = start(linear, workers=2)
    server.until_ready()
    until(lambda: b'ready{model="linear"} 2.0' in server.get("/metrics").data)
    for _ in range(20):
        server.pool.clear()  # a connection of its own for each
        assert server.ask().status == 200
    assert b'requests_total{model="linear",status="200"} 20.0' in server.get("/metrics").data
    folder = Path(psutil.Process(server.process.pid).environ().get("TMPDIR", "/tmp"))  # noqa: S108  # where Python puts temporary files
    before = set(folder.glob("millstream-counts-*"))
    assert before
    assert server.end() == (0, "")
    assert before - set(folder.glob("millstream-counts-*"))


def test_a_worker_that_dies_is_replaced_and_the_others_go_on(start: Start, save: Save) -> None:
    def deadly(self: Any, context: Any, model_input: Any, params: Any = None) -> Any:
        import os  # noqa: PLC0415  # the model is pickled

        if model_input["a"][0] == "die":
            os._exit(7)
        return [os.getpid()]

    server = start(save(deadly), workers=2)
    until(lambda: b'ready{model="model"} 2.0' in server.get("/metrics").data)
    first = {worker.pid for worker in server.workers()}
    with pytest.raises(urllib3.exceptions.HTTPError):
        server.ask(b'{"inputs": {"a": ["die"]}}')
    server.pool.clear()
    for _ in range(5):
        assert server.ask(b'{"inputs": {"a": ["live"]}}').status == 200
    until(lambda: len({worker.pid for worker in server.workers()}) == 2)
    assert len({worker.pid for worker in server.workers()} & first) == 1
    until(lambda: b'ready{model="model"} 2.0' in server.get("/metrics").data)
    code, said = server.end()
    assert code == 0
    assert "ended with code 7; another one takes its place" in said


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(("given", "found"), [(None, "16"), ("26", "26")])
def test_idle_threads_of_numeric_libraries_sleep_soon(
    start: Start,
    save: Save,
    monkeypatch: pytest.MonkeyPatch,
    given: str | None,
    found: str,
    workers: int,
) -> None:
    def cycles(self: Any, context: Any, model_input: Any, params: Any = None) -> Any:
        import os  # noqa: PLC0415  # the model is pickled

        return [os.environ["OPENBLAS_THREAD_TIMEOUT"]]

    monkeypatch.delenv("OPENBLAS_THREAD_TIMEOUT", raising=False)
    if given is not None:
        monkeypatch.setenv("OPENBLAS_THREAD_TIMEOUT", given)
    server = start(save(cycles), workers=workers)
    assert json.loads(server.ask().data) == {"predictions": [found]}


def test_the_first_library_is_not_looked_through_for_garbage(linear: Path) -> None:
    code = """
import asyncio, gc, sys
from millstream.asgi import memory
from millstream.serving.assembly import assemble
from millstream.serving.options import ServedModel, ServingOptions

real, frozen = gc.freeze, []

def freeze():
    real()
    frozen.append(gc.get_freeze_count())

gc.freeze = freeze
memory.grow()
memory.settle = lambda: print(len(frozen), len(gc.get_objects()) < 50_000 < frozen[0])
models = tuple(ServedModel(name, sys.argv[1]) for name in ("one", "two"))
asyncio.run(assemble(ServingOptions(models=models), print).start())
"""
    command = [sys.executable, "-c", code, str(linear)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "1 True\n"


def test_numeric_libraries_are_loaded_after_they_were_told_how_to_behave() -> None:
    code = "import sys, millstream.serving.__main__; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_workers_end_with_the_process_that_started_them(start: Start, linear: Path) -> None:
    server = start(linear, workers=2)
    server.until_ready()
    workers = server.workers()
    assert len(workers) == 2
    server.process.kill()
    gone, alive = psutil.wait_procs(workers, timeout=30)
    assert (len(gone), alive) == (2, [])


def test_batching_over_http_gives_the_same_predictions(start: Start, linear: Path) -> None:
    server = start(linear, max_batch=64)
    server.until_ready()
    wrong: list[Any] = []

    def ask_often(number: int) -> None:
        for step in range(30):
            body = json.dumps({"inputs": [[number, step, 0.5]] * (1 + step % 3)}).encode()
            found = json.loads(server.ask(body).data)["predictions"]
            if found != pytest.approx([number + 2 * step + 1.5] * (1 + step % 3), rel=1e-12):
                wrong.append(found)

    threads = [threading.Thread(target=ask_often, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []


def test_options_survive_the_way_to_another_interpreter() -> None:
    models = (ServedModel("a", "/somewhere"), ServedModel("b-1.2_3", "./else"))
    options = ServingOptions(
        models=models, max_batch=7, model_config={"a": [1, None]}, allowed_hosts="a.b"
    )
    assert from_json(to_json(options)) == options


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"models": ()}, "no model"),
        ({"models": (ServedModel("a/b", "."),)}, "'a/b'"),
        ({"models": (ServedModel("", "."),)}, "''"),
        ({"models": (ServedModel("a", "."), ServedModel("a", "."))}, "Two models"),
        ({"workers": 0}, "--workers must be at least 1, not 0"),
        ({"timeout": -1.0}, "--timeout must be at least 0"),
        ({"max_queue": 0}, "--max-queue"),
        ({"log_level": "loud"}, "'loud'"),
        ({"x_frame_options": "MAYBE"}, "'MAYBE'"),
    ],
)
def test_options_that_cannot_be_are_refused(changes: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {"models": (ServedModel("a", "."),), **changes}
    with pytest.raises(InvalidParameter, match=said):
        check(ServingOptions(**given))


@pytest.mark.parametrize("text", [b"{", b"[]", b'{"models": 1}', b'{"models": [{"name": "a"}]}'])
def test_options_that_cannot_be_read_are_refused(text: bytes) -> None:
    with pytest.raises(InvalidParameter):
        from_json(text)


def test_a_taken_port_is_told_before_anything_is_loaded(linear: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        options = ServingOptions(models=(ServedModel("linear", str(linear)),), port=port)
        with pytest.raises(InvalidParameter, match="Cannot listen"):
            serve(options)


def test_the_program_says_how_it_is_called(tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        words = [sys.executable, "-m", "millstream.serving", *arguments]
        done = subprocess.run(words, capture_output=True, text=True, env=dict(os.environ))
        return done.returncode, done.stderr

    assert run() == (
        2,
        "usage: python -m millstream.serving OPTIONS (a file of JSON, or JSON itself)\n",
    )
    code, said = run(str(tmp_path / "absent"))
    assert (code, said.startswith("Error: The options in ")) == (1, True)
    code, said = run('{"models": []}')
    assert (code, said) == (1, "Error: There is no model to serve: name one with --model-uri.\n")
