"""Training goes on while the store is away, and afterwards the store has all of it, in order."""

from __future__ import annotations

import os
import sqlite3
import threading
import warnings
from pathlib import Path
from typing import Any, cast

import pytest
from tests.unit.client.line import Line

import millstream
from millstream import connect
from millstream.client import spool
from millstream.client.journal import read
from millstream.client.operations import RunOperations
from millstream.client.session import SESSION
from millstream.entities.runs import Dataset
from millstream.errors import InvalidParameter, LimitExceeded, NotFound, Unavailable
from millstream.store.pending import Pending


def journals(folder: Path) -> list[Path]:
    return sorted((folder / "journal").glob("*.journal"))


def test_a_run_that_begins_and_ends_without_a_store_is_there_when_it_is_back(
    folder: Path, line: Line, tmp_path: Path
) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights.bin").write_bytes(b"w" * 3_000_000)
    line.cut = True
    chosen = millstream.set_experiment("offline lab")
    with millstream.start_run(run_name="first", tags={"t": "1"}) as run:
        assert millstream.active_run() is run
        assert millstream.log_param("lr", 0.1) == 0.1
        millstream.log_params({"depth": 3})
        millstream.set_tag("k", "one")
        millstream.set_tag("k", "two")
        millstream.set_tag("gone", "x")
        millstream.delete_tag("gone")
        millstream.log_metric("loss", 0.5, step=3)
        millstream.log_metrics({"acc": [0.1, 0.2]})
        millstream.log_input(Dataset("iris", "d", "local", "{}"), "training")
        millstream.log_text("words", "notes/a.txt")
        millstream.log_artifacts(tmp_path / "model", "model")
    run_id = run.info.run_id
    assert run.info.run_name == "first"
    line.cut = False
    assert SESSION.flush() == []
    found = millstream.get_run(run_id)
    assert found.info.status == "FINISHED"
    assert (found.info.run_name, found.data.tags["t"]) == ("first", "1")
    assert found.data.params == {"lr": "0.1", "depth": "3"}
    assert found.data.tags["k"] == "two"
    assert "gone" not in found.data.tags
    assert found.data.metrics == {"loss": 0.5, "acc": 0.2}
    assert [item.dataset.name for item in found.inputs.dataset_inputs] == ["iris"]
    assert millstream.artifacts.load_text(f"runs:/{run_id}/notes/a.txt") == "words"
    weights = millstream.artifacts.download_artifacts(f"runs:/{run_id}/model/weights.bin")
    assert Path(weights).read_bytes() == b"w" * 3_000_000
    experiment = millstream.get_experiment(found.info.experiment_id)
    assert (experiment.name, chosen.name) == ("offline lab", "offline lab")
    assert journals(folder) == []
    assert list((folder / "journal").iterdir()) == []


def test_the_next_run_goes_to_the_experiment_that_was_made_meanwhile(line: Line) -> None:
    line.cut = True
    millstream.set_experiment("lab")
    with millstream.start_run() as first:
        pass
    line.cut = False
    SESSION.flush()
    with millstream.start_run() as second:
        pass
    experiments = {millstream.get_run(x.info.run_id).info.experiment_id for x in (first, second)}
    lab = millstream.get_experiment_by_name("lab")
    assert lab is not None
    assert experiments == {lab.experiment_id}
    assert second.info.experiment_id in experiments


def test_an_experiment_can_be_created_for_later(line: Line) -> None:
    line.cut = True
    experiment_id = millstream.create_experiment("later", tags={"team": "x"})
    with millstream.start_run(experiment_id=experiment_id) as run:
        pass
    line.cut = False
    SESSION.flush()
    found = millstream.get_experiment_by_name("later")
    assert found is not None
    assert found.tags["team"] == "x"
    assert millstream.get_run(run.info.run_id).info.experiment_id == found.experiment_id


def test_what_follows_queues_behind_what_waits(folder: Path, line: Line) -> None:
    with millstream.start_run() as run:
        line.cut = True
        millstream.set_tag("k", "old")
        asked = line.asked
        for number in range(50):
            millstream.set_tag("k", f"new {number}")
        assert line.asked - asked < 10, "a store that is known to be away is not asked each time"
        names = [type(record).__name__ for record in read(journals(folder)[0]).records]
        assert names == ["SetTag"] * 51
        line.cut = False
        SESSION.flush()
        assert millstream.get_run(run.info.run_id).data.tags["k"] == "new 49"
        millstream.set_tag("k", "direct")
    assert millstream.get_run(run.info.run_id).data.tags["k"] == "direct"


