"""A stand-in for uv: it notes what it is asked, and makes an environment without a network."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

_PROGRAM = """\
#!{python}
import json, os, pathlib, sys, time
folder = pathlib.Path({folder!r})
with (folder / "calls.jsonl").open("a") as file:
    names = [name for name in os.environ if name.startswith(("UV_", "SSL_", "VIRTUAL", "PYTHONP"))]
    file.write(json.dumps([sys.argv[1:], {{name: os.environ[name] for name in names}}]) + "\\n")
if sys.argv[1] == "venv":
    made = pathlib.Path(sys.argv[-1], "bin")
    made.mkdir(parents=True)
    (made / "python").symlink_to("/bin/true")
if sys.argv[1] == "pip":
    (folder / "installing").touch()
    while (folder / "wait").exists():
        time.sleep(0.01)
    if (folder / "fail").exists():
        print("Resolving", file=sys.stderr)
        print("error: no such package at https://me:secret@example.com/x", file=sys.stderr)
        sys.exit(1)
if sys.argv[1] == "python":
    sys.exit(2)
"""


class Programs:
    """The folder with the stand-in: `wait` in it makes it wait, `fail` makes it fail."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = folder / "uv"
        self.program.write_text(_PROGRAM.format(python=sys.executable, folder=str(folder)))
        self.program.chmod(0o755)

    @property
    def variables(self) -> dict[str, str]:
        """The variables of the process, with the stand-in found first and no settings of pip."""
        without = ("PIP_", "UV_", "SSL_")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(without)}
        path = f"{self.folder}{os.pathsep}{os.environ['PATH']}"
        return {**inherited, "PATH": path, "PIP_CONFIG_FILE": os.devnull}

    def calls(self, name: str) -> list[list[str]]:
        """The arguments of all calls of a sub-command."""
        return [words for words, _ in self._all() if words[0] == name]

    def seen(self, name: str) -> dict[str, str]:
        """The variables that the last call of a sub-command saw."""
        return [variables for words, variables in self._all() if words[0] == name][-1]

    def _all(self) -> list[tuple[list[str], dict[str, str]]]:
        path = self.folder / "calls.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [tuple(json.loads(line)) for line in lines]


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    """The stand-in for uv in a folder of its own."""
    folder = tmp_path / "programs"
    folder.mkdir()
    return Programs(folder)
