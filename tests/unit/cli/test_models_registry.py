"""The commands of the registry: register, list, describe, promote, alias, rollback, and so on."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from millstream.cli import models_register
from millstream.client.tracking import MillstreamClient
from millstream.entities.models import LoggedModel

MLMODEL = """\
flavors:
  python_function:
    loader_module: nowhere
model_uuid: 0123456789abcdef0123456789abcdef
signature:
  inputs: '[{"name": "age", "type": "long", "required": true}]'
  outputs: '[{"type": "double", "required": true}]'
  params: null
"""

Logs = Callable[..., LoggedModel]


@pytest.fixture
def client(millstream: Any) -> MillstreamClient:
    return MillstreamClient(str(millstream.folder))


@pytest.fixture
def run_id(client: MillstreamClient) -> str:
    return client.create_run("0").info.run_id


@pytest.fixture
def log(client: MillstreamClient, tmp_path: Path) -> Logs:
    """Logs a model of a run."""
    directory = tmp_path / "model"
    directory.mkdir()
    (directory / "MLmodel").write_text(MLMODEL)

    def log_model(run_id: str, name: str = "regression", **params: str) -> LoggedModel:
        model = client.create_logged_model("0", name, run_id, params=params)
        client.log_model_artifacts(model.model_id, directory)
        return client.finalize_logged_model(model.model_id, "READY")

    return log_model


@pytest.fixture
def versions(millstream: Any, client: MillstreamClient, log: Logs) -> list[str]:
    """The runs of versions 1, 2 and 3 of the model m."""
    runs = []
    for number in (1, 2, 3):
        run_id = client.create_run("0").info.run_id
        client.log_param(run_id, "depth", number)
        client.log_param(run_id, "seed", 7)
        client.log_metric(run_id, "loss", 1 / number)
        log(run_id)
        millstream.text("models", "register", "-r", run_id, "-n", "m", "--comment", f"no {number}")
        runs.append(run_id)
    return runs


def where(millstream: Any) -> dict[str, str]:
    told = millstream.data("models", "describe", "-n", "m")
    return {one["version"]: one["current_stage"] for one in told["versions"]}


def test_register_takes_the_only_model_of_a_run(millstream: Any, run_id: str, log: Logs) -> None:
    model = log(run_id)
    register = ("models", "register", "--run-id", run_id, "--name", "linear_regression_model")
    assert millstream.text(*register) == (
        f"Registered regression ({model.model_id}) of run {run_id} as version 1 of "
        "linear_regression_model.\n"
    )
    again = millstream.data(*register)
    assert (again["version"], again["run_id"], again["model_id"]) == ("2", run_id, model.model_id)
    assert again["source"] == f"models:/{model.model_id}"


def test_register_asks_for_the_model_when_there_are_several(
    millstream: Any, run_id: str, log: Logs
) -> None:
    one, two = log(run_id, "one"), log(run_id, "two")
    refused = millstream("models", "register", "-r", run_id, "-n", "m")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "choose one with --model" in refused.stderr
    assert f"one ({one.model_id})" in refused.stderr
    assert f"two ({two.model_id})" in refused.stderr
    by_name = millstream.data("models", "register", "-r", run_id, "-n", "m", "--model", "two")
    assert by_name["model_id"] == two.model_id
    by_id = millstream.data("models", "register", "-r", run_id, "-n", "m", "--model", one.model_id)
    assert by_id["model_id"] == one.model_id
    absent = millstream.refusal("models", "register", "-r", run_id, "-n", "m", "--model", "three")
    assert absent.startswith(f"Run {run_id} has no model 'three'. It has: ")


def test_register_lets_a_person_choose(
    millstream: Any,
    run_id: str,
    log: Logs,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    log(run_id, "one")
    log(run_id, "two")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    asked: list[Any] = []

    def prompt(text: str, type: Any) -> int:
        asked.append((text, type.min, type.max))
        return 2

    monkeypatch.setattr("click.prompt", prompt)
    candidates = [models_register.Candidate(name, name) for name in ("one", "two")]
    chosen = models_register.choose(candidates, run_id, None)
    assert chosen.name == "two"
    assert asked == [("Which one", 1, 2)]
    assert "2  two" in capsys.readouterr().out


def test_register_finds_models_among_the_artifacts(
    millstream: Any, client: MillstreamClient, run_id: str, tmp_path: Path
) -> None:
    register = ("models", "register", "-r", run_id, "-n", "m")
    assert millstream.refusal(*register) == (
        f"Run {run_id} has no model: no logged model, and no folder with the file MLmodel among "
        "its artifacts."
    )
    client.log_text(run_id, MLMODEL, "deep/down/MLmodel")
    client.log_text(run_id, "no model", "deep/README")
    made = millstream.data(*register)
    assert made["source"].endswith(f"/{run_id}/artifacts/deep/down")
    assert made["run_id"] == run_id
    assert made["model_id"] is None


def test_register_of_what_does_not_exist(millstream: Any) -> None:
    assert millstream.refusal("models", "register", "-r", "zz", "-n", "m") == (
        "Run with id=zz not found"
    )


def test_list_and_describe(millstream: Any, versions: list[str]) -> None:
    millstream.text("models", "promote", "-n", "m", "-v", "2", "--stage", "Production")
    millstream.text("models", "alias", "-n", "m", "-a", "champion", "-v", "Production")
    lines = millstream.text("models", "list").splitlines()
    assert lines[0].split() == ["Name", "Latest", "versions", "Aliases", "Updated"]
    assert "Production: 2" in lines[2]
    assert "None: 3" in lines[2]
    assert "champion=2" in lines[2]
    assert [one["name"] for one in millstream.data("models", "list")] == ["m"]
    assert millstream.text("models", "list", "--filter", "name = 'x'") == (
        "There is no such registered model.\n"
    )
    told = millstream.data("models", "describe", "-n", "m")
    assert told["aliases"] == {"champion": "2"}
    assert [one["version"] for one in told["versions"]] == ["3", "2", "1"]
    lines = millstream.text("models", "describe", "-n", "m").splitlines()
    assert lines[0] == "name         m"
    assert lines[-2].split()[:3] == ["2", "Production", "champion"]
    one = millstream.data("models", "describe", "-n", "m", "-v", "@champion")
    assert (one["version"], one["run_id"]) == ("2", versions[1])
    assert one["signature"]["inputs"] == [{"name": "age", "type": "long", "required": True}]
    assert "inputs       ['age': long (required)]" in millstream.text(
        "models", "describe", "-n", "m", "-v", "latest"
    )
    assert "No versions of model with name 'm' and stage 'Staging' found" in millstream.refusal(
        "models", "describe", "-n", "m", "-v", "Staging"
    )


def test_promote_keeps_what_is_there_unless_told_otherwise(
    millstream: Any, versions: list[str]
) -> None:
    promote = ("models", "promote", "-n", "m", "--stage", "Production")
    first = millstream.text(*promote, "-v", "1", "--comment", "first of all")
    assert first == "Version 1 of m is in Production; it was in None.\n"
    second = millstream.text(*promote, "-v", "2")
    assert second == (
        "Version 2 of m is in Production; it was in None. Version 1 is there too; "
        "--archive-existing-versions would archive it.\n"
    )
    assert where(millstream) == {"1": "Production", "2": "Production", "3": "None"}
    third = millstream.data(*promote, "-v", "latest", "--archive-existing-versions")
    assert (third["version"], third["before"]) == ("3", "None")
    assert where(millstream) == {"1": "Archived", "2": "Archived", "3": "Production"}
    refused = millstream.refusal("models", "promote", "-n", "m", "-v", "1", "--stage", "Heaven")
    assert refused.startswith("Invalid Model Version stage: Heaven. Value must be one of None, ")


def test_alias(millstream: Any, versions: list[str]) -> None:
    alias = ("models", "alias", "-n", "m", "-a", "champion")
    assert millstream.text(*alias, "-v", "1") == "The alias champion of m points to version 1.\n"
    assert millstream.text(*alias, "-v", "latest") == (
        "The alias champion of m points to version 3; it pointed to version 1.\n"
    )
    assert millstream.data(*alias, "--delete") == {
        "name": "m",
        "alias": "champion",
        "version": None,
        "before": "3",
    }
    assert millstream.refusal(*alias, "--delete") == "The model 'm' has no alias 'champion'."
    wrong = millstream(*alias)
    assert wrong.exit_code == 2
    assert "exactly one of --version or --delete" in wrong.stderr


def test_history_tells_who_what_and_why(millstream: Any, versions: list[str]) -> None:
    millstream.text(
        *("models", "promote", "-n", "m", "-v", "1", "--stage", "Staging", "--comment", "try it")
    )
    millstream.text("models", "alias", "-n", "m", "-a", "a", "-v", "1")
    lines = millstream.text("models", "history", "-n", "m").splitlines()
    assert lines[0].split() == ["When", "What", "Who", "Why"]
    assert "alias a to version 1" in lines[2]
    assert "version 1: None to Staging" in lines[3]
    assert lines[3].endswith("try it")
    assert "version 3 registered" in lines[4]
    assert lines[4].endswith("no 3")
    events = millstream.data("models", "history", "-n", "m", "--kind", "stage_changed")
    assert [(one["version"], one["to_value"], one["comment"]) for one in events] == [
        ("1", "Staging", "try it")
    ]
    assert events[0]["user_id"]
    assert len(millstream.data("models", "history", "-n", "m", "--max-results", "2")) == 2
    only = millstream.data("models", "history", "-n", "m", "-v", "3")
    assert [one["kind"] for one in only] == ["VERSION_CREATED"]
    assert millstream.data("models", "history", "-n", "m", "--user", "nobody") == []


def test_history_at_a_moment(millstream: Any, versions: list[str]) -> None:
    promote = ("models", "promote", "-n", "m", "--stage", "Production")
    millstream.text(*promote, "-v", "1", "--comment", "first")
    time.sleep(0.002)
    moment = datetime.now(UTC).isoformat()
    time.sleep(0.002)
    millstream.text(*promote, "-v", "2", "--archive-existing-versions")
    at = ("models", "history", "-n", "m", "--stage", "Production", "--at")
    then = millstream.data(*at, moment)
    assert [(one["version"], one["comment"]) for one in then["versions"]] == [("1", "first")]
    today = datetime.now(UTC).date().isoformat()
    lines = millstream.text(*at, today).splitlines()
    assert lines[0].startswith(f"m at {today} ")
    assert [line.split()[0] for line in lines[3:]] == ["2"]
    assert millstream.text(*at, "2001-01-01").splitlines() == [
        "m at 2001-01-01 23:59:59 UTC",
        "There was no version in Production.",
    ]
    wrong = millstream(*at, "yesterday")
    assert wrong.exit_code == 2
    assert "'yesterday' is no date; write 2026-01-31" in wrong.stderr
    assert millstream("models", "history", "-n", "m", "--stage", "Production").exit_code == 2
    assert millstream(*at, today, "--kind", "ALIAS_SET").exit_code == 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-01-31", "2026-01-31 23:59:59"),
        (" 20260131 ", "2026-01-31 23:59:59"),
        ("2026-01-31 12", "2026-01-31 12:00:00"),
        ("20260131 120000", "2026-01-31 12:00:00"),
        ("2026-01-31T12:00", "2026-01-31 12:00:00"),
        ("2026-01-31T12:00Z", "2026-01-31 12:00:00"),
        ("2026-01-31 12:00+01:00", "2026-01-31 11:00:00"),
        ("2026-01-31T01:00+14:00", "2026-01-30 11:00:00"),
    ],
)
def test_a_date_means_its_end_and_a_time_itself(
    millstream: Any, versions: list[str], text: str, shown: str
) -> None:
    told = millstream.text("models", "history", "-n", "m", "--at", text).splitlines()
    assert told[0] == f"m at {shown} UTC"


@pytest.mark.parametrize(
    "text", ["2026-01-31+02:00", "2026-01-31x12:00", "2026-02-30", "20260131T"]
)
def test_what_is_no_date_is_no_moment(millstream: Any, versions: list[str], text: str) -> None:
    wrong = millstream("models", "history", "-n", "m", "--at", text)
    assert wrong.exit_code == 2
    assert f"'{text}' is no date; write 2026-01-31" in wrong.stderr


def test_the_last_day_of_all_is_a_date(millstream: Any, versions: list[str]) -> None:
    told = millstream.data("models", "history", "-n", "m", "--at", "9999-12-31")
    assert len(told["versions"]) == len(versions)


def test_rollback_undoes_the_last_move(millstream: Any, versions: list[str]) -> None:
    promote = ("models", "promote", "-n", "m", "--stage", "Production")
    millstream.text(*promote, "-v", "1")
    millstream.text(*promote, "-v", "2", "--archive-existing-versions")
    rollback = ("models", "rollback", "-n", "m")
    lines = millstream.text(*rollback, "--stage", "Production", "--comment", "worse").splitlines()
    assert sorted(lines) == [
        "version 1: Archived to Production.",
        "version 2: Production to None.",
    ]
    assert where(millstream) == {"1": "Production", "2": "None", "3": "None"}
    newest = millstream.data("models", "history", "-n", "m", "--max-results", "1")
    assert newest[0]["comment"] == "worse"
    millstream.text("models", "alias", "-n", "m", "-a", "best", "-v", "1")
    millstream.text("models", "alias", "-n", "m", "-a", "best", "-v", "3")
    assert millstream.data(*rollback, "-a", "best")[0]["to_value"] == "1"
    assert millstream(*rollback).exit_code == 2
    assert "nothing to roll back" in millstream.refusal(*rollback, "--stage", "Staging")


def test_compare_shows_versions_side_by_side(millstream: Any, versions: list[str]) -> None:
    told = millstream.data("models", "compare", "-n", "m", "1", "latest")
    assert [one["version"] for one in told["versions"]] == ["1", "3"]
    assert [one["about"]["stage"] for one in told["versions"]] == ["None", "None"]
    assert [one["params"]["depth"] for one in told["versions"]] == ["1", "3"]
    assert [one["metrics"]["loss"] for one in told["versions"]] == [1.0, 1 / 3]
    assert "params.depth" in told["differences"]
    assert "params.seed" not in told["differences"]
    assert "signature.inputs" not in told["differences"]
    rows = millstream.text("models", "compare", "-n", "m", "1", "2", "3").splitlines()
    assert rows[0].split() == ["Version", "1", "Version", "2", "Version", "3"]
    assert [row.split()[1:] for row in rows if row.startswith("params.depth")] == [["1", "2", "3"]]
    assert [row.split() for row in rows if row.startswith("params.seed")]
    assert any(row.startswith("signature.inputs") and "'age': long" in row for row in rows)
    differing = millstream.text("models", "compare", "-n", "m", "1", "2", "--differences")
    assert "params.seed" not in differing
    assert "params.depth" in differing
    assert millstream("models", "compare", "-n", "m", "1").exit_code == 2


def test_a_version_is_compared_after_its_run_is_gone(
    millstream: Any, client: MillstreamClient, versions: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for model in client.search_logged_models(["0"]):
        client.delete_logged_model(model.model_id)
    rows = millstream.text("models", "compare", "-n", "m", "1", "2").splitlines()
    assert any(row.startswith("params.depth") for row in rows)


@pytest.mark.parametrize(
    "command",
    [
        ("describe", "-n", "absent"),
        ("promote", "-n", "absent", "-v", "1", "--stage", "Staging"),
        ("alias", "-n", "absent", "-a", "x", "-v", "1"),
        ("rollback", "-n", "absent", "--stage", "Staging"),
        ("history", "-n", "absent", "--at", "2026-01-31"),
        ("compare", "-n", "absent", "1", "2"),
    ],
)
def test_what_does_not_exist_is_named_in_one_line(millstream: Any, command: list[str]) -> None:
    assert "absent" in millstream.refusal("models", *command)
