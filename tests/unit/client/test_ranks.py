"""Which process of a job this is, and what its run is given by it."""

from __future__ import annotations

import pytest

import millstream
from millstream import settings
from millstream.client import active, ranks
from millstream.client.ranks import Part
from millstream.client.session import SESSION
from millstream.errors import InvalidParameter, NotFound

TORCHRUN = {"RANK": "3", "WORLD_SIZE": "8", "LOCAL_RANK": "1", "TORCHELASTIC_RUN_ID": "job-7"}
SLURM = {"SLURM_PROCID": "5", "SLURM_NTASKS": "8", "SLURM_LOCALID": "0", "SLURM_JOB_ID": "42"}


def launch(patched: pytest.MonkeyPatch, **environment: str) -> None:
    for name, value in environment.items():
        patched.setenv(name, value)


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        (TORCHRUN, settings.Launched(3, 8, 1)),
        (SLURM, settings.Launched(5, 8, 0)),
        ({"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "2"}, settings.Launched(0, 2)),
        ({"PMI_RANK": "1", "PMI_SIZE": "2"}, settings.Launched(1, 2)),
        ({**SLURM, "RANK": "0", "WORLD_SIZE": "1"}, settings.Launched(5, 8, 0)),
        ({"RANK": "0", "WORLD_SIZE": "1"}, None),
        ({"RANK": "8", "WORLD_SIZE": "8"}, None),
        ({"RANK": "-1", "WORLD_SIZE": "8"}, None),
        ({"RANK": "one", "WORLD_SIZE": "two"}, None),
        ({"RANK": "1"}, None),
        ({}, None),
    ],
)
def test_launchers_are_known_by_their_variables(
    environment: dict[str, str], found: settings.Launched | None
) -> None:
    assert settings.launched(environment) == found


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        (TORCHRUN, "TORCHELASTIC_RUN_ID:job-7"),
        ({**SLURM, "TORCHELASTIC_RUN_ID": "none"}, "SLURM_JOB_ID:42::"),
        ({**SLURM, "SLURM_STEP_ID": "1", "SLURM_CLUSTER_NAME": "a"}, "SLURM_JOB_ID:42:1:a"),
        ({"PMIX_NAMESPACE": "prterun-host-7@1"}, "PMIX_NAMESPACE:prterun-host-7@1"),
        ({"RANK": "0", "WORLD_SIZE": "2"}, None),
    ],
)
def test_jobs_are_known_by_their_variables(environment: dict[str, str], found: str | None) -> None:
    assert settings.job(environment) == found


def test_a_launcher_counts_only_where_the_environment_says_that_runs_are_shared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    launch(monkeypatch, **TORCHRUN)
    found = settings.Settings()
    assert ranks.part_of(found, None, None, "0") == Part(None)
    assert ranks.part_of(found, "given", None, "0") == Part("given")
    assert ranks.part_of(found, None, "named", "0") == Part("named", 3)
    alone = settings.Settings(detect_rank=False)
    assert ranks.part_of(alone, None, "named", "0") == Part("named")


def test_a_rank_that_was_said_counts_for_every_run_that_is_named() -> None:
    found = settings.Settings(rank=2)
    assert ranks.part_of(found, None, None, "0") == Part(None)
    assert ranks.part_of(found, "given", None, "0") == Part("given", 2)
    assert ranks.part_of(found, None, "named", "0") == Part("named", 2)
    with pytest.raises(InvalidParameter, match="MILLSTREAM_RANK is -1"):
        ranks.part_of(settings.Settings(rank=-1), "given", None, "0")


