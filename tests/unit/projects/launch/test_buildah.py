"""A project runs in a real container made by buildah, and logs to the store beside it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.end_to_end.image_registry import digest_at, image_registry
from tests.unit.projects.conftest import git

import millstream
from millstream.client.tracking import MillstreamClient
from millstream.containers import engines
from millstream.errors import ExecutionException, MillstreamError
from millstream.projects.launch.containers import image as images
from millstream.projects.reproduction.repetition import reproduce
from millstream.projects.running import run

TRAIN = """
import os, sys
import millstream
print("in", os.getcwd(), flush=True)
with millstream.start_run():
    millstream.log_metric("alpha", float(sys.argv[1]))
    millstream.log_text("here", "note.txt")
    millstream.log_param("given", os.environ["GIVEN"])
    millstream.log_param("copied", os.environ["COPIED"])
    millstream.log_param("files", ",".join(sorted(os.listdir("."))))
    millstream.log_param("home", os.path.exists(sys.argv[2]))
"""
MLPROJECT = """
name: Boxed Ridge!
docker_env:
  image: localhost/small
  volumes: [{volumes}]
  environment: [[GIVEN, "it's ${{HOME}} $(id)"], COPIED, [PATH, "{path}"], [PYTHONPATH, "{python}"]]
entry_points:
  main:
    parameters: {{alpha: float, secret: string}}
    command: "python train.py {{alpha}} {{secret}}"
  sleep: {{command: "echo begun; sleep 600; true"}}
  fail: {{command: "exit 3"}}
"""


def buildah(*words: str) -> str:
    done = subprocess.run(["buildah", *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture(autouse=True)
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_session: None) -> Iterator[None]:
    """An image with bash and nothing else, in a storage of its own."""
    if shutil.which("buildah") is None:
        pytest.skip("there is no program buildah")
    storage = tmp_path / "storage"
    storage.mkdir()
    lines = (
        "[storage]",
        'driver = "vfs"',
        f'runroot = "{storage}/run"',
        f'graphroot = "{storage}"',
    )
    (storage / "storage.conf").write_text("\n".join(lines))
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(storage / "storage.conf"))
    monkeypatch.setenv("MILLSTREAM_TRACKING_URI", str(tmp_path / "mlruns"))
    monkeypatch.setenv("MILLSTREAM_CONTAINER_ENGINE", "buildah")
    monkeypatch.setenv("COPIED", "several words\nand lines")
    root = tmp_path / "root"
    (root / "bin").mkdir(parents=True)
    shutil.copy("/bin/bash", root / "bin")
    (root / "tmp").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    try:
        tag = ("--tag", "localhost/small", "--file", str(tmp_path / "Dockerfile"))
        buildah("build", "--isolation", "chroot", *tag, str(root))
    except subprocess.CalledProcessError as error:
        pytest.skip(f"containers cannot be made here: {error.stderr}")
    yield
    buildah("rm", "--all")
    buildah("rmi", "--all", "--force")


@pytest.fixture
def boxed(project: Path) -> Path:
    """The project in that image, with this machine's Python and libraries shown to it."""
    source = Path(millstream.__file__).parents[1]
    shown = {Path("/usr"), Path("/lib"), Path("/lib64"), Path(sys.prefix), source}
    shown |= {Path(sys.base_prefix)}
    volumes = ", ".join(f'"{path}:{path}:ro"' for path in sorted(shown) if path.exists())
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    (project / "MLproject").write_text(MLPROJECT.format(volumes=volumes, path=path, python=source))
    (project / "train.py").write_text(TRAIN)
    (project / ".git").mkdir()
    return project


