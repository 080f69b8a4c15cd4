"""Models as functions of Spark, in a local session with two workers."""

from __future__ import annotations

import datetime
import importlib
import os
import shutil
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import cloudpickle
import numpy as np
import pandas as pd
import pytest
import xgboost
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import types as kinds
from pyspark.sql.functions import array, col, struct
from sklearn.linear_model import LinearRegression

from millstream.errors import InvalidParameter, NotSupported
from millstream.integrations import pyfunc, sklearn
from millstream.integrations import spark_udf as functions
from millstream.integrations import xgboost as xgboost_models
from millstream.integrations.batches import spark_udf
from millstream.model_format.schema import (
    Array,
    ColSpec,
    Object,
    ParamSchema,
    ParamSpec,
    Property,
    Schema,
    TensorSpec,
)
from millstream.model_format.signature import ModelSignature, infer_signature

ROWS = 4000


@pytest.fixture(scope="module")
def engine() -> Iterator[SparkSession]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        session = (
            SparkSession.builder.master("local[2]")
            .config(
                map={
                    "spark.driver.bindAddress": "127.0.0.1",
                    "spark.driver.host": "127.0.0.1",
                    "spark.sql.execution.arrow.maxRecordsPerBatch": "500",
                    "spark.sql.shuffle.partitions": "2",
                    "spark.ui.enabled": "false",
                }
            )
            .getOrCreate()
        )
        session.sparkContext.setLogLevel("OFF")
        yield session
        session.stop()


def rows() -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(3).normal(size=(ROWS, 3)), columns=["a", "b", "c"])


@pytest.fixture(scope="module")
def table(engine: SparkSession) -> Any:
    return engine.createDataFrame(rows().assign(row=range(ROWS))).repartition(8)


def in_order(frame: Any, prediction: Any) -> list[Any]:
    found = frame.select("row", prediction.alias("prediction")).collect()
    return [row.prediction for row in sorted(found, key=lambda row: row.row)]


Saved = Callable[..., Path]


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    """Saves a function of a batch as a model."""

    def save(
        answer: Callable[..., Any],
        inputs: list[Any] | None = None,
        outputs: list[Any] | None = None,
        params: list[Any] | None = None,
        **options: Any,
    ) -> Path:
        class Answering(pyfunc.PythonModel):
            def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:  # noqa: ARG002  # PythonModel's form
                return answer(model_input) if params is None else answer(model_input, params)

        schemas = (
            Schema(inputs) if inputs else None,
            Schema(outputs) if outputs else None,
            ParamSchema(params) if params else None,
        )
        signature = ModelSignature(*schemas) if any(schemas) else None
        path = tmp_path / "model"
        pyfunc.save_model(path, python_model=Answering(), signature=signature, **options)
        return path

    return save


class TestFrameworks:
    def test_a_model_of_sklearn_predicts_as_in_process(
        self, engine: SparkSession, table: Any, tmp_path: Path
    ) -> None:
        model = LinearRegression().fit(rows(), rows().a * 2 - rows().c)
        sklearn.save_model(model, tmp_path / "model", input_example=rows().head())
        found = in_order(table, spark_udf(engine, tmp_path / "model")("a", "b", "c"))
        np.testing.assert_allclose(found, model.predict(rows()))

    def test_a_model_of_xgboost_predicts_as_in_process(
        self, engine: SparkSession, table: Any, tmp_path: Path
    ) -> None:
        model = xgboost.XGBRegressor(n_estimators=5).fit(rows(), rows().a * 2)
        signature = infer_signature(rows(), pd.Series(model.predict(rows())))
        xgboost_models.save_model(model, tmp_path / "model", signature=signature)
        udf = spark_udf(engine, tmp_path / "model")
        assert table.select(udf()).schema[0].dataType == kinds.FloatType()
        np.testing.assert_allclose(in_order(table, udf()), model.predict(rows()), rtol=1e-6)

    def test_it_is_a_function_of_sql(self, engine: SparkSession, table: Any, saved: Saved) -> None:
        udf = spark_udf(engine, saved(lambda batch: batch["0"] + batch["1"]))
        engine.udf.register("added", udf)
        table.createOrReplaceTempView("rows")
        found = engine.sql("SELECT added(a, b) AS sum FROM rows ORDER BY row").toPandas()["sum"]
        np.testing.assert_allclose(found, rows().a + rows().b)


