"""MLflow's own client of users, roles and permissions manages our server: every call of it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.unit.server.running import Running

from millstream import connect
from millstream.entities.users import Actor, CreateUser
from millstream.settings import Settings
from millstream.testing.access import PASSWORD

HERE = Path(__file__).parent


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[str]:
    """The address of a server where the administrator root signs in."""
    folder = str(tmp_path / "runs")
    store = connect.open_store(folder, Settings())
    root = CreateUser("root", PASSWORD, is_admin=True)
    connect.access_of(store).users.create(root, Actor()).result()
    store.close()
    server = Running(backend_store_uri=folder, auth=True)
    yield server.url
    server.end()


def test_every_call(environment: Callable[[str, str], Path], guarded: str, tmp_path: Path) -> None:
    python, answers = environment("mlflow", "MILLSTREAM_COMPAT_PYTHON"), tmp_path / "answers.json"
    variables = {"MLFLOW_TRACKING_USERNAME": "root", "MLFLOW_TRACKING_PASSWORD": PASSWORD}
    subprocess.run(
        [python, HERE / "auth_client.py", guarded, answers],
        cwd=tmp_path,
        env={**os.environ, **variables},
        check=True,
    )
    found = json.loads(answers.read_text())
    users, roles = found["users"], found["roles"]
    assert users["made"] == {"id": users["made"]["id"], "username": "ada", "is_admin": False}
    assert users["found"] == {**users["made"], "is_admin": True}
    assert users["gone"] == ["RESOURCE_DOES_NOT_EXIST", 404]
    role_id = roles["role"]["id"]
    assert roles["role"] == {
        "id": role_id,
        "name": "readers",
        "workspace": "default",
        "description": "who read",
        "permissions": [],
    }
    assert roles["updated"] == {**roles["permission"], "permission": "EDIT"}
    assert roles["listed"] == [roles["updated"]]
    assert roles["assigned"]["user_id"] == users["made"]["id"]
    assert roles["users"] == [roles["assigned"]]
    assert roles["found"]["permissions"] == roles["listed"]
    assert roles["names"] == {
        "of ada": ["editors"],
        "of workspace": ["editors"],
        "all": ["editors"],
    }
    assert roles["left"] == []
    assert found["permissions"] == {
        "before": {"permission": "READ", "allowed": False},
        "granted": {"permission": "EDIT", "allowed": True},
        "after": {"permission": "READ", "allowed": False},
        "absent": {"permission": "NO_PERMISSIONS", "allowed": False},
    }
    assert found["twice"] == ["RESOURCE_ALREADY_EXISTS", 400]
    assert found["short"] == ["INVALID_PARAMETER_VALUE", 400]
