"""The example project is reproduced from its id, and what was changed is named as the cause."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "ridge"


class User:
    """Calls `millstream` in a folder of its own, with a package `ballast` beside the others."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = folder / "site"
        self.repository = folder / "project.git"
        self.work = folder / "work"
        self.data = folder / "patients.csv"
        self.environment = self._environment()
        self.install("1.0")
        self.write_data(0)
        shutil.copytree(EXAMPLE, self.work, ignore=shutil.ignore_patterns("__pycache__"))
        self.edit("import millstream\n", "import ballast\nimport millstream\n")
        self.edit("alpha=options.alpha)", "alpha=options.alpha * ballast.FACTOR)")
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", "first")
        self.git("clone", "--quiet", "--bare", ".", str(self.repository))

    def git(self, *words: str) -> None:
        """Call git in the working tree."""
        named = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        subprocess.run(["git", *named, *words], cwd=self.work, check=True)

    def edit(self, old: str, new: str) -> None:
        """Change a line of the code."""
        path = self.work / "train.py"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def install(self, version: str) -> None:
        """Put a version of the package in place of another one."""
        shutil.rmtree(self.site, ignore_errors=True)
        about = self.site / f"ballast-{version}.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Name: ballast\nVersion: {version}\n")
        (self.site / "ballast.py").write_text(f"FACTOR = {version}\n")

    def write_data(self, shift: int) -> None:
        """Write data of 40 rows."""
        rows = [(n % 7, n % 5 + 0.5, n % 3 * n % 11 + shift) for n in range(40)]
        self.data.write_text("".join(f"{a},{b},{c}\n" for a, b, c in rows))

    def run(self, uri: Path | str, *words: str) -> str:
        """Run the project; the id of the run."""
        told = json.loads(self("run", str(uri), "-P", f"data={self.data}", *words, "--json")[0])
        return str(told["run_id"])

    def reproduce(self, run_id: str, *words: str) -> tuple[dict[str, Any], int]:
        """What `millstream reproduce` says, and its exit code."""
        printed, code = self("reproduce", run_id, *words, "--json", codes=(0, 1))
        return json.loads(printed), code

    def diff(self, one: str, other: str) -> list[tuple[str, str]]:
        """Cause and name of all that two runs differ in."""
        return causes(json.loads(self("diff", one, other, "--json")[0]))

    def __call__(self, *words: str, codes: tuple[int, ...] = (0,)) -> tuple[str, int]:
        done = subprocess.run(
            [sys.executable, "-m", "millstream.cli.main", *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode in codes, done.stderr
        start = done.stdout.index("{\n") if "--json" in words else 0  # after what the code prints
        return done.stdout[start:], done.returncode

    def _environment(self) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "MILLSTREAM"))}
        known = os.environ.get("PYTHONPATH", "")
        return {
            **clean,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join([str(self.site), *filter(None, [known])]),
            "HOME": str(self.folder),
        }


def causes(told: dict[str, Any]) -> list[tuple[str, str]]:
    """Cause and name of each finding."""
    return [(finding["cause"], finding["name"]) for finding in told["findings"]]


@pytest.fixture
def user(tmp_path: Path) -> User:
    return User(tmp_path)


def test_a_fresh_clone_stamps_it_and_changed_data_or_packages_are_named(user: User) -> None:
    original = user.run(user.repository, "-P", "alpha=0.3")
    told, code = user.reproduce(original)
    assert (told["reproduced"], told["findings"], told["unknown"], code) == (True, [], [], 0)
    run = json.loads(user("runs", "describe", "--run-id", original, "--json")[0])
    assert run["data"]["tags"]["millstream.reproduced"] == told["child_run_id"]

    user.install("2.0")
    told, code = user.reproduce(original, "--env-manager", "local")
    assert (told["reproduced"], code) == (False, 1)
    assert causes(told) == [("environment", "ballast"), ("metrics", "mse")]
    assert (told["findings"][0]["expected"], told["findings"][0]["got"]) == ("1.0", "2.0")

    user.install("1.0")
    user.write_data(1)
    told, code = user.reproduce(original)
    assert (told["reproduced"], code) == (False, 1)
    assert causes(told)[0] == ("data", "patients")


def test_changed_code_seeds_and_values_are_named(user: User) -> None:
    original = user.run(user.repository)
    assert user.diff(original, user.run(user.repository, "-P", "seed=7")) == [
        ("seed", "seed"),
        ("metrics", "mse"),
    ]
    assert user.diff(original, user.run(user.repository, "-P", "alpha=9")) == [
        ("params", "alpha"),
        ("metrics", "mse"),
    ]
    user.edit("test_size=0.2", "test_size=0.5")
    user.git("commit", "--quiet", "-am", "second")
    user.git("push", "--quiet", str(user.repository), "main")
    assert user.diff(original, user.run(user.repository)) == [
        ("code", "commit"),
        ("code", "train.py"),
        ("metrics", "mse"),
    ]


def test_what_is_not_committed_is_reproduced_too(user: User) -> None:
    user.edit("import ballast\n", "import own\n")
    user.edit("ballast.FACTOR", "own.FACTOR")
    (user.work / "own.py").write_text("FACTOR = 5\n")
    original = user.run(user.work)
    user.git("stash", "--quiet", "--include-untracked")
    told, code = user.reproduce(original)
    assert (told["reproduced"], told["findings"], code) == (True, [], 0)
    assert user.diff(original, user.run(user.work)) == [
        ("code", "own.py"),
        ("code", "train.py"),
        ("metrics", "mse"),
    ]
    printed, _ = user("diff", original, told["child_run_id"])
    assert printed == "The runs do not differ.\n"
