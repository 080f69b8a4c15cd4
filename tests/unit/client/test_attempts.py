"""Scripts that resume a run from a step, and that fork one."""

from __future__ import annotations

import time

import pytest

import millstream
from millstream.errors import InvalidParameter, NotFound


def steps(client: millstream.MillstreamClient, run_id: str, key: str = "loss") -> list[int]:
    return [point.step for point in client.get_metric_history(run_id, key)]


def trained(points: int) -> str:
    """The id of a run that logged so many points, and failed."""
    run = millstream.start_run()
    for step in range(points):
        millstream.log_metric("loss", 1 / (1 + step), step)
    millstream.end_run("FAILED")
    return str(run.info.run_id)


def test_a_run_goes_on_from_a_step(client: millstream.MillstreamClient) -> None:
    run_id = trained(6)
    with millstream.start_run(run_id=run_id, from_step=3):
        for step in (4, 5):
            millstream.log_metric("loss", 9.0 + step, step)
    assert client.get_run(run_id).info.status == "FINISHED"
    assert client.get_run(run_id).data.metrics == {"loss": 14.0}
    assert steps(client, run_id) == [0, 1, 2, 3, 4, 5]
    first, second = client.get_attempts(run_id)
    assert (first.attempt, first.from_step, first.metric_keys) == (1, None, ["loss"])
    assert (second.attempt, second.from_step, second.end_time) == (2, 3, None)
    left = client.get_attempt_history(run_id, "loss", 1)
    assert [(point.step, point.value) for point in left] == [(4, 1 / 5), (5, 1 / 6)]


def test_what_follows_is_of_the_new_attempt_even_within_a_millisecond(
    client: millstream.MillstreamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = client.create_run("0").info.run_id
    ahead = time.time_ns() // 1_000_000 + 500
    client.log_metric(run_id, "loss", 1.0, ahead, 5)
    attempt = client.start_attempt(run_id, 4)
    assert attempt is not None
    assert attempt.start_time == ahead + 1
    client.log_metric(run_id, "loss", 2.0, step=5)
    assert [point.value for point in client.get_metric_history(run_id, "loss")] == [2.0]


def test_resuming_without_a_step_leaves_nothing_behind(client: millstream.MillstreamClient) -> None:
    run_id = trained(3)
    with millstream.start_run(run_id=run_id):
        millstream.log_metric("loss", 0.0, 3)
    assert steps(client, run_id) == [0, 1, 2, 3]
    assert len(client.get_attempts(run_id)) == 1


def test_a_step_needs_a_run(client: millstream.MillstreamClient) -> None:
    with pytest.raises(InvalidParameter, match=r"from_step=3 says where to go on .* no run is"):
        millstream.start_run(from_step=3)
    with pytest.raises(NotFound, match="Run with id=deadbeef not found"):
        millstream.start_run("deadbeef", from_step=3)


def test_a_fork_is_a_run_that_is_active(client: millstream.MillstreamClient) -> None:
    run_id = trained(6)
    client.set_tag(run_id, "team", "blue")
    with millstream.fork_run(run_id, step=3, tags={"try": 2}, description="lower rate") as fork:
        active = millstream.active_run()
        assert active is not None
        assert active.info.run_id == fork.info.run_id != run_id
        millstream.log_metric("loss", 7.0, 4)
    found = client.get_run(fork.info.run_id)
    assert found.info.status == "FINISHED"
    assert steps(client, fork.info.run_id) == [0, 1, 2, 3, 4]
    assert steps(client, run_id) == [0, 1, 2, 3, 4, 5]
    tags = found.data.tags
    assert (tags["team"], tags["try"], tags["mlflow.note.content"]) == ("blue", "2", "lower rate")
    assert (tags["millstream.forkedFrom"], tags["millstream.forkedFromStep"]) == (run_id, "3")
    assert tags["mlflow.source.type"] == "LOCAL"


def test_a_fork_has_what_this_process_logged_just_now(client: millstream.MillstreamClient) -> None:
    with millstream.start_run() as run:
        millstream.log_metric("loss", 1.0, 1)
        with millstream.fork_run(run.info.run_id, nested=True) as fork:
            millstream.log_metric("loss", 2.0, 2)
    assert steps(client, fork.info.run_id) == [1, 2]
    parent = client.get_parent_run(fork.info.run_id)
    assert parent is not None
    assert parent.info.run_id == run.info.run_id


def test_a_fork_beside_the_active_run_is_refused_before_it_is_made(
    client: millstream.MillstreamClient,
) -> None:
    with (
        millstream.start_run() as run,
        pytest.raises(Exception, match="is already active"),
    ):
        millstream.fork_run(run.info.run_id)
    assert len(client.search_runs(["0"])) == 1


def test_a_fork_may_be_in_another_experiment(client: millstream.MillstreamClient) -> None:
    run_id = trained(2)
    other = client.create_experiment("other")
    millstream.set_experiment("active")
    with millstream.fork_run(run_id, experiment_id=other, run_name="again") as fork:
        assert (fork.info.experiment_id, fork.info.run_name) == (other, "again")
    made = client.fork_run(run_id, 0)
    assert (made.info.experiment_id, made.info.status) == ("0", "RUNNING")
    assert made.info.run_name == f"{client.get_run(run_id).info.run_name}-fork"
