"""Following the console of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from millstream import connect
from millstream.cli import following
from millstream.cli.following import written_lines
from millstream.cli.runs import runs
from millstream.entities.console import ConsoleLine, LogConsole
from millstream.entities.runs import CreateRun, UpdateRun
from millstream.settings import Settings
from millstream.store.interface import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = connect.open_store(str(tmp_path), Settings())
    yield opened
    opened.close()


@pytest.fixture
def run_id(store: Store) -> str:
    return store.runs.create(CreateRun("0")).result().info.run_id


def _log(store: Store, run_id: str, *texts: str, first: int = 0, revision: int = 0) -> None:
    lines = [ConsoleLine(first + at, text, revision=revision) for at, text in enumerate(texts)]
    store.console.log(LogConsole(run_id, "p", lines)).result()


def test_all_lines_of_however_many_pages(
    store: Store, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _log(store, run_id, *"abcdefg")
    monkeypatch.setattr(following, "PAGE", 3)
    assert [line.text for line in written_lines(store, run_id, follow=False)] == list("abcdefg")


def test_following_waits_for_lines_and_ends_with_the_run(store: Store, run_id: str) -> None:
    _log(store, run_id, "start", "10 %")
    steps: list[Callable[[], object]] = [
        lambda: _log(store, run_id, "20 %", first=1, revision=1),
        lambda: _log(store, run_id, "100 %", "done", first=1, revision=2),
        lambda: store.runs.update(UpdateRun(run_id, "FINISHED", 1)).result(),
    ]

    def pause(_seconds: float) -> None:
        steps.pop(0)()

    found = written_lines(store, run_id, follow=True, pause=pause)
    assert [line.text for line in found] == ["start", "100 %", "done"]
    assert steps == []


def test_the_command_prints_lines(store: Store, run_id: str, tmp_path: Path) -> None:
    _log(store, run_id, "a", "b")
    store.runs.update(UpdateRun(run_id, "FINISHED", 1)).result()
    words = ["console", run_id, "--tracking-uri", str(tmp_path)]
    assert CliRunner().invoke(runs, [*words, "--follow"]).output == "a\nb\n"
    assert '"text":"b"' in CliRunner().invoke(runs, [*words, "--json"]).output
