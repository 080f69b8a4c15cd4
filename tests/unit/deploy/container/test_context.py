"""What an image is built from."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from millstream.deploy.container.context import ImageOptions, write_context
from millstream.deploy.container.lock import Target, compiled
from millstream.errors import InvalidParameter, MillstreamError
from millstream.integrations import pyfunc
from millstream.settings import process_variables


def double(numbers: list[float]) -> list[float]:
    return [2 * number for number in numbers]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    pyfunc.save_model(path, python_model=double, pip_requirements=["cloudpickle", "mlflow"])
    return path


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (stat.S_IMODE(path.stat().st_mode), path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_model_gives_the_same_bytes(model: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    write_context(model, first, ImageOptions(), "models:/double/1")
    (model / "MLmodel").chmod(0o600)
    write_context(model, second, ImageOptions(), "models:/double/1")
    found = contents(first)
    assert found == contents(second)
    assert {mode for mode, _ in found.values()} == {0o644}
    assert found["model/MLmodel"][1] == (model / "MLmodel").read_bytes()
    assert "ARG BASE=python:3." in found["Dockerfile"][1].decode()
    assert 'title="models:/double/1"' in found["Dockerfile"][1].decode()
    assert [name for name in found if name.startswith("wheels/millstream-")]


def test_what_is_installed_is_locked_and_bound_to_no_place(model: Path, tmp_path: Path) -> None:
    write_context(model, tmp_path / "image", ImageOptions(), "m")
    for name, wanted in (("requirements.txt", "cloudpickle"), ("tools.txt", "uv")):
        text = (tmp_path / "image" / name).read_text()
        blocks = [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]
        assert any(block.startswith(f"{wanted}==") for block in blocks)
        assert all("==" in block and "--hash=sha256:" in block for block in blocks)
        assert "://" not in text
    assert "mlflow" not in (tmp_path / "image" / "requirements.txt").read_text()


def test_a_lock_is_for_the_platform_of_the_image() -> None:
    lines = ["numpy==2.1.0", "colorama; sys_platform == 'win32'"]
    found = compiled(lines, (), Target("3.11", "linux/arm64"), process_variables())
    assert "numpy==2.1.0" in found
    assert "colorama" not in found


def test_a_file_that_changed_is_refused(model: Path, tmp_path: Path) -> None:
    (model / "requirements.txt").write_text("evil\n")
    with pytest.raises(MillstreamError, match=r"requirements\.txt"):
        write_context(model, tmp_path / "image", ImageOptions(), "m")
    assert not (tmp_path / "image").exists()


@pytest.mark.parametrize(
    "line", ["evil @ https://example.com/evil.whl", "git+https://example.com/evil", "-e ."]
)
def test_what_comes_from_an_address_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "model"
    pyfunc.save_model(path, python_model=double, pip_requirements=[line])
    with pytest.raises(InvalidParameter):
        write_context(path, tmp_path / "image", ImageOptions(), "m")
    assert not (tmp_path / "image").exists()


def test_a_folder_of_somebody_else_stays_as_it_is(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "image"
    folder.mkdir()
    (folder / "mine").write_text("x")
    with pytest.raises(InvalidParameter, match="is not empty"):
        write_context(model, folder, ImageOptions(), "m")
    assert contents(folder).keys() == {"mine"}


def test_a_platform_that_there_is_not_is_named(model: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="linux/amd64, linux/arm64, not 'windows'"):
        write_context(model, tmp_path / "image", ImageOptions(platform="windows"), "m")
