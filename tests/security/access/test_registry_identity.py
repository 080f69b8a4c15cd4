"""The registry's history, and what it takes to pass a protected stage, go by who signed in."""

from __future__ import annotations

import json

from tests.security.access.conftest import BY, Guarded

from millstream.entities import tokens as t
from millstream.entities.permissions import GrantPermission

API = "/api/2.0/mlflow"
REQUESTS = "/api/v1/transition-requests"


def asks(guarded: Guarded, who: str, method: str, path: str, **body: object) -> tuple[int, str]:
    """Ask with a fresh token; the status and the text of the answer."""
    token = guarded.access.tokens.create(t.CreateToken(who, "test", "admin"), BY).result()
    shown = [(b"authorization", f"Bearer {token.secret}".encode())]
    answer = guarded.calls(method, path, shown, json.dumps(body).encode())
    return answer.status, answer.body.decode()


def test_nobody_writes_history_in_the_name_of_somebody_else(guarded: Guarded) -> None:
    body = {"name": "m", "user_id": "ada", "comment": "not by me"}
    assert asks(guarded, "grace", "POST", f"{API}/registered-models/create", **body)[0] == 200
    source = {"name": "m", "source": "s3://bucket/m", "user_id": "grace"}
    assert asks(guarded, "ada", "POST", f"{API}/model-versions/create", **source)[0] == 200
    move = {"name": "m", "version": "1", "stage": "Staging", "user_id": "ada"}
    path = f"{API}/model-versions/transition-stage"
    assert asks(guarded, "grace", "POST", path, **move)[0] == 200
    told = json.loads(asks(guarded, "ada", "GET", "/api/v1/registry-events?name=m")[1])
    who = [(event["kind"], event["user_id"]) for event in told["events"]]
    assert [name for _, name in who] == ["grace", "ada", "grace"]


def test_nobody_approves_its_own_request_under_another_name(guarded: Guarded) -> None:
    stages = [{"name": "Staging"}, {"name": "Production", "protected": True}]
    assert asks(guarded, "ada", "PUT", "/api/v1/stages", stages=stages)[0] == 200
    asks(guarded, "grace", "POST", f"{API}/registered-models/create", name="m")
    source = {"name": "m", "source": "s3://bucket/m"}
    assert asks(guarded, "ada", "POST", f"{API}/model-versions/create", **source)[0] == 200
    wanted = {"name": "m", "version": "1", "stage": "Production", "user_id": "ada"}
    status, text = asks(guarded, "grace", "POST", REQUESTS, **wanted)
    assert status == 200, text
    request = json.loads(text)
    request = request.get("transition_request", request)
    assert request["user_id"] == "grace"
    approve = f"{REQUESTS}/{request['request_id']}/approve"
    status, text = asks(guarded, "grace", "POST", approve, user_id="ada")
    assert status in (400, 403), text
    grant = GrantPermission("registered_model", "m", "EDIT", "linus")
    _add_user(guarded, "linus")
    guarded.access.permissions.grant(grant, BY).result()
    assert asks(guarded, "linus", "POST", approve, user_id="ada")[0] == 403
    status, text = asks(guarded, "ada", "POST", approve)
    assert status == 200, text
    move = {"name": "m", "version": "1", "stage": "Archived"}
    path = f"{API}/model-versions/transition-stage"
    assert asks(guarded, "grace", "POST", path, **move)[0] == 403


def _add_user(guarded: Guarded, name: str) -> None:
    path = f"{API}/users/create"
    password = "a password for tests"  # noqa: S105  # of a user that lives for one test
    assert asks(guarded, "ada", "POST", path, username=name, password=password)[0] == 200
