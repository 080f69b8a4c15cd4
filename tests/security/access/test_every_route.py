"""Every route, asked by every kind of caller about its own and about foreign things.

What comes back is held against `decisions`, which is written apart from the server's policy. An
operation that is not in there fails, so no new route can go without a decision.
"""

from __future__ import annotations

import json
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from tests.security.access import bundle as bundles
from tests.security.access.bundle import PASSWORD, Bundle
from tests.security.access.calls import Answer, Calls
from tests.security.access.decisions import LEAST, ROUTES

from millstream import connect, settings
from millstream.artifacts.local import LocalArtifacts
from millstream.entities import permissions as p
from millstream.entities import tokens as t
from millstream.entities import users as u
from millstream.rest.endpoints import ENDPOINTS, Effort, Endpoint
from millstream.server.access.freshness import HOLDS_SECONDS
from millstream.server.access.policy import Policy, Undecided
from millstream.server.access.side_effects import SideEffects
from millstream.server.assembly import assemble_workspaces
from millstream.server.options import ServerOptions, check
from millstream.store.access import Access
from millstream.store.sql.access.passwords import HashingCost
from millstream.store.sql.access.store import SqlAccess
from millstream.store.sql.store import SqlStore

CHEAP = HashingCost(passes=1, memory=8, lanes=1)
LEVELS: dict[str, p.PermissionName] = {"reader": "READ", "editor": "EDIT", "manager": "MANAGE"}
MAY: dict[str, set[str]] = {
    "stranger": {"listed", "signed in", "writer"},
    "reader": {"listed", "signed in", "writer", "reader"},
    "editor": {"listed", "signed in", "writer", "reader", "editor"},
    "manager": {"listed", "signed in", "writer", "reader", "editor", "manager"},
    "administrator": {"listed", "signed in", "writer", *LEVELS, "self", "administrator"},
    "token that reads": {"listed", "signed in", "reader"},
    "token that writes": {"listed", "signed in", "writer", "reader", "editor"},
    "token for something else": {"listed", "signed in"},
    "nobody": set(),
}
"""What each caller may on its own things; on foreign ones what `stranger` may."""
CHANGES_ITSELF = {"users.set_password", "tokens.create", "tokens.delete"}
# Asked by who may, these answer with another status than 200: most cannot be done here.
ANSWERED = {
    "artifacts.presigned_upload": 400,  # files are in a folder
    "artifacts.presigned_download": 400,
    "experiments.restore": 404,  # nothing is deleted
    "session.create": 401,  # the password is wrong
    "session.redeem": 409,  # there is an administrator
    "users.unlink": 404,  # nobody is linked
    "workspaces.create": 201,
    "workspaces.delete": 204,
}


class World(NamedTuple):
    """A server with one caller of each kind, and what it keeps."""

    calls: Calls
    store: SqlStore
    access: Access
    files: LocalArtifacts
    headers: dict[str, list[tuple[bytes, bytes]]]
    kept: dict[str, Bundle]

    def about(self, who: str | None, *, afresh: bool) -> Bundle:
        """Something of somebody's own, or of nobody's; `afresh` if it may be changed."""
        if afresh:
            return self.make(who)
        owner = owner_of(who)
        if owner not in self.kept:
            self.kept[owner] = self.make(who)
        return self.kept[owner]

    def make(self, who: str | None = None) -> Bundle:
        """Something of somebody's own, or of nobody's."""
        made = bundles.make(self.store, self.access, self.files)
        username = owner_of(who)
        if username in LEVELS:
            level = LEVELS[username]
            for kind, name in (("experiment", "experiment_id"), ("registered_model", "model_name")):
                grant = p.GrantPermission(kind, made.values[name], level, username)  # type: ignore[arg-type]  # one of the two kinds
                self.access.permissions.grant(grant, bundles.BY).result()
        return made

    def ask(self, who: str, row: Endpoint, about: Bundle, username: str) -> Answer:
        """Let somebody ask for a row of the table, about a bundle."""
        values = about.request(row, username)
        path = row.paths[0]
        for name in [name for name in values if "{" + name in path]:
            text = urllib.parse.quote(str(values.pop(name)), safe="")
            path = path.replace("{" + name + ":path}", text).replace("{" + name + "}", text)
        method = row.methods[0]
        if method == "GET":
            pairs = [
                (name, each)
                for name, value in values.items()
                if value is not None
                for each in (value if isinstance(value, list) else [value])
            ]
            return self.calls(method, f"{path}?{urllib.parse.urlencode(pairs)}", self.headers[who])
        return self.calls(method, path, self.headers[who], json.dumps(values).encode())


