from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import millstream
from millstream.errors import AlreadyExists, InvalidParameter, MillstreamError, NotFound


def test_a_run_holds_what_was_logged(folder: Path) -> None:
    with millstream.start_run(run_name="first", tags={"t": 1}, description="why") as run:
        assert millstream.active_run() is run
        assert millstream.log_param("lr", 0.1) == 0.1
        millstream.log_params({"a": None, "b": 2.5})
        millstream.log_metric("loss", 1)
        millstream.log_metrics({"x": 1.5, "y": True}, step=3)
        millstream.set_tag("one", 1)
        millstream.set_tags({"two": 2, "three": 3})
        millstream.delete_tag("three")
        found = millstream.get_run(run.info.run_id)
        assert found.info.status == "RUNNING"
    assert millstream.active_run() is None
    data = found.data
    assert data.params == {"lr": "0.1", "a": "None", "b": "2.5"}
    assert data.metrics == {"loss": 1.0, "x": 1.5, "y": 1.0}
    assert (
        data.tags.items()
        >= {
            "t": "1",
            "one": "1",
            "two": "2",
            "mlflow.runName": "first",
            "mlflow.note.content": "why",
            "mlflow.source.type": "LOCAL",
        }.items()
    )
    assert "three" not in data.tags
    ended = millstream.get_run(run.info.run_id).info
    assert (ended.status, ended.run_name) == ("FINISHED", "first")
    assert ended.end_time is not None
    assert ended.start_time is not None
    assert ended.end_time >= ended.start_time
    assert ended.user_id == data.tags["mlflow.user"]


def test_tags_of_the_script_win_over_automatic_ones(folder: Path) -> None:
    with millstream.start_run(tags={"mlflow.source.name": "mine", "mlflow.user": "ann"}) as run:
        assert run.data.tags["mlflow.source.name"] == "mine"
        assert run.info.user_id == run.data.tags["mlflow.user"] == "ann"


@pytest.mark.parametrize("error", [ValueError, GeneratorExit])
def test_a_block_that_raises_leaves_a_failed_run(folder: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), millstream.start_run() as run:
        raise error
    assert millstream.get_run(run.info.run_id).info.status == "FAILED"


def test_ending_takes_a_status_and_nonsense_leaves_the_run_active(folder: Path) -> None:
    run = millstream.start_run()
    with pytest.raises(Exception, match="Could not get run status corresponding to string bogus"):
        millstream.end_run("bogus")
    assert millstream.active_run() is run
    millstream.end_run("KILLED")
    assert millstream.get_run(run.info.run_id).info.status == "KILLED"
    millstream.end_run()  # of no run: nothing


def test_a_second_run_needs_to_be_nested(folder: Path) -> None:
    with millstream.start_run() as outer:
        with pytest.raises(Exception, match="is already active") as caught:
            millstream.start_run()
        assert type(caught.value) is Exception
        assert str(caught.value) == (
            f"Run with UUID {outer.info.run_id} is already active. To start a new run, first end "
            "the current run with mlflow.end_run(). To start a nested run, call start_run with "
            "nested=True"
        )
        with millstream.start_run(nested=True) as inner:
            assert inner.data.tags["mlflow.parentRunId"] == outer.info.run_id
        assert millstream.active_run() is outer
    parent = millstream.get_parent_run(inner.info.run_id)
    assert parent is not None
    assert parent.info.run_id == outer.info.run_id
    assert millstream.get_parent_run(outer.info.run_id) is None


def test_a_run_that_was_left_open_ends_with_the_run_around_it(folder: Path) -> None:
    with millstream.start_run():
        inner = millstream.start_run(nested=True)
    assert millstream.active_run() is None
    assert millstream.get_run(inner.info.run_id).info.status == "FINISHED"


def test_a_parent_is_named_by_id_and_must_be_there(folder: Path) -> None:
    with millstream.start_run() as parent:
        pass
    with millstream.start_run(parent_run_id=parent.info.run_id) as child:
        assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
    with pytest.raises(NotFound):
        millstream.start_run(parent_run_id="0" * 32)
    millstream.delete_run(parent.info.run_id)
    with pytest.raises(MillstreamError, match=r"under parent run .* because it is in the deleted"):
        millstream.start_run(parent_run_id=parent.info.run_id)


def test_a_run_goes_on_where_it_was_left(folder: Path) -> None:
    with millstream.start_run() as run:
        millstream.log_metric("a", 1, step=1)
    with millstream.start_run(run_id=run.info.run_id, tags={"again": "yes"}) as again:
        assert again.info.run_id == run.info.run_id
        assert again.info.status == "RUNNING"
        assert again.data.tags["again"] == "yes"
        assert again.data.metrics == {"a": 1.0}
        millstream.log_metric("a", 2, step=2)
    client = millstream.MillstreamClient()
    assert [m.value for m in client.get_metric_history(run.info.run_id, "a")] == [1.0, 2.0]
    millstream.delete_run(run.info.run_id)
    with pytest.raises(MillstreamError) as caught:
        millstream.start_run(run_id=run.info.run_id)
    assert caught.value.message == (
        f"Cannot start run with ID {run.info.run_id} because it is in the deleted state."
    )
    millstream.restore_run(run.info.run_id)
    with millstream.start_run(run_id=run.info.run_id):
        pass


