"""Who has nothing in a workspace does not learn that it exists."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.security.access.calls import Answer, Calls
from tests.security.access.conftest import BY, PASSWORD

from millstream import connect, settings
from millstream.entities import roles as ro
from millstream.entities import tokens as t
from millstream.entities import users as u
from millstream.entities import workspaces as ws
from millstream.server.assembly import assemble_workspaces
from millstream.server.options import ServerOptions, check

SEARCH = "/api/2.0/mlflow/experiments/search?max_results=10"
CREATE = "/api/2.0/mlflow/experiments/create"
NAMES = ("ada", "member", "outsider")


class Teams:
    """A server with the workspaces `red` and `blue`; `member` is a manager in `red` alone."""

    def __init__(self, folder: Path) -> None:
        uri = str(folder / "store")
        store = connect.open_store(uri, settings.Settings())
        access = connect.access_of(store)
        self._secrets = {}
        for name in NAMES:
            request = u.CreateUser(name, PASSWORD, is_admin=name == "ada")
            access.users.create(request, BY).result()
            made = access.tokens.create(t.CreateToken(name, "all", "admin"), BY).result()
            self._secrets[name] = made.secret
        for name in ("red", "blue"):
            access.workspaces.create(ws.CreateWorkspace(name), BY).result()
        role = access.roles.create(ro.CreateRole("managers", "red"), BY).result()
        everything = ro.AddRolePermission(role.id, "workspace", "*", "MANAGE")
        access.roles.add_permission(everything, BY).result()
        access.roles.assign(ro.AssignRole(role.id, "member"), BY).result()
        store.close()
        options = ServerOptions(backend_store_uri=uri, auth=True, enable_workspaces=True)
        self.calls = Calls(assemble_workspaces(check(options)))

    def ask(self, who: str, workspace: str, method: str, path: str, body: bytes = b"") -> Answer:
        """Ask as somebody (or, by an empty name, as nobody) within a workspace."""
        headers = [(b"x-mlflow-workspace", workspace.encode())]
        return self.calls(method, path, [*headers, *(self.shown(who) if who else [])], body)

    def shown(self, who: str) -> list[tuple[bytes, bytes]]:
        """What somebody shows to prove who it is."""
        return [(b"authorization", f"Bearer {self._secrets[who]}".encode())]


@pytest.fixture
def teams(tmp_path: Path) -> Iterator[Teams]:
    teams = Teams(tmp_path)
    with teams.calls:
        yield teams


def test_who_has_nothing_in_a_workspace_is_told_that_there_is_none(teams: Teams) -> None:
    for who, workspace in (("outsider", "red"), ("outsider", "blue"), ("member", "blue")):
        hidden = teams.ask(who, workspace, "GET", SEARCH)
        absent = teams.ask(who, "green", "GET", SEARCH)
        assert hidden.status == absent.status == 404
        assert hidden.body.replace(workspace.encode(), b"green") == absent.body
        assert teams.ask(who, workspace, "POST", CREATE, b'{"name": "mine"}').status == 404


def test_nobody_learns_of_workspaces_without_signing_in(teams: Teams) -> None:
    answers = {teams.ask("", name, "GET", SEARCH)[::2] for name in ("red", "green")}
    assert len(answers) == 1
    assert next(iter(answers))[0] == 401


def test_pages_choose_a_workspace_by_a_cookie(teams: Teams) -> None:
    made = teams.ask("member", "red", "POST", CREATE, b'{"name": "ours"}')
    assert made.status == 200

    def chosen(workspace: str, path: str) -> Answer:
        cookie = (b"cookie", f"millstream-workspace-5000={workspace}".encode())
        return teams.calls("GET", path, [cookie, *teams.shown("member")])

    assert b"ours" in chosen("red", SEARCH).body
    assert json.loads(chosen("red", "/api/v1/session").body)["workspace"] == "red"
    assert chosen("blue", SEARCH).status == 404
    for gone in ("green", "", "%00", "default"):
        assert b"ours" not in chosen(gone, SEARCH).body
        assert json.loads(chosen(gone, "/api/v1/session").body)["workspace"] == "default"


def test_teams_work_apart(teams: Teams) -> None:
    made = teams.ask("member", "red", "POST", CREATE, b'{"name": "ours"}')
    assert made.status == 200
    experiment_id = json.loads(made.body)["experiment_id"]
    assert b"ours" in teams.ask("member", "red", "GET", SEARCH).body
    assert b"ours" in teams.ask("ada", "red", "GET", SEARCH).body
    for who, workspace in (("ada", "blue"), ("ada", "default"), ("member", "default")):
        assert b"ours" not in teams.ask(who, workspace, "GET", SEARCH).body
        path = f"/api/2.0/mlflow/experiments/get?experiment_id={experiment_id}"
        assert teams.ask(who, workspace, "GET", path).status == 404
    listed = json.loads(teams.ask("member", "default", "GET", "/api/3.0/mlflow/workspaces").body)
    assert [each["name"] for each in listed["workspaces"]] == ["default", "red"]
