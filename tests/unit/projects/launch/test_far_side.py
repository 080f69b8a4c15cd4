"""A run that goes elsewhere takes along what it needs, and none is sent that could not log."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from millstream import logins
from millstream.address import parse
from millstream.client.session import SESSION
from millstream.environments.specification import EnvManager
from millstream.errors import InvalidParameter, NotSupported
from millstream.logins import Login
from millstream.projects import manifest
from millstream.projects.command import Command
from millstream.projects.launch import far_side
from millstream.projects.launch.backend import Launch
from millstream.projects.launch.far_side import FarSide

SERVER = "https://tracking.example.com"


@pytest.fixture(autouse=True)
def _nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_session: None) -> None:
    monkeypatch.setenv("MILLSTREAM_CONFIG_HOME", str(tmp_path / "config"))


def launch(folder: Path, manager: EnvManager = EnvManager.AUTO) -> Launch:
    return Launch(
        project=manifest.read(folder),
        command=Command("true", {}, "true"),
        run_id="1" * 32,
        variables={"MLFLOW_RUN_ID": "1" * 32, "MLFLOW_TRACKING_URI": "here"},
        env_manager=manager,
        config={},
        attached=False,
        finished=lambda: None,
    )


def sent(project: Path, monkeypatch: pytest.MonkeyPatch, place: str, **far: Any) -> dict[str, str]:
    monkeypatch.setenv("MILLSTREAM_TRACKING_URI", place)
    return far_side.variables(launch(project), FarSide(**far))


@pytest.mark.parametrize(
    "place",
    [
        "mlruns",
        "sqlite:///facts.db",
        "http://localhost:5000",
        "http://127.0.0.1:5000",
        "http://[::1]:5000",
        "postgresql://me@localhost/db",
        "postgresql:///db",
    ],
)
def test_a_store_of_this_machine_is_refused_unless_it_is_said_to_be_shared(
    project: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    with pytest.raises(InvalidParameter, match="of this machine alone"):
        sent(project, monkeypatch, place)
    found = sent(project, monkeypatch, place, shared_store=True)
    assert found["MLFLOW_TRACKING_URI"] == found["MILLSTREAM_TRACKING_URI"] == SESSION.place
    other = sent(project, monkeypatch, place, tracking_uri=SERVER)
    assert other["MLFLOW_TRACKING_URI"] == other["MILLSTREAM_TRACKING_URI"] == SERVER


def test_a_registry_of_this_machine_is_refused_too(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MILLSTREAM_REGISTRY_URI", "sqlite:///models.db")
    with pytest.raises(InvalidParameter, match=r"models\.db"):
        sent(project, monkeypatch, SERVER)


def test_who_we_are_goes_along(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "sesame")
    monkeypatch.setenv("MLFLOW_WORKSPACE", "blue")
    found = sent(project, monkeypatch, SERVER)
    tokens = {value for name, value in found.items() if name.endswith("TRACKING_TOKEN")}
    assert tokens == {"sesame"}
    assert found["MLFLOW_WORKSPACE"] == "blue"
    assert found["MLFLOW_RUN_ID"] == "1" * 32


def test_a_kept_login_goes_along_as_its_token(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logins.keep(parse(SERVER), Login("ada", "t", "kept"), SESSION.settings())
    assert "kept" in sent(project, monkeypatch, SERVER).values()
    assert "kept" not in sent(project, monkeypatch, "https://other.example.com").values()


def test_variables_that_are_named_go_along(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "lab")
    assert sent(project, monkeypatch, SERVER, variables=("AWS_PROFILE",))["AWS_PROFILE"] == "lab"
    assert "AWS_PROFILE" not in sent(project, monkeypatch, SERVER)
    with pytest.raises(InvalidParameter, match="'NOT_SET'"):
        sent(project, monkeypatch, SERVER, variables=("NOT_SET",))


@pytest.mark.parametrize(
    "config", [{"pyton": "x"}, {"python": 1}, {"python": ""}, {"python": "a b"}, {"python": "-c"}]
)
def test_a_configuration_that_cannot_be_meant_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter, match="python"):
        far_side.options("ssh", config, FarSide)


def test_the_command_over_there_is_quoted() -> None:
    words = ["/opt/it's/$HOME/python", "-m", "millstream.projects.arrival", "/a folder"]
    assert shlex.split(FarSide(python=words[0]).arrival(words[3])) == words


def test_an_environment_that_cannot_be_made_there_is_said_here(project: Path) -> None:
    (project / "MLproject").write_text("name: x\ndocker_env: {image: x}\n")
    far_side.check_environment(launch(project, EnvManager.LOCAL))
    with pytest.raises(NotSupported):
        far_side.check_environment(launch(project))
