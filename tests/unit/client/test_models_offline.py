"""Logged models begin while their store is away, and are there when it is back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.unit.client.line import Line

import millstream
from millstream.client import journal
from millstream.client.models import link_model
from millstream.client.sending import Sender
from millstream.client.session import SESSION
from millstream.entities.models import CreateLoggedModel
from millstream.errors import InvalidParameter, Unavailable
from millstream.store.sql.models import SqlModels


def send_all(source: Path, target: Path) -> None:
    sender = Sender(home=None, target=str(target), everything=True)
    for path in journal.found_in(source):
        outcome = sender.send(path, lambda _: None)
        assert outcome is not None
        assert not outcome.failed, outcome.state


def test_a_model_of_a_run_begins_without_a_store(folder: Path, line: Line, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"w" * 1_000)
    line.cut = True
    millstream.set_experiment("offline lab")
    with millstream.start_run() as run:
        millstream.log_params({"depth": 3, "width": 2})
        millstream.log_metrics({"loss": [0.2, 0.1]})
        model = millstream.initialize_logged_model(
            "net", params={"depth": 9}, tags={"t": "1"}, model_type="classifier"
        )
        assert (model.name, model.status, model.params) == ("net", "PENDING", {"depth": "9"})
        millstream.log_metric("auc", 0.9, step=1, model_id=model.model_id)
        millstream.log_model_params({"late": 1}, model.model_id)
        link_model(SESSION.place, run.info.run_id, model.model_id, 1)
        millstream.MillstreamClient().log_model_artifact(
            model.model_id, str(tmp_path / "weights.bin")
        )
        assert millstream.finalize_logged_model(model.model_id, "READY").status == "READY"
        with pytest.raises(Unavailable):
            millstream.get_logged_model(model.model_id)
    kept = tmp_path / "kept"
    shutil.copytree(folder / "journal", kept)
    line.cut = False
    assert SESSION.flush() == []
    elsewhere = tmp_path / "elsewhere"
    for _ in range(2):
        send_all(kept, elsewhere)
    for place in (folder, elsewhere):
        client = millstream.MillstreamClient(place)
        found = client.get_logged_model(model.model_id)
        assert (found.name, found.status, found.model_type) == ("net", "READY", "classifier")
        assert found.tags["t"] == "1"
        assert found.params == {"depth": "9", "width": "2", "late": "1"}
        points = [(metric.key, metric.value, metric.step) for metric in found.metrics]
        assert sorted(points) == [("auc", 0.9, 1), ("loss", 0.1, 1)]
        experiment = client.get_experiment_by_name("offline lab")
        assert experiment is not None
        assert found.experiment_id == experiment.experiment_id
        made = client.get_run(run.info.run_id)
        assert [output.model_id for output in made.outputs.model_outputs] == [model.model_id]
        assert found.source_run_id == run.info.run_id
        assert len(client.search_logged_models([found.experiment_id])) == 1
        assert Path(found.artifact_location, "weights.bin").read_bytes() == b"w" * 1_000


def test_a_model_without_a_run_begins_without_a_store(folder: Path, line: Line) -> None:
    line.cut = True
    millstream.set_experiment("lab")
    model = millstream.create_external_model("kept elsewhere", tags={"t": "1"})
    assert (model.name, model.status, model.tags["t"]) == ("kept elsewhere", "READY", "1")
    with pytest.raises(InvalidParameter, match="Invalid model name"):
        millstream.initialize_logged_model("a/b")
    line.cut = False
    SESSION.flush()
    (found,) = millstream.search_logged_models(output_format="list")
    assert (found.model_id, found.status) == (model.model_id, "READY")
    experiment = millstream.get_experiment_by_name("lab")
    assert experiment is not None
    assert found.experiment_id == experiment.experiment_id


def test_a_model_of_a_run_of_which_nothing_is_known_is_where_its_run_is(line: Line) -> None:
    millstream.set_experiment("lab")
    with millstream.start_run() as run:
        pass
    SESSION.set_experiment("elsewhere", "7", "")
    line.cut = True
    millstream.start_run(run.info.run_id)
    model = millstream.initialize_logged_model("net")
    line.cut = False
    millstream.end_run()
    assert millstream.get_logged_model(model.model_id).experiment_id == run.info.experiment_id


def test_what_is_logged_is_about_a_model_that_begins_without_a_store(line: Line) -> None:
    line.cut = True
    known = millstream.set_active_model(name="net").logged_model
    with millstream.start_run() as run:
        millstream.log_metric("loss", 0.5, step=2)
    line.cut = False
    SESSION.flush()
    (metric,) = millstream.get_logged_model(known.model_id).metrics
    assert (metric.key, metric.run_id) == ("loss", run.info.run_id)
    line.cut = True
    assert millstream.set_active_model(model_id=known.model_id).model_id == known.model_id
    line.cut = False
    millstream.clear_active_model()


def test_a_model_whose_creation_was_answered_too_late_is_there_once(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = SqlModels.create

    def answer_late(models: SqlModels, request: CreateLoggedModel) -> None:
        create(models, request).result()
        raise Unavailable("the answer did not come")

    with millstream.start_run(), monkeypatch.context() as patched:
        patched.setattr(SqlModels, "create", answer_late)
        model = millstream.initialize_logged_model("net")
    assert SESSION.flush() == []
    (found,) = millstream.search_logged_models(output_format="list")
    assert found.model_id == model.model_id


def test_who_wants_errors_gets_them(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLSTREAM_STORE_AWAY", "raise")
    line.cut = True
    with pytest.raises(Unavailable, match="nobody answers"):
        millstream.initialize_logged_model("net", experiment_id="0")


def test_without_a_journal_the_error_is_raised(folder: Path, line: Line) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "journal").write_text("in the way")
    line.cut = True
    with pytest.raises(Unavailable, match="nobody answers"):
        millstream.initialize_logged_model("net", experiment_id="0")
    (folder / "journal").unlink()
