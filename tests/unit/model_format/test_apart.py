"""Work in a copy of the process: what comes back, and what stays away."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from millstream.errors import InvalidParameter
from millstream.model_format import apart, deserialize, serialize

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux")

X = np.random.default_rng(0).normal(size=(60, 3))
Y = (X.sum(axis=1) > 0).astype(int)
LOADS = """
import sys
from pathlib import Path
from millstream.model_format import deserialize
with deserialize.skops_apart():
    model = deserialize.load_skops(Path(sys.argv[1]), None, allow_pickle=sys.argv[2] == "True")
print(type(model).__name__, "skops.io" in sys.modules, "sklearn.cluster" in sys.modules)
"""
TRUSTED = ["sklearn.tree._tree.Tree"]
NAME = f"{__name__}.nothing"


def nothing() -> None:
    pass


@pytest.fixture
def leaves_no_process() -> Iterator[None]:
    before = psutil.Process().children()
    yield
    assert [child for child in psutil.Process().children() if child not in before] == []


@pytest.mark.usefixtures("leaves_no_process")
def test_the_bytes_come_back_and_nothing_else_happens_here() -> None:
    done = []

    def work() -> bytes:
        done.append("there")
        return os.getpid().to_bytes(8, "big") + bytes(10 << 20)

    found = apart.bytes_of(work, 60, lambda: done.append("here"))
    assert found is not None
    assert len(found) == 8 + (10 << 20)
    assert int.from_bytes(found[:8], "big") != os.getpid()
    assert done == ["here"]


def test_work_that_fails_or_ends_the_process_has_no_answer() -> None:
    assert apart.bytes_of(lambda: bytes(1 // 0), 60, nothing) is None
    assert apart.bytes_of(lambda: os._exit(0), 60, nothing) is None
    assert apart.bytes_of(lambda: b"", 60, nothing) == b""


@pytest.mark.usefixtures("leaves_no_process")
def test_work_that_waits_for_a_lock_of_another_thread_is_given_up() -> None:
    lock = threading.Lock()

    def work() -> bytes:
        with lock:
            return b"never"

    with lock:
        assert apart.bytes_of(work, 0.2, nothing) is None


@pytest.mark.usefixtures("leaves_no_process")
def test_an_error_meanwhile_leaves_no_process_behind() -> None:
    def fail() -> None:
        raise InvalidParameter("no")

    def work() -> bytes:
        time.sleep(60)
        return b""

    with pytest.raises(InvalidParameter):
        apart.bytes_of(work, 60, fail)


@pytest.mark.parametrize(
    "estimator",
    [
        LinearRegression(),
        make_pipeline(StandardScaler(), RandomForestClassifier(n_estimators=5, random_state=0)),
        make_pipeline(FunctionTransformer(np.tanh), LinearRegression()),
    ],
    ids=["linear", "pipeline", "function"],
)
def test_a_model_read_apart_predicts_the_same(tmp_path: Path, estimator: Any) -> None:
    estimator.fit(X, Y)
    serialize.save_object(estimator, tmp_path, "skops", TRUSTED)
    here = deserialize.load_skops(tmp_path / "model.skops", TRUSTED, allow_pickle=True)
    with deserialize.skops_apart():
        there = deserialize.load_skops(tmp_path / "model.skops", TRUSTED, allow_pickle=True)
    assert np.array_equal(here.predict(X), there.predict(X))


@pytest.mark.parametrize(("allow_pickle", "imported"), [(True, "False"), (False, "True")])
def test_what_only_reading_needs_stays_away(
    tmp_path: Path, allow_pickle: bool, imported: str
) -> None:
    serialize.save_object(LinearRegression().fit(X, Y), tmp_path)
    command = [sys.executable, "-c", LOADS, str(tmp_path / "model.skops"), str(allow_pickle)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    assert answer.stdout.split() == ["LinearRegression", imported, imported]


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    path = tmp_path / "model.skops"
    serialize.save_object(make_pipeline(FunctionTransformer(nothing)), tmp_path, "skops", [NAME])
    with (
        deserialize.skops_apart(),
        pytest.raises(InvalidParameter, match=re.escape(NAME)),
    ):
        deserialize.load_skops(path, None, allow_pickle=True)
