"""Docker and podman are asked for exactly the container that the project and its caller mean."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.end_to_end.sent_projects import lives, wait_for
from tests.unit.projects.conftest import git
from tests.unit.projects.launch.conftest import Containers
from tests.unit.projects.launch.container_program import DIGEST

from millstream.cli.main import root
from millstream.client.tracking import MillstreamClient
from millstream.containers import engines
from millstream.errors import ExecutionException, InvalidParameter, MillstreamError, NotFound
from millstream.projects.launch import local
from millstream.projects.running import run

MLPROJECT = """
name: boxed
docker_env:
  image: registry.example.com/team/base:1
  volumes: ["/data:/data:ro"]
  environment: [[GIVEN, a value], COPIED, ABSENT]
entry_points:
  main:
    parameters: {word: string}
    command: "printf '%s' {word}; test \\"$GIVEN\\" = 'a value'"
  fail: {command: "exit 7"}
  sleep: {command: "echo begun; sleep 60; true"}
"""
HOSTILE = "'; touch hacked; $(touch hacked) `touch hacked` \"\n--privileged"


@pytest.fixture(autouse=True)
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_session: None) -> MillstreamClient:
    monkeypatch.setenv("MILLSTREAM_TRACKING_URI", str(tmp_path / "mlruns"))
    monkeypatch.setenv("COPIED", "from here")
    monkeypatch.delenv("ABSENT", raising=False)
    return MillstreamClient()


@pytest.fixture
def boxed(project: Path) -> Path:
    (project / "MLproject").write_text(MLPROJECT)
    return project


def test_the_command_runs_in_the_image(
    boxed: Path, containers: Containers, client: MillstreamClient, tmp_path: Path
) -> None:
    arguments = {"network": "host", "m": "1g", "init": True}
    submitted = run(
        str(boxed), parameters={"word": HOSTILE}, docker_args=arguments, synchronous=False
    )
    assert "\n".join(submitted.logs(follow=True)) == HOSTILE
    assert submitted.wait()
    (asked,) = containers.asked("run")
    assert asked["image"] == "registry.example.com/team/base:1"
    assert asked["command"][:2] == ["bash", "-c"]
    assert HOSTILE not in asked["command"][2]
    assert (asked["network"], asked["memory"], asked["init"]) == ("host", "1g", True)
    assert asked["volume"] == ["/data:/data:ro", f"{tmp_path}/mlruns:/mlflow/tmp/mlruns"]
    assert asked["env"]["MLFLOW_TRACKING_URI"] == "/mlflow/tmp/mlruns"
    assert asked["env"]["MLFLOW_RUN_ID"] == submitted.run_id
    assert asked["env"]["GIVEN"] == "a value"
    assert asked["env"]["COPIED"] == "from here"
    assert "ABSENT" not in asked["env"]
    assert not (boxed / "hacked").exists()
    tags = client.get_run(submitted.run_id).data.tags
    assert tags["mlflow.project.env"] == "docker"
    assert tags["mlflow.docker.image.uri"] == "registry.example.com/team/base:1"
    assert tags["mlflow.docker.image.id"] == "sha256:" + "cd" * 32
    assert [told["image"] for told in containers.asked("pull")] == [asked["image"]]


def test_an_image_with_the_projects_files_is_built(
    boxed: Path, containers: Containers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MILLSTREAM_TRACKING_URI", str(boxed / "mlruns"))
    (boxed / "MLproject").write_text(MLPROJECT.replace("name: boxed", "name: Bo xed/--evil\\n"))
    (boxed / "key").symlink_to("/etc/hostname")
    (boxed / ".gitignore").write_text("mlruns")
    git(boxed, "init", "--quiet")
    git(boxed, "add", ".")
    git(boxed, "commit", "--quiet", "-m", "first")
    commit = git(boxed, "rev-parse", "HEAD")
    submitted = run(str(boxed), parameters={"word": "a"}, build_image=True)
    (built,) = containers.asked("build")
    assert built["tag"] == f"bo-xed-evil-n:{commit[:7]}"
    assert built["file"].splitlines() == [
        "FROM registry.example.com/team/base:1",
        "COPY . /mlflow/projects/code/",
        "WORKDIR /mlflow/projects/code/",
    ]
    assert built["files"] == [".gitignore", "MLproject", "key", "train.py"]
    (asked,) = containers.asked("run")
    assert asked["image"] == built["tag"]
    tags = MillstreamClient().get_run(submitted.run_id).data.tags
    assert tags["mlflow.docker.image.uri"] == built["tag"]


@pytest.mark.parametrize(
    "tag", ["127.0.0.1:5000/team/ridge:abc", "127.0.0.1:5000/team/ridge", "ridge:1"]
)
def test_pushing_gives_the_digest(containers: Containers, tag: str) -> None:
    engine = engines.find("A test needs one", "or skip it")
    assert engine.image_id(tag) == "sha256:" + "cd" * 32
    assert engine.push(tag) == DIGEST
    assert [told["image"] for told in containers.asked("push")] == [tag]


def test_a_file_that_is_a_parameter_is_shown(
    boxed: Path, containers: Containers, tmp_path: Path
) -> None:
    (boxed / "MLproject").write_text(MLPROJECT.replace("word: string", "word: path"))
    data = tmp_path / "data.txt"
    data.write_text("1")
    submitted = run(str(boxed), parameters={"word": str(data)}, synchronous=False)
    assert list(submitted.logs(follow=True)) == [str(data)]
    (asked,) = containers.asked("run")
    assert f"{data}:{data}:ro" in asked["volume"]


def test_the_command_says_what_docker_is_to_be_told(boxed: Path, containers: Containers) -> None:
    words = ["-A", "init", "-A", "network=host", "--build-image"]
    done = CliRunner().invoke(root, ["run", str(boxed), "-P", "word=a", *words])
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(root, ["run", str(boxed), "--grid", "word=a,b", *words])
    assert done.exit_code == 0, done.output
    asked = containers.asked("run")
    assert [(one["init"], one["network"], one["image"]) for one in asked] == [
        (True, "host", "boxed")
    ] * 3
    done = CliRunner().invoke(root, ["run", str(boxed), "-A", "init", "-A", "init=a"])
    assert (done.exit_code, "Repeated parameter: 'init'" in done.output) == (2, True)


def test_what_is_secret_stands_on_no_command_line(
    boxed: Path, containers: Containers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = tmp_path / "lines"
    monkeypatch.setenv("COPIED", "hunter2")
    shell = containers.folder.parent / "bin" / containers.name
    shell.write_text(shell.read_text().replace("exec", f'printf "%s\\n" "$*" >> {log}\nexec'))
    auth = {"username": "ada", "password": "swordfish", "registry": "registry.example.com"}
    run(str(boxed), parameters={"word": "correct horse"}, docker_auth=auth)
    assert containers.asked("login") == [{"verb": "login", "username": "ada", "given": "swordfish"}]
    lines = log.read_text()
    assert "COPIED" in lines
    assert not [word for word in ("hunter2", "swordfish", "correct") if word in lines]


def test_what_fails_inside_fails(
    boxed: Path, containers: Containers, client: MillstreamClient
) -> None:
    with pytest.raises(ExecutionException):
        run(str(boxed), "fail")
    (found,) = client.search_runs(["0"])
    assert found.info.status == "FAILED"


def test_cancelling_kills_a_container_that_does_not_end(
    boxed: Path, containers: Containers, client: MillstreamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "GRACE", 0.2)
    submitted = run(str(boxed), "sleep", synchronous=False)
    assert next(iter(submitted.logs(follow=True))) == "begun"
    (path,) = containers.folder.glob("container-*")
    pid = int(path.read_text())
    submitted.cancel()
    assert not submitted.wait()
    assert client.get_run(submitted.run_id).info.status == "KILLED"
    wait_for(lambda: not lives(pid))


def test_an_image_that_is_nowhere_fails_the_run(
    boxed: Path, containers: Containers, client: MillstreamClient
) -> None:
    (boxed / "MLproject").write_text(MLPROJECT.replace("base:1", "absent"))
    with pytest.raises(MillstreamError, match="absent not found"):
        run(str(boxed), parameters={"word": "a"})
    (found,) = client.search_runs(["0"])
    assert found.info.status == "FAILED"


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("image: registry.example.com/team/base:1", "image: --privileged"),
        ("image: registry.example.com/team/base:1", 'image: "base\\nRUN id"'),
        ('"/data:/data:ro"', "--privileged"),
        ('"/data:/data:ro"', "/data"),
        ("COPIED", '"A=b"'),
        ("[GIVEN, a value]", '["LD PRELOAD", x]'),
    ],
)
def test_what_would_be_another_argument_is_refused(
    boxed: Path, containers: Containers, written: str, instead: str
) -> None:
    (boxed / "MLproject").write_text(MLPROJECT.replace(written, instead))
    with pytest.raises(InvalidParameter):
        run(str(boxed), parameters={"word": "a"}, build_image=True)
    assert containers.asked("run") == containers.asked("build") == []


def test_a_database_is_shown_with_its_folder(
    boxed: Path, containers: Containers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "facts").mkdir()
    monkeypatch.setenv("MILLSTREAM_TRACKING_URI", f"sqlite:///{tmp_path}/facts/runs.db")
    run(str(boxed), parameters={"word": "a"})
    (asked,) = containers.asked("run")
    assert asked["volume"][1:] == [f"{tmp_path}/facts:/mlflow/tmp/mlruns"]
    assert asked["env"]["MILLSTREAM_TRACKING_URI"] == "sqlite:////mlflow/tmp/mlruns/runs.db"


def test_artifacts_that_lie_elsewhere_are_shown_too(
    boxed: Path, containers: Containers, client: MillstreamClient, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    made = client.create_experiment("elsewhere", artifact_location=str(elsewhere))
    submitted = run(str(boxed), parameters={"word": "a"}, experiment_id=made)
    folder = client.get_run(submitted.run_id).info.artifact_uri
    (asked,) = containers.asked("run")
    assert asked["volume"][2:] == [f"{folder}:{folder}"]


def test_without_a_program_it_says_so(
    boxed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, client: MillstreamClient
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotFound, match="none of docker, podman and buildah"):
        run(str(boxed), parameters={"word": "a"})
    (found,) = client.search_runs(["0"])
    assert found.info.status == "FAILED"


def test_the_present_environment_may_be_asked_for(boxed: Path, tmp_path: Path) -> None:
    (boxed / "MLproject").write_text(MLPROJECT.replace("; test", "; true"))
    submitted = run(str(boxed), parameters={"word": "a"}, env_manager="local")
    assert "mlflow.project.env" not in MillstreamClient().get_run(submitted.run_id).data.tags