def test_a_run_of_another_experiment_is_not_gone_on_with_by_mistake(folder: Path) -> None:
    with millstream.start_run() as run:
        pass
    millstream.set_experiment("other")
    with pytest.raises(MillstreamError, match="belongs to experiment 0"):
        millstream.start_run(run_id=run.info.run_id)


def test_the_environment_names_the_run_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with millstream.start_run() as run:
        pass
    monkeypatch.setenv("MLFLOW_RUN_ID", run.info.run_id)
    with millstream.start_run() as again:
        assert again.info.run_id == run.info.run_id
    assert "MLFLOW_RUN_ID" not in os.environ
    with millstream.start_run() as other:
        assert other.info.run_id != run.info.run_id


def test_logging_without_a_run_starts_one(folder: Path) -> None:
    millstream.log_metric("a", 1)
    run = millstream.active_run()
    assert run is not None
    millstream.end_run()
    last = millstream.last_active_run()
    assert last is not None
    assert last.info.run_id == run.info.run_id
    assert last.data.metrics == {"a": 1.0}
    assert last.info.status == "FINISHED"


def test_a_run_stays_in_its_store_when_the_tracking_uri_changes(
    folder: Path, tmp_path: Path
) -> None:
    with millstream.start_run() as run:
        millstream.set_tracking_uri(tmp_path / "other")
        millstream.log_metric("a", 1)
        millstream.log_param("b", 2)
        millstream.log_params({"c": 3})
        millstream.log_text("hello", "x.txt")
    found = millstream.MillstreamClient(folder).get_run(run.info.run_id)
    assert (found.data.metrics, found.data.params) == ({"a": 1.0}, {"b": "2", "c": "3"})
    assert found.info.status == "FINISHED"


def test_params_do_not_change(folder: Path) -> None:
    with millstream.start_run() as run:
        millstream.log_param("lr", 0.1)
        millstream.log_param("lr", 0.1)
        with pytest.raises(InvalidParameter) as caught:
            millstream.log_param("lr", 0.2)
    assert caught.value.message == (
        "Changing param values is not allowed. Param with key='lr' was already logged with "
        f"value='0.1' for run ID='{run.info.run_id}'. Attempted logging new value '0.2'."
    )


@pytest.mark.parametrize(
    ("key", "message"), [(None, "A key name must be provided"), (1, "not int")]
)
def test_keys_that_are_no_texts_are_refused(folder: Path, key: Any, message: str) -> None:
    with millstream.start_run() as run:
        client, run_id = millstream.MillstreamClient(), run.info.run_id
        for log in (
            lambda: millstream.log_param(key, "x"),
            lambda: millstream.log_params({key: "x"}),
            lambda: millstream.set_tag(key, "x"),
            lambda: client.log_param(run_id, key, "x"),
            lambda: client.set_tag(run_id, key, "x"),
        ):
            with pytest.raises(InvalidParameter, match=message):
                log()


def test_more_than_one_request_takes_is_split(client: millstream.MillstreamClient) -> None:
    run_id = client.create_run("0").info.run_id
    client.log_batch(
        run_id,
        [millstream.Metric("m", float(step), 1, step) for step in range(1_500)],
        [millstream.Param(f"p{n}", n) for n in range(250)],  # type: ignore[arg-type]  # as MLflow
        [millstream.RunTag(f"t{n}", str(n)) for n in range(250)],
    )
    found = client.get_run(run_id)
    assert len(found.data.params) == 250
    assert len([tag for tag in found.data.tags if tag.startswith("t")]) == 250
    assert len(client.get_metric_history(run_id, "m")) == 1_500


def test_without_waiting_there_is_something_to_wait_for(folder: Path) -> None:
    with millstream.start_run() as run:
        operations = [
            millstream.log_metric("a", 1, synchronous=False),
            millstream.log_metrics({"b": 1}, synchronous=False),
            millstream.log_param("c", 1, synchronous=False),
            millstream.log_params({"d": 1}, synchronous=False),
            millstream.set_tag("e", 1, synchronous=False),
            millstream.set_tags({"f": 1}, synchronous=False),
        ]
        for operation in operations:
            assert operation is not None
            operation.wait()
        wrong = millstream.log_param("c", 2, synchronous=False)
        with pytest.raises(InvalidParameter, match="Changing param values"):
            wrong.wait()
        with pytest.warns(RuntimeWarning, match="Changing param values"):
            millstream.flush_async_logging()
        millstream.log_metric("g", 1, synchronous=True)
    data = millstream.get_run(run.info.run_id).data
    assert set(data.metrics) == {"a", "b", "g"}
    assert set(data.params) == {"c", "d"}


