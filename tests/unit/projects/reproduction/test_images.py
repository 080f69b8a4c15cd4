"""A run in an image is carried out again in that image, and in no other without saying so."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.unit.projects.conftest import git, project
from tests.unit.projects.launch.conftest import Containers, containers
from tests.unit.projects.launch.container_program import DIGEST, IDENTITY

from millstream.cli.main import root
from millstream.client.tracking import MillstreamClient
from millstream.errors import InvalidParameter, MillstreamError, NotFound
from millstream.projects.api import reproduce, run

__all__ = ["containers", "project"]  # fixtures of other rooms

MLPROJECT = """
name: boxed
docker_env: {image: "registry.example.com/team/base:1"}
entry_points:
  main:
    parameters: {alpha: {type: float, default: 0.5}, data: path}
    command: "python train.py {alpha} {data}"
"""
LOGS = """
import sys
import millstream
with millstream.start_run():
    millstream.log_metric("alpha", float(sys.argv[1]))
"""
OTHER = "sha256:" + "ee" * 32
URI, ID = "mlflow.docker.image.uri", "mlflow.docker.image.id"


@pytest.fixture(autouse=True)
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_session: None) -> MillstreamClient:
    monkeypatch.setenv("MILLSTREAM_TRACKING_URI", str(tmp_path / "mlruns"))
    monkeypatch.setenv("MILLSTREAM_CAPTURE", "git,packages,machine")
    return MillstreamClient()


@pytest.fixture
def original(project: Path, tmp_path: Path, containers: Containers) -> str:
    """A run of a committed project, with an option for its container."""
    (project / "MLproject").write_text(MLPROJECT)
    (project / "train.py").write_text(LOGS)
    git(project, "init", "--quiet", "--initial-branch", "main")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "first")
    return started(project, tmp_path)


def started(project: Path, tmp_path: Path, **options: bool) -> str:
    (tmp_path / "data.txt").write_text("1")
    given = {"data": tmp_path / "data.txt"}
    return run(str(project), parameters=given, docker_args={"network": "host"}, **options).run_id  # type: ignore[arg-type]  # each is a truth


def forget(containers: Containers) -> None:
    """Remove all images, as a machine that has never seen them."""
    for path in containers.folder.glob("image-*"):
        path.unlink()


def test_the_image_of_the_same_id_is_used(
    original: str, containers: Containers, client: MillstreamClient, tmp_path: Path
) -> None:
    (containers.folder / "identity").write_text(OTHER)  # its name has moved on meanwhile
    words = ["reproduce", original, "-A", "network=host", "--json"]
    done = CliRunner().invoke(root, words)
    assert done.exit_code == 0, done.output
    before, after = containers.asked("run")
    assert after["image"] == IDENTITY
    assert after["network"] == before["network"] == "host"
    assert f"{tmp_path}/data.txt:{tmp_path}/data.txt:ro" in after["volume"]
    assert after["command"] == before["command"]
    (child,) = client.search_runs(["0"], "tags.`millstream.reproduces` LIKE '%'")
    assert child.data.tags[ID] == IDENTITY
    assert child.data.tags["mlflow.project.env"] == "docker"
    assert '"findings": []' in done.output


def test_options_that_are_not_recorded_are_named(
    original: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert reproduce(original).reproduced
    assert "with the options network, which are not recorded" in capfd.readouterr().err


def test_it_is_pulled_if_its_name_still_means_it(original: str, containers: Containers) -> None:
    forget(containers)
    assert reproduce(original).reproduced
    assert containers.asked("run")[-1]["image"] == "registry.example.com/team/base:1"


def test_one_that_has_moved_on_is_pulled_by_its_digest(
    original: str, containers: Containers, client: MillstreamClient
) -> None:
    address = f"registry.example.com/team/base@{DIGEST}"
    client.set_tag(original, "millstream.docker.image.address", address)
    forget(containers)
    assert reproduce(original).reproduced
    assert [told["image"] for told in containers.asked("pull")][-1] == address
    assert containers.asked("run")[-1]["image"] == address


def test_another_image_of_that_name_is_refused_before_there_is_a_child(
    original: str, containers: Containers, client: MillstreamClient
) -> None:
    forget(containers)
    (containers.folder / "identity").write_text(OTHER)
    with pytest.raises(MillstreamError, match=rf"base:1' with the id {IDENTITY} .*is {OTHER} now"):
        reproduce(original)
    client.set_tag(original, URI, "absent")
    with pytest.raises(MillstreamError, match="manifest for absent not found"):
        reproduce(original)
    client.set_tag(original, URI, "--privileged")
    with pytest.raises(MillstreamError, match="is no reference of an image"):
        reproduce(original)
    assert len(containers.asked("run")) == 1
    assert len(client.search_runs(["0"])) == 1


def test_one_that_was_built_is_built_again_and_named_as_another(
    original: str, project: Path, tmp_path: Path, containers: Containers
) -> None:
    built = started(project, tmp_path, build_image=True)
    (project / "train.py").write_text("raise SystemExit(1)")  # not what the run had
    forget(containers)
    (containers.folder / "identity").write_text(OTHER)
    found = reproduce(built)
    assert found.reproduced
    told = [(one.cause, one.name, one.expected, one.got) for one in found.comparison.findings]
    assert told == [("environment", "image", IDENTITY, OTHER)]
    assert len(containers.asked("build")) == 2
    assert (containers.built / "train.py").read_text() == LOGS


def test_without_a_program_it_says_what_is_missing(
    original: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MILLSTREAM_CONTAINER_ENGINE")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "git").symlink_to("/usr/bin/git")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(NotFound, match="ran in an image, and there is none of docker, podman and"):
        reproduce(original)


def test_the_present_environment_may_be_asked_for(original: str, containers: Containers) -> None:
    assert reproduce(original, env_manager="local").reproduced
    assert len(containers.asked("run")) == 1


def test_a_name_that_is_no_option_is_refused(original: str) -> None:
    with pytest.raises(InvalidParameter, match="no name of an option"):
        reproduce(original, docker_args={"--privileged": True})
