"""A model is what was saved: any changed byte of any file is refused, by the name of the file."""

from __future__ import annotations

import functools
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

from millstream.errors import MillstreamError
from millstream.integrations import pyfunc, sklearn
from millstream.model_format.digests import MANIFEST

X = np.array([[1.0], [2.0]])


@functools.cache
def model() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="digests-"))
    (folder / "own.py").write_text("WORD = 'own'\n")
    (folder / "notes.txt").write_text("notes")
    sklearn.save_model(
        LinearRegression().fit(X, X[:, 0]),
        folder / "model",
        input_example=X,
        code_paths=[str(folder / "own.py")],
        extra_files=[str(folder / "notes.txt")],
    )
    return folder / "model"


def names() -> list[str]:
    paths = [path for path in model().rglob("*") if path.is_file() and path.name != MANIFEST]
    return sorted(path.relative_to(model()).as_posix() for path in paths)


@pytest.fixture(scope="module", autouse=True)
def _removed() -> object:
    yield
    shutil.rmtree(model().parent)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_changed_byte_is_refused(data: st.DataObject) -> None:
    path = model() / data.draw(st.sampled_from(names()))
    content = path.read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    value = data.draw(st.integers(0, 255).filter(lambda value: value != content[place]))
    try:
        path.write_bytes(content[:place] + bytes([value]) + content[place + 1 :])
        for load in (pyfunc.load_model, sklearn.load_model):
            with pytest.raises(MillstreamError, match="SHA-256") as refused:
                load(str(model()))
            assert repr(path.relative_to(model()).as_posix()) in str(refused.value)
            assert refused.value.error_code == "DATA_LOSS"
    finally:
        path.write_bytes(content)


@pytest.mark.parametrize("change", [bytes.__len__, None])
def test_a_file_cut_short_or_missing_is_refused(change: object) -> None:
    for name in names():
        path = model() / name
        content = path.read_bytes()
        if change is None:
            path.unlink()
        else:
            path.write_bytes(content[:-1])
        with pytest.raises(MillstreamError, match=name):
            pyfunc.load_model(model())
        path.write_bytes(content)
    assert pyfunc.load_model(model()).predict(X).tolist() == pytest.approx([1.0, 2.0])
