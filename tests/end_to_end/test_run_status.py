"""Runs end as what happened: real scripts, each ended in its own way, on a folder and a server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from millstream.connect import open_store
from millstream.entities import runs as r
from millstream.entities.metrics import GetMetricHistory
from millstream.settings import Settings
from millstream.store.interface import Store

PROGRAM = (sys.executable, "-m", "millstream.cli.main")
BEGIN = """
import os, sys, threading, time
import millstream
run = millstream.start_run(run_name={name!r})
millstream.log_metric("loss", 1.0)
"""
READY = "print('ready', flush=True)\n"
# In short pieces: Python itself notices Ctrl-C late if it comes just as a call begins to wait.
SLEEP = READY + "for _ in range(1200):\n    time.sleep(0.05)\n"
_WAIT = 30.0


def environment(place: str, folder: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "MILLSTREAM"))}
    given = {
        "MILLSTREAM_TRACKING_URI": place,
        "MILLSTREAM_HEARTBEAT_INTERVAL": "0.2",
        "MILLSTREAM_RUN_LEASE": "1",
        "MILLSTREAM_EXIT_WAIT": "60",  # what is on its way arrives, however busy the machine is
        "MILLSTREAM_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "XDG_STATE_HOME": str(folder / "state"),
    }
    return kept | given | more


def ignoring_nothing() -> None:
    """A test that runs in the background may have been told to ignore some signals."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Place:
    """Where scripts log to, and what is there."""

    def __init__(self, uri: str, folder: Path) -> None:
        self.uri = uri
        self.folder = folder
        self._store: Store | None = None

    @property
    def store(self) -> Store:
        """Opened late, and without an eye on lost runs."""
        if self._store is None:
            self._store = open_store(self.uri, Settings(http_request_max_retries=0))
        return self._store

    def start(self, script: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", script],
            env=environment(self.uri, self.folder, **more),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=ignoring_nothing,
        )

    def ready(self, script: str, **more: str) -> subprocess.Popen[str]:
        """The process of a script that has said that it is ready."""
        process = self.start(script, **more)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()
        return process

    def run(self, name: str) -> r.Run:
        """The run of that name."""
        asked = r.SearchRuns(["0"], f"attributes.run_name = '{name}'")
        (found,) = self.store.runs.search(asked).runs
        return found

    def ending(self, name: str) -> tuple[str, str | None]:
        found = self.run(name)
        return found.info.status, found.data.tags.get("millstream.end.reason")

    def wait_for(self, name: str, status: str) -> r.Run:
        ends = time.monotonic() + _WAIT
        while (found := self.run(name)).info.status != status:
            assert time.monotonic() < ends, found.info
            time.sleep(0.05)
        return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    process = subprocess.Popen(
        [*PROGRAM, "server", "--port", "0", "--json"],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        env=environment("", folder),
    )
    assert process.stdout is not None
    yield str(json.loads(process.stdout.readline())["url"]).rstrip("/")
    process.terminate()
    process.communicate(timeout=30)


