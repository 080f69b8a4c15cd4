"""Models of H2O, on a cluster that the tests start and end."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h2o
import numpy as np
import pandas as pd
import pytest
import yaml
from h2o.estimators import H2OGradientBoostingEstimator, H2OKMeansEstimator
from tests.frameworks.both_ways import GoesBothWays

from millstream.errors import InvalidParameter, NotSupported
from millstream.integrations import h2o as h2o_models
from millstream.integrations import pyfunc
from millstream.model_format.directory import seal
from millstream.model_format.manifest import Manifest


@pytest.fixture(scope="module", autouse=True)
def engine() -> Iterator[None]:
    # A cluster of this name, so that nobody else's is joined; H2O looks for a free pair of ports.
    size = {"nthreads": 1, "max_mem_size": "512m"}
    name = f"millstream-tests-{os.getpid()}"
    h2o.init(name=name, **size, bind_to_localhost=True, verbose=False)
    h2o.no_progress()
    yield
    h2o.cluster().shutdown()


def rows() -> pd.DataFrame:
    frame = pd.DataFrame(np.random.default_rng(7).normal(size=(60, 2)), columns=["a", "b"])
    return frame.assign(colour=np.where(frame.a > 0.3, "red", "blue"))


def training() -> Any:
    frame = rows()
    kind = np.where(frame.a + (frame.colour == "red") > 0, "yes", "no")
    sent = h2o.H2OFrame(frame.assign(target=frame.a * 2 + frame.b, kind=kind))
    for name in ("colour", "kind"):
        sent[name] = sent[name].asfactor()
    return sent


def boosted(target: str) -> Any:
    model = H2OGradientBoostingEstimator(ntrees=5, seed=1, min_rows=2)
    model.train(x=["a", "b", "colour"], y=target, training_frame=training())
    return model


class TestRegression(GoesBothWays):
    flavor = "h2o"
    safe = False  # Java's serialisation can run code

    def native(self) -> Any:
        return boosted("target")

    def data(self) -> Any:
        return rows().head()

    def ask(self, native: Any, data: Any) -> Any:
        return native.predict(h2o.H2OFrame(data)).as_data_frame()


class TestClasses(TestRegression):
    def native(self) -> Any:
        return boosted("kind")

    def same(self, found: Any, expected: Any) -> None:
        pd.testing.assert_frame_equal(found, expected)


class TestRows:
    @pytest.fixture
    def saved(self, tmp_path: Path) -> Path:
        h2o_models.save_model(boosted("target"), tmp_path / "model")
        return tmp_path / "model"

    def test_categories_and_missing_values_are_those_of_the_training(self, saved: Path) -> None:
        model = pyfunc.load_model(saved)
        frame = rows()
        frame.loc[3, "a"] = np.nan
        frame.loc[4, "colour"] = None
        found = model.predict(frame.astype({"colour": "category"}))
        expected = model.get_raw_model().predict(h2o.H2OFrame(frame)).as_data_frame()
        pd.testing.assert_frame_equal(found, expected)
        assert len(found) == len(frame)

    def test_a_column_without_any_value_is_taken_as_missing(self, saved: Path) -> None:
        found = pyfunc.load_model(saved).predict(rows().assign(a=np.nan))
        assert found["predict"].notna().all()

    def test_columns_of_an_array_are_those_of_the_training(self, tmp_path: Path) -> None:
        model = H2OGradientBoostingEstimator(ntrees=3, seed=1, min_rows=2)
        model.train(x=["a", "b"], y="target", training_frame=training())
        h2o_models.save_model(model, tmp_path / "model")
        loaded = pyfunc.load_model(tmp_path / "model")
        frame = rows()[["a", "b"]]
        pd.testing.assert_frame_equal(loaded.predict(frame.to_numpy()), loaded.predict(frame))
        with pytest.raises(InvalidParameter, match=r"2 columns, \['a', 'b'\].*\(60, 1\)"):
            loaded.predict(frame[["a"]].to_numpy())

    def test_a_model_without_a_target_predicts_too(self, tmp_path: Path) -> None:
        model = H2OKMeansEstimator(k=2, seed=1)
        model.train(x=["a", "b"], training_frame=training())
        h2o_models.save_model(model, tmp_path / "model")
        found = pyfunc.load_model(tmp_path / "model").predict(rows()[["a", "b"]].to_numpy())
        assert set(found["predict"]) == {0, 1}


class TestClusters:
    def test_no_path_of_the_training_machine_is_in_the_model(self, tmp_path: Path) -> None:
        h2o_models.save_model(boosted("target"), tmp_path / "model", settings={"init": {}})
        for path in (tmp_path / "model").rglob("*.yaml"):
            assert str(tmp_path) not in path.read_text()

    def test_a_model_may_not_choose_the_cluster(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = {"init": {"ip": "192.0.2.1", "nthreads": 1}}
        h2o_models.save_model(boosted("target"), tmp_path / "model", settings=settings)
        assert h2o_models.load_model(tmp_path / "model").algo == "gbm"  # the program has chosen
        monkeypatch.setattr(h2o, "connection", lambda: None)
        monkeypatch.setattr(h2o, "init", lambda **_: pytest.fail("a cluster was started"))
        with pytest.raises(NotSupported, match=r"\['ip'\].*h2o\.init"):
            h2o_models.load_model(tmp_path / "model")

    def test_the_cluster_that_is_started_is_reached_from_this_machine_only(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = {"init": {"nthreads": 1}}
        h2o_models.save_model(boosted("target"), tmp_path / "model", settings=settings)
        asked: list[dict[str, Any]] = []
        monkeypatch.setattr(h2o, "connection", lambda: None)
        monkeypatch.setattr(h2o, "init", lambda **options: asked.append(options))
        h2o_models.load_model(tmp_path / "model")
        assert asked == [{"verbose": False, "nthreads": 1, "bind_to_localhost": True}]

    def test_a_file_outside_of_the_model_is_not_read(self, tmp_path: Path) -> None:
        h2o_models.save_model(boosted("target"), tmp_path / "model")
        path = tmp_path / "model" / "model.h2o" / "h2o.yaml"
        for name, message in (("../../../x", "not inside"), (None, "model_file")):
            path.write_text(yaml.safe_dump({"model_file": name}))
            seal(tmp_path / "model")
            with pytest.raises(InvalidParameter, match=message):
                h2o_models.load_model(tmp_path / "model")

    def test_predicting_prints_nothing(self, tmp_path: Path) -> None:
        h2o_models.save_model(boosted("target"), tmp_path / "model", input_example=rows())
        h2o.show_progress()
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            pyfunc.load_model(tmp_path / "model").predict(rows())
        assert said.getvalue() == ""
        assert Manifest.read(tmp_path / "model").signature is not None

    def test_a_program_that_only_predicts_prints_its_own_lines(self, tmp_path: Path) -> None:
        settings = {"init": {"nthreads": 1, "max_mem_size": "256m", "name": f"alone-{os.getpid()}"}}
        h2o_models.save_model(boosted("target"), tmp_path / "model", settings=settings)
        program = (
            "import sys; from millstream.integrations import pyfunc; "
            "pyfunc.load_model(sys.argv[1]); print('done')"
        )
        command = [sys.executable, "-c", program, str(tmp_path / "model")]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout == "done\n"
