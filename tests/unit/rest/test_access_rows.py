"""The rows about access: what travels, held against MLflow's answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from millstream.entities.asking import Asking
from millstream.entities.audit_events import FIRST_HASH
from millstream.entities.users import Actor, CreateUser, UserName
from millstream.rest.dispatch import Answer, Dispatcher
from millstream.rest.endpoints import ENDPOINTS, Effort
from millstream.store.sql.access.passwords import HashingCost
from millstream.store.sql.access.store import SqlAccess
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore
from millstream.testing.access import PASSWORD
from millstream.testing.fixtures import new_experiment

BY = Actor("root")


class Wire:
    """Sends requests as somebody to the rows about access."""

    def __init__(self, store: SqlStore) -> None:
        self.access = SqlAccess(store.database, "/artifacts", cost=HashingCost(1, 8, 1))
        nouns = ("users", "groups", "roles", "permissions", "tokens", "audit")
        backend = SimpleNamespace(**{noun: getattr(self.access, noun) for noun in nouns})
        self._dispatcher = Dispatcher(backend)
        self.access.users.create(CreateUser("root", PASSWORD, is_admin=True), BY).result()

    def send(self, method: str, path: str, asking: str = "root", **values: Any) -> Answer:
        caller = self.access.users.get_caller(UserName(asking))
        who = Asking(asking, caller, "192.0.2.1", is_basic_auth=True)
        query = "&".join(f"{name}={value}" for name, value in values.items())
        body = b"" if method == "GET" else json.dumps(values).encode()
        kind = b"application/json"
        return self._dispatcher.answer(method, path, query.encode(), kind, body, who)

    def __call__(self, method: str, path: str, **values: Any) -> Any:
        """The answer to a request below /api that must succeed."""
        answer = self.send(method, f"/api/{path}", **values)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def refusal(self, method: str, path: str, **values: Any) -> tuple[int, str, str]:
        answer = self.send(method, f"/api/{path}", **values)
        told = json.loads(answer.body)
        return answer.status, told["error_code"], told["message"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = SqlStore(Database(f"sqlite:///{tmp_path / 'facts.db'}"), str(tmp_path))
    yield opened
    opened.close()


@pytest.fixture
def wire(store: SqlStore) -> Wire:
    return Wire(store)


def mlflows(user: dict[str, Any]) -> dict[str, Any]:
    """What MLflow tells of a user too."""
    return {name: user[name] for name in ("id", "username", "is_admin")}


def test_users(wire: Wire) -> None:
    made = wire("POST", "2.0/mlflow/users/create", username="ada", password=PASSWORD)
    assert set(made) == {"user"}
    user = mlflows(made["user"])
    assert user == {"id": made["user"]["id"], "username": "ada", "is_admin": False}
    assert PASSWORD not in str(made)
    found = wire("GET", "2.0/mlflow/users/get", username="ada")
    assert (set(found), mlflows(found["user"])) == ({"user"}, user)
    current = wire("GET", "2.0/mlflow/users/current", asking="ada")
    assert (mlflows(current["user"]), current["is_basic_auth"]) == (user, True)
    listed = wire("GET", "2.0/mlflow/users/list")["users"]
    assert [(one["username"], one["roles"]) for one in listed] == [("ada", []), ("root", [])]
    assert wire("PATCH", "2.0/mlflow/users/update-admin", username="ada", is_admin=True) == {}
    assert wire("PATCH", "v1/users/set-active", username="ada", is_active=False) == {}
    found = wire("GET", "2.0/mlflow/users/get", username="ada")["user"]
    assert (found["is_admin"], found["is_active"]) == (True, False)
    other = "another battery staple"
    assert wire("PATCH", "2.0/mlflow/users/update-password", username="ada", password=other) == {}
    assert wire("DELETE", "2.0/mlflow/users/delete", username="ada") == {}


def test_refusals_are_mlflows(wire: Wire) -> None:
    short = wire.refusal("POST", "2.0/mlflow/users/create", username="a", password="short")  # noqa: S106  # refused
    assert short == (400, "INVALID_PARAMETER_VALUE", "Password must be at least 12 characters.")
    twice = wire.refusal("POST", "2.0/mlflow/users/create", username="root", password=PASSWORD)
    assert twice[:2] == (400, "RESOURCE_ALREADY_EXISTS")
    absent = wire.refusal("GET", "2.0/mlflow/users/get", username="zz")
    assert absent == (404, "RESOURCE_DOES_NOT_EXIST", "User with username=zz not found")
    own = wire.refusal(
        "PATCH", "2.0/mlflow/users/update-password", username="root", password="x" * 12
    )
    assert own[:2] == (400, "INVALID_PARAMETER_VALUE")
    assert "current_password" in own[2]
    for path, given, name in (
        (
            "users/permissions/grant",
            {"resource_type": "experiment", "permission": "READ"},
            "username",
        ),
        ("roles/assign", {"role_id": 1}, "username"),
    ):
        status, code, message = wire.refusal("POST", f"3.0/mlflow/{path}", resource_id="0", **given)
        assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
        assert message.startswith(f"Missing value for required parameter '{name}'")
    kind = {"resource_type": "prompt", "resource_id": "a", "permission": "READ", "username": "root"}
    status, _, message = wire.refusal("POST", "3.0/mlflow/users/permissions/grant", **kind)
    assert status == 400
    assert '"prompt"' in message
    assert "experiment, registered_model, workspace" in message


def test_permissions_of_a_user(wire: Wire, store: SqlStore) -> None:
    wire("POST", "2.0/mlflow/users/create", username="ada", password=PASSWORD)
    on = {"username": "ada", "resource_type": "experiment", "resource_id": new_experiment(store)}
    path = "3.0/mlflow/users/permissions"
    assert wire("GET", f"{path}/get", **on) == {"permission": "READ", "allowed": False}
    assert wire("POST", f"{path}/grant", **on, permission="EDIT") == {}
    assert wire("GET", f"{path}/get", **on) == {"permission": "EDIT", "allowed": True}
    listed = wire("GET", f"{path}/list", username="ada")
    (one,) = listed["permissions"]
    assert listed["is_admin"] is False
    assert one == {
        "role_id": one["role_id"],
        "role_name": one["role_name"],
        "workspace": "default",
        "resource_type": "experiment",
        "resource_pattern": on["resource_id"],
        "permission": "EDIT",
    }
    assert wire("GET", "3.0/mlflow/users/current/permissions", asking="ada") == listed
    about = {name: on[name] for name in ("resource_type", "resource_id")}
    own = wire("GET", "v1/permissions/own", asking="ada", **about)
    assert own == {"permission": "EDIT", "allowed": True}
    members = wire("GET", "v1/permissions/members", **about)["members"]
    assert [(one["username"], one["permission"]) for one in members] == [("ada", "EDIT")]
    assert wire("POST", f"{path}/revoke", **on) == {}
    assert wire("GET", f"{path}/get", **on)["permission"] == "READ"


def test_roles(wire: Wire) -> None:
    wire("POST", "2.0/mlflow/users/create", username="ada", password=PASSWORD)
    path = "3.0/mlflow/roles"
    role = wire("POST", f"{path}/create", name="readers", workspace="default")["role"]
    assert role == {"id": role["id"], "name": "readers", "workspace": "default", "permissions": []}
    permission = wire(
        *("POST", f"{path}/permissions/add"),
        role_id=role["id"],
        resource_type="experiment",
        resource_pattern="*",
        permission="READ",
    )["role_permission"]
    assert permission == {
        "id": permission["id"],
        "role_id": role["id"],
        "resource_type": "experiment",
        "resource_pattern": "*",
        "permission": "READ",
    }
    listed = wire("GET", f"{path}/permissions/list", role_id=role["id"])
    assert listed == {"role_permissions": [permission]}
    named = {"role_permission_id": permission["id"]}
    changed = wire("PATCH", f"{path}/permissions/update", **named, permission="USE")
    assert changed == {"role_permission": {**permission, "permission": "USE"}}
    assigned = wire("POST", f"{path}/assign", username="ada", role_id=role["id"])["assignment"]
    assert set(assigned) == {"id", "user_id", "role_id", "username"}
    assert wire("GET", f"{path}/users/list", role_id=role["id"]) == {"assignments": [assigned]}
    found = wire("GET", f"{path}/get", role_id=role["id"])["role"]
    assert wire("GET", "3.0/mlflow/users/roles/list", username="ada") == {"roles": [found]}
    assert wire("GET", f"{path}/list", workspace="default") == {"roles": [found]}
    assert wire("GET", f"{path}/list") == {"roles": [found]}
    renamed = wire("PATCH", f"{path}/update", role_id=role["id"], name="users")["role"]
    assert renamed["name"] == "users"
    assert wire("DELETE", f"{path}/permissions/remove", **named) == {}
    assert wire("DELETE", f"{path}/unassign", username="ada", role_id=role["id"]) == {}
    assert wire("DELETE", f"{path}/delete", role_id=role["id"]) == {}
    assert wire("GET", f"{path}/list") == {"roles": []}


def test_names_with_slashes_are_found_in_paths(wire: Wire) -> None:
    wire("POST", "v1/groups", name="team/a b")
    wire("POST", "v1/groups/team%2Fa%20b/members", username="root")
    found = wire("GET", "v1/groups/team%2Fa%20b")["group"]
    assert found["members"] == ["root"]
    wire("DELETE", "v1/groups/team%2Fa%20b/members/root")
    assert "members" not in wire("GET", "v1/groups/team%2Fa%20b")["group"]


def test_the_log_is_exported_as_lines(wire: Wire) -> None:
    wire("POST", "v1/groups", name="team")
    answer = wire.send("GET", "/api/v1/audit-events/export")
    assert answer.chunks is not None
    lines = [json.loads(line) for line in b"".join(answer.chunks).splitlines()]
    assert [line["action"] for line in lines] == ["user.create", "group.create"]
    previous = FIRST_HASH
    for line in lines:  # each has all that its hash is over
        hashed = line.pop("hash")
        text = json.dumps(line, sort_keys=True, separators=(",", ":"))
        assert hashlib.sha256(bytes.fromhex(previous) + text.encode()).hexdigest() == hashed
        previous = hashed
    assert wire("GET", "v1/audit-events/verify")["intact"] is True
    found = wire("GET", "v1/audit-events")["events"]
    assert found[0]["hash"] == previous
    refused = wire.refusal("GET", "v1/audit-events/export", max_results=0)
    assert refused[:2] == (400, "INVALID_PARAMETER_VALUE")


def test_who_asks_cannot_be_said_in_a_request(wire: Wire) -> None:
    wire("POST", "v1/groups", name="team", by={"username": "eve"}, username="eve", actor="eve")
    (newest, *_) = wire("GET", "v1/audit-events")["events"]
    assert (newest["action"], newest["actor"], newest["address"]) == (
        "group.create",
        "root",
        "192.0.2.1",
    )


def test_every_change_of_access_is_told_who_asks() -> None:
    nouns = ("users", "groups", "roles", "permissions", "tokens")
    rows = [row for row in ENDPOINTS if row.operation.partition(".")[0] in nouns]
    assert [
        row.operation
        for row in rows
        if row.effort in (Effort.WRITE, Effort.HASH) and row.told == "nothing"
    ] == []
