"""What the tests of commands share: a folder of their own, and a way to call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from millstream.cli.main import root


class Caller:
    """Calls commands on one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str) -> Result:
        environment = {"MILLSTREAM_TRACKING_URI": str(self.folder)}
        return CliRunner().invoke(root, arguments, prog_name="millstream", env=environment)

    def text(self, *arguments: str) -> str:
        """What a command that must succeed prints."""
        done = self(*arguments)
        assert done.exit_code == 0, done.output
        return done.stdout

    def data(self, *arguments: str) -> Any:
        """The same with --json, decoded."""
        return json.loads(self.text(*arguments, "--json"))

    def refusal(self, *arguments: str) -> str:
        """The line that a command that must fail prints, without `Error: `."""
        done = self(*arguments)
        assert (done.exit_code, done.stdout) == (1, ""), done.output
        assert done.stderr.startswith("Error: ")
        assert done.stderr.count("\n") == 1
        return done.stderr.removeprefix("Error: ").rstrip()


@pytest.fixture
def millstream(tmp_path: Path) -> Caller:
    """Commands on a folder that does not exist yet."""
    return Caller(tmp_path / "data")
