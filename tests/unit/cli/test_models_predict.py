"""Predicting for whole files: every form in, every form out, and going on after a kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from tests.unit.cli.conftest import Caller

from millstream.integrations import pyfunc, sklearn
from millstream.model_format.schema import ColSpec, Schema
from millstream.model_format.signature import ModelSignature

PROGRAM = (sys.executable, "-m", "millstream.cli.main")
ROWS = pd.DataFrame({"a": np.arange(25.0), "n": np.arange(25), "text": ["x"] * 25})
PREDICTIONS = [3.0 * a + n for a, n in zip(ROWS["a"], ROWS["n"], strict=True)]

_CODE = """\
import os, pathlib, time
import pandas as pd
from millstream.models import set_model
from millstream.pyfunc import PythonModel

class Slow(PythonModel):
    def __init__(self):
        self.asked = 0

    def predict(self, context, model_input, params=None):
        self.asked += 1
        stop = os.environ.get("STOP_IN")
        if stop and self.asked == 4:
            pathlib.Path(stop).touch()
            time.sleep(600)
        return model_input["a"] * 2.5

set_model(Slow())
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the columns a (double) and n (long), whose answer is 3a + n."""
    path = tmp_path_factory.mktemp("models") / "linear"
    x = pd.DataFrame({"a": [0.0, 1.0, 0.0, 2.0], "n": [0, 0, 1, 5]})
    fitted = LinearRegression().fit(x, [0.0, 3.0, 1.0, 11.0])
    columns = Schema([ColSpec("double", "a"), ColSpec("long", "n")])
    sklearn.save_model(fitted, path, signature=ModelSignature(columns))
    return path


@pytest.fixture(scope="module")
def from_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that stops in the middle of its fourth answer if STOP_IN says so."""
    folder = tmp_path_factory.mktemp("code")
    (folder / "slow.py").write_text(_CODE)
    pyfunc.save_model(folder / "model", python_model=str(folder / "slow.py"), pip_requirements=[])
    return folder / "model"


def write(path: Path) -> Path:
    if path.suffix == ".csv":
        ROWS.to_csv(path, index=False)
    elif path.suffix == ".jsonl":
        ROWS.to_json(path, orient="records", lines=True)
    else:
        path.write_text(json.dumps({"dataframe_split": ROWS.to_dict("split")}))
    return path


def predicted(text: str) -> list[float]:
    return [round(value, 9) for value in json.loads(text)["predictions"]]


@pytest.mark.parametrize("chunk_rows", ["1", "7", "25", "1000"])
@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".json"])
def test_every_form_of_input_gives_the_same_in_chunks_of_any_size(
    millstream: Caller, model: Path, tmp_path: Path, ending: str, chunk_rows: str
) -> None:
    path = write(tmp_path / f"rows{ending}")
    text = millstream.text(
        "models", "predict", "-m", str(model), "-i", str(path), "--chunk-rows", chunk_rows
    )
    assert predicted(text) == PREDICTIONS
    assert not text.endswith("\n")


def test_every_form_of_output_holds_the_same(
    millstream: Caller, model: Path, tmp_path: Path
) -> None:
    path = write(tmp_path / "rows.csv")
    for name in ("out.json", "out.jsonl", "out.csv"):
        options = ["-i", str(path), "-o", str(tmp_path / name), "--chunk-rows", "10"]
        assert millstream.text("models", "predict", "-m", str(model), *options) == ""
    assert predicted((tmp_path / "out.json").read_text()) == PREDICTIONS
    lines = [round(float(line), 9) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert lines == PREDICTIONS
    table = pd.read_csv(tmp_path / "out.csv")
    assert table.shape == (25, 1)
    np.testing.assert_allclose(table.iloc[:, 0], PREDICTIONS, atol=1e-9)
    assert not [*tmp_path.glob("*.partial"), *tmp_path.glob("*.progress")]


def test_the_standard_input_is_read_as_json_or_as_said(
    millstream: Caller, model: Path, tmp_path: Path
) -> None:
    for path, options in ((".json", ()), (".csv", ("-t", "csv")), (".jsonl", ("-t", "jsonl"))):
        content = write(tmp_path / f"rows{path}").read_bytes()
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "millstream.cli.main",
                "models",
                "predict",
                "-m",
                model,
                *options,
            ],
            input=content,
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stderr.count(b"\n")) == (0, 1), done.stderr
        assert predicted(done.stdout.decode()) == PREDICTIONS


