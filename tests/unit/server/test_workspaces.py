"""A server with workspaces: the header chooses, and nothing of another one is found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from tests.unit.server.conftest import HOST, Caller, Got

from millstream.entities.users import Actor
from millstream.entities.workspaces import CreateWorkspace
from millstream.errors import InvalidState, NotSupported
from millstream.server.app import Application
from millstream.server.assembly import assemble, assemble_workspaces, prepare
from millstream.server.options import ServerOptions
from millstream.server.workspaces import WorkspaceSites
from millstream.store.sql.access.store import SqlAccess
from millstream.store.sql.database import Database

PATH = "/api/3.0/mlflow/workspaces"
EXPERIMENTS = "/api/2.0/mlflow/experiments"
RUNS = "/api/2.0/mlflow/runs"
FILES = "/api/2.0/mlflow-artifacts/artifacts"
JSON = (b"content-type", b"application/json")


@pytest.fixture
def options(tmp_path: Path) -> ServerOptions:
    return ServerOptions(
        backend_store_uri=f"sqlite:///{tmp_path / 'facts.db'}",
        artifacts_destination=str(tmp_path / "bytes"),
        auth=False,
        enable_workspaces=True,
    )


@pytest.fixture
def sites(options: ServerOptions) -> WorkspaceSites:
    prepare(options)
    return assemble_workspaces(options)


@pytest.fixture
def call(sites: WorkspaceSites) -> Caller:
    return Caller(cast("Application", sites))


def ask(
    call: Caller, method: str, path: str, body: object = None, workspace: str | None = None
) -> Got:
    headers = [*HOST, JSON]
    if workspace is not None:
        headers.append((b"x-mlflow-workspace", workspace.encode()))
    return call(method, path, b"" if body is None else json.dumps(body).encode(), headers)


def create(call: Caller, name: str, **more: str) -> Got:
    return ask(call, "POST", PATH, {"name": name, **more})


def value(got: Got) -> Any:
    assert got.status == 200, got.body
    return json.loads(got.body)


def test_workspaces_are_made_shown_changed_and_deleted(call: Caller) -> None:
    made = create(call, "red-team", description="red")
    assert (made.status, json.loads(made.body)) == (
        201,
        {"workspace": {"name": "red-team", "description": "red"}},
    )
    assert create(call, "red-team").status == 400
    one = f"{PATH}/red-team"
    changed = value(ask(call, "PATCH", one, {"description": ""}))
    assert changed == {"workspace": {"name": "red-team"}} == value(ask(call, "GET", one))
    names = [each["name"] for each in value(ask(call, "GET", PATH))["workspaces"]]
    assert names == ["default", "red-team"]
    gone = ask(call, "DELETE", one)
    assert (gone.status, gone.body) == (204, b"")
    assert ask(call, "GET", one).status == 404
    assert ask(call, "DELETE", f"{PATH}/default").status == 400


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Red", "must match the pattern"),
        ("a", "between 2 and 63"),
        ("api", "is reserved"),
        ("-a", "must match the pattern"),
    ],
)
def test_what_cannot_be_a_name(call: Caller, name: str, said: str) -> None:
    refused = create(call, name)
    assert refused.status == 400
    assert said in json.loads(refused.body)["message"]


def test_the_header_chooses(call: Caller) -> None:
    create(call, "red")
    create(call, "blue")
    ids = {}
    for name in ("red", "blue"):
        made = value(ask(call, "POST", f"{EXPERIMENTS}/create", {"name": "x"}, name))
        ids[name] = made["experiment_id"]
    shown = value(ask(call, "GET", f"{EXPERIMENTS}/get?experiment_id={ids['red']}", None, "red"))
    assert shown["experiment"]["workspace"] == "red"
    place = f"mlflow-artifacts:/workspaces/red/{ids['red']}"
    assert shown["experiment"]["artifact_location"] == place
    for other in ("blue", None):
        path = f"{EXPERIMENTS}/get?experiment_id={ids['red']}"
        assert ask(call, "GET", path, None, other).status == 404
    absent = ask(call, "GET", f"{EXPERIMENTS}/search?max_results=5", None, "green")
    assert (absent.status, json.loads(absent.body)["message"]) == (
        404,
        "Workspace 'green' not found",
    )


def test_files_stay_in_their_workspace(call: Caller) -> None:
    create(call, "red")
    create(call, "blue")
    made = value(ask(call, "POST", f"{EXPERIMENTS}/create", {"name": "x"}, "red"))
    run = value(ask(call, "POST", f"{RUNS}/create", made, "red"))["run"]["info"]
    path = run["artifact_uri"].removeprefix("mlflow-artifacts:/") + "/model.txt"
    put = ask(call, "PUT", f"{FILES}/{path}", "weights", "red")
    assert put.status == 200, put.body
    assert ask(call, "GET", f"{FILES}/{path}", None, "red").body == b'"weights"'
    for other in ("blue", None):
        assert ask(call, "GET", f"{FILES}/{path}", None, other).status == 404
        assert ask(call, "PUT", f"{FILES}/{path}", "mine", other).status == 404
        assert ask(call, "DELETE", f"{FILES}/{path}", None, other).status == 404
        listed = f"/api/2.0/mlflow/artifacts/list?run_id={run['run_id']}"
        assert ask(call, "GET", listed, None, other).status == 404
    assert ask(call, "GET", f"{FILES}?path=workspaces/red", None, None).status == 404
    assert ask(call, "GET", f"{FILES}/{path}", None, "red").body == b'"weights"'


def test_a_deleted_workspace_is_soon_refused(sites: WorkspaceSites, call: Caller) -> None:
    create(call, "red")
    assert ask(call, "GET", f"{EXPERIMENTS}/search?max_results=5", None, "red").status == 200
    ask(call, "DELETE", f"{PATH}/red")
    refused = ask(call, "GET", f"{EXPERIMENTS}/search?max_results=5", None, "red")
    assert (refused.status, json.loads(refused.body)["message"]) == (
        404,
        "Workspace 'red' not found",
    )


def test_a_server_without_workspaces_says_so(options: ServerOptions) -> None:
    plain = msgspec.structs.replace(options, enable_workspaces=False)
    prepare(plain)
    call = Caller(assemble(plain))
    for got in (
        ask(call, "GET", PATH),
        ask(call, "GET", f"{EXPERIMENTS}/search?max_results=5", None, "red"),
    ):
        told = json.loads(got.body)
        assert (got.status, told["error_code"]) == (500, "FEATURE_DISABLED")
        assert "workspaces are not enabled" in told["message"]
    info = value(ask(call, "GET", "/api/3.0/mlflow/server-info", None, "red"))
    assert info["workspaces_enabled"] is False


def test_a_database_with_workspaces_is_not_shown_as_one(options: ServerOptions) -> None:
    database = Database(options.backend_store_uri)
    SqlAccess(database, "mlflow-artifacts:/").workspaces.create(
        CreateWorkspace("red"), Actor()
    ).result()
    database.close()
    plain = msgspec.structs.replace(options, enable_workspaces=False)
    with pytest.raises(InvalidState, match=r"has workspaces, such as 'red'.*--enable-workspaces"):
        prepare(plain)
    prepare(options)
    with pytest.raises(NotSupported, match="--artifacts-only knows no workspaces"):
        assemble_workspaces(msgspec.structs.replace(options, artifacts_only=True))