def test_processes_of_a_job_find_the_same_new_ids(
    new_session: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch(monkeypatch, **TORCHRUN)
    found = settings.Settings(share_run=True)
    first, second = (ranks.part_of(found, None, None, "0").run_id for _ in range(2))
    assert first is not None
    assert first != second
    assert ranks.part_of(found, None, "named", "0") == Part("named", 3, is_met=True)
    ids = {first, second}
    for name, value in (("TORCHELASTIC_RUN_ID", "job-8"), ("RANK", "4")):
        monkeypatch.setenv(name, value)
        SESSION.shared_runs = 0
        ids.add(str(ranks.part_of(found, None, None, "0").run_id))
    assert len(ids) == 3


def test_a_job_without_a_name_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    launch(monkeypatch, RANK="1", WORLD_SIZE="2", MILLSTREAM_SHARE_RUN="true")
    with pytest.raises(InvalidParameter, match="Set MILLSTREAM_RUN_ID to the same new name"):
        millstream.start_run()


@pytest.mark.parametrize("name", ["MLFLOW_RUN_ID", "MILLSTREAM_RUN_ID"])
def test_another_rank_neither_ends_nor_renames_the_run(
    name: str, client: millstream.MillstreamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = client.create_run("0", run_name="shared")
    client.set_terminated(run.info.run_id, "FINISHED", 5)
    launch(monkeypatch, **{**TORCHRUN, name: run.info.run_id})
    with millstream.start_run(run_name="mine"):
        assert active.current().rank == 3
        millstream.log_metric("loss", 1.0)
        millstream.log_metrics({"loss": 2.0, "system/3/cpu": 3.0}, step=1)
        millstream.log_metric("loss", 3.0, step=2, run_id=run.info.run_id)
    found = client.get_run(run.info.run_id)
    assert (found.info.status, found.info.end_time, found.info.run_name) == (
        "FINISHED",
        5,
        "shared",
    )
    assert found.data.metrics == {"rank/3/loss": 3.0, "system/3/cpu": 3.0}
    assert len(client.get_metric_history(run.info.run_id, "rank/3/loss")) == 3


def test_params_and_tags_of_another_rank(
    client: millstream.MillstreamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = client.create_run("0", tags={"team": "blue"}).info.run_id
    client.log_param(run_id, "lr", "0.1")
    monkeypatch.setenv("MILLSTREAM_RANK", "2")
    with millstream.start_run(run_id, tags={"team": "blue", "seed": "7"}):
        millstream.log_param("lr", 0.1)
        millstream.log_params({"lr": 0.1, "batch": 8})
        millstream.set_tag("team", "red")
        millstream.set_tags({"team": "blue", "host": "b"})
        for log in (
            lambda: millstream.log_param("lr", 2),
            lambda: millstream.log_params({"lr": 2}),
        ):
            with pytest.raises(InvalidParameter, match=r"'2'.*\(This was rank 2 of the run"):
                log()
    data = client.get_run(run_id).data
    assert data.params == {"lr": "0.1", "batch": "8"}
    own = {key: value for key, value in data.tags.items() if not key.startswith("mlflow.")}
    assert own == {
        "team": "blue",
        "rank/2/seed": "7",
        "rank/2/team": "red",
        "rank/2/host": "b",
    }


def test_names_that_become_too_long_are_refused_at_the_call(
    client: millstream.MillstreamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = client.create_run("0").info.run_id
    monkeypatch.setenv("MILLSTREAM_RANK", "12")
    with (
        millstream.start_run(run_id),
        pytest.raises(InvalidParameter, match="exceeds the maximum length of 250"),
    ):
        millstream.log_metric("k" * 245, 1.0)


def test_nested_runs_are_a_process_s_own(
    client: millstream.MillstreamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = client.create_run("0").info.run_id
    monkeypatch.setenv("MILLSTREAM_RANK", "1")
    with millstream.start_run(run_id), millstream.start_run(nested=True) as inner:
        millstream.log_metric("loss", 1.0)
    found = client.get_run(inner.info.run_id)
    assert (found.info.status, found.data.metrics) == ("FINISHED", {"loss": 1.0})


def test_a_rank_that_fails_says_why(
    client: millstream.MillstreamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = client.create_run("0").info.run_id
    monkeypatch.setenv("MILLSTREAM_RANK", "1")
    with pytest.raises(ValueError, match="no"), millstream.start_run(run_id):
        raise ValueError("no such file")
    run = client.get_run(run_id)
    assert run.info.status == "RUNNING"
    assert run.data.tags["millstream.rank.1"] == "FAILED: ValueError: no such file"


def test_the_first_process_creates_the_run_and_rank_0_owns_it(
    client: millstream.MillstreamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch(monkeypatch, **TORCHRUN, MILLSTREAM_SHARE_RUN="true")
    with millstream.start_run() as run:
        run_id = run.info.run_id
        millstream.log_metric("loss", 1.0)
    assert client.get_run(run_id).info.status == "RUNNING"
    monkeypatch.setenv("RANK", "0")
    SESSION.shared_runs = 0
    with millstream.start_run(run_name="owned") as run:
        assert run.info.run_id == run_id
        millstream.log_metric("loss", 2.0)
    found = client.get_run(run_id)
    assert (found.info.status, found.info.run_name) == ("FINISHED", "owned")
    assert found.data.metrics == {"rank/3/loss": 1.0, "loss": 2.0}


def test_a_run_that_nobody_made_is_no_run_to_share(
    client: millstream.MillstreamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch(monkeypatch, **TORCHRUN, MILLSTREAM_RUN_ID="nobody-made-it")
    with pytest.raises(NotFound, match="Run with id=nobody-made-it not found"):
        millstream.start_run()
    launch(monkeypatch, MILLSTREAM_SHARE_RUN="true", MILLSTREAM_RUN_ID="nobody-made-it")
    with millstream.start_run() as run:
        assert run.info.run_id == "nobody-made-it"


def test_the_names_of_system_metrics() -> None:
    assert [ranks.system_prefix(rank) for rank in (0, 3)] == ["system/", "system/3/"]


def test_one_process_of_a_machine_samples_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ranks.samples_machine(0)
    assert ranks.samples_machine(3)
    launch(monkeypatch, **TORCHRUN)
    assert not ranks.samples_machine(3)
    monkeypatch.setenv("LOCAL_RANK", "0")
    assert ranks.samples_machine(3)
