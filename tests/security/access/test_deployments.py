"""Who may record where a model runs, and who reads that."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.security.access.conftest import BY, PASSWORD, Guarded

from millstream.entities import permissions as p
from millstream.entities import tokens as t
from millstream.entities import users as u
from millstream.entities.permissions import PermissionName

ALL = "/api/v1/deployments"
END = f"{ALL}/end"
MODELS = "/api/2.0/mlflow"
TARGET = "kubernetes://production"


class Asked:
    """Requests of users with a token each."""

    def __init__(self, guarded: Guarded) -> None:
        self._guarded = guarded
        self._shown: dict[str, list[tuple[bytes, bytes]]] = {}
        for name in ("linus", "eve", "hedy"):
            guarded.access.users.create(u.CreateUser(name, PASSWORD), BY).result()
        for name in ("ada", "grace", "linus", "eve", "hedy"):
            self.show(name, name)

    def show(self, who: str, username: str, *resources: p.Resource) -> None:
        """Let somebody show a token of a user."""
        scope: p.ScopeName = "write" if resources else "admin"
        request = t.CreateToken(username, "test", scope, resources=list(resources))
        secret = self._guarded.access.tokens.create(request, BY).result().secret
        self._shown[who] = [(b"authorization", f"Bearer {secret}".encode())]

    def grant(self, who: str, kind: p.ResourceType, named: str, level: PermissionName) -> None:
        """Permit something to a user."""
        request = p.GrantPermission(kind, named, level, who)
        self._guarded.access.permissions.grant(request, BY).result()

    def __call__(self, who: str, path: str, method: str = "", **body: object) -> tuple[int, Any]:
        """The status and the content of an answer; without a body it is asked for."""
        method, sent = (method or "POST", json.dumps(body).encode()) if body else ("GET", b"")
        answer = self._guarded.calls(method, path, self._shown[who], sent)
        return answer.status, json.loads(answer.body)

    def record(self, who: str, name: str = "churn", **said: Any) -> int:
        """The status of recording a deployment."""
        told = {"target": TARGET, "name": name, "model_uri": "models:/m/1", **said}
        return self(who, ALL, **told)[0]

    def end(self, who: str, name: str = "churn") -> tuple[int, str]:
        """The status and message of ending one."""
        status, answer = self(who, END, target=TARGET, name=name)
        return status, answer.get("message", "")

    def live(self, who: str) -> list[tuple[str, str]]:
        """The names of what somebody sees to be live, and who recorded it."""
        found = self(who, f"{ALL}?state=live")[1]
        return [(one["name"], one["user_id"]) for one in found.get("deployments", [])]


@pytest.fixture
def asked(guarded: Guarded) -> Asked:
    """Grace's model "m", which hedy edits, linus reads and eve does not; eve has "hers"."""
    found = Asked(guarded)
    for who, name in (("grace", "m"), ("eve", "hers")):
        assert found(who, f"{MODELS}/registered-models/create", name=name)[0] == 200
    found.grant("eve", "registered_model", "m", "NO_PERMISSIONS")
    found.grant("hedy", "registered_model", "m", "EDIT")
    return found


def test_who_edits_a_model_records_where_it_runs(asked: Asked) -> None:
    assert asked.record("linus", model_name="m") == 403
    assert asked.record("eve", model_name="m") == 404
    assert asked.record("grace", model_name="m", user_id="somebody else") == 200
    assert asked.live("grace") == asked.live("linus") == [("churn", "grace")]
    assert asked.live("eve") == []


def test_what_is_live_is_replaced_or_ended_by_who_edits_it(asked: Asked) -> None:
    assert asked.record("grace", model_name="m") == 200
    assert asked.record("eve", model_name="hers") == 403
    status, message = asked.end("eve")
    assert (status, message) == (404, f"No live deployment 'churn' at '{TARGET}' is recorded.")
    assert asked.end("eve", "nothing")[0] == 404
    assert asked.end("linus")[0] == 403
    assert asked.end("hedy")[0] == 200
    assert asked.record("eve", model_name="hers") == 200


def test_what_a_refusal_tells_names_no_hidden_model(asked: Asked) -> None:
    assert asked("grace", f"{MODELS}/registered-models/create", name="hidden")[0] == 200
    asked.grant("eve", "registered_model", "hidden", "NO_PERMISSIONS")
    assert asked.record("grace", model_name="hidden") == 200
    body = {"target": TARGET, "name": "churn", "model_uri": "models:/hers/1", "model_name": "hers"}
    status, answer = asked("eve", ALL, **body)
    assert status == 403
    assert "somebody else's model is live" in answer["message"]
    assert "hidden" not in str(answer)


def test_what_is_of_a_run_is_of_its_experiment(asked: Asked) -> None:
    made = asked("grace", f"{MODELS}/experiments/create", name="trials")[1]
    home = made["experiment_id"]
    created = asked("grace", f"{MODELS}/runs/create", experiment_id=home)[1]
    run_id = created["run"]["info"]["run_id"]
    asked.grant("eve", "experiment", home, "NO_PERMISSIONS")
    assert asked.record("linus", run_id=run_id) == 403
    assert asked.record("eve", run_id=run_id) == 404
    assert asked.record("grace", run_id=run_id) == 200
    assert asked.live("linus") == [("churn", "grace")]
    assert asked.live("eve") == []
    asked.show("robot", "grace", p.Resource("experiment", home))
    assert asked.record("robot", run_id=run_id) == 200
    assert asked.live("robot") == [("churn", "grace")]
    assert asked.record("robot", model_name="m") == 404


def test_what_is_of_nothing_is_shared_but_not_with_a_token_for_a_few(asked: Asked) -> None:
    assert asked.record("linus") == 200
    asked.show("robot", "grace", p.Resource("registered_model", "m"))
    assert asked.record("robot") == asked.end("robot")[0] == 403
    assert asked.record("robot", model_name="m") == 403  # in the place of what is shared
    assert asked.live("robot") == []
    assert asked.live("eve") == [("churn", "linus")]
    assert asked.end("eve")[0] == 200


def test_what_is_left_of_a_deleted_model_is_for_administrators(asked: Asked) -> None:
    assert asked.record("grace", model_name="m") == 200
    assert asked("grace", f"{MODELS}/registered-models/delete", "DELETE", name="m")[0] == 200
    assert asked.end("grace")[0] == 404
    assert asked.record("grace", "churn") == 403
    assert asked.end("ada")[0] == 200


def test_the_audit_log_is_told(asked: Asked, guarded: Guarded) -> None:
    asked.record("grace", model_name="m")
    asked.end("grace")
    asked.record("linus", model_name="m")
    found = asked("ada", "/api/v1/audit-events?max_results=3")[1]["events"]
    assert [(one["action"], one["resource_id"], one["result"]) for one in found] == [
        ("deployment.record", "churn", "denied"),
        ("deployment.end", "churn", "success"),
        ("deployment.record", "churn", "success"),
    ]