def test_it_logs_from_inside(boxed: Path, tmp_path: Path) -> None:
    told = {"alpha": 0.25, "secret": str(tmp_path / "storage")}
    submitted = run(str(boxed), parameters=told, build_image=True, synchronous=False)
    lines = list(submitted.logs(follow=True))
    assert submitted.wait(), lines
    assert "in /mlflow/projects/code" in lines
    found = MillstreamClient().get_run(submitted.run_id)
    assert found.info.status == "FINISHED"
    assert found.data.metrics["alpha"] == 0.25
    assert found.data.params["given"] == "it's ${HOME} $(id)"
    assert found.data.params["copied"] == "several words\nand lines"
    assert found.data.params["files"] == "MLproject,train.py"
    assert found.data.params["home"] == "False"
    assert [file.path for file in MillstreamClient().list_artifacts(submitted.run_id)]
    assert found.data.tags["mlflow.project.env"] == "docker"
    assert found.data.tags["mlflow.docker.image.uri"] == "boxed-ridge"
    assert len(found.data.tags["mlflow.docker.image.id"]) == 64
    assert buildah("containers", "--quiet") == ""


def test_it_is_reproduced_in_its_image_or_in_one_that_is_built_again(
    boxed: Path, tmp_path: Path
) -> None:
    (boxed / ".git").rmdir()
    for words in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "-m", "first")):
        git(boxed, *words)
    told = {"alpha": 0.25, "secret": str(tmp_path / "storage")}
    original = run(str(boxed), parameters=told, build_image=True).run_id
    (boxed / "train.py").write_text("raise SystemExit(1)")  # in the image is what was committed
    found = reproduce(original, env_manager="uv")
    assert found.reproduced
    assert [one for one in found.comparison.findings if one.name == "image"] == []
    identity = MillstreamClient().get_run(original).data.tags["mlflow.docker.image.id"]
    buildah("rmi", "--force", identity)
    again = reproduce(original)
    assert again.reproduced
    child = MillstreamClient().get_run(again.child_run_id)
    assert child.data.params["files"] == "MLproject,train.py"
    assert buildah("containers", "--quiet") == ""


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with image_registry(tmp_path, monkeypatch) as address:
        yield address


@pytest.mark.parametrize("engine", ["buildah", "podman"])
def test_what_is_pushed_has_the_digest_that_is_told(
    project: Path, registry: str, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which(engine) is None:
        pytest.skip(f"there is no program {engine}")
    monkeypatch.setenv("MILLSTREAM_CONTAINER_ENGINE", engine)
    monkeypatch.setenv("BUILDAH_ISOLATION", "chroot")  # podman has no option for it
    (project / ".dockerignore").write_text("*.bin")
    (project / "large.bin").write_text("not copied")
    program, tag = engines.find("A test pushes", "or skip it"), f"{registry}/team/ridge:1"
    images.build(program, "localhost/small", project, tag)
    assert program.push(tag) == digest_at(registry, "team/ridge", "1")
    buildah("from", "--name", "look", tag)
    code = Path(buildah("mount", "look"), "mlflow/projects/code")
    assert sorted(file.name for file in code.iterdir()) == [
        ".dockerignore",
        "MLproject",
        "train.py",
    ]
    buildah("umount", "look")


def test_what_fails_inside_fails(boxed: Path) -> None:
    with pytest.raises(ExecutionException):
        run(str(boxed), "fail")
    (found,) = MillstreamClient().search_runs(["0"])
    assert found.info.status == "FAILED"
    assert buildah("containers", "--quiet") == ""


def test_cancelling_ends_what_is_inside(boxed: Path) -> None:
    submitted = run(str(boxed), "sleep", synchronous=False)
    assert next(iter(submitted.logs(follow=True))) == "begun"
    submitted.cancel()  # or the test would take longer than it may
    assert submitted.get_status() == "KILLED"
    assert MillstreamClient().get_run(submitted.run_id).info.status == "KILLED"
    assert buildah("containers", "--quiet") == ""


def test_an_image_that_is_nowhere_fails_the_run(boxed: Path) -> None:
    text = (boxed / "MLproject").read_text()
    (boxed / "MLproject").write_text(text.replace("localhost/small", "127.0.0.1:9/absent"))
    with pytest.raises(MillstreamError, match="absent"):
        run(str(boxed), "sleep")
    (found,) = MillstreamClient().search_runs(["0"])
    assert found.info.status == "FAILED"