@pytest.fixture(params=["folder", "server"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    uri = request.getfixturevalue("server") if request.param == "server" else str(tmp_path / "runs")
    found = Place(uri, tmp_path)
    yield found
    found.store.close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Place]:
    found = Place(str(tmp_path / "runs"), tmp_path)
    yield found
    found.store.close()


def named(request: pytest.FixtureRequest) -> str:
    return f"{request.node.name} {time.time_ns()}".replace("'", "").replace("%", "")


@pytest.mark.parametrize(
    ("end", "status", "reason", "code"),
    [
        ("", "FINISHED", None, 0),
        ("sys.exit(0)", "FINISHED", None, 0),
        ("sys.exit(3)", "FAILED", "exit code 3", 3),
        ("raise ValueError('no data')", "FAILED", "ValueError: no data", 1),
        ("raise MemoryError", "FAILED", "MemoryError", 1),
        ("with run:\n    sys.exit(0)", "FINISHED", None, 0),
        ("with run:\n    raise SystemExit(5)", "FAILED", "exit code 5", 5),
        ("with run:\n    raise KeyError('k')", "FAILED", "KeyError: 'k'", 1),
        ("millstream.end_run('KILLED')\nraise ValueError('later')", "KILLED", None, 1),
        (
            "with run:\n    raise KeyboardInterrupt",
            "KILLED",
            "interrupted: KeyboardInterrupt (SIGINT)",
            -signal.SIGINT,
        ),
    ],
)
def test_a_script_that_ends(
    place: Place,
    request: pytest.FixtureRequest,
    end: str,
    status: str,
    reason: str | None,
    code: int,
) -> None:
    name = named(request)
    process = place.start(BEGIN.format(name=name) + end)
    said = process.communicate(timeout=60)
    assert process.returncode == code, said
    assert place.ending(name) == (status, reason), said
    run = place.run(name)
    assert run.data.metrics == {"loss": 1.0}
    assert run.info.end_time is not None


def test_the_traceback_is_kept_and_no_secret(place: Place, request: pytest.FixtureRequest) -> None:
    name = named(request)
    script = (
        BEGIN.format(name=name)
        + "def connect(uri):\n    raise OSError(f'cannot reach {uri}')\n"
        + "connect('postgresql://ada:hunter2hunter2@db/x')\n"
    )
    said = place.start(script).communicate(timeout=60)[1]
    assert "hunter2hunter2" in said
    tags = place.run(name).data.tags
    assert tags["millstream.end.reason"].startswith("OSError: cannot reach postgresql://ada:")
    assert "in connect" in tags["millstream.end.traceback"]
    assert "hunter2" not in json.dumps(tags)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (signal.SIGTERM, "terminated: SIGTERM"),
        (signal.SIGHUP, "terminated: SIGHUP"),
        (signal.SIGINT, "interrupted: KeyboardInterrupt (SIGINT)"),
    ],
)
def test_a_script_that_a_signal_ends(
    place: Place, request: pytest.FixtureRequest, number: signal.Signals, reason: str
) -> None:
    name = named(request)
    process = place.ready(BEGIN.format(name=name) + SLEEP)
    process.send_signal(number)
    said = process.communicate(timeout=60)
    assert process.returncode == -number, said
    assert place.ending(name) == ("KILLED", reason)


def test_nested_runs_all_end(place: Place, request: pytest.FixtureRequest) -> None:
    name = named(request)
    script = (
        BEGIN.format(name=name)
        + f"inner = millstream.start_run(run_name={name + ' inner'!r}, nested=True)\n"
        + f"with millstream.start_run(run_name={name + ' innermost'!r}, nested=True):\n    pass\n"
        + SLEEP
    )
    process = place.ready(script)
    process.terminate()
    process.communicate(timeout=60)
    assert place.ending(f"{name} innermost") == ("FINISHED", None)
    for each in (name, f"{name} inner"):
        assert place.ending(each) == ("KILLED", "terminated: SIGTERM")
    inner, outer = place.run(f"{name} inner").info, place.run(name).info
    assert inner.end_time is not None
    assert outer.end_time is not None
    assert inner.end_time <= outer.end_time


def test_a_thread_that_fails_takes_its_run_along(
    place: Place, request: pytest.FixtureRequest
) -> None:
    name = named(request)
    script = (
        BEGIN.format(name=name)
        + "def work():\n"
        + f"    millstream.start_run(run_name={name + ' thread'!r})\n"
        + "    raise ValueError('in a thread')\n"
        + "thread = threading.Thread(target=work)\nthread.start()\nthread.join()\n"
    )
    process = place.start(script)
    said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert place.ending(name) == ("FINISHED", None)
    assert place.ending(f"{name} thread") == ("FAILED", "ValueError: in a thread")


