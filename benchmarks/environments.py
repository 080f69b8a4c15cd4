"""How long a project waits for its environment: `python -m benchmarks.environments`.

One project that needs scikit-learn is run as a script, then by `mlflow run` of MLflow and of ours:
once to have its environment made, after the packages were downloaded, and then again and again.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks.servers import MLFLOW, OURS, Product
from benchmarks.table import write

FILES = {
    "MLproject": """\
name: timed
python_env: python_env.yaml
entry_points:
  main:
    parameters:
      alpha: {type: float, default: 0.5}
    command: "python train.py {alpha}"
""",
    "python_env.yaml": """\
python: "{python}"
dependencies:
  - scikit-learn>=1.4
  - {client}
""",
    "train.py": """\
import sys

from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge

import mlflow

features, target = load_diabetes(return_X_y=True)
with mlflow.start_run():
    model = Ridge(alpha=float(sys.argv[1])).fit(features, target)
    mlflow.log_metric("score", model.score(features, target))
""",
}
CLIENT = "mlflow==3.17.2"
"""What the script logs with, as projects name it; ours takes this to mean itself."""

TARGETS: dict[str, tuple[str, float] | None] = {
    "the first start, with the environment made (s)": ("<=", 30),
    "a later start, median (s)": None,
    "the bare script in that environment, median (s)": None,
    "a later start above the bare script (s)": ("<=", 1),
}


class Way(msgspec.Struct, frozen=True):
    """A product, and who makes the environment for it."""

    title: str
    product: Product
    manager: str


WAYS = (
    Way("Millstream, uv", OURS, "uv"),
    Way("Millstream, virtualenv", OURS, "virtualenv"),
    Way("MLflow, uv", MLFLOW, "uv"),
    # Its other manager, virtualenv, makes nothing without pyenv, which compiles a Python.
)


def main() -> None:
    """Parse, measure, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.environments", description=__doc__)
    parser.add_argument("--starts", type=int, default=5, help="later starts of each")
    parser.add_argument("--only", nargs="*", help="beginnings of titles, such as Millstream")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/environments.md"))
    options = parser.parse_args()
    figures = {}
    for way in WAYS:
        if options.only and not way.title.startswith(tuple(options.only)):
            continue
        way.product.prepare()
        figures[way.title] = _figures(way, options.starts)
        for name, value in figures[way.title].items():
            print(f"{way.title:24} {name:50} {value:8,.2f}", flush=True)
    write(
        options.output,
        figures,
        TARGETS,
        f"{platform.machine()}, Python {platform.python_version()}",
        " The project needs scikit-learn and MLflow; its script fits a ridge and logs a metric. "
        "Packages were downloaded before, by making the environment once and removing it. The "
        f"machine's {os.cpu_count()} processors had a load of {os.getloadavg()[0]:.0f} at the end.",
    )


def _figures(way: Way, starts: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        project = folder / "project"
        project.mkdir()
        named = {"{python}": platform.python_version(), "{client}": CLIENT}
        for file, text in FILES.items():
            for place, value in named.items() if file == "python_env.yaml" else ():
                text = text.replace(place, value)
            (project / file).write_text(text)
        _start(way, folder, "downloads")
        first = _start(way, folder, "kept")
        later = statistics.median(_start(way, folder, "kept") for _ in range(starts))
        bare = statistics.median(_bare(way, folder) for _ in range(starts))
    return dict(zip(TARGETS, (first, later, bare, later - bare), strict=True))


def _start(way: Way, folder: Path, environments: str) -> float:
    """Run the project, its environment kept in a folder of this name; the seconds it takes."""
    program = way.product.python.parent / ("millstream" if way.product is OURS else "mlflow")
    words = [str(program), "run", str(folder / "project"), "--env-manager", way.manager]
    return _timed(words, _variables(way, folder, environments), folder)


def _bare(way: Way, folder: Path) -> float:
    """Run the script by itself with the interpreter of the kept environment."""
    (python,) = _interpreters(folder / "kept")
    words = [str(python), "train.py", "0.5"]
    return _timed(words, _variables(way, folder, "kept"), folder / "project")


def _interpreters(environments: Path) -> list[Path]:
    return [path for path in environments.rglob("bin/python") if path.exists()]


def _variables(way: Way, folder: Path, environments: str) -> dict[str, str]:
    place = f"sqlite:///{folder / 'runs.db'}"
    known = way.product.environment(folder)
    # Bytecode may be written, as nearly everywhere: then neither is slower than it has to be.
    without = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}
    return {name: value for name, value in known.items() if name not in without} | {
        "PATH": f"{known['PATH']}{os.pathsep}{OURS.python.parent}",  # uv is there
        "MLFLOW_TRACKING_URI": place,
        "MLFLOW_ENV_ROOT": str(folder / environments),
        "XDG_STATE_HOME": str(folder / "state"),
    }


def _timed(words: Sequence[str], variables: dict[str, str], folder: Path) -> float:
    begun = time.perf_counter()
    done = subprocess.run(
        words, cwd=folder, env=variables, capture_output=True, text=True, check=False
    )
    taken = time.perf_counter() - begun
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}: {done.stderr[-2000:]}")
    return taken


if __name__ == "__main__":
    main()
