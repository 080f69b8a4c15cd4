"""Models over datasets of Ray, on a cluster of this machine."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import ray
import xgboost
from sklearn.linear_model import LinearRegression

from millstream.errors import InvalidParameter
from millstream.integrations import pyfunc, sklearn
from millstream.integrations import xgboost as xgboost_models
from millstream.integrations.batches import ray_map
from millstream.integrations.worker_model import packed, unpacked
from millstream.model_format.schema import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec
from millstream.model_format.signature import ModelSignature

ROWS = 3000


@pytest.fixture(scope="module", autouse=True)
def engine() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(
            num_cpus=2,
            include_dashboard=False,
            object_store_memory=150_000_000,
            _node_ip_address="127.0.0.1",
            configure_logging=False,
            log_to_driver=False,
        )
        ray.data.DataContext.get_current().enable_progress_bars = False
        yield
        ray.shutdown()


def rows() -> pd.DataFrame:
    values = np.random.default_rng(3).normal(size=(ROWS, 3))
    return pd.DataFrame(values, columns=["a", "b", "c"])


def dataset(frame: pd.DataFrame | None = None) -> Any:
    frame = rows() if frame is None else frame
    return ray.data.from_pandas(frame.assign(row=range(len(frame)))).repartition(6)


def in_order(found: Any) -> Any:
    return found.to_pandas().sort_values("row", ignore_index=True)


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    """Saves a function of a batch as a model."""

    def save(
        answer: Callable[..., Any], inputs: list[Any] | None = None, params: Any = None
    ) -> Path:
        class Answering(pyfunc.PythonModel):
            def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:  # noqa: ARG002  # PythonModel's form
                return answer(model_input) if params is None else answer(model_input, params)

        schemas = (
            Schema(inputs) if inputs else None,
            None,
            ParamSchema(params) if params else None,
        )
        signature = ModelSignature(*schemas) if any(schemas) else None
        path = tmp_path / "model"
        pyfunc.save_model(path, python_model=Answering(), signature=signature)
        return path

    return save


class TestFrameworks:
    def test_a_model_of_sklearn_predicts_as_in_process(self, tmp_path: Path) -> None:
        model = LinearRegression().fit(rows(), rows().a * 2 - rows().c)
        sklearn.save_model(model, tmp_path / "model", input_example=rows().head())
        found = in_order(ray_map(dataset(), tmp_path / "model", concurrency=2, num_cpus=0.5))
        np.testing.assert_allclose(found["prediction"], model.predict(rows()))
        kept = found[["a", "b", "c"]].astype(float)  # Ray's own columns are Arrow's
        pd.testing.assert_frame_equal(kept, rows())

    def test_a_model_of_xgboost_predicts_as_in_process(self, tmp_path: Path) -> None:
        model = xgboost.XGBRegressor(n_estimators=5).fit(rows(), rows().a * 2)
        xgboost_models.save_model(model, tmp_path / "model", input_example=rows().head())
        path = tmp_path / "model"
        found = in_order(ray_map(dataset(), path, output_column="value", keep_columns=["row"]))
        assert list(found) == ["row", "value"]
        np.testing.assert_allclose(found["value"], model.predict(rows()), rtol=1e-6)

    def test_tensors_go_in_and_out_as_arrays(self, saved: Callable[..., Path]) -> None:
        path = saved(lambda batch: batch * 2, [TensorSpec(np.dtype("float64"), (-1, 2, 2))])
        given = np.random.default_rng(1).normal(size=(100, 2, 2))
        found = ray_map(ray.data.from_numpy(given), path, keep_columns=False).take_batch(100)
        assert list(found) == ["prediction"]
        np.testing.assert_allclose(found["prediction"], given * 2)

    def test_named_tensors_go_by_name(self, saved: Callable[..., Path]) -> None:
        path = saved(
            lambda batch: {"sum": batch["x"].sum(axis=1), "first": batch["x"][:, 0]},
            [TensorSpec(np.dtype("float64"), (-1, 3), "x")],
        )
        items = ray.data.from_items(
            [{"x": value, "row": place} for place, value in enumerate(np.eye(3))]
        )
        found = in_order(ray_map(items, path, keep_columns=["row"]))
        assert found["prediction_sum"].tolist() == [1.0, 1.0, 1.0]
        assert found["prediction_first"].tolist() == [1.0, 0.0, 0.0]


class TestWorkers:
    def test_each_actor_loads_the_model_once(self, tmp_path: Path) -> None:
        loads = tmp_path / "loads"
        loads.mkdir()

        class Counting(pyfunc.PythonModel):
            def load_context(self, context: Any) -> None:  # noqa: ARG002  # PythonModel's form
                (loads / f"{os.getpid()}-{uuid.uuid4().hex}").touch()

            def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:  # noqa: ARG002  # PythonModel's form
                return [os.getpid()] * len(model_input)

        pyfunc.save_model(tmp_path / "model", python_model=Counting())
        path = tmp_path / "model"
        mapped = ray_map(dataset(), path, concurrency=2, num_cpus=0.5, batch_size=100)
        found = mapped.to_pandas()
        loaded = [int(path.name.partition("-")[0]) for path in loads.iterdir()]
        assert len(loaded) == len(set(loaded)) <= 2
        assert set(found["prediction"]) <= set(loaded)

    def test_batches_have_the_size_that_was_asked_for(self, saved: Callable[..., Path]) -> None:
        path = saved(lambda batch: [len(batch)] * len(batch))
        found = ray_map(dataset().repartition(1), path, batch_size=1000)
        assert set(found.to_pandas()["prediction"]) == {1000}

    def test_pickles_are_forbidden_in_actors_too(
        self, saved: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = saved(lambda batch: batch["a"])
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
        with pytest.raises(Exception, match="disallowed"):
            ray_map(dataset(), path).materialize()

    def test_a_model_survives_the_way_to_another_machine(self, saved: Callable[..., Path]) -> None:
        path = saved(lambda batch: batch["a"])
        folder = unpacked(packed(path))
        found = pyfunc.load_model(folder).predict(rows())
        np.testing.assert_allclose(found, rows().a)
        shutil.rmtree(folder)


class TestRows:
    def test_a_table_may_be_wide(self, saved: Callable[..., Path]) -> None:
        names = [f"column {place}" for place in range(300)]
        frame = pd.DataFrame(np.arange(1500.0).reshape(5, 300), columns=names)
        path = saved(lambda batch: batch.sum(axis=1), [ColSpec("double", name) for name in names])
        found = in_order(ray_map(dataset(frame), path, keep_columns=["row"]))
        assert found["prediction"].tolist() == frame.sum(axis=1).tolist()

    def test_missing_values_are_missing(self, saved: Callable[..., Path]) -> None:
        path = saved(
            lambda batch: batch.isna().sum(axis=1),
            [ColSpec("double", "number"), ColSpec("string", "text")],
        )
        frame = pd.DataFrame({"number": [1.0, np.nan, 3.0], "text": ["x", None, "z"]})
        found = in_order(ray_map(dataset(frame), path))
        assert found["prediction"].tolist() == [0, 2, 0]

    def test_columns_have_the_types_of_pandas(self, saved: Callable[..., Path]) -> None:
        path = saved(lambda batch: [str(list(batch.dtypes.astype(str)))] * len(batch))
        frame = pd.DataFrame({"a": [1.5], "b": [1], "c": ["x"], "d": [True]})
        given = ray.data.from_pandas(frame).map_batches(lambda table: table, batch_format="pyarrow")
        found = ray_map(given, path, keep_columns=False).take_all()[0]["prediction"]
        assert found in (
            "['float64', 'int64', 'object', 'bool']",
            "['float64', 'int64', 'str', 'bool']",
        )

    def test_several_outputs_are_several_columns(self, saved: Callable[..., Path]) -> None:
        path = saved(lambda batch: pd.DataFrame({"low": batch["a"] - 1, "label": "x"}))
        found = in_order(ray_map(dataset(), path))
        assert set(found["prediction_label"]) == {"x"}
        np.testing.assert_allclose(found["prediction_low"], rows().a - 1)

    def test_a_wrong_type_names_column_and_row(self, saved: Callable[..., Path]) -> None:
        path = saved(lambda batch: batch["age"], [ColSpec("long", "age")])
        frame = pd.DataFrame({"age": pd.array([1, 2, None], dtype="Int64")})
        with pytest.raises(Exception, match=r"column age[\s\S]*row 2 of its batch"):
            ray_map(dataset(frame).repartition(1), path).materialize()

    def test_a_missing_column_is_named(self, saved: Callable[..., Path]) -> None:
        path = saved(lambda batch: batch["z"], [ColSpec("double", "z")])
        with pytest.raises(Exception, match=r"missing inputs \['z'\]"):
            ray_map(dataset(), path).materialize()

    def test_columns_that_are_not_there_cannot_be_kept(self, saved: Callable[..., Path]) -> None:
        path = saved(lambda batch: batch["a"])
        with pytest.raises(Exception, match=r"keep_columns names \['z'\]"):
            ray_map(dataset(), path, keep_columns=["z"]).materialize()

    def test_too_few_predictions_are_told(self, saved: Callable[..., Path]) -> None:
        path = saved(lambda _batch: [1.0])
        with pytest.raises(Exception, match="1 predictions for 500 rows"):
            ray_map(dataset(), path, batch_size=500).materialize()


class TestOptions:
    def test_params_are_those_of_the_signature(self, saved: Callable[..., Path]) -> None:
        path = saved(
            lambda batch, params: batch["a"] * params["factor"],
            [ColSpec("double", "a")],
            [ParamSpec("factor", "double", 2.0)],
        )
        found = in_order(ray_map(dataset(), path, params={"factor": 3}))
        np.testing.assert_allclose(found["prediction"], rows().a * 3)
        with pytest.raises(InvalidParameter, match="factor"):
            ray_map(dataset(), path, params={"factor": "x"})

    def test_what_is_no_dataset_is_refused(self, saved: Callable[..., Path]) -> None:
        with pytest.raises(InvalidParameter, match="must be a Dataset of Ray, not"):
            ray_map(rows(), saved(lambda batch: batch["a"]))

    def test_no_actors_are_refused(self, saved: Callable[..., Path]) -> None:
        with pytest.raises(InvalidParameter, match="not 0"):
            ray_map(dataset(), saved(lambda batch: batch["a"]), concurrency=0)