def owner_of(who: str | None) -> str:
    """The user behind a caller: tokens are the manager's."""
    return "manager" if who is not None and who.startswith("token") else who or ""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    uri = str(folder / "store")
    options = check(
        ServerOptions(
            backend_store_uri=uri,
            auth=True,
            default_permission="NO_PERMISSIONS",
            enable_workspaces=True,
        )
    )
    environment = settings.Settings(webhook_allow_private_ips=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MILLSTREAM_WEBHOOK_ALLOW_PRIVATE_IPS", "true")
        application = assemble_workspaces(options, exposition=_counts)
    with Calls(application) as calls:
        store = connect.open_store(uri, environment, artifacts="mlflow-artifacts:/")
        assert isinstance(store, SqlStore)
        access = SqlAccess(store.database, store.artifact_root, cost=CHEAP)
        files = LocalArtifacts(Path(uri, connect.ARTIFACTS))
        headers: dict[str, list[tuple[bytes, bytes]]] = {"nobody": []}
        for name in ("stranger", *LEVELS, "administrator"):
            request = u.CreateUser(name, PASSWORD, is_admin=name == "administrator")
            access.users.create(request, bundles.BY).result()
            headers[name] = _bearer(access, t.CreateToken(name, "all", "admin"))
        others = bundles.make(store, access, files)
        elsewhere = [p.Resource("experiment", others.values["experiment_id"])]
        headers["token that reads"] = _bearer(access, t.CreateToken("manager", "r", "read"))
        headers["token that writes"] = _bearer(access, t.CreateToken("manager", "w", "write"))
        headers["token for something else"] = _bearer(
            access, t.CreateToken("manager", "e", "admin", resources=elsewhere)
        )
        yield World(calls, store, access, files, headers, {})
        store.close()


def _bearer(access: Access, request: t.CreateToken) -> list[tuple[bytes, bytes]]:
    secret = access.tokens.create(request, bundles.BY).result().secret
    return [(b"authorization", f"Bearer {secret}".encode())]


async def _counts(_scope: Any, send: Any, headers: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"counts"})


def may(who: str, least: str, operation: str, *, own: bool) -> bool:
    if least == "anybody":
        return True
    if least == "self" and own:
        if who == "token for something else":
            return False
        changes = operation in CHANGES_ITSELF
        return who != "nobody" and not (changes and who.startswith("token"))
    if own or who == "administrator":
        return least in MAY[who]
    return least in MAY[who] and least not in LEVELS


def test_every_row_has_a_decision_in_the_test_too() -> None:
    assert set(LEAST) == {row.operation for row in ENDPOINTS}


def test_a_row_without_a_decision_does_not_load() -> None:
    undecided = msgspec.structs.replace(
        ENDPOINTS[0], permission=msgspec.structs.replace(ENDPOINTS[0].permission, action="read")
    )
    told_nothing = msgspec.structs.replace(undecided, told="nothing")
    with pytest.raises(Undecided, match=ENDPOINTS[0].operation):
        Policy([told_nothing], SideEffects(lambda _: True))


@pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: row.operation)
def test_every_route_for_every_caller(row: Endpoint, world: World) -> None:
    least = LEAST[row.operation]
    changes = row.effort in (Effort.WRITE, Effort.HASH) or row.permission.action != "read"
    wrong = []
    for who in MAY:
        for own in (True, False):
            allowed = may(who, least, row.operation, own=own)
            about = world.about(who if own else None, afresh=allowed and changes)
            username = owner_of(who) if own and who != "nobody" else about.values["other"]
            if least == "self" and row.operation == "tokens.delete" and own and who != "nobody":
                about = _with_own_token(world, about, owner_of(who))
            answer = world.ask(who, row, about, username)
            problem = _problem(answer, row, about, allowed=allowed, signed_in=who != "nobody")
            problem = problem or _leak(answer, about, least, own=own, who=who)
            if problem:
                wrong.append(f"{who}, {'own' if own else 'foreign'}: {problem}: {answer}")
    assert wrong == []


def _with_own_token(world: World, about: Bundle, username: str) -> Bundle:
    made = world.access.tokens.create(t.CreateToken(username, "to go", "read"), bundles.BY)
    return Bundle({**about.values, "token_id": made.result().token.token_id})


def _problem(
    answer: Answer, row: Endpoint, about: Bundle, *, allowed: bool, signed_in: bool
) -> str | None:
    if not allowed:
        expected = (403, 404) if signed_in else (401,)
        return None if answer.status in expected else f"not refused by one of {expected}"
    expected_status = ANSWERED.get(row.operation, 200)
    return None if answer.status == expected_status else f"not {expected_status}"


