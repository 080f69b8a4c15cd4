"""The commands about access, on the database where it is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from millstream import connect
from millstream.cli.main import root
from millstream.client.tracking import MillstreamClient
from millstream.entities.users import CheckPassword
from millstream.settings import Settings
from millstream.testing.access import PASSWORD


def typed(millstream: Any, text: str, *arguments: str) -> Result:
    """A command that reads what is typed."""
    environment = {"MILLSTREAM_TRACKING_URI": str(millstream.folder)}
    return CliRunner().invoke(root, arguments, env=environment, input=text)


@pytest.fixture
def ada(millstream: Any) -> str:
    """An administrator."""
    arguments = ("users", "create", "ada", "--admin", "--password-stdin")
    done = typed(millstream, f"{PASSWORD}\n", *arguments)
    assert done.exit_code == 0, done.output
    assert done.stdout == "Created administrator 'ada'\n"
    return "ada"


@pytest.fixture
def experiment(millstream: Any) -> str:
    return MillstreamClient(millstream.folder).create_experiment("prices")


def proves(millstream: Any, password: str) -> bool:
    store = connect.open_store(str(millstream.folder), Settings())
    try:
        shown = CheckPassword("ada", password)
        return connect.access_of(store).sign_ins.check_password(shown).caller.username == "ada"
    finally:
        store.close()


def test_the_first_administrator_is_made_by_hand(millstream: Any, ada: str) -> None:
    assert proves(millstream, PASSWORD)
    (listed,) = millstream.data("users", "list")
    assert (listed["username"], listed["is_admin"], listed["roles"]) == (ada, True, [])
    assert PASSWORD not in millstream.text("users", "get", ada)


def test_a_password_is_asked_for_twice_and_not_shown(millstream: Any) -> None:
    done = typed(millstream, f"{PASSWORD}\n{PASSWORD}\n", "users", "create", "bob")
    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.output
    wrong = typed(millstream, f"{PASSWORD}\nother\n", "users", "create", "eve")
    assert wrong.exit_code != 0
    short = typed(millstream, "short\n", "users", "create", "eve", "--password-stdin")
    assert (short.exit_code, short.stdout) == (1, "")
    assert short.stderr == "Error: Password must be at least 12 characters.\n"
    empty = typed(millstream, "", "users", "create", "eve", "--password-stdin")
    assert (empty.exit_code, "holds no password" in empty.stderr) == (2, True)
    both = typed(millstream, "", "users", "create", "eve", "--service", "--password-stdin")
    assert both.exit_code == 2


def test_users_change(millstream: Any, ada: str) -> None:
    other = "another battery staple"
    done = typed(millstream, f"{other}\n", "users", "set-password", ada, "--password-stdin")
    assert done.exit_code == 0, done.output
    assert proves(millstream, other)
    refused = millstream.refusal("users", "delete", ada)
    assert "'ada' is the last active administrator" in refused
    millstream.text("users", "create", "robot", "--service")
    assert millstream.data("users", "set-admin", "robot")["is_admin"] is True
    assert millstream.text("users", "set-admin", "robot", "--no").startswith("'robot' is no")
    assert millstream.data("users", "deactivate", "robot")["is_active"] is False
    assert millstream.data("users", "get", "robot")["is_active"] is False
    assert millstream.data("users", "activate", "robot")["is_active"] is True
    millstream.text("users", "delete", "robot")
    assert millstream.refusal("users", "get", "robot") == "User with username=robot not found"


def test_groups(millstream: Any, ada: str) -> None:
    assert millstream.text("groups", "list") == "There is no group.\n"
    millstream.text("groups", "create", "team/a", "--description", "we")
    millstream.text("groups", "add", "team/a", ada)
    (listed,) = millstream.data("groups", "list", "--username", ada)
    assert (listed["name"], listed["members"], listed["description"]) == ("team/a", [ada], "we")
    changed = millstream.data("groups", "update", "team/a", "--new-name", "b")
    assert changed["name"] == "b"
    assert millstream("groups", "update", "b").exit_code == 2
    millstream.text("groups", "remove", "b", ada)
    assert "is not in the group" in millstream.refusal("groups", "remove", "b", ada)
    millstream.text("groups", "delete", "b")
    assert millstream.data("groups", "list") == []


def test_permissions(millstream: Any, ada: str, experiment: str) -> None:
    on = ("--experiment", experiment)
    said = millstream.text("permissions", "grant", "editor", "--user", ada, *on)
    assert said == f"'ada' is editor of experiment '{experiment}' now\n"
    millstream.text("groups", "create", "vision")
    millstream.text("permissions", "grant", "reader", "--group", "vision", "--model", "*")
    (listed,) = millstream.data("permissions", "list", "--user", ada)
    assert (listed["permission"], listed["resource_pattern"]) == ("EDIT", experiment)
    assert "every registered model" in millstream.text("permissions", "list", "--group", "vision")
    (member,) = millstream.data("permissions", "members", *on)
    assert (member["username"], member["permission"]) == (ada, "EDIT")
    millstream.text("permissions", "revoke", "--user", ada, *on)
    assert "was granted nothing" in millstream.refusal("permissions", "revoke", "--user", ada, *on)
    millstream.text("permissions", "revoke", "--group", "vision", "--model", "*")
    for wrong in (
        ("grant", "editor", *on),
        ("grant", "editor", "--user", ada),
        ("grant", "editor", "--user", ada, "--group", "vision", *on),
        ("grant", "editor", "--user", ada, "--workspace", *on),
        ("grant", "owner", "--user", ada, *on),
        ("list",),
    ):
        assert millstream("permissions", *wrong).exit_code == 2


def test_roles(millstream: Any, ada: str, experiment: str) -> None:
    made = millstream.data("roles", "create", "forecasters")
    on = ("--experiment", experiment)
    first = millstream.data("roles", "grant", "reader", "forecasters", *on)
    again = millstream.data("roles", "grant", "manager", str(made["id"]), *on)
    assert (again["id"], again["permission"]) == (first["id"], "MANAGE")
    millstream.text("groups", "create", "vision")
    millstream.text("roles", "assign", "forecasters", "--user", ada)
    millstream.text("roles", "assign", "forecasters", "--group", "vision")
    shown = millstream.data("roles", "show", "forecasters")
    assert [one["permission"] for one in shown["permissions"]] == ["MANAGE"]
    assert [one.get("username") or one.get("group") for one in shown["assignments"]] == [
        ada,
        "vision",
    ]
    assert "manager" in millstream.text("roles", "show", "forecasters")
    (of_ada,) = millstream.data("roles", "list", "--user", ada)
    assert of_ada["id"] == made["id"]
    (user,) = millstream.data("users", "list")
    assert user["roles"] == ["forecasters"]
    millstream.text("roles", "unassign", "forecasters", "--user", ada)
    millstream.text("roles", "unassign", "forecasters", "--group", "vision")
    millstream.text("roles", "revoke", "forecasters", *on)
    assert "has no permission on" in millstream.refusal("roles", "revoke", "forecasters", *on)
    millstream.text("roles", "delete", "forecasters")
    assert millstream.refusal("roles", "show", "forecasters") == (
        "No role has the name or id 'forecasters'. There are: none."
    )


def test_tokens(millstream: Any, ada: str, experiment: str) -> None:
    arguments = ("--username", ada, "--expires-in", "90d", "--experiment", experiment)
    done = millstream("tokens", "create", "laptop", *arguments)
    assert done.stdout.startswith("ms_")
    assert done.stdout.count("\n") == 1
    secret = done.stdout.strip()
    assert secret not in done.stderr
    made = millstream.data("tokens", "create", "other", "--username", ada, "--scope", "read")
    assert made["secret"].startswith(f"ms_{made['token_id']}_")
    listed = millstream.data("tokens", "list", "--username", ada)
    assert [one["name"] for one in listed] == ["other", "laptop"]
    days = (listed[1]["expiration_time"] - listed[1]["creation_time"]) / 86_400_000
    assert round(days) == 90
    assert secret not in json.dumps(listed)
    assert f"experiment '{experiment}'" in millstream.text("tokens", "list", "--username", ada)
    millstream.text("tokens", "delete", made["token_id"])
    assert len(millstream.data("tokens", "list", "--username", ada)) == 1
    assert "Could not parse" in millstream.refusal(
        "tokens", "create", "a", "--username", ada, "--expires-in", "soon"
    )
    assert millstream("tokens", "list").exit_code == 2


def test_the_audit_log(millstream: Any, ada: str, tmp_path: Any) -> None:
    millstream.text("groups", "create", "vision")
    listed = millstream.data("audit", "list")
    assert [one["action"] for one in listed] == ["group.create", "user.create"]
    assert millstream.data("audit", "list", "--action", "user.create") == listed[1:]
    assert "group vision" in millstream.text("audit", "list")
    lines = millstream.text("audit", "export").splitlines()
    assert [json.loads(line) for line in lines] == listed[::-1]
    file = tmp_path / "audit.jsonl"
    said = millstream.text("audit", "export", "-o", str(file), "--first-sequence", "2")
    assert said == f"Wrote 1 entries to {file}\n"
    assert json.loads(file.read_text()) == listed[0]
    assert millstream.data("audit", "verify")["intact"] is True
    other = ("--sequence", "1", "--hash", "0" * 64)
    broken = millstream("audit", "verify", *other)
    assert (broken.exit_code, "it is missing" in broken.stdout) == (1, False)
    assert "its hash is" in broken.stdout
