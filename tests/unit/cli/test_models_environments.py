"""Making the environment of a model from the command line, and changing what it asks for."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from tests.unit.cli.conftest import Caller

from millstream.integrations import sklearn
from millstream.model_format.manifest import Manifest


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "linear"
    x = np.array([[0.0], [1.0]])
    sklearn.save_model(LinearRegression().fit(x, [0.0, 2.0]), path, input_example=x)
    return path


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MILLSTREAM_ENV_ROOT", str(tmp_path / "environments"))
    return tmp_path / "environments"


def test_the_present_one_does_for_a_model_that_was_saved_here(
    millstream: Caller, model: Path, root: Path
) -> None:
    said = millstream.data("models", "prepare-env", "-m", str(model))
    assert (said["env_manager"], said["built"]) == ("local", False)
    assert not root.exists()


def test_a_new_one_has_what_the_model_asks_for_and_is_kept(
    millstream: Caller, model: Path, root: Path
) -> None:
    millstream.text("models", "update-pip-requirements", "-m", str(model), "add", "colorama==0.4.5")
    first = millstream.data("models", "prepare-env", "-m", str(model))
    assert (first["env_manager"], first["built"]) == ("uv", True)
    assert first["why"].startswith("colorama is ")
    shown = "import colorama, sklearn, millstream, mlflow; print(colorama.__version__)"
    done = subprocess.run(
        [first["python"], "-I", "-c", shown], capture_output=True, text=True, check=True
    )
    assert done.stdout == "0.4.5\n"
    again = millstream.text("models", "prepare-env", "-m", str(model))
    assert again == f"{first['python']}\n"

    body = json.dumps({"inputs": [[3.0]]})
    (root.parent / "body.json").write_text(body)
    options = ["-i", str(root.parent / "body.json"), "-o", str(root.parent / "answer.json")]
    # The command goes on in the other interpreter, so that it needs a process of its own.
    program = str(Path(first["python"]).with_name("millstream"))
    subprocess.run(
        [program, "models", "predict", "-m", str(model), "--env-manager", "uv", *options],
        check=True,
        capture_output=True,
    )
    answer = json.loads((root.parent / "answer.json").read_text())
    np.testing.assert_allclose(answer["predictions"], [6.0])


def test_requirements_are_added_replaced_and_removed(millstream: Caller, model: Path) -> None:
    change = ("models", "update-pip-requirements", "-m", str(model))
    said = millstream.text(*change, "add", "colorama>=0.4", "pandas")
    assert said == f"Added to the requirements of {model}: colorama>=0.4, pandas\n"
    millstream.text(*change, "add", "colorama==0.4.6")
    millstream.text(*change, "remove", "pandas")
    lines = (model / "requirements.txt").read_text().splitlines()
    assert "colorama==0.4.6" in lines
    assert not [line for line in lines if line.startswith(("pandas", "colorama>"))]
    Manifest.verify(model)


def test_what_is_unknown_is_refused(millstream: Caller, model: Path) -> None:
    done = millstream("models", "update-pip-requirements", "-m", str(model), "drop", "pandas")
    assert done.exit_code == 2
    assert "'drop'" in done.stderr


def test_what_nobody_used_for_a_while_is_removed(millstream: Caller, root: Path) -> None:
    assert "No environment has been unused for 30d." in millstream("models", "remove-envs").output
    folder = root / ("a" * 64)
    folder.mkdir(parents=True)
    (folder / "complete.json").write_text("{}")
    assert millstream.data("models", "remove-envs")["environments"] == []
    os.utime(folder / "complete.json", (0, 0))
    said = millstream.data("models", "remove-envs", "--dry-run")
    assert [one["folder"] for one in said["environments"]] == [str(folder)]
    assert folder.exists()
    assert (
        f"The environment {folder} (0 MB) has been removed."
        in millstream("models", "remove-envs", "--unused-for", "1d12h").output
    )
    assert not folder.exists()
    assert "'soon'" in millstream.refusal("models", "remove-envs", "--unused-for", "soon")
