"""Guessing names, passwords and tokens: it tells nothing, and is soon over."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from tests.security.access.conftest import BY, PASSWORD, Guarded

from millstream.entities import tokens as t
from millstream.entities.audit_events import ExportAudit, SearchAuditEvents
from millstream.server.hashing import HashingThreads

SESSION = "/api/v1/session"
GET = "/api/2.0/mlflow/experiments/get?experiment_id=0"


def basic(username: str, password: str) -> list[tuple[bytes, bytes]]:
    shown = base64.b64encode(f"{username}:{password}".encode())
    return [(b"authorization", b"Basic " + shown)]


def bearer(secret: str) -> list[tuple[bytes, bytes]]:
    return [(b"authorization", f"Bearer {secret}".encode())]


def test_a_password_works_in_every_request_and_is_hashed_once(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    run = HashingThreads.run

    async def counted(self: HashingThreads, address: str | None, call: Any) -> Any:
        hashed.append(address or "")
        return await run(self, address, call)

    monkeypatch.setattr(HashingThreads, "run", counted)
    for _ in range(5):
        assert guarded.calls("GET", GET, basic("grace", PASSWORD)).status == 200
    assert hashed == ["127.0.0.1"]
    # Whatever else changes, the password is still the same: one statement tells.
    guarded.access.tokens.create(t.CreateToken("ada", "x", "read"), BY).result()
    assert guarded.calls("GET", GET, basic("grace", PASSWORD)).status == 200
    assert len(hashed) == 1


@pytest.mark.parametrize("way", ["basic", "session"])
def test_a_wrong_password_and_a_wrong_name_are_answered_alike(guarded: Guarded, way: str) -> None:
    answers = []
    for name in ("grace", "nobody"):
        if way == "basic":
            answer = guarded.calls("GET", GET, basic(name, "wrong"))
        else:
            body = json.dumps({"username": name, "password": "wrong"}).encode()
            answer = guarded.calls("POST", SESSION, [], body)
        answers.append((answer.status, answer.body))
    assert answers[0] == answers[1]
    assert answers[0][0] == 401


def test_a_name_is_locked_out_and_its_sessions_and_tokens_go_on(guarded: Guarded) -> None:
    token = guarded.access.tokens.create(t.CreateToken("grace", "x", "write"), BY).result()
    statuses = [guarded.calls("GET", GET, basic("grace", f"guess {i}")).status for i in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    assert guarded.calls("GET", GET, basic("grace", PASSWORD)).status == 429
    assert guarded.calls("GET", GET, bearer(token.secret)).status == 200


def test_tokens_cannot_be_told_from_what_is_none(guarded: Guarded) -> None:
    real = guarded.access.tokens.create(t.CreateToken("grace", "x", "write"), BY).result()
    guesses = (
        real.secret[:-1] + ("A" if real.secret[-1] != "A" else "B"),  # a real id
        "ms_" + "0" * 16 + "_" + "x" * 43,
        real.token.token_id,
        "x",
        "",
        "ms_" + "0" * 4_000,
    )
    answers = {
        (answer.status, answer.body)
        for answer in (guarded.calls("GET", GET, bearer(guess)) for guess in guesses)
    }
    assert len(answers) == 1
    assert next(iter(answers))[0] == 401


@pytest.mark.parametrize(
    "shown", [b"Basic", b"Basic !", b"Basic Og", b"Digest x", b"Bearer a, Bearer b", b"x" * 9_000]
)
def test_what_is_no_proof_is_refused(guarded: Guarded, shown: bytes) -> None:
    assert guarded.calls("GET", GET, [(b"authorization", shown)]).status == 401


def test_a_token_also_counts_as_a_password_of_its_user_alone(guarded: Guarded) -> None:
    token = guarded.access.tokens.create(t.CreateToken("grace", "x", "write"), BY).result()
    assert guarded.calls("GET", GET, basic("grace", token.secret)).status == 200
    assert guarded.calls("GET", GET, basic("ada", token.secret)).status == 401


def test_every_token_may_revoke_itself_and_no_other(guarded: Guarded) -> None:
    own, other = (
        guarded.access.tokens.create(t.CreateToken("grace", "x", "read"), BY).result()
        for _ in range(2)
    )
    shown, path = bearer(own.secret), "/api/v1/tokens"
    assert guarded.calls("DELETE", f"{path}/{other.token.token_id}", shown, b"{}").status == 403
    assert guarded.calls("DELETE", f"{path}/{own.token.token_id}", shown, b"{}").status == 200
    assert guarded.calls("GET", GET, shown).status == 401
    assert guarded.calls("GET", GET, bearer(other.secret)).status == 200


def test_files_that_were_refused_are_in_the_audit_log(guarded: Guarded) -> None:
    path = "/api/2.0/mlflow-artifacts/artifacts/0/a.txt"
    assert guarded.calls("PUT", path, basic("grace", PASSWORD), b"content").status == 403
    event = guarded.access.audit.search(SearchAuditEvents(actor="grace")).events[0]
    assert (event.action, event.resource_id, event.result) == (
        "artifact.edit",
        "mlflow-artifacts:/0/a.txt",
        "denied",
    )


def test_what_does_not_exist_is_no_refusal(guarded: Guarded) -> None:
    """MLflow's `set_experiment` asks for each new name before it creates it."""
    path = "/api/2.0/mlflow/experiments/get-by-name?experiment_name=new"
    assert guarded.calls("GET", path, basic("grace", PASSWORD)).status == 404
    assert guarded.access.audit.search(SearchAuditEvents(actor="grace")).events[0].action == (
        "user.sign_in"
    )


def test_refusals_are_in_the_audit_log_but_not_again_and_again(guarded: Guarded) -> None:
    for _ in range(3):
        body = json.dumps({"username": "mallory", "password": PASSWORD}).encode()
        path = "/api/2.0/mlflow/users/create"
        assert guarded.calls("POST", path, basic("grace", PASSWORD), body).status == 403
    denied = [
        event
        for slice_ in guarded.access.audit.export(ExportAudit())
        for event in slice_
        if event.result == "denied"
    ]
    assert [(event.actor, event.action, event.address) for event in denied] == [
        ("grace", "user.create", "127.0.0.1")
    ]
