"""Tables, logged models and tags of experiments change while the store is away, too."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.unit.client.line import Line

import millstream
from millstream.artifacts.local import LocalArtifacts
from millstream.client import journal
from millstream.client.sending import Sender
from millstream.client.session import SESSION
from millstream.client.table_merging import LOGGED_ARTIFACTS
from millstream.errors import InvalidParameter, NotFound, Unavailable


def table_of(run: Any, path: str = "t.json") -> list[Any]:
    rows: list[Any] = millstream.load_table(path, run_ids=[run.info.run_id])["a"].tolist()
    return rows


def left_in(folder: Path) -> list[str]:
    """What is left of journals; the files that belong to them would be in folders."""
    return sorted(path.name for path in (folder / "journal").rglob("*"))


@pytest.mark.parametrize("path", ["t.json", "deep/t.parquet"])
def test_rows_wait_and_come_after_those_that_are_there(folder: Path, line: Line, path: str) -> None:
    with millstream.start_run() as run:
        millstream.log_table({"a": [1, 2]}, path)
        line.cut = True
        millstream.log_table({"a": [3]}, path)
        millstream.log_table({"a": [4]}, path)
        line.cut = False
        SESSION.flush()
        millstream.log_table({"a": 5}, path)
        assert table_of(run, path) == [1, 2, 3, 4, 5]
    tag = millstream.get_run(run.info.run_id).data.tags[LOGGED_ARTIFACTS]
    assert json.loads(tag) == [{"path": path, "type": "table"}]
    assert left_in(folder) == []
    assert [file.path for file in millstream.artifacts.list_artifacts(run_id=run.info.run_id)] == [
        path.partition("/")[0]
    ]


def test_a_table_can_begin_with_a_run_that_no_store_knows(line: Line) -> None:
    line.cut = True
    with millstream.start_run() as run:
        millstream.log_table({"a": [1]}, "t.json")
        with pytest.raises(ValueError, match=r"'.json' or '.parquet'"):
            millstream.log_table({"a": [1]}, "t.csv")
        with pytest.raises(InvalidParameter, match="of one length"):
            millstream.log_table({"a": [1], "b": [1, 2]}, "t.json")
    line.cut = False
    SESSION.flush()
    assert table_of(run) == [1]


@pytest.mark.parametrize("arrived", [True, False])
def test_rows_whose_writing_broke_off_are_there_once(
    line: Line, monkeypatch: pytest.MonkeyPatch, arrived: bool
) -> None:
    write = LocalArtifacts.write

    def break_off(store: LocalArtifacts, path: str, chunks: Any) -> None:
        if arrived:
            write(store, path, chunks)
        raise Unavailable("the answer did not come")

    with millstream.start_run() as run:
        millstream.log_table({"a": [1]}, "t.json")
        with monkeypatch.context() as patched:
            patched.setattr(LocalArtifacts, "write", break_off)
            millstream.log_table({"a": [1]}, "t.json")
        SESSION.flush()
        assert table_of(run) == [1, 1]


def test_sent_ten_times_rows_are_there_once(folder: Path, line: Line, tmp_path: Path) -> None:
    with millstream.start_run() as run:
        millstream.log_table({"a": [1]}, "t.json")
        line.cut = True
        millstream.log_table({"a": [2]}, "t.json")
        millstream.log_table({"a": [2]}, "t.json")
        kept = tmp_path / "kept"
        shutil.copytree(folder / "journal", kept)
        line.cut = False
        SESSION.flush()
    (path,) = journal.found_in(kept)
    for _ in range(10):
        sender = Sender(home=None, target=str(folder), everything=True)
        outcome = sender.send(path, lambda _: None)
        assert outcome is not None
        assert not outcome.failed, outcome.state
    assert table_of(run) == [1, 2, 2]


def test_a_running_script_adds_its_rows_itself(folder: Path, line: Line) -> None:
    with millstream.start_run() as run:
        line.cut = True
        millstream.log_table({"a": [2]}, "t.json")
        (path,) = journal.found_in(folder)
        line.cut = False
        SESSION.delivery.places.note(SESSION.place, Unavailable("still away"), "it waits", 600.0)
        sender = Sender(home=str(folder), target=None, everything=False)
        outcome = sender.send(path, lambda _: None)
        assert outcome is not None
        assert "sends 1 more itself" in outcome.state
        SESSION.delivery.places.note_answer(SESSION.place)
        SESSION.flush()
        assert table_of(run) == [2]


@pytest.mark.parametrize("policy", ["warn", "raise"])
def test_other_policies_keep_no_rows(
    line: Line, monkeypatch: pytest.MonkeyPatch, policy: str
) -> None:
    monkeypatch.setenv("MILLSTREAM_STORE_AWAY", policy)
    with millstream.start_run() as run:
        millstream.log_table({"a": [1]}, "t.json")
        line.cut = True
        if policy == "raise":
            with pytest.raises(Unavailable, match="nobody answers"):
                millstream.log_table({"a": [2]}, "t.json")
        else:
            millstream.log_table({"a": [2]}, "t.json")
        line.cut = False
        SESSION.flush()
        assert table_of(run) == [1]


def test_a_model_changes_while_its_store_is_away(
    folder: Path, line: Line, client: millstream.MillstreamClient, tmp_path: Path
) -> None:
    with millstream.start_run():
        model = millstream.initialize_logged_model("net", tags={"gone": "x"})
    model_id = model.model_id
    (tmp_path / "weights.bin").write_bytes(b"w" * 100_000)
    line.cut = True
    millstream.log_model_params({"depth": 3}, model_id)
    millstream.set_logged_model_tags(model_id, {"k": "one"})
    millstream.set_logged_model_tags(model_id, {"k": "two"})
    millstream.delete_logged_model_tag(model_id, "gone")
    client.log_model_artifact(model_id, str(tmp_path / "weights.bin"), "data")
    told = millstream.finalize_logged_model(model_id, "READY")
    assert (told.model_id, told.status) == (model_id, "READY")
    with pytest.raises(Unavailable, match=f"logged for model {model_id} waits"):
        millstream.get_logged_model(model_id)
    line.cut = False
    SESSION.flush()
    found = millstream.get_logged_model(model_id)
    assert (found.params, found.status) == ({"depth": "3"}, "READY")
    assert found.tags["k"] == "two"
    assert "gone" not in found.tags
    weights = Path(found.artifact_location, "data", "weights.bin")
    assert weights.read_bytes() == b"w" * 100_000
    with pytest.raises(NotFound):
        millstream.delete_logged_model_tag(model_id, "gone")
    assert SESSION.flush() == []


def test_tags_of_experiments_wait(folder: Path, line: Line) -> None:
    millstream.set_experiment("lab")
    millstream.set_experiment_tag("old", "1")
    millstream.set_experiment_tag("gone", "1")
    line.cut = True
    millstream.set_experiment_tags({"old": 2, "team": "vision"})
    millstream.delete_experiment_tag("gone")
    kept = folder.parent / "kept"
    shutil.copytree(folder / "journal", kept)
    line.cut = False
    assert SESSION.flush() == []
    found = millstream.get_experiment_by_name("lab")
    assert found is not None
    assert found.tags == {"old": "2", "team": "vision"}
    with pytest.raises(NotFound):
        millstream.delete_experiment_tag("gone")
    elsewhere = folder.parent / "elsewhere"
    (path,) = journal.found_in(kept)
    for _ in range(2):
        sender = Sender(home=None, target=str(elsewhere), everything=True)
        outcome = sender.send(path, lambda _: None)
        assert outcome is not None
    client = millstream.MillstreamClient(elsewhere)
    there = client.get_experiment_by_name("lab")
    assert there is not None
    assert there.tags == {"old": "2", "team": "vision"}
    assert client.search_runs([there.experiment_id, "0"]) == [], "no run is made of it"


def test_an_experiment_that_is_to_be_made_has_tags(line: Line) -> None:
    line.cut = True
    millstream.set_experiment("later")
    millstream.set_experiment_tag("team", "x")
    line.cut = False
    SESSION.flush()
    found = millstream.get_experiment_by_name("later")
    assert found is not None
    assert found.tags == {"team": "x"}
    millstream.set_experiment_tag("team", "y")
    again = millstream.get_experiment_by_name("later")
    assert again is not None
    assert again.tags == {"team": "y"}


def test_an_experiment_that_was_named_without_a_store_is_searched_when_it_is_back(
    line: Line, client: millstream.MillstreamClient
) -> None:
    line.cut = True
    chosen = millstream.set_experiment("later")
    with millstream.start_run() as run:
        millstream.log_table({"a": [1]}, "t.json")
    with pytest.raises(Unavailable):
        client.search_runs([chosen.experiment_id])
    line.cut = False
    (found,) = client.search_runs([chosen.experiment_id])
    assert found.info.run_id == run.info.run_id
    (again,) = millstream.search_runs(output_format="list")
    assert again.info.run_id == run.info.run_id
    assert table_of(run) == [1]
    assert client.load_table(chosen.experiment_id, "t.json")["a"].tolist() == [1]
    assert client.search_logged_models([chosen.experiment_id]) == []
    assert client.get_experiment(chosen.experiment_id).name == "later"
    with pytest.raises(InvalidParameter, match="'offline-0'"):
        client.search_runs(["offline-0"])
    with pytest.raises(InvalidParameter, match="'offline-0'"):
        client.create_run("offline-0")


def test_tags_of_an_experiment_without_a_name_are_refused_elsewhere(
    folder: Path, line: Line, client: millstream.MillstreamClient
) -> None:
    experiment_id = millstream.create_experiment("lab")
    line.cut = True
    client.set_experiment_tag(experiment_id, "team", "x")
    kept = folder.parent / "kept"
    shutil.copytree(folder / "journal", kept)
    line.cut = False
    SESSION.flush()
    assert client.get_experiment(experiment_id).tags == {"team": "x"}
    (path,) = journal.found_in(kept)
    sender = Sender(home=None, target=str(folder.parent / "elsewhere"), everything=True)
    outcome = sender.send(path, lambda _: None)
    assert outcome is not None
    assert outcome.failed
    assert "whose name the journal does not tell" in outcome.state


def test_what_is_no_id_names_no_journal(line: Line, client: millstream.MillstreamClient) -> None:
    with millstream.start_run():
        line.cut = True
        with pytest.raises(InvalidParameter, match=r"'\.\./up' is no id"):
            client.log_param("../up", "a", 1)
        with pytest.raises(InvalidParameter, match="is no id"):
            client.set_logged_model_tags("../up", {"a": 1})
        line.cut = False


def test_without_room_for_files_training_goes_on(folder: Path, line: Line) -> None:
    with millstream.start_run() as run:
        (folder / "journal").write_text("in the way")
        line.cut = True
        with pytest.warns(RuntimeWarning, match="there is no journal"):
            millstream.log_param("a", 1)
        with pytest.warns(RuntimeWarning, match=r"'a\.txt' of run .* cannot be kept"):
            millstream.log_text("words", "a.txt")
        with pytest.warns(RuntimeWarning, match=r"'t\.json' of run .* cannot be kept"):
            millstream.log_table({"a": 1}, "t.json")
        line.cut = False
        (folder / "journal").unlink()
        SESSION.delivery.places.note_answer(SESSION.place)
        millstream.log_text("words", "b.txt")
    files = millstream.artifacts.list_artifacts(run_id=run.info.run_id)
    assert [file.path for file in files] == ["b.txt"]


def test_a_journal_says_where_files_were_that_depend_on_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MILLSTREAM_EXIT_WAIT", "0.1")
    for place, root in (
        ("postgresql://127.0.0.1:1/none", str(tmp_path / "mlartifacts")),
        ("http://127.0.0.1:1", None),
    ):
        millstream.set_tracking_uri(place)
        with pytest.warns(RuntimeWarning, match="cannot be reached"), millstream.start_run():
            pass
        found = [
            journal.read(path).header
            for path in journal.found_in(tmp_path / "state" / "millstream")
        ]
        assert [header.artifact_root for header in found if header.tracking_uri == place] == [root]
