"""What is written into the folder of an application, and what cannot get into its code."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

from millstream.deploy.flask.scaffold import (
    AppOptions,
    checked_name,
    code,
    code_span,
    literal,
    name_of,
    write_app,
)
from millstream.errors import InvalidParameter
from millstream.integrations import sklearn
from millstream.model_format.manifest import Manifest

RUFF = str(Path(sys.executable).with_name("ruff"))
HOSTILE = 'models:/a"\'\\${x}$model_uri {0} """; import os; os.abort()  # `x`/1'
PRINTABLE = st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    columns = pd.DataFrame({"age": [1.0, 2.0], "visits": [1.0, 5.0]})
    path = tmp_path / "model"
    fitted = LinearRegression().fit(columns, [1.0, 2.0])
    sklearn.save_model(fitted, path, input_example=columns)
    return path


@given(text=PRINTABLE)
def test_a_text_is_one_literal_of_python(text: str) -> None:
    assert ast.literal_eval(literal(text)) == text
    assert "\n" not in literal(text)


@given(text=PRINTABLE)
def test_a_text_is_one_code_span_of_markdown(text: str) -> None:
    span = code_span(text)
    fence = span[: len(span) - len(span.lstrip("`"))]
    assert span.endswith(fence)
    inner = span[len(fence) : -len(fence)]
    assert inner.strip() == text.strip()
    assert fence not in inner


def test_the_code_is_valid_and_says_which_model_it_is(model: Path, tmp_path: Path) -> None:
    files = code(Manifest.read(model), model, HOSTILE, 8000)
    tree = ast.parse(files["app.py"])
    [uri] = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "MODEL_URI"
    ]
    assert uri == HOSTILE
    assert '"127.0.0.1:8000"' in files["gunicorn.conf.py"]
    assert "row 0 has 3 values" in files["test_app.py"]
    assert '"age" in' in files["test_app.py"]
    assert "test_the_example_is_predicted" in files["test_app.py"]


def test_the_code_is_what_ruff_writes(model: Path, tmp_path: Path) -> None:
    for name, text in code(Manifest.read(model), model, "models:/churn/3", 5000).items():
        (tmp_path / name).write_text(text)
    for words in (("format", "--check"), ("check", "--select", "E4,E7,E9,F,I,UP,B,SIM,PT,RET,PTH")):
        names = [str(path) for path in tmp_path.glob("*.py")]
        done = subprocess.run(
            [RUFF, *words, "--isolated", *names], capture_output=True, text=True, cwd=tmp_path
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("models:/churn/3", "churn"),
        ("models:/churn@champion", "churn"),
        ("models:/Churn model/Production", "churn-model"),
        (
            "runs:/0123456789abcdef0123456789abcdef/linear_regression_model",
            "linear-regression-model",
        ),
        ("./here/Doubles/", "doubles"),
        ("s3://bucket/7models", "models"),
        ("models:/чурн/1", "model"),
    ],
)
def test_an_application_is_called_as_its_model(uri: str, name: str) -> None:
    assert name_of(uri) == name
    assert checked_name(name) == name


@given(uri=st.text())
def test_any_address_gives_a_name(uri: str) -> None:
    assert checked_name(name_of(uri))


@pytest.mark.parametrize("name", ["-a", "a-", "A", "a b", "1a", "a\nb", 'a"', "a" * 64, "a/b"])
def test_another_name_is_refused(name: str, model: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="no name of an application"):
        write_app(model, tmp_path / "app", "models:/m/1", AppOptions(name=name))
    assert not (tmp_path / "app").exists()


@pytest.mark.parametrize("uri", ["models:/a\nRUN x/1", "models:/a\x85b/1", "models:/a\u202eb/1"])
def test_an_address_that_cannot_be_printed_is_refused(
    uri: str, model: Path, tmp_path: Path
) -> None:
    with pytest.raises(InvalidParameter, match="unprintable characters"):
        write_app(model, tmp_path / "app", uri, AppOptions())
    assert not (tmp_path / "app").exists()


@pytest.mark.parametrize("port", [0, 65536, -1])
def test_a_port_is_one(port: int, model: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=f"not {port}"):
        write_app(model, tmp_path / "app", "models:/m/1", AppOptions(port=port))


def test_a_folder_of_somebody_else_stays_as_it_is(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "mine").write_text("x")
    with pytest.raises(InvalidParameter, match="is not empty"):
        write_app(model, folder, "models:/m/1", AppOptions())
    assert [path.name for path in folder.iterdir()] == ["mine"]