class TestWorkers:
    def test_each_worker_loads_the_model_once(
        self, engine: SparkSession, table: Any, tmp_path: Path
    ) -> None:
        loads = tmp_path / "loads"
        loads.mkdir()

        class Counting(pyfunc.PythonModel):
            def load_context(self, context: Any) -> None:  # noqa: ARG002  # PythonModel's form
                (loads / f"{os.getpid()}-{uuid.uuid4().hex}").touch()

            def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:  # noqa: ARG002  # PythonModel's form
                return [os.getpid()] * len(model_input)

        pyfunc.save_model(tmp_path / "model", python_model=Counting())
        for _ in range(2):
            udf = spark_udf(engine, tmp_path / "model", result_type="long")
            workers = set(in_order(table, udf("a")))
        loaded = [int(path.name.partition("-")[0]) for path in loads.iterdir()]
        assert len(loaded) == len(set(loaded))
        assert workers <= set(loaded)

    def test_a_new_model_in_the_same_place_is_not_taken_for_the_old(
        self, engine: SparkSession, table: Any, saved: Saved
    ) -> None:
        path = saved(lambda batch: [1.0] * len(batch))
        assert set(in_order(table, spark_udf(engine, path)("a"))) == {1.0}
        shutil.rmtree(path)
        saved(lambda batch: [2.0] * len(batch))
        assert set(in_order(table, spark_udf(engine, path)("a"))) == {2.0}

    def test_the_model_is_sent_to_other_machines(
        self, engine: SparkSession, table: Any, saved: Saved, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(functions, "_shares_files", lambda _context: False)
        path = saved(lambda batch: batch["0"])
        udf = spark_udf(engine, path)
        shutil.rmtree(path)
        np.testing.assert_allclose(in_order(table, udf("a")), rows().a)

    def test_variables_and_configuration_reach_the_worker(
        self, engine: SparkSession, table: Any, tmp_path: Path
    ) -> None:
        class Told(pyfunc.PythonModel):
            def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:  # noqa: ARG002  # PythonModel's form
                return [f"{os.environ['TOLD']} {context.model_config['k']}"] * len(model_input)

        pyfunc.save_model(tmp_path / "model", python_model=Told(), model_config={"k": 1})
        path = tmp_path / "model"
        told = {"TOLD": "yes"}
        udf = spark_udf(engine, path, "string", extra_env=told, model_config={"k": 2})
        assert set(in_order(table, udf("a"))) == {"yes 2"}

    def test_pickles_are_forbidden_in_workers_too(
        self, engine: SparkSession, table: Any, saved: Saved, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = saved(lambda batch: [1.0] * len(batch))
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
        with pytest.raises(PySparkException, match="disallowed"):
            in_order(table.limit(5), spark_udf(engine, path)("a"))


class TestInputs:
    def test_columns_go_by_the_names_of_the_signature(
        self, engine: SparkSession, table: Any, saved: Saved
    ) -> None:
        path = saved(lambda batch: batch["b"], [ColSpec("double", "b"), ColSpec("double", "a")])
        udf = spark_udf(engine, path)
        for prediction in (udf(), udf("b", "a"), udf(struct("a", "b")), udf(struct("a", "b", "c"))):
            np.testing.assert_allclose(in_order(table, prediction), rows().b)

    def test_a_table_may_be_wide(self, engine: SparkSession, saved: Saved) -> None:
        names = [f"column {place}" for place in range(300)]
        frame = pd.DataFrame(np.arange(900.0).reshape(3, 300), columns=names)
        path = saved(lambda batch: batch.sum(axis=1), [ColSpec("double", name) for name in names])
        wide = engine.createDataFrame(frame.assign(row=range(3)))
        found = in_order(wide, spark_udf(engine, path)())
        assert found == frame.sum(axis=1).tolist()

    def test_missing_values_are_missing(self, engine: SparkSession, saved: Saved) -> None:
        data = [(0, 1.0, "x", True), (1, None, None, None), (2, 3.0, "z", False)]
        frame = engine.createDataFrame(data, "row int, number double, text string, flag boolean")
        path = saved(
            lambda batch: batch.isna().sum(axis=1),
            [ColSpec("double", "number"), ColSpec("string", "text")],
        )
        assert in_order(frame, spark_udf(engine, path, "long")()) == [0, 2, 0]

    def test_a_wrong_type_names_the_column(
        self, engine: SparkSession, table: Any, saved: Saved
    ) -> None:
        path = saved(lambda batch: batch["age"], [ColSpec("long", "age")])
        texts = table.limit(5).withColumn("age", col("a").cast("string"))
        with pytest.raises(PySparkException, match="column age"):
            in_order(texts, spark_udf(engine, path)("age"))

    def test_a_missing_integer_names_column_and_row(
        self, engine: SparkSession, saved: Saved
    ) -> None:
        path = saved(lambda batch: batch["age"], [ColSpec("long", "age")])
        frame = engine.createDataFrame([(0, 5), (1, None)], "row int, age long").coalesce(1)
        with pytest.raises(PySparkException, match=r"column age[\s\S]*row 1 of its batch"):
            in_order(frame, spark_udf(engine, path)("age"))

    def test_too_few_columns_are_told(self, engine: SparkSession, table: Any, saved: Saved) -> None:
        path = saved(lambda batch: batch["a"], [ColSpec("double", "a"), ColSpec("double", "b")])
        with pytest.raises(PySparkException, match=r"Expected 2 input columns \['a', 'b'\]"):
            in_order(table.limit(5), spark_udf(engine, path)("a"))

    def test_without_columns_and_names_it_says_what_to_do(
        self, engine: SparkSession, saved: Saved
    ) -> None:
        udf = spark_udf(engine, saved(lambda batch: batch["0"]))
        with pytest.raises(InvalidParameter, match=r"predict\('a', 'b'\)"):
            udf()

    def test_dates_decimals_lists_and_structs_arrive_as_such(
        self, engine: SparkSession, saved: Saved
    ) -> None:
        frame = engine.createDataFrame(
            [
                (
                    0,
                    datetime.date(2024, 2, 3),
                    datetime.datetime(2024, 2, 3, 4),
                    1,
                    [1.0, 2.0],
                    ("k", 7),
                )
            ],
            "row int, day date, time timestamp, price int, list array<double>, "
            "who struct<id string, age long>",
        ).withColumn("price", col("price").cast("decimal(10,2)"))
        who = Object([Property("id", "string"), Property("age", "long")])
        path = saved(
            lambda batch: [
                f"{row.day.year} {row.time.hour} {row.price} {sum(row.list)} {row.who['age']}"
                for row in batch.itertuples()
            ],
            [
                ColSpec("datetime", "day"),
                ColSpec("datetime", "time"),
                ColSpec("double", "price"),
                ColSpec(Array("double"), "list"),
                ColSpec(who, "who"),
            ],
            [ColSpec("string")],
        )
        assert in_order(frame, spark_udf(engine, path)()) == ["2024 4 1.0 3.0 7"]

    def test_one_struct_may_be_the_value_of_the_one_column(
        self, engine: SparkSession, table: Any, saved: Saved
    ) -> None:
        kind = Object([Property("a", "double"), Property("b", "double")])
        path = saved(lambda batch: [one["b"] for one in batch["pair"]], [ColSpec(kind, "pair")])
        found = in_order(table, spark_udf(engine, path)(struct("a", "b")))
        np.testing.assert_allclose(found, rows().b)


class TestTensors:
    def test_a_column_of_lists_becomes_a_tensor_of_the_shape(
        self, engine: SparkSession, table: Any, saved: Saved
    ) -> None:
        path = saved(
            lambda batch: batch[:, 1, 0] if batch.shape[1:] == (2, 2) else None,
            [TensorSpec(np.dtype("float32"), (-1, 2, 2))],
        )
        lists = array("a", "b", "c", "a")
        found = in_order(table, spark_udf(engine, path)(lists))
        np.testing.assert_allclose(found, rows().c, rtol=1e-6)

    def test_columns_of_numbers_beside_each_other_are_a_tensor(
        self, engine: SparkSession, table: Any, saved: Saved
    ) -> None:
        path = saved(lambda batch: batch.sum(axis=1), [TensorSpec(np.dtype("float64"), (-1, 3))])
        found = in_order(table, spark_udf(engine, path)("a", "b", "c"))
        np.testing.assert_allclose(found, rows().sum(axis=1))

    def test_named_tensors_go_by_name(self, engine: SparkSession, table: Any, saved: Saved) -> None:
        path = saved(
            lambda batch: {"sum": batch["x"].sum(axis=1), "pair": batch["x"][:, :2]},
            [TensorSpec(np.dtype("float64"), (-1, 3), "x")],
            [
                TensorSpec(np.dtype("float64"), (-1,), "sum"),
                TensorSpec(np.dtype("float64"), (-1, 2), "pair"),
            ],
        )
        found = in_order(table, spark_udf(engine, path)(array("a", "b", "c")))
        np.testing.assert_allclose(
            [row.sum for row in found], rows().sum(axis=1).to_numpy()[:, None]
        )
        np.testing.assert_allclose([row.pair for row in found], rows()[["a", "b"]])

    def test_lists_of_the_wrong_length_name_the_column(
        self, engine: SparkSession, table: Any, saved: Saved
    ) -> None:
        path = saved(lambda batch: batch, [TensorSpec(np.dtype("float64"), (-1, 5), "x")])
        with pytest.raises(PySparkException, match=r"columns \['x'\] do not make a tensor"):
            in_order(table.limit(5), spark_udf(engine, path)(array("a", "b")))


TABLE = {"label": "x", "whole": np.int64(2), "small": np.int32(3), "share": 0.5, "flag": True}


def several(batch: Any) -> pd.DataFrame:
    return pd.DataFrame([TABLE] * len(batch)).astype({"small": "int32"})


class TestResults:
    @pytest.mark.parametrize(
        ("result_type", "expected"),
        [
            (None, 2.0),
            ("double", 2.0),
            ("float", 2.0),
            ("int", 3),
            ("integer", 3),
            ("long", 2),
            ("string", "x"),
            (kinds.LongType(), 2),
            ("array<double>", [2.0, 3.0, 0.5]),
            (kinds.ArrayType(kinds.IntegerType()), [3]),
            ("array<string>", ["x", "2", "3", "0.5", "True"]),
            ("share float, label string", (0.5, "x")),
            ("struct<flag: boolean, small: array<long>>", (True, [3])),
        ],
    )
    def test_the_leftmost_that_fits_is_taken(
        self, engine: SparkSession, table: Any, saved: Saved, result_type: Any, expected: Any
    ) -> None:
        udf = spark_udf(engine, saved(several), result_type)
        assert in_order(table.limit(20), udf("a")) == [expected] * 20

    def test_booleans(self, engine: SparkSession, table: Any, saved: Saved) -> None:
        udf = spark_udf(engine, saved(lambda batch: batch["0"] > 0), "boolean")
        assert in_order(table, udf("a")) == (rows().a > 0).tolist()

    @pytest.mark.parametrize(
        ("result_type", "message"),
        [
            ("label long", "no values of the type 'bigint'"),
            ("other string", r"columns \['other'\]"),
        ],
    )
    def test_what_the_model_does_not_give_is_told(
        self, engine: SparkSession, table: Any, saved: Saved, result_type: str, message: str
    ) -> None:
        with pytest.raises(PySparkException, match=message):
            in_order(table.limit(5), spark_udf(engine, saved(several), result_type)("a"))

    def test_a_missing_prediction_is_null(
        self, engine: SparkSession, table: Any, saved: Saved
    ) -> None:
        path = saved(lambda batch: [None] * len(batch))
        assert set(in_order(table, spark_udf(engine, path, "string")("a"))) == {None}

    def test_lists_arrays_and_matrices_are_arrays(
        self, engine: SparkSession, table: Any, saved: Saved
    ) -> None:
        path = saved(lambda batch: [[1.0, 2.0]] * len(batch), None, [ColSpec(Array("double"))])
        assert in_order(table.limit(2), spark_udf(engine, path)("a")) == [[1.0, 2.0]] * 2

    @pytest.mark.parametrize(
        ("shape", "expected"),
        [((), [1.0]), ((2,), [1.0, 1.0]), ((2, 2), [[1.0, 1.0], [1.0, 1.0]])],
    )
    def test_tensors_are_arrays(
        self, engine: SparkSession, table: Any, saved: Saved, shape: tuple[int, ...], expected: Any
    ) -> None:
        output = TensorSpec(np.dtype("float32"), (-1, *shape))
        path = saved(lambda batch: np.ones((len(batch), *shape), np.float32), None, [output])
        assert in_order(table.limit(2), spark_udf(engine, path)("a")) == [expected] * 2

    def test_several_outputs_are_a_struct(
        self, engine: SparkSession, table: Any, saved: Saved
    ) -> None:
        outputs = [ColSpec("string", "label"), ColSpec("double", "share")]
        found = in_order(table.limit(2), spark_udf(engine, saved(several, None, outputs))("a"))
        assert found == [("x", 0.5)] * 2

    def test_too_few_predictions_are_told(
        self, engine: SparkSession, table: Any, saved: Saved
    ) -> None:
        udf = spark_udf(engine, saved(lambda _batch: [1.0]))
        with pytest.raises(PySparkException, match="1 predictions for 5 rows"):
            in_order(table.limit(5), udf("a"))

    def test_an_unknown_type_is_refused(self, engine: SparkSession, saved: Saved) -> None:
        with pytest.raises(InvalidParameter, match="'nonsense' is neither"):
            spark_udf(engine, saved(several), "nonsense")


class TestOptions:
    def test_params_are_those_of_the_signature(
        self, engine: SparkSession, table: Any, saved: Saved
    ) -> None:
        path = saved(
            lambda batch, params: batch["a"] * params["factor"],
            [ColSpec("double", "a")],
            params=[ParamSpec("factor", "double", 2.0)],
        )
        np.testing.assert_allclose(in_order(table, spark_udf(engine, path)()), rows().a * 2)
        udf = spark_udf(engine, path, params={"factor": 3})
        np.testing.assert_allclose(in_order(table, udf()), rows().a * 3)
        with pytest.raises(InvalidParameter, match="factor"):
            spark_udf(engine, path, params={"factor": "x"})

    def test_the_present_session_is_needed(self, saved: Saved) -> None:
        with pytest.raises(InvalidParameter, match="must be a SparkSession, not None"):
            spark_udf(None, saved(several))


class TestEnvironments:
    """All models here ask for the same, so that one environment is made."""

    WANTED: ClassVar[list[str]] = [
        f"cloudpickle=={cloudpickle.__version__}",
        "colorama==0.4.5",
        "scikit-learn",
        "skops",
    ]

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def root(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
        root = tmp_path_factory.mktemp("environments")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MILLSTREAM_ENV_ROOT", str(root))
            yield root

    def test_the_model_runs_in_the_environment_that_it_asks_for(
        self, engine: SparkSession, table: Any, saved: Saved, root: Path
    ) -> None:
        def where(batch: Any) -> list[str]:
            colorama = importlib.import_module("colorama")
            print("what models print goes to the log")
            return [f"{sys.prefix} {colorama.__version__} {os.getpid()}"] * len(batch)

        path = saved(where, pip_requirements=self.WANTED)
        udf = spark_udf(engine, path, "string", env_manager="uv")
        told = [one.split(" ") for one in in_order(table, udf("a"))]
        assert len(told) == ROWS
        assert {version for _, version, _ in told} == {"0.4.5"}
        (prefix,) = {prefix for prefix, _, _ in told}
        assert root in Path(prefix).parents
        assert len({process for _, _, process in told}) < table.rdd.getNumPartitions()

    def test_predictions_are_those_of_the_environment_of_the_workers(
        self, engine: SparkSession, table: Any, tmp_path: Path, root: Path
    ) -> None:
        model = LinearRegression().fit(rows(), rows().a * 2 - rows().c)
        path = tmp_path / "model"
        sklearn.save_model(model, path, input_example=rows().head(), pip_requirements=self.WANTED)
        found = in_order(table, spark_udf(engine, path, env_manager="uv")())
        np.testing.assert_allclose(found, model.predict(rows()))
        assert len([one for one in root.iterdir() if one.is_dir()]) == 1

    def test_values_of_all_kinds_cross(self, engine: SparkSession, saved: Saved) -> None:
        def described(batch: Any) -> list[str]:
            rows = batch.to_dict("records")
            return [str({name: told(value) for name, value in row.items()}) for row in rows]

        def told(value: Any) -> Any:
            if hasattr(value, "tolist"):
                value = value.tolist()
            if isinstance(value, dict):
                return {name: told(one) for name, one in value.items()}
            if value is None or value != value:  # each type of pandas has its own
                return "missing"
            return [told(one) for one in value] if isinstance(value, list) else repr(value)

        kinds_of_values = "n int, s string, t timestamp, b binary, l array<double>, o struct<x:int>"
        when = datetime.datetime(2026, 1, 2, 3, 4, 5)
        given = [(1, "a", when, b"x", [1.0, 2.0], (7,)), (2, None, when, None, [], None)]
        frame = engine.createDataFrame(given, kinds_of_values).coalesce(1)
        path = saved(described, pip_requirements=self.WANTED)
        answers = [
            [row[0] for row in frame.select(udf(*frame.columns)).collect()]
            for udf in (
                spark_udf(engine, path, "string"),
                spark_udf(engine, path, "string", env_manager="uv"),
            )
        ]
        assert answers[0] == answers[1]
        assert "'0': '1'" in answers[0][0]

    def test_several_columns_and_tensors_come_back(
        self, engine: SparkSession, table: Any, saved: Saved
    ) -> None:
        path = saved(
            lambda batch: {"sum": batch.sum(axis=1), "pair": batch[:, :2]},
            [TensorSpec(np.dtype("float64"), (-1, 3))],
            pip_requirements=self.WANTED,
        )
        udf = spark_udf(engine, path, "sum double, pair array<double>", env_manager="uv")
        found = in_order(table, udf("a", "b", "c"))
        np.testing.assert_allclose([one["sum"] for one in found], rows().sum(axis=1))
        np.testing.assert_allclose([one["pair"] for one in found], rows()[["a", "b"]])

    def test_what_the_model_raises_is_told(
        self, engine: SparkSession, table: Any, saved: Saved
    ) -> None:
        def fail(_batch: Any) -> Any:
            raise RuntimeError("out of luck")

        udf = spark_udf(engine, saved(fail, pip_requirements=self.WANTED), env_manager="uv")
        with pytest.raises(PySparkException, match="out of luck"):
            in_order(table, udf("a"))

    def test_a_process_that_ends_is_told_of_and_replaced(
        self, engine: SparkSession, table: Any, saved: Saved
    ) -> None:
        def end(_batch: Any) -> Any:
            os._exit(3)

        udf = spark_udf(engine, saved(end, pip_requirements=self.WANTED), env_manager="uv")
        with pytest.raises(PySparkException, match="ended with exit code 3"):
            in_order(table, udf("a"))

    def test_others_are_refused(self, engine: SparkSession, saved: Saved) -> None:
        path = saved(several)
        with pytest.raises(InvalidParameter, match=r"env_manager must be one of .*, not 'poetry'"):
            spark_udf(engine, path, env_manager="poetry")
        with pytest.raises(NotSupported, match="prebuilt_env_uri"):
            spark_udf(engine, path, prebuilt_env_uri="x")
        assert vars(spark_udf(engine, path, env_manager="local"))["metadata"].flavors