def test_reading_says_what_waits(line: Line) -> None:
    with millstream.start_run() as run:
        line.cut = True
        millstream.log_param("a", 1)
        with pytest.raises(Unavailable, match=f"logged for run {run.info.run_id} waits"):
            millstream.get_run(run.info.run_id)
        line.cut = False
        assert millstream.get_run(run.info.run_id).data.params == {"a": "1"}


def test_one_warning_is_enough(line: Line) -> None:
    with millstream.start_run():
        line.cut = True
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            for number in range(20):
                millstream.log_param(f"p{number}", 1)
                millstream.log_metric("a", number)
        assert ["cannot be reached" in str(warning.message) for warning in told] == [True]
        line.cut = False


def test_the_errors_of_a_store_that_answers_are_raised_at_once(line: Line) -> None:
    with millstream.start_run():
        millstream.log_param("a", 1)
        with pytest.raises(InvalidParameter, match="Changing param values is not allowed"):
            millstream.log_param("a", 2)
        with pytest.raises(NotFound):
            millstream.delete_tag("absent")
    assert line.asked == 0


def test_a_param_that_turns_out_to_be_refused_costs_no_other(folder: Path, line: Line) -> None:
    with millstream.start_run() as run:
        millstream.log_param("a", 1)
        line.cut = True
        millstream.log_params({"a": 2, "b": 3})
        line.cut = False
        SESSION.flush()
    assert millstream.get_run(run.info.run_id).data.params == {"a": "1", "b": "3"}
    assert len(journals(folder)) == 1, "what was refused can still be read there"


