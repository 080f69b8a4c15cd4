"""Signing in to a server that asks who calls, and managing it from there."""

from __future__ import annotations

import errno
import json
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result
from tests.unit.server.running import Running

from millstream import connect, logins
from millstream.cli.main import root
from millstream.entities.roles import ListRoles
from millstream.entities.users import Actor, CreateUser
from millstream.errors import InvalidParameter, Unauthenticated, Unavailable
from millstream.rest.remote import RemoteStore
from millstream.settings import Settings
from millstream.testing.access import PASSWORD


class Person:
    """Somebody at a machine, with a folder of settings."""

    def __init__(self, url: str, home: Path) -> None:
        self.url = url
        self.file = home / "millstream" / "logins.json"
        self.settings = Settings(config_home=str(home), http_request_max_retries=0)

    def __call__(self, *arguments: str, typed: str = "", **variables: str) -> Result:
        environment = {
            "MILLSTREAM_CONFIG_HOME": str(self.settings.config_home),
            "MILLSTREAM_TRACKING_URI": self.url,
            "MILLSTREAM_HTTP_REQUEST_MAX_RETRIES": "0",
            **variables,
        }
        return CliRunner().invoke(root, arguments, env=environment, input=typed)

    def text(self, *arguments: str, typed: str = "", **variables: str) -> str:
        done = self(*arguments, typed=typed, **variables)
        assert done.exit_code == 0, done.output
        return done.stdout

    def login(self, *arguments: str, username: str = "ada") -> str:
        words = ("login", "--username", username, "--password-stdin", *arguments)
        return self.text(*words, typed=f"{PASSWORD}\n")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = str(tmp_path_factory.mktemp("server") / "runs")
    store = connect.open_store(folder, Settings())
    users = connect.access_of(store).users
    users.create(CreateUser("ada", PASSWORD, is_admin=True), Actor()).result()
    users.create(CreateUser("bob", PASSWORD), Actor()).result()
    store.close()
    server = Running(backend_store_uri=folder, auth=True)
    yield server.url
    server.end()


@pytest.fixture
def person(url: str, tmp_path: Path) -> Person:
    return Person(url, tmp_path / "config")