def test_a_flush_waits_for_everything_and_tells_what_was_refused(folder: Path) -> None:
    with millstream.start_run():
        millstream.log_param("c", 1)
        millstream.log_param("c", 2, synchronous=False)
        with pytest.warns(RuntimeWarning, match="Changing param values"):
            millstream.flush_async_logging()


def test_the_client_ends_renames_deletes_and_restores(client: millstream.MillstreamClient) -> None:
    run = client.create_run("0", start_time=5, tags={"a": 1}, run_name="one")
    assert (run.info.start_time, run.info.run_name) == (5, "one")
    client.update_run(run.info.run_id, status="SCHEDULED", name="two")
    assert client.get_run(run.info.run_id).info.status == "SCHEDULED"
    client.set_terminated(run.info.run_id, "FAILED", 99)
    info = client.get_run(run.info.run_id).info
    assert (info.status, info.end_time, info.run_name) == ("FAILED", 99, "two")
    client.delete_run(run.info.run_id)
    assert client.get_run(run.info.run_id).info.lifecycle_stage == "deleted"
    client.restore_run(run.info.run_id)
    client.set_tag(run.info.run_id, "k", 3)
    assert client.get_run(run.info.run_id).data.tags["k"] == "3"
    client.delete_tag(run.info.run_id, "k")
    with pytest.raises(NotFound):
        client.delete_tag(run.info.run_id, "k")


def test_experiments_are_chosen_created_and_refused(folder: Path) -> None:
    made = millstream.set_experiment("vision")
    assert made.name == "vision"
    assert millstream.set_experiment("vision").experiment_id == made.experiment_id
    assert millstream.set_experiment(experiment_id=made.experiment_id).name == "vision"
    assert os.environ["MLFLOW_EXPERIMENT_ID"] == made.experiment_id
    with millstream.start_run() as run:
        assert run.info.experiment_id == made.experiment_id
    millstream.set_experiment_tags({"a": 1, "b": 2})
    millstream.delete_experiment_tag("b")
    assert millstream.get_experiment(made.experiment_id).tags == {"a": "1"}
    with pytest.raises(InvalidParameter, match="exactly one of"):
        millstream.set_experiment()
    with pytest.raises(AlreadyExists):
        millstream.create_experiment("vision")
    assert millstream.get_experiment_by_name("none") is None
    millstream.delete_experiment(made.experiment_id)
    with pytest.raises(InvalidParameter) as caught:
        millstream.set_experiment("vision")
    assert caught.value.message == (
        "Cannot set a deleted experiment 'vision' as the active experiment. You can restore the "
        "experiment, or permanently delete the experiment to create a new one."
    )
    millstream.restore_experiment(made.experiment_id)
    names = [experiment.name for experiment in millstream.search_experiments()]
    assert names == ["vision", "Default"]
    assert len(millstream.search_experiments(max_results=1)) == 1


def test_the_environment_names_the_experiment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_id = millstream.create_experiment("by id")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", by_id)
    with millstream.start_run() as run:
        assert run.info.experiment_id == by_id
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "by name")
    with millstream.start_run() as run:
        assert millstream.get_experiment(run.info.experiment_id).name == "by name"


def test_an_experiment_chosen_first_holds_in_the_store_chosen_later(
    folder: Path, tmp_path: Path
) -> None:
    millstream.set_experiment("vision")
    millstream.set_tracking_uri(tmp_path / "other")
    with millstream.start_run() as run:
        assert millstream.get_experiment(run.info.experiment_id).name == "vision"


def test_a_description_given_twice_is_refused(folder: Path) -> None:
    with pytest.raises(InvalidParameter, match="given twice"):
        millstream.start_run(description="a", tags={"mlflow.note.content": "b"})


def test_the_default_store_is_a_folder_here(tmp_path: Path) -> None:
    assert not millstream.is_tracking_uri_set()
    assert millstream.get_tracking_uri() == str(tmp_path.resolve() / "mlruns")
    with millstream.start_run():
        millstream.log_metric("a", 1)
    assert (tmp_path / "mlruns" / "millstream.db").exists()
    assert list((tmp_path / "mlruns" / "journal").iterdir()) == []


def test_the_tracking_uri_is_what_was_said_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "from-environment")
    assert millstream.get_tracking_uri() == "from-environment"
    assert millstream.get_registry_uri() == "from-environment"
    millstream.set_tracking_uri("said")
    assert millstream.get_tracking_uri() == "said"
    assert os.environ["MLFLOW_TRACKING_URI"] == str(tmp_path.resolve() / "said")
    assert millstream.is_tracking_uri_set()
    millstream.set_registry_uri("elsewhere")
    assert millstream.get_registry_uri() == "elsewhere"
    monkeypatch.chdir("/")
    with millstream.start_run():
        pass
    assert (tmp_path / "said" / "millstream.db").exists()
