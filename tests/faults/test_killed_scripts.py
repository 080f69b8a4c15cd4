"""A script that is killed at any moment: all that it had logged before is there."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.faults.cases import Case, untroubled
from tests.faults.server import serving
from tests.faults.trial import Script, millstream, sync

from millstream import MillstreamClient

LIVES = 5
MANY_LIVES = 100
LATEST_STEP = 400


def kill_again_and_again(case: Case, folder: Path, lives: int) -> None:
    """Kill scripts after a step that chance names, wherever they are by then."""
    product = millstream()
    client = MillstreamClient(case.uri)
    chance = random.Random(lives)  # noqa: S311  # it chooses when to kill
    for life in range(lives):
        script = Script(product, case, folder / str(life), moment="never", steps=0)
        script.until(f"step {chance.randrange(LATEST_STEP)}")
        script.kill()
        acknowledged = int(script.value_of("step") or 0)
        assert sync(product, case, script) == ""
        history = client.get_metric_history(script.value_of("run") or "", "loss")
        steps = [point.step for point in history]
        assert steps == list(range(len(steps)))
        assert [point.value for point in history] == [1 / (step + 1) for step in steps]
        assert len(steps) in (acknowledged + 1, acknowledged + 2), (life, acknowledged)


@contextmanager
def place(kind: str, folder: Path) -> Iterator[Case]:
    if kind == "folder":
        yield untroubled(str(folder / "runs"))
        return
    with serving(folder / "server") as server:
        yield untroubled(server.url)


@pytest.mark.parametrize("kind", ["folder", "server"])
def test_killed_scripts_lose_nothing(kind: str, tmp_path: Path) -> None:
    with place(kind, tmp_path) as case:
        kill_again_and_again(case, tmp_path, LIVES)


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("kind", ["folder", "server"])
def test_two_hundred_killed_scripts_lose_nothing(kind: str, tmp_path: Path) -> None:
    with place(kind, tmp_path) as case:
        kill_again_and_again(case, tmp_path, MANY_LIVES)
