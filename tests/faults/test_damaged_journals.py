"""A journal that was damaged on disk: `sync` sends what precedes the damage, and tells of it."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from struct import Struct
from typing import Any, NamedTuple

import pytest
from tests.faults.cases import untroubled
from tests.faults.server import Server, serving
from tests.faults.trial import Script, millstream

from millstream import MillstreamClient

STEPS = 60
FEW = 5
MANY = 60
MAGIC_LENGTH = 8
PREFIX = Struct("<II")
POINTS = b"MN"

Damage = Callable[[bytes, int], bytes]


class Left(NamedTuple):
    """What a script left that lost its server in the middle: its journal, and its run."""

    server: Server
    script: Script
    kept: Path
    """A copy of the folder that it left."""
    path: Path
    content: bytes
    run_id: str

    def sync(self, content: bytes) -> list[dict[str, Any]]:
        """Send the journal with this content; what the command tells of it."""
        shutil.rmtree(self.path.parent)
        shutil.copytree(self.kept, self.path.parent)
        self.path.write_bytes(content)
        command = [*millstream().sync, "--json", "--tracking-uri", self.server.url]
        done = subprocess.run(command, env=self.script.environment, capture_output=True, text=True)
        told: list[dict[str, Any]] = json.loads(done.stdout)
        return told

    def steps(self) -> list[int]:
        """The steps that the server has of the metric that the script logs."""
        history = MillstreamClient(self.server.url).get_metric_history(self.run_id, "loss")
        assert [point.value for point in history] == [1 / (p.step + 1) for p in history]
        return [point.step for point in history]


@pytest.fixture
def left(tmp_path: Path) -> Iterator[Left]:
    with serving(tmp_path / "server") as server:
        case = untroubled(server.url)
        script = Script(millstream(0), case, tmp_path, moment="middle", steps=STEPS)
        script.until("reached middle")
        server.kill()
        assert script.go_on(60) == 0, script.errors
        server.start()
        run_id = script.value_of("run") or ""
        (path,) = (tmp_path / "state").rglob(f"{run_id}-*.journal")
        for other in path.parent.glob("experiment-*.journal"):
            other.unlink()  # that of the experiment's tag is not what is damaged here
        kept = tmp_path / "kept"
        shutil.copytree(path.parent, kept)
        yield Left(server, script, kept, path, path.read_bytes(), run_id)


def bodies(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Where each frame ends, and its body: frames are a length, a checksum and a body."""
    position = MAGIC_LENGTH
    while position < len(content):
        length, _ = PREFIX.unpack_from(content, position)
        body = position + PREFIX.size
        position = body + length
        yield position, content[body:position]


def frame_ends(content: bytes) -> set[int]:
    return {end for end, _ in bodies(content)}


def points_before(content: bytes, position: int) -> int:
    """How many points of the metric lie whole before a position."""
    points = (end for end, body in bodies(content) if body[0] in POINTS and b"loss" in body)
    return sum(end <= position for end in points)


def cut(content: bytes, position: int) -> bytes:
    return content[:position]


def flip(content: bytes, position: int) -> bytes:
    return content[:position] + bytes([content[position] ^ 0xFF]) + content[position + 1 :]


def damage_again_and_again(left: Left, damage: Damage, times: int) -> None:
    """From the front to the back, so that all that is there came from what precedes the damage."""
    chance = random.Random(times)  # noqa: S311  # it chooses where to damage
    here = len(left.steps())
    ends = frame_ends(left.content) if damage is cut else set()
    for position in sorted(chance.sample(range(MAGIC_LENGTH, len(left.content)), times)):
        told = left.sync(damage(left.content, position))
        steps = left.steps()
        whole = max(here, points_before(left.content, position))
        assert steps == list(range(whole)), position
        (outcome,) = told
        assert outcome["failed"] or outcome["damage"] or position in ends, (position, outcome)
    left.sync(left.content)
    assert left.steps() == list(range(STEPS))


@pytest.mark.parametrize("damage", [cut, flip])
def test_what_precedes_the_damage_is_sent(left: Left, damage: Damage) -> None:
    damage_again_and_again(left, damage, FEW)


@pytest.mark.soak
@pytest.mark.parametrize("damage", [cut, flip])
def test_what_precedes_any_damage_is_sent(left: Left, damage: Damage) -> None:
    damage_again_and_again(left, damage, MANY)
