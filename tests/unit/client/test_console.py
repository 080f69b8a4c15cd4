"""The console output of runs on its way."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import millstream
from millstream.client import console
from millstream.client.capturing import CAPTURING
from millstream.client.console import RunConsole
from millstream.client.session import SESSION
from millstream.entities.console import ConsoleLine, ListConsole, LogConsole
from millstream.errors import EndpointNotFound, InvalidParameter, MillstreamError, Unavailable
from millstream.store.pending import Pending


@pytest.fixture(autouse=True)
def captures(fresh_session: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MILLSTREAM_CAPTURE", "console")
    CAPTURING.after_fork()
    yield
    CAPTURING.after_fork()


def _lines(run: millstream.Run) -> list[tuple[str, str]]:
    listed = SESSION.stores.patient(SESSION.place).console.list(ListConsole(run.info.run_id))
    return [(line.text, line.stream) for line in listed.lines]


def test_what_is_printed_while_a_run_is_active_is_its_own(folder: Path) -> None:
    print("before")
    with millstream.start_run() as run:
        print("out \x1b[1mbold\x1b[0m")
        print("err", file=sys.stderr)
        print("API_KEY=abcd1234")
        print("rest", end="")
    print("after")
    expected = [("out \x1b[1mbold\x1b[0m", "stdout"), ("err", "stderr")]
    assert _lines(run) == [*expected, ("API_KEY=***", "stdout"), ("rest", "stdout")]
    assert "write" not in vars(sys.stdout)


def test_nested_runs_leave_it_to_the_outer(folder: Path) -> None:
    with millstream.start_run() as outer:
        with millstream.start_run(nested=True) as inner:
            print("within")
        print("outside")
    assert _lines(outer) == [("within", "stdout"), ("outside", "stdout")]
    assert _lines(inner) == []


def test_a_run_that_is_taken_up_again_goes_on(folder: Path) -> None:
    with millstream.start_run() as run:
        print("first")
    with millstream.start_run(run.info.run_id):
        print("second")
    assert _lines(run) == [("first", "stdout"), ("second", "stdout")]


def test_private_keys_are_masked_line_by_line(folder: Path) -> None:
    with millstream.start_run() as run:
        for line in ("-----BEGIN PRIVATE KEY-----", "MIIE", "AAAA", "-----END PRIVATE KEY-----"):
            print(line)
        print("MIIE")
    texts = [text for text, _ in _lines(run)]
    assert texts[1:] == ["***", "***", "-----END PRIVATE KEY-----", "MIIE"]


def test_colours_in_a_secret_and_around_it_do_not_let_it_pass(folder: Path) -> None:
    half = "A1b2C3d4E5f6A1b2C3"
    with millstream.start_run() as run:
        print(f"\x1b[32mfound\x1b[0m ghp_{half}\x1b[31m{half}\x1b[0m")
        print(f"ghp_{half}{half}\x1b[31m{half}\x1b[0m")
        print("pass\x1b[1mword\x1b[0m=abcd\x1b[31m1234\x1b[0m")
        print(f"\x1b[32mghp_{half}{half}\x1b[0m")
        print(f"\x1b[32mfound\x1b[0m ghp_{half}{half}")
        print("-----BEGIN \x1b[31mPRIVATE\x1b[0m KEY-----")
        print("MIIE")
        print("-----\x1b[31mEND\x1b[0m PRIVATE KEY-----")
    texts = [text for text, _ in _lines(run)]
    assert texts[:3] == ["found ***", "***", "password=***"]
    assert texts[3:5] == ["***", "\x1b[32mfound\x1b[0m ***"]
    assert texts[6:] == ["***", "-----\x1b[31mEND\x1b[0m PRIVATE KEY-----"]


class _Console:
    """A store's console that refuses with some errors first."""

    def __init__(self, *errors: MillstreamError) -> None:
        self.errors = list(errors)
        self.requests: list[LogConsole] = []

    def log(self, request: LogConsole) -> Pending[None]:
        pending: Pending[None] = Pending()
        if self.errors:
            pending.fail(self.errors.pop(0))
        else:
            self.requests.append(request)
            pending.succeed(None)
        return pending


Begin = Callable[..., RunConsole]


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Begin:
    def begun(stored: _Console, files: str = "") -> RunConsole:
        monkeypatch.setattr(console, "write", lambda _place, _run_id, request: stored.log(request))
        return RunConsole("somewhere", "r", files)

    return begun


def _texts(stored: _Console) -> list[str]:
    return [line.text for request in stored.requests for line in request.lines]


def test_lines_that_cannot_go_go_with_the_next(begin: Begin) -> None:
    stored = _Console(Unavailable("away"))
    way = begin(stored)
    way.deliver([ConsoleLine(0, "a"), ConsoleLine(1, "b")], False)
    assert stored.requests == []
    way.deliver([ConsoleLine(1, "B", revision=1)], False)
    assert _texts(stored) == ["a", "B"]


def test_requests_are_within_the_limits(begin: Begin) -> None:
    stored = _Console()
    numbers = [*range(1_500), 12_000]
    begin(stored).deliver([ConsoleLine(number, "x") for number in numbers], True)
    assert [len(request.lines) for request in stored.requests] == [1_000, 500, 1]
    assert len({request.process for request in stored.requests}) == 1


def test_what_is_refused_is_told_and_not_sent_again(begin: Begin) -> None:
    stored = _Console(InvalidParameter("too much"))
    way = begin(stored)
    with pytest.raises(InvalidParameter, match="too much"):
        way.deliver([ConsoleLine(0, "a")], False)
    way.deliver([ConsoleLine(1, "b")], True)
    assert _texts(stored) == ["b"]


def test_a_store_that_is_away_at_the_end_is_told(begin: Begin) -> None:
    with pytest.raises(Unavailable, match="away"):
        begin(_Console(Unavailable("away"))).deliver([ConsoleLine(0, "a")], True)


def test_a_server_without_consoles_gets_a_file(begin: Begin, tmp_path: Path) -> None:
    way = begin(_Console(EndpointNotFound("no such path")), str(tmp_path))
    way.deliver([ConsoleLine(0, "a"), ConsoleLine(1, "10 %")], False)
    way.deliver([ConsoleLine(1, "100 %", revision=1)], True)
    assert (tmp_path / "console.log").read_text() == "a\n100 %\n"