def test_with_raise_it_is_as_with_mlflow(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLSTREAM_STORE_AWAY", "raise")
    with millstream.start_run() as run:
        line.cut = True
        with pytest.raises(Unavailable, match="nobody answers"):
            millstream.log_param("a", 1)
        with pytest.raises(Unavailable), millstream.start_run(nested=True):
            pass
        line.cut = False
    assert millstream.get_run(run.info.run_id).data.params == {}


def test_with_warn_it_is_left_out(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLSTREAM_STORE_AWAY", "warn")
    with millstream.start_run() as run:
        line.cut = True
        with pytest.warns(RuntimeWarning, match="is left out until the store is back"):
            millstream.log_param("a", 1)
        millstream.log_text("a", "a.txt")
        millstream.log_metric("loss", 1)
        line.cut = False
        SESSION.flush()
    found = millstream.get_run(run.info.run_id)
    assert (found.data.params, found.data.metrics) == ({}, {"loss": 1.0})


def test_not_waiting_loses_nothing_either(line: Line) -> None:
    with millstream.start_run() as run:
        line.cut = True
        operation = millstream.log_params({"a": 1}, synchronous=False)
        assert operation is not None
        operation.wait()
        line.cut = False
    assert millstream.get_run(run.info.run_id).data.params == {"a": "1"}


def test_a_run_can_be_resumed_without_its_store(line: Line) -> None:
    with millstream.start_run() as run:
        millstream.log_param("a", 1)
    line.cut = True
    with millstream.start_run(run_id=run.info.run_id, tags={"again": "yes"}):
        millstream.log_param("b", 2)
    line.cut = False
    SESSION.flush()
    found = millstream.get_run(run.info.run_id)
    assert found.data.params == {"a": "1", "b": "2"}
    assert (found.data.tags["again"], found.info.status) == ("yes", "FINISHED")


def test_a_busy_store_is_asked_again(
    folder: Path, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [LimitExceeded("too many"), LimitExceeded("too many"), None]
    monkeypatch.setattr("millstream.client.spool.BUSY_PAUSES", (0.0, 0.0, 0.0))
    with millstream.start_run() as run:
        runs: Any = SESSION.stores.patient(SESSION.place).runs
        works = type(runs).log_param

        def busy(self: Any, request: Any) -> Pending[None]:
            error = answers.pop(0)
            if error is None:
                return cast("Pending[None]", works(self, request))
            pending: Pending[None] = Pending()
            pending.fail(error)
            return pending

        monkeypatch.setattr(type(runs), "log_param", busy)
        millstream.log_param("a", 1)
        assert answers == []
        assert journals(folder) == []
    assert millstream.get_run(run.info.run_id).data.params == {"a": "1"}


def test_a_store_that_never_answers_costs_one_patience(
    folder: Path, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("millstream.client.spool.PATIENCE", 0.05)
    with millstream.start_run() as run:
        runs: Any = SESSION.stores.patient(SESSION.place).runs
        with monkeypatch.context() as patched:
            patched.setattr(type(runs), "log_param", lambda *_: Pending())
            millstream.log_param("a", 1)
            assert SESSION.delivery.has_queue(SESSION.place, run.info.run_id)
        SESSION.flush()
    assert millstream.get_run(run.info.run_id).data.params == {"a": "1"}


def test_an_experiment_that_is_never_made_costs_one_patience_and_is_made_later(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("millstream.client.experiments.PATIENCE", 0.05)
    experiments: Any = SESSION.stores.patient(SESSION.place).experiments
    with monkeypatch.context() as patched:
        patched.setattr(type(experiments), "create", lambda *_: Pending())
        millstream.set_experiment("lab")
    with millstream.start_run() as run:
        millstream.log_param("a", 1)
    SESSION.flush()
    made = millstream.get_run(run.info.run_id).info.experiment_id
    assert millstream.get_experiment(made).name == "lab"


def test_what_calls_waited_in_vain_is_not_waited_again_at_the_end(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MILLSTREAM_EXIT_WAIT", "1000")
    with millstream.start_run():
        line.cut = True
        millstream.log_param("a", 1)
        SESSION.patience.waited = 1000.0
    SESSION.finish()
    line.cut = False
    assert SESSION.delivery.pending_of(SESSION.place)


def test_a_write_that_is_not_answered_counts_as_waited_in_vain(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("millstream.client.spool.PATIENCE", 0.02)
    with millstream.start_run():
        runs: Any = SESSION.stores.patient(SESSION.place).runs
        with monkeypatch.context() as patched:
            patched.setattr(type(runs), "log_param", lambda *_: Pending())
            millstream.log_param("a", 1)
        assert SESSION.patience.waited >= 0.02
        assert SESSION.patience.left <= 9.0 - SESSION.patience.waited
        SESSION.flush()


def test_without_journal_and_store_a_run_cannot_begin(folder: Path, line: Line) -> None:
    folder.mkdir()
    (folder / "journal").write_text("in the way")
    line.cut = True
    with pytest.raises(Unavailable, match="nobody answers"):
        millstream.start_run()


def test_children_find_an_experiment_that_is_still_to_be_made_by_its_name(line: Line) -> None:
    line.cut = True
    millstream.set_experiment("lab")
    assert os.environ["MLFLOW_EXPERIMENT_ID"] == ""
    assert os.environ["MLFLOW_EXPERIMENT_NAME"] == "lab"
    del os.environ["MLFLOW_EXPERIMENT_NAME"]


def test_a_run_goes_on_from_a_step_while_its_store_is_away(folder: Path, line: Line) -> None:
    with millstream.start_run() as run:
        millstream.log_metrics({"loss": [0.0, 1.0, 2.0, 3.0]})
    run_id = run.info.run_id
    line.cut = True
    with millstream.start_run(run_id=run_id, from_step=1):
        millstream.log_metric("loss", 9.0, step=2)
    line.cut = False
    assert SESSION.flush() == []
    client = millstream.MillstreamClient(folder)
    found = client.get_metric_history(run_id, "loss")
    assert sorted((point.step, point.value) for point in found) == [(0, 0.0), (1, 1.0), (2, 9.0)]
    left = client.get_attempt_history(run_id, "loss", 1)
    assert sorted((point.step, point.value) for point in left) == [(2, 2.0), (3, 3.0)]
    assert client.get_run(run_id).info.status == "FINISHED"
    assert [attempt.from_step for attempt in client.get_attempts(run_id)] == [None, 1]


def wait_for(under_way: list[RunOperations | None]) -> None:
    for operations in under_way:
        assert operations is not None
        operations.wait()


def test_writes_under_way_wait_together_for_a_store_that_says_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    result = Pending.result

    def note(pending: Pending[Any], timeout: float | None = None) -> Any:
        if threading.current_thread() is threading.main_thread():
            waits.append(cast("float", timeout))
        return result(pending, timeout)

    with millstream.start_run() as run:
        millstream.set_tag("k", "early")
        other = sqlite3.connect(folder / connect.DATABASE, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        under_way = [millstream.set_tag(f"k{n}", "v", synchronous=False) for n in range(4)]
        monkeypatch.setattr(Pending, "result", note)
        monkeypatch.setattr(spool, "PATIENCE", 0.05)
        with pytest.warns(RuntimeWarning, match="cannot be reached"):
            wait_for(under_way)
        assert len(waits) == 4
        assert waits[1:] == [0.0, 0.0, 0.0]
        other.close()
        assert SESSION.flush() == []
        monkeypatch.setattr(spool, "PATIENCE", 60.0)
        millstream.set_tag("k", "late")
        assert waits[4] > 0, "a store that answers again is waited for again"
    tags = millstream.get_run(run.info.run_id).data.tags
    assert {key: tags[key] for key in ("k", "k0", "k3")} == {"k": "late", "k0": "v", "k3": "v"}