def test_records_of_csv_may_go_over_lines(millstream: Caller, model: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('text,a,n\n"one\n""two""\n\n",1,1\nx,2,0\n"y\n",0,3')
    for rows in ("1", "2", "3"):
        text = millstream.text(
            "models", "predict", "-m", str(model), "-i", str(path), "--chunk-rows", rows
        )
        assert predicted(text) == [4.0, 6.0, 3.0]


def test_a_file_without_rows_has_no_predictions(
    millstream: Caller, model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("\n\n")
    text = millstream.text("models", "predict", "-m", str(model), "-i", str(path))
    assert text == '{"predictions": []}'


class TestRefusals:
    def call(self, millstream: Caller, model: Path, *options: str) -> str:
        local = ("--env-manager", "local")
        return millstream.refusal("models", "predict", "-m", str(model), *local, *options)

    def test_bad_rows_are_named_and_what_is_done_can_be_resumed(
        self, millstream: Caller, model: Path, tmp_path: Path
    ) -> None:
        path, out = write(tmp_path / "rows.csv"), tmp_path / "out.csv"
        good = path.read_text()
        path.write_text(good.replace("\n12.0,", "\nhello,"))
        options = ["-i", str(path), "-o", str(out), "--chunk-rows", "5"]
        error = self.call(millstream, model, *options)
        assert error.startswith("In the part of the input whose row 0 is row 10: ")
        assert "column a" in error
        assert "row 2" in error
        assert "hello" in error
        assert not out.exists()
        assert len((tmp_path / "out.csv.partial").read_text().splitlines()) == 11

    @pytest.mark.parametrize(
        ("content", "options", "message"),
        [
            (b"", [], "JSON"),
            (b"{", [], "JSON"),
            (b"a,n\n1,2\n", ["-t", "csv", "--resume"], "--resume needs"),
            (b"a,n\n1,2\n", ["-t", "csv", "--output-type", "parquet"], "give --output-path"),
            (b"n\n2\n", ["-t", "csv"], "missing inputs ['a']"),
            (b'{"inputs": [[1, 2, 3]]}', [], "3"),
        ],
    )
    def test_each_is_one_line(
        self,
        millstream: Caller,
        model: Path,
        tmp_path: Path,
        content: bytes,
        options: list[str],
        message: str,
    ) -> None:
        path = tmp_path / "input"
        path.write_bytes(content)
        assert message in self.call(millstream, model, "-i", str(path), *options)

    def test_a_folder_that_is_no_model_names_the_one_in_it(
        self, millstream: Caller, model: Path
    ) -> None:
        error = self.call(millstream, model.parent)
        assert error == (
            f"{model.parent} is no model: it has no file MLmodel. Did you mean {model}?"
        )

    def test_an_output_folder_that_is_not_there(
        self, millstream: Caller, model: Path, tmp_path: Path
    ) -> None:
        path = write(tmp_path / "rows.csv")
        out = str(tmp_path / "no" / "out.csv")
        assert "cannot be written" in self.call(millstream, model, "-i", str(path), "-o", out)

    def test_env_takes_names_and_values(self, millstream: Caller, model: Path) -> None:
        done = millstream("models", "predict", "-m", str(model), "--env", "HOME")
        assert done.exit_code == 2
        assert "--env takes NAME=VALUE, not 'HOME'" in done.stderr


class TestResuming:
    def start(self, model: Path, rows: Path, out: Path, *options: str) -> subprocess.Popen[bytes]:
        files = ["-m", str(model), "-i", str(rows), "-o", str(out)]
        others = ["--chunk-rows", "4", "--env-manager", "local", *options]
        return subprocess.Popen(
            [*PROGRAM, "models", "predict", *files, *others], stderr=subprocess.PIPE
        )

    def finish(self, model: Path, rows: Path, out: Path, *options: str) -> None:
        process = self.start(model, rows, out, *options)
        _, error = process.communicate()
        assert process.returncode == 0, error

    def kill_in_the_middle(self, model: Path, rows: Path, out: Path) -> None:
        """Kill it while it asks the model for the fourth time."""
        mark = out.with_name("in-the-middle")
        process = self.start(model, rows, out, "--env", f"STOP_IN={mark}")
        deadline = time.monotonic() + 60
        while not mark.exists():
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()

    @pytest.mark.parametrize("ending", [".csv", ".jsonl", ".json"])
    @pytest.mark.parametrize("kind", [".csv", ".jsonl"])
    def test_gives_the_same_bytes_as_without_the_kill(
        self, from_code: Path, tmp_path: Path, kind: str, ending: str
    ) -> None:
        rows = write(tmp_path / f"rows{kind}")
        whole, out = tmp_path / f"whole{ending}", tmp_path / f"out{ending}"
        self.finish(from_code, rows, whole)
        self.kill_in_the_middle(from_code, rows, out)
        assert not out.exists()
        progress = json.loads((tmp_path / f"out{ending}.progress").read_text())
        assert progress["rows"] == 12
        # What was written after the last note of progress does not count.
        with (tmp_path / f"out{ending}.partial").open("ab") as file:
            file.write(b"torn")
        self.finish(from_code, rows, out, "--resume")
        assert out.read_bytes() == whole.read_bytes()
        assert sorted(path.name for path in tmp_path.glob("out*")) == [out.name]

    def test_begins_if_there_is_nothing_to_go_on_with(
        self, from_code: Path, tmp_path: Path
    ) -> None:
        rows, out = write(tmp_path / "rows.csv"), tmp_path / "out.csv"
        self.finish(from_code, rows, out, "--resume")
        assert len(out.read_text().splitlines()) == 26

    def test_without_it_all_is_done_again(self, from_code: Path, tmp_path: Path) -> None:
        rows, out = write(tmp_path / "rows.csv"), tmp_path / "out.csv"
        self.kill_in_the_middle(from_code, rows, out)
        self.finish(from_code, rows, out)
        assert len(out.read_text().splitlines()) == 26

    def test_refuses_what_changed_meanwhile(
        self, millstream: Caller, from_code: Path, tmp_path: Path
    ) -> None:
        rows, out = write(tmp_path / "rows.csv"), tmp_path / "out.csv"
        self.kill_in_the_middle(from_code, rows, out)
        common = ["-m", str(from_code), "-i", str(rows), "-o", str(out), "--resume"]
        predict = ["models", "predict", "--env-manager", "local", *common]
        assert "--chunk-rows changed since" in millstream.refusal(*predict)
        os.utime(rows, (1, 1))
        error = millstream.refusal(*predict, "--chunk-rows", "4")
        assert error == (
            f"{out} cannot be resumed: the input changed since. Begin anew by leaving out --resume."
        )
