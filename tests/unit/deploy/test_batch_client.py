"""Jobs that score files: waited for, and what was made for them is gone in the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.deploy.memory_batches import MemoryBatches
from tests.unit.deploy.memory_target import MemoryTarget

from millstream.deploy.applying import DeploymentFailed
from millstream.deploy.batch import BatchJob
from millstream.deploy.client import DeploymentClient
from millstream.deploy.target import State
from millstream.deploy.wish import PATIENCE
from millstream.errors import InvalidParameter, NotFound, NotSupported, Unavailable
from millstream.model_format.manifest import Manifest

FILES = ("store://rows", "store://scores.csv")


@pytest.fixture
def model(tmp_path: Path) -> str:
    folder = tmp_path / "model"
    folder.mkdir()
    manifest = Manifest(model_id="m-1")
    manifest.add_flavor("python_function", loader_module="millstream.integrations.sklearn")
    manifest.save(folder / "MLmodel")
    return str(folder)


def client(target: MemoryTarget) -> DeploymentClient:
    return DeploymentClient("memory", target, tell=lambda _: None)


def test_a_job_is_waited_for_and_what_was_made_for_it_goes(model: str) -> None:
    target = MemoryBatches("pending", "unknown", "ready")
    done = client(target).start_batch("nightly", model, *FILES, config={"compute": "small"})
    assert (done["name"], done["state"], target.jobs) == ("nightly", "ready", {})
    (wish,) = target.wishes
    assert (wish.name, wish.model, wish.flavor) == ("nightly", Path(model), "python_function")
    assert wish.patience == PATIENCE  # of each step; the job itself may take a day


def test_a_job_that_nobody_waits_for_stays_until_it_is_stopped(model: str) -> None:
    target = MemoryBatches("pending", "ready")
    here = client(target)
    config = {"synchronous": False, "compute": "small", "timeout_seconds": 5}
    assert here.start_batch("nightly", model, *FILES, config=config)["state"] == "pending"
    assert target.jobs == {"nightly": BatchJob("nightly", *FILES, {"compute": "small"})}
    assert target.wishes[0].patience == 5
    assert here.batch_status("nightly").state == "ready"
    here.stop_batch("nightly")
    here.stop_batch("nightly")
    with pytest.raises(NotFound):
        here.batch_status("nightly")


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (("pending", "failed"), "'nightly' failed: it is failed. What had been made for it was"),
        (("pending",) * 9, "was not finished within 0.1 s: it is pending. What had been made"),
        ((Unavailable("Nobody answered."),), "Nobody answered. What had been made"),
    ],
)
def test_a_job_that_fails_takes_along_what_was_made(
    model: str, states: tuple[State | BaseException, ...], said: str
) -> None:
    target = MemoryBatches(*states)
    with pytest.raises(DeploymentFailed, match=said):
        client(target).start_batch("nightly", model, *FILES, config={"timeout_seconds": 0.1})
    assert target.jobs == {}


def test_who_ends_the_waiting_ends_the_job(model: str) -> None:
    target = MemoryBatches("pending", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        client(target).start_batch("nightly", model, *FILES)
    assert target.jobs == {}


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("ready", "is finished, and its predictions are there, but not all .* Busy. Stop the job"),
        ("failed", "failed: it is failed. What was made for it could not be removed: Busy. Stop"),
    ],
)
def test_what_could_not_be_removed_is_told(model: str, state: State, said: str) -> None:
    target = MemoryBatches(state)
    target.stuck.append("Busy.")
    with pytest.raises(DeploymentFailed, match=said):
        client(target).start_batch("nightly", model, *FILES)


def test_what_is_no_job_is_refused_before_anything_is_made(model: str) -> None:
    target = MemoryBatches()
    here = client(target)
    with pytest.raises(InvalidParameter, match=r"The job is called '\.\./x'"):
        here.start_batch("../x", model, *FILES)
    with pytest.raises(InvalidParameter, match="The input of the job is no URI: it has 0"):
        here.start_batch("nightly", model, "", "store://scores")
    with pytest.raises(InvalidParameter, match="The output of the job is no URI: it has 2049"):
        here.start_batch("nightly", model, "store://rows", "x" * 2049)
    with pytest.raises(InvalidParameter, match="no option 'image'; it has compute, synchronous"):
        here.start_batch("nightly", model, *FILES, config={"image": "x"})
    assert target.wishes == []
    with pytest.raises(NotSupported, match="'memory' has no jobs that score files"):
        client(MemoryTarget()).start_batch("nightly", model, *FILES)
