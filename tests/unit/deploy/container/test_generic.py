"""What an image for any model is built from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from millstream.cli.main import root
from millstream.deploy.container.context import ImageOptions
from millstream.deploy.container.generic import write_generic_context
from millstream.errors import InvalidParameter


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_it_is_the_same_each_time_and_holds_no_model(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_generic_context(tmp_path / name, ImageOptions())
    found = contents(tmp_path / "a")
    assert found == contents(tmp_path / "b")
    assert {name for name in found if not name.startswith("wheels/")} == {
        "Dockerfile",
        "install.sh",
        "requirements.txt",
        "tools.txt",
    }
    assert not [name for name in found["Dockerfile"].decode().split() if name == "model"]


def test_a_container_makes_the_environment_of_its_model_and_may_take_its_time(
    tmp_path: Path,
) -> None:
    write_generic_context(tmp_path / "any", ImageOptions())
    lock = (tmp_path / "any" / "requirements.txt").read_text()
    assert any(line.startswith("uv==") for line in lock.splitlines())
    text = (tmp_path / "any" / "Dockerfile").read_text()
    assert "MILLSTREAM_ENV_MANAGER" not in text
    assert "MILLSTREAM_MODEL_URI=/opt/ml/model" in text
    assert "--start-period=600s" in text


@pytest.mark.parametrize(("java", "is_there"), [(None, True), (True, True), (False, False)])
def test_java_is_there_unless_it_is_refused(
    java: bool | None, is_there: bool, tmp_path: Path
) -> None:
    write_generic_context(tmp_path / "any", ImageOptions(install_java=java))
    text = (tmp_path / "any" / "Dockerfile").read_text()
    assert ("default-jre-headless" in text) == is_there


def test_a_folder_that_has_files_and_a_platform_nobody_knows_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    with pytest.raises(InvalidParameter, match="not empty"):
        write_generic_context(tmp_path, ImageOptions())
    with pytest.raises(InvalidParameter, match="linux/mips"):
        write_generic_context(tmp_path / "any", ImageOptions(platform="linux/mips"))


def test_a_command_without_a_model_writes_it(tmp_path: Path) -> None:
    folder = tmp_path / "any"
    words = ["models", "generate-dockerfile", "-d", str(folder), "--install-java", "false"]
    done = CliRunner().invoke(root, [*words, "--base-image", "example.com/python:3", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"folder": str(folder)}
    text = (folder / "Dockerfile").read_text()
    assert "ARG BASE=example.com/python:3\n" in text
    assert "jre" not in text
