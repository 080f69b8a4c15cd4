"""How long the image of a model takes, and how large it is: `python -m benchmarks.images`.

An image of a scikit-learn model is built by buildah on one that holds this machine's Python: once
to have the packages downloaded, and then anew, with nothing of the first but these.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
from tests.end_to_end.python_image import buildah, python_image, storage_driver

from benchmarks.table import write
from millstream.integrations import sklearn

TARGETS: dict[str, tuple[str, float] | None] = {
    "the first build, which downloads (s)": None,
    "a build with a warm cache (s)": ("<=", 60),
    "its processor time (s)": None,
    "the image above its base (MB)": ("<=", 300),
    "layers that two builds do not have in common": ("<=", 0),
}
_MEGABYTE = 1e6


def main() -> None:
    """Parse, measure, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.images", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/images.md"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        with python_image(folder, patch) as base:
            figures = _figures(folder, base)
            driver = storage_driver(folder / "probed")
    for what, value in figures.items():
        print(f"{what:50} {value:8,.2f}", flush=True)
    write(
        options.output,
        {"Millstream": figures},
        TARGETS,
        f"{platform.machine()}, Python {platform.python_version()}",
        f" The storage driver is {driver}. The machine's "
        f"{os.cpu_count()} processors had a load of {os.getloadavg()[0]:.0f} at the end.",
    )


def _figures(folder: Path, base: str) -> dict[str, float]:
    features, target = load_diabetes(return_X_y=True)
    model = folder / "model"
    sklearn.save_model(LinearRegression().fit(features, target), model, input_example=features[:2])
    first, _ = _build(model, base, "localhost/measured:1")
    layers = _layers("localhost/measured:1")
    buildah("rmi", "localhost/measured:1")
    buildah("rmi", "--prune")  # or the layers of the first build would be taken again
    warm, processor = _build(model, base, "localhost/measured:2")
    other = set(layers) ^ set(_layers("localhost/measured:2"))
    above = (_size("localhost/measured:2") - _size(base)) / _MEGABYTE
    return dict(zip(TARGETS, (first, warm, processor, above, len(other)), strict=True))


def _build(model: Path, base: str, name: str) -> tuple[float, float]:
    """Build by the command that people use; the seconds that pass, and those of processors."""
    words = ["models", "build-docker", "-m", str(model), "-n", name, "--base-image", base]
    command = [sys.executable, "-m", "millstream.cli.main", *words]
    began, before = time.perf_counter(), os.times()
    subprocess.run(command, check=True)
    after, seconds = os.times(), time.perf_counter() - began
    used = after.children_user - before.children_user
    return seconds, used + after.children_system - before.children_system


def _layers(image: str) -> list[str]:
    about = json.loads(buildah("inspect", "--type", "image", image))
    layers: list[str] = about["OCIv1"]["rootfs"]["diff_ids"]
    return layers


def _size(image: str) -> int:
    """The bytes of all files of an image, as they are when it runs."""
    container = buildah("from", image)
    root = Path(buildah("mount", container))
    found = sum(path.lstat().st_size for path in root.rglob("*") if not path.is_dir())
    buildah("rm", container)
    return found


if __name__ == "__main__":
    main()
