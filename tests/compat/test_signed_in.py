"""MLflow's own client signs in by its own settings, and does what it was permitted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from millstream import connect, settings
from millstream.entities.permissions import GrantPermission
from millstream.entities.tokens import CreateToken
from millstream.entities.users import Actor, CreateUser
from millstream.store.access import Access

HERE = Path(__file__).parent
PASSWORD = "a password, with: signs"  # noqa: S105  # of users that live for one test
BY = Actor("the test")

Attempt = Callable[..., dict[str, str]]


@pytest.fixture
def access(tmp_path: Path) -> Iterator[Access]:
    store = connect.open_store(str(tmp_path / "store"), settings.Settings())
    access = connect.access_of(store)
    for name in ("ada", "grace"):
        access.users.create(CreateUser(name, PASSWORD), BY).result()
    yield access
    store.close()


@pytest.fixture
def guarded(access: Access, tmp_path: Path) -> Iterator[str]:
    """The address of our server that has people sign in, and shows nothing by default."""
    assert access
    command = [str(Path(sys.executable).with_name("millstream")), "server", "--json", "--auth"]
    options = ["--port", "0", "--backend-store-uri", "store"]
    options += ["--default-permission", "NO_PERMISSIONS"]
    process = subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["url"]
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


@pytest.fixture
def attempt(guarded: str, environment: Callable[[str, str], Path], tmp_path: Path) -> Attempt:
    python = environment("mlflow", "MILLSTREAM_COMPAT_PYTHON")

    def attempt(experiment: str, **shown: str) -> dict[str, str]:
        answers = tmp_path / "answers.json"
        program = [*map(str, (python, HERE / "signed_in_client.py", guarded, experiment, answers))]
        subprocess.run(program, cwd=tmp_path, check=True, env={**os.environ, **shown})
        found: dict[str, str] = json.loads(answers.read_text())
        return found

    return attempt


def test_who_signs_in_does_what_it_may(attempt: Attempt, access: Access) -> None:
    by_password = {"MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": PASSWORD}
    done = attempt("ada-s", **by_password)
    assert done == {
        "set_experiment": "ada-s",
        "log": "logged",
        "read_file": "content",
        "register": "1",
        "delete": "None",
        "experiments": "['ada-s']",
    }
    token = access.tokens.create(CreateToken("grace", "laptop", "write"), BY).result()
    by_token = {"MLFLOW_TRACKING_TOKEN": token.secret}
    done = attempt("grace-s", **by_token)
    # A token that writes may edit what its user manages, and not delete it.
    assert done.pop("delete") == "403 PERMISSION_DENIED"
    assert done["experiments"] == "['grace-s']"
    assert (done["log"], done["read_file"], done["register"]) == ("logged", "content", "1")


def test_who_may_only_read_reads(attempt: Attempt, access: Access) -> None:
    attempt("ada-s", MLFLOW_TRACKING_USERNAME="ada", MLFLOW_TRACKING_PASSWORD=PASSWORD)
    for kind, name in (("experiment", "1"), ("registered_model", "ada-s-model")):
        access.permissions.grant(GrantPermission(kind, name, "READ", "grace"), BY).result()  # type: ignore[arg-type]  # one of the two kinds
    done = attempt("ada-s", MLFLOW_TRACKING_USERNAME="grace", MLFLOW_TRACKING_PASSWORD=PASSWORD)
    assert done["set_experiment"] == "ada-s"
    assert done["log"] == "403 PERMISSION_DENIED"
    assert done["read_file"] == "content"
    assert done["register"] == "400 RESOURCE_ALREADY_EXISTS"
    assert done["experiments"] == "['ada-s']"


@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": "a wrong password"},
        {"MLFLOW_TRACKING_TOKEN": "ms_0000000000000000_" + "x" * 43},
    ],
    ids=["nothing", "a wrong password", "a wrong token"],
)
def test_who_does_not_sign_in_is_told_so(attempt: Attempt, shown: dict[str, str]) -> None:
    done = attempt("nobody-s", **shown)
    assert done["set_experiment"] == "401 UNAUTHENTICATED"
    assert done["experiments"] == "401 UNAUTHENTICATED"
