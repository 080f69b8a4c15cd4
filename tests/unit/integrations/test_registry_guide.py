"""The guide on the registry, the walkthrough's step 7 in Python: every block of it runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "registry.md"


@pytest.mark.parametrize("dropin", [False, True])
def test_every_block_runs(tmp_path: Path, dropin: bool) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    program = "\n\n".join(blocks)
    if dropin:
        program = program.replace("import millstream as mlflow", "import mlflow")
        program = program.replace("MillstreamClient", "MlflowClient")
    (tmp_path / "guide.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "guide.py"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert said[:2] == ["1", "diabetes 2 None"]
    assert [line.partition(" [")[2] for line in said[2:6]] == ["206.11667725]"] * 4
    moves = [line.partition(" ")[2] for line in said[6:9]]
    assert sorted(moves) == [
        "1 None Production the first one",
        "1 Production Archived two more weeks of data",
        "2 None Production two more weeks of data",
    ]
    assert said[9:11] == ["['2']", "1"]
    assert said[11:] == [
        "diabetes {'champion': '2'} ['1', '2']",
        "diabetes 2 {'reviewed': 'no'}",
    ]