def _leak(answer: Answer, about: Bundle, least: str, *, own: bool, who: str) -> str | None:
    """Of what somebody may not read, an answer holds nothing that the request did not."""
    if who == "administrator" or (own and who in LEVELS) or (own and who.startswith("token that")):
        return None
    if answer.status >= 400:
        return (
            None
            if answer.status != 403 or least in ("self", "administrator", "writer")
            else ("403 tells that it exists")
        )
    seen = [text for text in about.secrets if text in answer.body.decode("utf-8", "replace")]
    return f"shows {seen}" if seen else None


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_other_route_for_every_caller(method: str, path: str, world: World) -> None:
    least = ROUTES[method, path]
    wrong = []
    for who in MAY:
        for own in (True, False):
            allowed = may(who, least, path, own=own)
            about = world.about(who if own else None, afresh=allowed and method != "GET")
            target = path.format(**about.values)
            body = _body_of(method, path)
            answer = world.calls(method, target, world.headers[who], body)
            refused = answer.status in ((403, 404) if who != "nobody" else (401,))
            if allowed == refused:
                wrong.append(f"{who}, {'own' if own else 'foreign'}: {answer}")
    assert wrong == []


def _body_of(method: str, path: str) -> bytes:
    if "/mpu/create/" in path:
        return json.dumps({"path": "big.bin", "num_parts": 2}).encode()
    if "/mpu/abort/" in path:
        return json.dumps({"path": "big.bin", "upload_id": "x" * 43}).encode()
    return b"content" if method in ("PUT", "POST") else b""


@pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: row.operation)
def test_what_may_not_be_read_is_as_what_does_not_exist(row: Endpoint, world: World) -> None:
    if LEAST[row.operation] not in LEVELS:
        return
    about = world.about(None, afresh=False)
    absent = _absent(about)
    for who in ("stranger", "manager", "token that reads"):
        hidden = world.ask(who, row, about, about.values["other"])
        missing = world.ask(who, row, absent, about.values["other"])
        assert _shape(hidden, about) == _shape(missing, absent), who


def _absent(about: Bundle) -> Bundle:
    """Names and ids that nothing has."""
    values = dict(about.values)
    values |= dict.fromkeys(("run_id", "view_id"), "f" * 32) | {"deployment_id": "e" * 32}
    values |= {"run_ids": ["f" * 32], "model_id": f"m-{'f' * 32}", "request_id": "987654321"}
    values |= {"experiment_id": "987654321", "experiment_ids": ["987654321"]}
    values |= {"experiment_name": "absent", "model_name": "absent", "resource_id": "987654321"}
    values |= {"source": f"models:/m-{'f' * 32}", "target": "local://absent"}
    return Bundle(values)


def _shape(answer: Answer, about: Bundle) -> tuple[int, str]:
    """An answer without the names that the request itself had."""
    text = answer.body.decode()
    names = ("model_id", "run_id", "view_id", "experiment_name", "model_name", "request_id")
    for name in ("deployment_id", "target", *names, "experiment_id"):
        text = text.replace(str(about.values[name]), "*")
    return answer.status, text


def test_who_may_read_a_model_may_read_its_files_but_nothing_beside_them(world: World) -> None:
    """A version's files are downloaded from where its run has them, in an experiment of others."""
    about = world.make()
    grant = p.GrantPermission("registered_model", about.values["model_name"], "READ", "stranger")
    shown = world.headers["stranger"]
    proxy = "/api/2.0/mlflow-artifacts/artifacts"
    file = f"{proxy}/{about.values['model_files']}/file.txt"
    assert world.calls("GET", file, shown).status == 404
    world.access.permissions.grant(grant, bundles.BY).result()
    time.sleep(HOLDS_SECONDS)
    assert world.calls("GET", file, shown).body == b"content"
    listing = f"{proxy}?path={about.values['model_files']}"
    assert b"file.txt" in world.calls("GET", listing, shown).body
    assert world.calls("PUT", file, shown, b"changed").status == 404
    assert world.calls("DELETE", file, shown).status == 404
    beside = f"{proxy}/{about.values['files']}/file.txt"
    assert world.calls("GET", beside, shown).status == 404
    assert world.calls("GET", f"{proxy}?path={about.values['experiment_id']}", shown).status == 404


def test_a_folder_above_runs_is_deleted_by_administrators_alone(world: World) -> None:
    """In it may be files of runs that have moved to an experiment of others."""
    about = world.make("manager")
    folder = f"/api/2.0/mlflow-artifacts/artifacts/{about.values['experiment_id']}"
    refused = world.calls("DELETE", folder, world.headers["manager"])
    assert (refused.status, b"administrator" in refused.body) == (403, True)
    of_run = f"/api/2.0/mlflow-artifacts/artifacts/{about.values['files']}"
    assert world.calls("DELETE", of_run, world.headers["manager"]).status == 200
    assert world.calls("DELETE", folder, world.headers["administrator"]).status == 200


def test_nothing_is_answered_by_a_route_that_nobody_decided_about(world: World) -> None:
    """Paths below the artifact routes that mean nothing are no way around the gate."""
    for path in ("/api/2.0/mlflow-artifacts/other", "/api/2.0/mlflow-artifacts/mpu/list/1"):
        for who in world.headers:
            assert world.calls("GET", path, world.headers[who]).status in (401, 403, 404), who
