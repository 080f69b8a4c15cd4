"""An image from Python, with MLflow's words."""

from __future__ import annotations

import json
from pathlib import Path

import mlflow.models
import pytest
from click.testing import CliRunner

from millstream import models
from millstream.cli.main import root
from millstream.errors import NotFound
from millstream.integrations import pyfunc

DOCKER = """#!/bin/sh
echo "$@" >> {folder}/asked
case "$1" in
build) for folder; do :; done; cp "$folder/Dockerfile" {folder}/Dockerfile ;;
image) echo sha256:1234 ;;
esac
"""


def double(numbers: list[float]) -> list[float]:
    return [2 * number for number in numbers]


@pytest.fixture
def model(tmp_path: Path) -> str:
    path = tmp_path / "model"
    pyfunc.save_model(path, python_model=double, pip_requirements=["cloudpickle"])
    return str(path)


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that notes what it is asked, and keeps the Dockerfile."""
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(DOCKER.format(folder=tmp_path))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    monkeypatch.setenv("MILLSTREAM_CONTAINER_ENGINE", "docker")


@pytest.mark.usefixtures("docker")
def test_docker_builds_what_was_asked_for(model: str, tmp_path: Path) -> None:
    built = mlflow.models.build_docker(
        model_uri=model,
        name="example.com/doubles:1",
        env_manager="conda",
        mlflow_home="/nowhere",
        install_mlflow=True,
        install_java=True,
        base_image="example.com/python:3",
    )
    assert (built.name, built.image_id) == ("example.com/doubles:1", "sha256:1234")
    first, *_ = (tmp_path / "asked").read_text().splitlines()
    assert first.startswith("build ")
    assert "--tag example.com/doubles:1" in first
    text = (tmp_path / "Dockerfile").read_text()
    assert "ARG BASE=example.com/python:3\n" in text
    assert "default-jre-headless" in text


@pytest.mark.usefixtures("docker")
def test_the_image_for_sagemaker_is_for_any_model_too(tmp_path: Path) -> None:
    """As in MLflow, whose command is told of no model."""
    words = ["sagemaker", "build-and-push-container", "--no-push", "-c", "any", "--json"]
    done = CliRunner().invoke(root, [*words, "--base-image", "example.com/python:3"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"name": "any", "image_id": "sha256:1234"}
    assert "COPY model" not in (tmp_path / "Dockerfile").read_text()


def test_it_is_one_function_under_both_names() -> None:
    assert models.build_docker is mlflow.models.build_docker


@pytest.mark.usefixtures("docker")
def test_without_a_model_the_image_is_for_any(tmp_path: Path) -> None:
    models.build_docker(name="example.com/any:1", base_image="example.com/python:3")
    (asked, *_) = (tmp_path / "asked").read_text().splitlines()
    assert "--tag example.com/any:1" in asked
    text = (tmp_path / "Dockerfile").read_text()
    assert "ARG BASE=example.com/python:3\n" in text
    assert "default-jre-headless" in text
    assert "COPY model" not in text


def test_what_is_missing_is_named(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("MILLSTREAM_CONTAINER_ENGINE", "podman")
    with pytest.raises(NotFound, match="no podman on PATH"):
        models.build_docker(model)
