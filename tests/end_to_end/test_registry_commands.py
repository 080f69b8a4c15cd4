"""The registry by command, on a folder and through a server, and from one to the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.test_commands import call, serving

from millstream.client.session import SESSION
from millstream.client.tracking import MillstreamClient

MLMODEL = "flavors:\n  python_function:\n    loader_module: nowhere\n"


@pytest.fixture(params=["folder", "server"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "folder":
        yield str(tmp_path / "mlruns")
    else:
        with serving(tmp_path, "server", "--backend-store-uri", "data") as (url, _):
            yield url
    SESSION.finish()


def log(place: str, folder: Path, depth: int) -> str:
    """A run with one logged model."""
    (folder / "model").mkdir(exist_ok=True)
    (folder / "model" / "MLmodel").write_text(MLMODEL)
    client = MillstreamClient(place)
    run_id = client.create_run("0").info.run_id
    client.log_param(run_id, "depth", depth)
    model = client.create_logged_model("0", "regression", run_id)
    client.log_model_artifacts(model.model_id, folder / "model")
    client.finalize_logged_model(model.model_id, "READY")
    client.set_terminated(run_id)
    return run_id


def test_a_model_from_its_run_to_production_and_back(place: str, tmp_path: Path) -> None:
    def told(*words: str) -> Any:
        done = call(tmp_path, *words, "--json", MLFLOW_TRACKING_URI=place)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    first, second = (log(place, tmp_path, depth) for depth in (2, 3))
    for number, run_id in enumerate((first, second), 1):
        made = told("models", "register", "--run-id", run_id, "--name", "linear_regression_model")
        assert (made["version"], made["run_id"]) == (str(number), run_id)
    name = ("--name", "linear_regression_model")
    for version in ("1", "2"):
        moved = told(
            *("models", "promote", *name, "--version", version, "--stage", "Production"),
            *("--archive-existing-versions", "--comment", f"release {version}"),
        )
        assert moved["current_stage"] == "Production"
    told("models", "alias", *name, "--alias", "champion", "--version", "Production")
    [listed] = told("models", "list")
    assert listed["aliases"] == {"champion": "2"}
    assert told("models", "describe", *name, "--version", "@champion")["run_id"] == second
    compared = told("models", "compare", *name, "1", "2")
    assert "params.depth" in compared["differences"]
    state = told("models", "history", *name, "--at", "2100-01-01", "--stage", "Production")
    assert [(one["version"], one["comment"]) for one in state["versions"]] == [("2", "release 2")]
    back = told("models", "rollback", *name, "--stage", "Production")
    assert {(event["version"], event["to_value"]) for event in back} == {
        ("1", "Production"),
        ("2", "None"),
    }
    events = told("models", "history", *name, "--kind", "STAGE_CHANGED")
    assert events[-1]["comment"] == "release 1"
    assert all(event["user_id"] for event in events)


@pytest.mark.parametrize("kept", ["logged model", "artifacts of the run"])
def test_a_version_moves_between_a_folder_and_a_server(
    place: str, kept: str, tmp_path: Path
) -> None:
    other = str(tmp_path / "elsewhere")
    if kept == "logged model":
        run_id = log(place, tmp_path, 2)
    else:
        client = MillstreamClient(place)
        run_id = client.create_run("0").info.run_id
        client.log_text(run_id, MLMODEL, "regression/MLmodel")
    there = {"MLFLOW_TRACKING_URI": place}
    away = {"MLFLOW_TRACKING_URI": other}
    call(tmp_path, "models", "register", "-r", run_id, "-n", "m", **there)
    out = call(tmp_path, "export", "models:/m/1", "-o", "m.zip", **there)
    assert out.returncode == 0, out.stderr
    done = call(tmp_path, "import", "m.zip", "--json", **away)
    assert json.loads(done.stdout)["run_id"] == run_id
    promote = ("models", "promote", "-n", "m", "-v", "1", "--stage", "Staging", "--json")
    named = ("--to", place, "--to-name", "n", "--comment", "home again")
    back = call(tmp_path, *promote, *named, **away)
    moved = json.loads(back.stdout)
    assert (moved["name"], moved["current_stage"], moved["run_id"]) == ("n", "Staging", run_id)
    again = json.loads(call(tmp_path, *promote, *named, **away).stdout)
    assert (again["version"], again["created"]) == ("1", False)
    local = call(tmp_path, "artifacts", "list", "-r", run_id, "-a", "regression", **away)
    assert "regression/MLmodel" in local.stdout
