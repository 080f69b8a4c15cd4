from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from millstream import connect
from millstream.entities.users import Actor, CreateUser, ListUsers
from millstream.errors import InvalidParameter, NotSupported, Unavailable
from millstream.settings import Settings
from millstream.store.interface import Store

SETTINGS = Settings()
LOADING = """
import sys
from millstream import connect
from millstream.settings import Settings
connect.load(sys.argv[1])
print("psycopg" in sys.modules, "sqlite3" in sys.modules)
before = set(sys.modules)
if sys.argv[1].startswith("."):
    connect.open_store(sys.argv[1], Settings()).close()
    print(sorted(set(sys.modules) - before))
"""


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("mlruns", "{cwd}/mlruns"),
        ("./a/../mlruns/", "{cwd}/mlruns"),
        ("file:{cwd}/runs", "{cwd}/runs"),
        ("file://{cwd}/runs", "{cwd}/runs"),
        ("file://localhost{cwd}/a%20b", "{cwd}/a b"),
        ("sqlite:///x.db", "sqlite:///{cwd}/x.db"),
        ("sqlite:////abs/x.db", "sqlite:////abs/x.db"),
        ("http://host:5000/", "http://host:5000"),
        ("postgresql://u@h/db", "postgresql://u@h/db"),
    ],
)
def test_the_canonical_form_is_absolute(
    uri: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cwd = str(tmp_path.resolve())
    found = connect.canonical(uri.replace("{cwd}", cwd))
    assert found == expected.replace("{cwd}", cwd)
    assert connect.canonical(found) == found


def test_artifacts_are_kept_beside_the_facts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    here = tmp_path.resolve()
    assert connect.artifact_root("runs") == str(here / "runs" / "artifacts")
    assert connect.artifact_root("sqlite:///db/x.db") == str(here / "db" / "artifacts")
    assert connect.artifact_root("postgresql://h/db") == str(here / "mlartifacts")


@pytest.mark.parametrize("uri", ["foo://x", "ftp://h/x", "databricks", "databricks://p", "uc:x"])
def test_unknown_tracking_schemes_are_refused_with_the_known_ones(uri: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        connect.open_store(uri, SETTINGS)
    assert uri in caught.value.message
    assert "sqlite" in caught.value.message
    assert "https" in caught.value.message


def test_unknown_artifact_schemes_are_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidParameter, match=r"dbfs.*s3"):
        connect.open_artifacts("dbfs:/x", SETTINGS, tracking_uri="mlruns")


@pytest.mark.parametrize("sign", ["0/meta.yaml", "7/meta.yaml", ".trash/x", "mlflow.db"])
def test_a_folder_of_mlflow_is_refused_and_left_alone(tmp_path: Path, sign: str) -> None:
    folder = tmp_path / "mlruns"
    (folder / sign).parent.mkdir(parents=True)
    (folder / sign).write_text("theirs")
    before = sorted(folder.rglob("*"))
    with pytest.raises(InvalidParameter, match="millstream import"):
        connect.open_store(str(folder), SETTINGS)
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("./runs", ["False True", "[]"]),
        ("postgresql://nobody@nowhere.invalid/x", ["True False"]),
        ("http://nowhere.invalid", ["False False"]),
    ],
)
def test_what_opens_a_place_is_loaded_without_opening_it(
    tmp_path: Path, uri: str, told: list[str]
) -> None:
    command = [sys.executable, "-c", LOADING, uri]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == told


def test_a_folder_that_cannot_be_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot be used"):
        connect.open_store(str(tmp_path / "file" / "folder"), SETTINGS)


def test_a_file_is_refused_with_the_uri_it_may_have_meant(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("")
    with pytest.raises(InvalidParameter, match="sqlite:///"):
        connect.open_store(str(tmp_path / "x.db"), SETTINGS)


def test_another_host_in_a_file_uri_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="names the host 'server'"):
        connect.canonical("file://server/share")


def test_a_scheme_of_a_plugin_is_served_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Point:
        def load(self) -> Any:
            return lambda uri, settings: (uri, settings)

    def entry_points(*, group: str, name: str) -> list[Point]:
        known = ("millstream.stores", "millstream.artifact_stores")
        return [Point()] if group in known and name == "mine" else []

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    store: Any = connect.open_store("mine://x", SETTINGS)
    assert store == ("mine://x", SETTINGS)
    found: Any = connect.open_artifacts("mine://x/y", SETTINGS, tracking_uri="mlruns")
    assert found == ("mine://x/y", SETTINGS)


@pytest.mark.parametrize(
    ("uri", "tracking_uri", "expected"),
    [
        ("{root}/files", "mlruns", "{root}/files"),
        ("file://{root}/files", "mlruns", "{root}/files"),
        ("mlflow-artifacts:/1/r/artifacts", "{root}/runs", "{root}/runs/artifacts/1/r/artifacts"),
    ],
)
def test_local_artifact_uris(tmp_path: Path, uri: str, tracking_uri: str, expected: str) -> None:
    root = str(tmp_path.resolve())
    store = connect.open_artifacts(
        uri.replace("{root}", root), SETTINGS, tracking_uri=tracking_uri.replace("{root}", root)
    )
    assert store.uri == expected.replace("{root}", root)


@pytest.mark.parametrize(
    ("uri", "tracking_uri", "host"),
    [
        ("mlflow-artifacts:/1/r", "http://host:5000", "http://host:5000"),
        ("mlflow-artifacts://other:7/1/r", "https://host:5000", "https://other:7"),
        ("mlflow-artifacts://other:7/1/r", "mlruns", "http://other:7"),
        (
            "http://host:5000/api/2.0/mlflow-artifacts/artifacts/1/r",
            "mlruns",
            "http://host:5000",
        ),
    ],
)
def test_proxied_artifact_uris(uri: str, tracking_uri: str, host: str) -> None:
    store = connect.open_artifacts(uri, SETTINGS, tracking_uri=tracking_uri)
    assert store.uri.startswith(f"{host}/")
    assert "1/r" in store.uri


def test_access_is_kept_with_the_runs(tmp_path: Path) -> None:
    store = connect.open_store(str(tmp_path / "runs"), SETTINGS)
    access = connect.access_of(store)
    access.users.create(CreateUser("ada"), Actor()).result()
    assert [user.username for user in access.users.list(ListUsers()).users] == ["ada"]
    store.close()
    with pytest.raises(NotSupported, match="cannot be kept in a SimpleNamespace"):
        connect.access_of(cast("Store", SimpleNamespace()))