@pytest.mark.parametrize(
    ("method", "end", "ending", "code"),
    [
        ("fork", "pass", ("FINISHED", None), 0),
        ("spawn", "raise ValueError('in a child')", ("FAILED", "ValueError: in a child"), 1),
        ("fork", "sys.exit(4)", ("FAILED", "exit code 4"), 4),
        (
            "fork",
            "os.kill(os.getpid(), 15); time.sleep(60)",
            ("KILLED", "terminated: SIGTERM"),
            -15,
        ),
    ],
)
def test_children_end_their_own_runs(
    place: Place,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    method: str,
    end: str,
    ending: tuple[str, str | None],
    code: int,
) -> None:
    name = named(request)
    script = tmp_path / "script.py"
    script.write_text(
        "import multiprocessing, os, sys, time\nimport millstream\n"
        "def work():\n"
        f"    millstream.start_run(run_name={name + ' child'!r}, nested=True)\n"
        f"    {end}\n"
        "if __name__ == '__main__':\n"
        f"    millstream.start_run(run_name={name!r})\n"
        f"    child = multiprocessing.get_context({method!r}).Process(target=work)\n"
        "    child.start()\n    child.join()\n"
        f"    assert child.exitcode == {code}, child.exitcode\n",
        encoding="utf-8",
    )
    process = subprocess.run(
        [sys.executable, script],
        env=environment(place.uri, place.folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert process.returncode == 0, process.stderr
    assert place.ending(f"{name} child") == ending, process.stderr
    assert place.ending(name) == ("FINISHED", None)


def test_a_killed_script_is_found_by_the_next_one(
    folder: Place, request: pytest.FixtureRequest
) -> None:
    name = named(request)
    process = folder.ready(
        BEGIN.format(name=name)
        + "millstream.log_metric('acc', 0.5)\nmillstream.flush_async_logging()\n"
        + SLEEP,
        MILLSTREAM_RUN_LEASE="3600",
    )
    process.kill()
    process.communicate(timeout=60)
    assert folder.ending(name) == ("RUNNING", None)
    killed_at = time.time_ns() // 1_000_000
    other = folder.start(
        "import millstream\nprint(len(millstream.search_runs(output_format='list')))"
    )
    assert other.communicate(timeout=60)[0].strip() == "1"
    status, reason = folder.ending(name)
    assert (status, reason) == (
        "KILLED",
        f"killed: process {process.pid} on {os.uname().nodename} ended without a word, "
        "as after SIGKILL",
    )
    end_time = folder.run(name).info.end_time
    assert end_time is not None
    assert end_time <= killed_at


def test_a_script_that_goes_on_is_left_alone(folder: Place, request: pytest.FixtureRequest) -> None:
    """Even if it was stopped for longer than its lease."""
    name = named(request)
    process = folder.ready(BEGIN.format(name=name) + SLEEP, MILLSTREAM_RUN_LEASE="0.4")
    process.send_signal(signal.SIGSTOP)
    time.sleep(0.6)
    folder.start("import millstream\nmillstream.search_runs(output_format='list')").communicate()
    assert folder.ending(name) == ("RUNNING", None)
    process.send_signal(signal.SIGCONT)
    process.terminate()
    process.communicate(timeout=60)
    assert folder.ending(name) == ("KILLED", "terminated: SIGTERM")


def test_memory_that_ran_out_is_a_failure(
    folder: Place, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    name = named(request)
    counter = tmp_path / "groups/job/memory.events"
    counter.parent.mkdir(parents=True)
    counter.write_text("oom_kill 4\n", encoding="ascii")
    groups = (
        "from pathlib import Path\n"
        "from millstream.machine import Machine\n"
        f"Machine.__init__.__defaults__ = (Path('/proc'), Path({str(tmp_path / 'groups')!r}))\n"
        "Machine.memory_counter = lambda _: 'job/memory.events'\n"
    )
    process = folder.ready(groups + BEGIN.format(name=name) + SLEEP)
    process.kill()
    process.communicate(timeout=60)
    counter.write_text("oom_kill 5\n", encoding="ascii")
    look = groups + "import millstream\nmillstream.search_runs(output_format='list')"
    said = folder.start(look).communicate(timeout=60)
    status, reason = folder.ending(name)
    assert status == "FAILED", said
    assert str(reason).startswith(f"out of memory: the kernel killed process {process.pid} on ")


def test_a_killed_script_is_found_by_the_server(
    server: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    name = named(request)
    place = Place(server, tmp_path)
    process = place.ready(BEGIN.format(name=name) + SLEEP)
    process.kill()
    process.communicate(timeout=60)
    run = place.wait_for(name, "KILLED")
    assert run.data.tags["millstream.end.reason"].startswith(f"killed: process {process.pid} on ")
    assert run.info.end_time is not None
    place.store.close()


def test_what_a_killed_script_logged_is_taken_by_the_server_on_its_folder(
    folder: Place, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Its last points were in the journal alone."""
    name = named(request)
    process = folder.start(
        BEGIN.format(name=name)
        + "for step in range(20_000):\n    millstream.log_metric('acc', 0.5, step=step)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    process.communicate(timeout=60)
    (left,) = Path(folder.uri, "journal").glob("*.journal")
    run_id = folder.run(name).info.run_id
    with subprocess.Popen(
        [*PROGRAM, "ui", "--backend-store-uri", folder.uri, "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        text=True,
        env=environment("", tmp_path),
    ) as server:
        ends = time.monotonic() + 2 * _WAIT
        while left.exists():
            assert time.monotonic() < ends, list(left.parent.iterdir())
            time.sleep(0.05)
        server.terminate()
        server.communicate(timeout=30)
    assert folder.wait_for(name, "KILLED").info.run_id == run_id
    history = folder.store.metrics.get_history(GetMetricHistory(run_id, "acc"))
    assert [point.step for point in history.metrics] == [*range(20_000)]


def test_what_a_killed_script_logged_to_a_server_is_sent_by_the_next_one(
    server: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    name = named(request)
    place = Place(server, tmp_path)
    process = place.start(
        BEGIN.format(name=name)
        + "for step in range(20_000):\n    millstream.log_metric('acc', 0.5, step=step)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    process.communicate(timeout=60)
    (left,) = Path(tmp_path, "state", "millstream", "journal").glob("*.journal")
    run_id = place.wait_for(name, "KILLED").info.run_id
    begin = BEGIN.format(name=f"{name} next")
    until = f"while os.path.exists({str(left)!r}):\n    time.sleep(0.05)\n"
    following = place.start(begin + until)
    _, told = following.communicate(timeout=2 * _WAIT)
    assert (following.returncode, told) == (0, "")
    history = place.store.metrics.get_history(GetMetricHistory(run_id, "acc"))
    assert [point.step for point in history.metrics] == [*range(20_000)]
    assert place.ending(name)[0] == "KILLED"
    place.store.close()


def test_a_script_that_is_told_to_end_waits_for_the_files_that_are_being_kept(
    folder: Place, request: pytest.FixtureRequest
) -> None:
    name = named(request)
    slow = """
from millstream.capture import snapshot
contents = snapshot.contents
def slowly(*arguments):
    for path, content in contents(*arguments):
        time.sleep(0.5)
        yield path, content
snapshot.contents = slowly
"""
    process = folder.ready("import time" + slow + BEGIN.format(name=name) + SLEEP)
    process.terminate()
    process.communicate(timeout=60)
    run = folder.run(name)
    assert run.info.status == "KILLED"
    kept = Path(str(run.info.artifact_uri).removeprefix("file://"), ".millstream")
    assert {"machine.json", "requirements.txt"} <= {path.name for path in kept.iterdir()}
    assert list(Path(folder.uri, "journal").iterdir()) == []


def test_a_script_that_is_told_to_end_leaves_no_journal(
    folder: Place, request: pytest.FixtureRequest
) -> None:
    """It logs nothing while it ends, so that all has arrived."""
    name = named(request)
    process = folder.ready(BEGIN.format(name=name) + SLEEP)
    process.terminate()
    _, told = process.communicate(timeout=60)
    assert folder.ending(name) == ("KILLED", "terminated: SIGTERM")
    assert list(Path(folder.uri, "journal").iterdir()) == []
    assert "did not take all" not in told


def test_a_script_that_is_told_to_end_says_what_is_left(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    place = Place("http://127.0.0.1:9", tmp_path)  # where nobody listens
    script = BEGIN.format(name=named(request)) + SLEEP
    process = place.ready(script, MILLSTREAM_EXIT_WAIT="0.5")
    process.terminate()
    _, told = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGTERM
    assert "http://127.0.0.1:9 did not take all of run " in told
    assert (
        "`millstream sync --tracking-uri http://127.0.0.1:9` sends it when the store is back."
        in told
    )


def test_a_script_that_can_begin_no_thread_logs_all_the_same(
    place: Place, request: pytest.FixtureRequest
) -> None:
    """As where a container or user has too many; at the end there is room again."""
    name = named(request)
    script = (
        "import threading\n"
        "start = threading.Thread.start\n"
        'def refused(self):\n    raise RuntimeError("can\'t start new thread")\n'
        "threading.Thread.start = refused\n"
        + BEGIN.format(name=name)
        + "for step in range(500):\n    millstream.log_metric('acc', 0.5, step=step)\n"
        "millstream.log_param('lr', 1)\n"
        "print('still heard', flush=True)\n"
        "threading.Thread.start = start\n"
    )
    process = place.start(script)
    said, told = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "still heard\n"), told
    found = place.run(name)
    assert (found.info.status, found.data.params) == ("FINISHED", {"lr": "1"})
    history = place.store.metrics.get_history(GetMetricHistory(found.info.run_id, "acc"))
    assert [point.step for point in history.metrics] == [*range(500)]


def test_a_script_whose_output_nobody_reads_ends_well(
    server: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """As in a pipeline whose next program has seen enough: the links to the run are not read."""
    name = named(request)
    place = Place(server, tmp_path)
    script = BEGIN.format(name=name) + READY + "time.sleep(0.2)\nmillstream.end_run()\n"
    process = place.ready(
        script + "os.close(1)\n", MILLSTREAM_SUPPRESS_PRINTING_URL_TO_STDOUT="false"
    )
    assert process.stdout is not None
    process.stdout.close()
    assert "Traceback" not in process.communicate(timeout=60)[1]
    assert place.ending(name) == ("FINISHED", None)
    place.store.close()


def test_a_machine_that_vanished_is_found_by_its_lease_and_may_come_back(
    server: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Of another boot, as far as the server can tell, and stopped, as a laptop that was closed."""
    name = named(request)
    place = Place(server, tmp_path)
    elsewhere = "from millstream.machine import Machine\nMachine.boot_id = 'of another machine'\n"
    process = place.ready(elsewhere + BEGIN.format(name=name) + SLEEP)
    process.send_signal(signal.SIGSTOP)
    run = place.wait_for(name, "KILLED")
    assert run.data.tags["millstream.end.reason"].startswith(
        f"lost: nothing was heard of process {process.pid} on "
    )
    process.send_signal(signal.SIGCONT)
    run = place.wait_for(name, "RUNNING")
    assert "millstream.end.reason" not in run.data.tags
    assert run.info.end_time is None
    process.terminate()
    process.communicate(timeout=60)
    assert place.ending(name) == ("KILLED", "terminated: SIGTERM")
    place.store.close()


def test_a_script_waits_long_and_is_not_lost(
    server: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Its heartbeats arrive, though nothing is logged for several leases.

    Of which each is longer than a busy machine lets a process wait.
    """
    name = named(request)
    place = Place(server, tmp_path)
    elsewhere = "from millstream.machine import Machine\nMachine.boot_id = 'of another machine'\n"
    script = elsewhere + BEGIN.format(name=name) + SLEEP
    process = place.ready(script, MILLSTREAM_RUN_LEASE="4")
    ends = time.monotonic() + 9
    while time.monotonic() < ends:
        assert place.ending(name) == ("RUNNING", None)
        time.sleep(0.2)
    process.terminate()
    process.communicate(timeout=60)
    place.store.close()
