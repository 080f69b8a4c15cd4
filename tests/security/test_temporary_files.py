"""Nobody else on the machine reads or replaces what lies between two steps."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from millstream.client.journal import SUFFIX

WATCH = """
import os, sys
os.umask(0)
watched = os.environ["TMPDIR"]
def hook(event, arguments):
    if event == "os.mkdir":
        path, mode = str(arguments[0]), arguments[1]
        if os.path.dirname(path) == watched and mode & 0o077:
            print("OPEN", path, oct(mode))
    elif event == "open":
        path, flags = str(arguments[0]), arguments[2]
        if os.path.dirname(path) == watched and flags & os.O_CREAT and not flags & os.O_EXCL:
            print("OPEN", path, "may be a file that was there before")
sys.addaudithook(hook)
"""
WORK = """
import millstream, numpy
from sklearn.linear_model import LinearRegression
millstream.set_tracking_uri(sys.argv[1])
x = numpy.array([[1.0], [2.0], [3.0]])
with millstream.start_run() as run:
    millstream.log_metric("a", 1)
    millstream.log_text("words", "a.txt")
    millstream.log_dict({"a": 1}, "a.json")
    fitted = LinearRegression().fit(x, x[:, 0])
    model = millstream.sklearn.log_model(fitted, name="model", input_example=x)
millstream.sklearn.load_model(model.model_uri)
millstream.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="a.txt")
print("DONE")
"""


def printed(code: str, folder: Path) -> list[str]:
    """What a script prints whose folder for temporary files is watched."""
    temporary = folder / "tmp"
    temporary.mkdir()
    words = [sys.executable, "-c", WATCH + code, str(folder / "store")]
    environment = {**os.environ, "TMPDIR": str(temporary), "XDG_STATE_HOME": str(folder / "state")}
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
    lines = done.stdout.splitlines()
    assert "DONE" in lines, done.stderr
    return lines


def watched(code: str, folder: Path) -> list[str]:
    """The files and folders for temporary use in which others may look or write."""
    return [line for line in printed(code, folder) if line.startswith("OPEN")]


def test_temporary_files_are_new_and_for_their_owner_alone(tmp_path: Path) -> None:
    assert watched(WORK, tmp_path) == []


def test_others_would_be_noticed(tmp_path: Path) -> None:
    careless = (
        "open(os.path.join(watched, 'model.pkl'), 'wb').close()\n"
        "os.mkdir(os.path.join(watched, 'models'))\n"
        "print('DONE')\n"
    )
    assert len(watched(careless, tmp_path)) == 2


def test_journals_are_for_their_owner_alone(tmp_path: Path) -> None:
    code = (
        "import millstream\n"
        "millstream.set_tracking_uri(sys.argv[1])\n"
        "with millstream.start_run():\n"
        "    millstream.log_metric('a', 1)\n"
        "    for folder, _, names in os.walk(os.path.dirname(sys.argv[1])):\n"
        "        for path in (os.path.join(folder, name) for name in names):\n"
        f"            if path.endswith({SUFFIX!r}):\n"
        "                print('OPEN' if os.stat(path).st_mode & 0o077 else 'JOURNAL', path)\n"
        "print('DONE')\n"
    )
    lines = printed(code, tmp_path)
    assert [line for line in lines if line.startswith("OPEN")] == []
    assert [line for line in lines if line.startswith("JOURNAL")]