def test_a_login_is_kept_for_its_owner_and_used_for_its_server_alone(person: Person) -> None:
    said = person.login()
    assert said.startswith(f"Signed in to {person.url} as 'ada' until ")
    assert str(person.file) in said
    assert stat.S_IMODE(person.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(person.file.parent.stat().st_mode) == 0o700
    kept = logins.find(urlsplit(person.url), person.settings)
    assert kept is not None
    assert kept.token not in said
    assert json.loads(person.text("whoami", "--json"))["username"] == "ada"
    assert RemoteStore(person.url, person.settings).experiments
    other = person.url.replace("127.0.0.1", "localhost")
    assert logins.find(urlsplit(other), person.settings) is None
    assert list(person.file.parent.iterdir()) == [person.file]


def test_what_the_environment_says_comes_first(person: Person) -> None:
    person.login()
    as_bob = {"MLFLOW_TRACKING_USERNAME": "bob", "MLFLOW_TRACKING_PASSWORD": PASSWORD}
    assert json.loads(person.text("whoami", "--json", **as_bob))["username"] == "bob"
    wrong = person("whoami", MLFLOW_TRACKING_TOKEN="ms_nothing")  # noqa: S106  # refused
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert "The token is not valid" in wrong.stderr


def test_a_wrong_password_keeps_nothing(person: Person) -> None:
    arguments = ("login", "--username", "ada", "--password-stdin")
    done = person(*arguments, typed="not the password\n")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "The username or the password is not right" in done.stderr
    assert not person.file.exists()


def test_a_file_that_others_can_read_is_refused(person: Person) -> None:
    person.login()
    person.file.chmod(0o644)
    done = person("whoami")
    assert done.exit_code == 1
    assert "can be read by others (its mode is 0644)" in done.stderr
    with pytest.raises(InvalidParameter, match="chmod 600"):
        logins.find(urlsplit(person.url), person.settings)


def test_a_file_that_cannot_be_opened_now_is_as_if_the_server_were_away(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a script with too many files open goes on, and keeps what it logs."""
    person.login()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(Unavailable, match=r"which holds the logins, cannot be read: .*Too many"):
        logins.find(urlsplit(person.url), person.settings)


def test_a_file_that_is_no_json_is_refused_by_its_name(person: Person) -> None:
    person.login()
    person.file.write_text("{")
    assert f"'{person.file}', which holds the logins, cannot be read" in person("whoami").stderr


def test_a_token_may_be_brought_along(person: Person) -> None:
    as_ada = {"MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": PASSWORD}
    made = json.loads(person.text("tokens", "create", "ci", "--json", **as_ada))
    said = json.loads(person.text("login", "--token-stdin", "--json", typed=f"{made['secret']}\n"))
    assert (said["username"], said["token_id"]) == ("ada", made["token_id"])
    assert "'ada'" not in person("login", "--token-stdin", typed="ms_wrong\n").stdout


def test_signing_out_forgets_and_revokes(person: Person) -> None:
    person.login("--scope", "admin")
    kept = logins.find(urlsplit(person.url), person.settings)
    assert kept is not None
    assert person.text("logout").endswith("the token is revoked\n")
    assert logins.find(urlsplit(person.url), person.settings) is None
    with_it = Settings(tracking_token=kept.token, http_request_max_retries=0)
    access = connect.access_of(connect.open_store(person.url, with_it))
    with pytest.raises(Unauthenticated):
        access.roles.list(ListRoles())
    person.login()
    said = json.loads(person.text("logout", "--json"))
    assert said["revoked"] is True
    assert "not signed in" in person("logout").stderr


def test_a_login_with_all_rights_manages_the_server(person: Person) -> None:
    person.login("--scope", "admin")
    person.text("groups", "create", "team/a")
    person.text("groups", "add", "team/a", "bob")
    person.text("permissions", "grant", "reader", "--group", "team/a", "--experiment", "0")
    members = json.loads(person.text("permissions", "members", "--experiment", "0", "--json"))
    assert members[0]["group"] == "team/a"
    created = person.text(
        *("users", "create", "eve", "--password-stdin"), typed="correct horse staple\n"
    )
    assert created == "Created user 'eve'\n"
    lines = person.text("audit", "export").splitlines()
    assert json.loads(lines[-1])["actor"] == "ada"
    assert "yes" in person.text("audit", "verify")
    person.text("users", "delete", "eve")


def test_who_may_not_manage_is_told_so(person: Person) -> None:
    person.login(username="bob")
    for arguments in (("users", "list"), ("audit", "list"), ("audit", "export"), ("roles", "list")):
        done = person(*arguments)
        assert (done.exit_code, done.stdout) == (1, "")
        assert "only administrators may do this" in done.stderr


def test_a_server_that_asks_nobody(person: Person, tmp_path: Path) -> None:
    server = Running(backend_store_uri=str(tmp_path / "open"))
    try:
        open_to_all = Person(server.url, tmp_path / "config")
        assert "does not ask who calls" in open_to_all.text("whoami")
        arguments = ("login", "--username", "ada", "--password-stdin")
        done = open_to_all(*arguments, typed=f"{PASSWORD}\n")
        assert "there is nothing to sign in to" in done.stderr
        assert "no endpoint" in open_to_all("users", "list").stderr
    finally:
        server.end()


def test_a_keyring_keeps_the_token_instead_of_the_file(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[tuple[str, str], str] = {}
    keyring = ModuleType("keyring")
    keyring.get_keyring = lambda: SimpleNamespace(priority=5)  # type: ignore[attr-defined]  # a stand-in
    keyring.set_password = lambda service, name, word: kept.update({(service, name): word})  # type: ignore[attr-defined]  # a stand-in
    keyring.get_password = lambda service, name: kept.get((service, name))  # type: ignore[attr-defined]  # a stand-in
    keyring.delete_password = lambda service, name: kept.pop((service, name))  # type: ignore[attr-defined]  # a stand-in
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    assert "the system's keyring" in person.login()
    (secret,) = kept.values()
    assert secret not in person.file.read_text()
    assert json.loads(person.text("whoami", "--json"))["username"] == "ada"
    stolen = dict(kept)
    kept.clear()
    assert "is in the system's keyring, which does not give it" in person("whoami").stderr
    kept.update(stolen)
    person.text("logout")
    assert kept == {}


def test_what_is_no_server(tmp_path: Path) -> None:
    person = Person(str(tmp_path / "runs"), tmp_path)
    assert person("login").exit_code == 2
    assert json.loads(person.text("whoami", "--json"))["is_admin"] is True
    with pytest.raises(InvalidParameter):
        logins.find(urlsplit("http://h"), Settings(config_home=str(_unreadable(tmp_path))))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://Host/", "http://host:80"),
        ("https://host", "https://user:word@host:443/prefix"),
    ],
)
def test_an_origin_has_one_form(one: str, other: str) -> None:
    assert logins.origin(urlsplit(one)) == logins.origin(urlsplit(other))
    assert logins.origin(urlsplit("http://host")) != logins.origin(urlsplit("https://host"))


def _unreadable(folder: Path) -> Path:
    """A folder with a folder where the file should be."""
    (folder / "millstream" / "logins.json").mkdir(parents=True)
    return folder


def test_who_has_no_home_has_no_login(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    address = urlsplit("http://host")
    assert logins.find(address, Settings()) is None
    with pytest.raises(Unavailable, match="MILLSTREAM_CONFIG_HOME"):
        logins.keep(address, logins.Login("ada", "a", "ms_a"), Settings())
