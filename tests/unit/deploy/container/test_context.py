"""What an image is built from."""

from __future__ import annotations

import functools
import os
import re
import stat
import threading
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from millstream.deploy.container import context
from millstream.deploy.container.context import ImageOptions, write_context
from millstream.deploy.container.lock import Target, compiled
from millstream.environments.own_wheel import own_wheels
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


def test_the_pages_of_the_tracking_server_are_left_out(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are built into releases, and not into a checkout."""
    own, *_ = own_wheels()
    page = ("millstream/server/static/index.html", model / "MLmodel")
    built = msgspec.structs.replace(own, files=(*own.files, page))
    monkeypatch.setattr(context, "own_wheels", lambda: [built])
    write_context(model, tmp_path / "image", ImageOptions(), "m")
    (wheel,) = tmp_path.glob("image/wheels/*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"millstream/serving/process.py", "millstream/server/pages.py"} <= set(names)
    assert not [name for name in names if "/static/" in name]


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


def test_a_lock_for_intel_holds_what_runs_on_graphics_processors() -> None:
    """PyPI's wheels of torch bring CUDA with them there, and nothing of it elsewhere."""
    variables = process_variables()
    on_intel = compiled(["torch==2.6.0"], (), Target("3.11", "linux/amd64"), variables)
    on_arm = compiled(["torch==2.6.0"], (), Target("3.11", "linux/arm64"), variables)
    assert re.findall(r"^nvidia-(?:cublas|cudnn|cuda-runtime)-cu12(?===)", on_intel, re.MULTILINE)
    assert "nvidia" not in on_arm
    assert "torch==2.6.0 " in on_arm


def wheel(folder: Path, version: str) -> None:
    """A package `accelerated` that has nothing in it, and the page of an index that lists it."""
    about = f"accelerated-{version}.dist-info"
    name = f"accelerated-{version}-py3-none-any.whl"
    listed = folder / "accelerated"
    listed.mkdir(parents=True)
    with zipfile.ZipFile(listed / name, "w") as file:
        told = f"Metadata-Version: 2.1\nName: accelerated\nVersion: {version}\n"
        file.writestr(f"{about}/METADATA", told)
        file.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        file.writestr(f"{about}/RECORD", "")
    (listed / "index.html").write_text(f'<a href="{name.replace("+", "%2B")}">{name}</a>')


def test_a_further_index_may_have_the_wheels_for_processors_alone(tmp_path: Path) -> None:
    """As that of torch has them, whose versions end in `+cpu`."""
    wheel(tmp_path / "all", "1.0")
    wheel(tmp_path / "cpu", "1.0+cpu")
    here = functools.partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), here) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            url = f"http://127.0.0.1:{server.server_port}"
            indexes = {"PIP_INDEX_URL": f"{url}/all", "PIP_EXTRA_INDEX_URL": f"{url}/cpu"}
            known = {"PATH": os.environ["PATH"], "PIP_CONFIG_FILE": os.devnull, **indexes}
            target = Target("3.11", "linux/amd64")
            assert compiled(["accelerated==1.0"], (), target, known).startswith(
                "accelerated==1.0+cpu \\\n    --hash=sha256:"
            )
            del known["PIP_EXTRA_INDEX_URL"]
            assert compiled(["accelerated==1.0"], (), target, known).startswith(
                "accelerated==1.0 \\\n    --hash=sha256:"
            )
        finally:
            server.shutdown()


def test_an_image_is_built_on_a_base_with_cuda(model: Path, tmp_path: Path) -> None:
    base = "registry.example.com/cuda-python@sha256:" + "0" * 64
    write_context(model, tmp_path / "image", ImageOptions(base_image=base), "m")
    lines = (tmp_path / "image" / "Dockerfile").read_text().splitlines()
    assert f"ARG BASE={base}" in lines
    assert [line for line in lines if line.startswith("FROM")] == [
        "FROM ${BASE} AS build",
        "FROM ${BASE}",
    ]
    assert "USER 10001:10001" in lines
    # What says which devices a container sees is the base's.
    assert not [line for line in lines if "NVIDIA" in line or "LD_LIBRARY_PATH" in line]


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
