"""Models of Spark ML, in a session of this process."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.feature import SQLTransformer, StringIndexer, VectorAssembler
from pyspark.ml.linalg import Vectors
from pyspark.ml.recommendation import ALS
from pyspark.sql import SparkSession
from tests.frameworks.both_ways import GoesBothWays, files, save_with_mlflow

from millstream.errors import InvalidParameter, MillstreamError, NotSupported
from millstream.integrations import pyfunc, spark
from millstream.model_format.digests import MANIFEST
from millstream.model_format.directory import seal
from millstream.model_format.frameworks.spark_session import session
from millstream.model_format.manifest import Manifest
from millstream.model_format.schema import ColSpec, Schema, SparkMLVector
from millstream.model_format.signature import ModelSignature


@pytest.fixture(scope="module", autouse=True)
def engine() -> Iterator[SparkSession]:
    yield session()
    session().stop()


def rows() -> pd.DataFrame:
    values = np.random.default_rng(7).normal(size=(40, 2))
    frame = pd.DataFrame(values, columns=["a", "b"])
    return frame.assign(colour=np.where(frame.a > 0.3, "red", "blue"))


def labelled() -> Any:
    frame = rows()
    return session().createDataFrame(frame.assign(label=(frame.a + frame.b > 0).astype(float)))


def fitted() -> PipelineModel:
    return Pipeline(
        stages=[
            StringIndexer(inputCol="colour", outputCol="index"),
            VectorAssembler(inputCols=["a", "b", "index"], outputCol="features"),
            LogisticRegression(),
        ]
    ).fit(labelled())


class SparkContract(GoesBothWays):
    flavor = "spark"

    def ask(self, native: Any, data: Any) -> Any:
        answer = native.transform(session().createDataFrame(data)).select("prediction")
        return [row.prediction for row in answer.collect()]

    def test_the_manifest_is_what_mlflow_writes(
        self, trained: Any, saved: Path, tmp_path: Path
    ) -> None:
        theirs = tmp_path / "theirs"
        save_with_mlflow(self.flavor, trained, theirs, input_example=self.data())
        assert _without_random_names(saved) == _without_random_names(theirs)
        here, there = (Manifest.read(path) for path in (saved, theirs))
        assert here.flavors == there.flavors
        assert here.signature == there.signature


class TestPipeline(SparkContract):
    def native(self) -> Any:
        return fitted()

    def data(self) -> Any:
        return rows().head()

    def test_each_kind_of_column_gives_what_the_framework_predicts(
        self, trained: Any, saved: Path
    ) -> None:
        many = pd.concat([rows()] * 50, ignore_index=True).astype({"colour": "category"})
        many.index = many.index[::-1]
        answers = pyfunc.load_model(saved).get_raw_model()
        found = pyfunc.load_model(saved).predict(many.astype({"colour": object}))
        assert answers.stages[-1].numClasses == 2
        assert found == self.ask(trained, many.astype({"colour": object}))

    def test_no_rows_have_no_predictions(self, saved: Path) -> None:
        assert pyfunc.load_model(saved).predict(self.data().head(0)) == []


class TestVectors:
    @pytest.fixture
    def stage(self) -> Any:
        return fitted().stages[-1]

    @pytest.fixture
    def saved(self, stage: Any, tmp_path: Path) -> Path:
        signature = ModelSignature(
            Schema([ColSpec(SparkMLVector(), "features")]), Schema([ColSpec("double")])
        )
        spark.save_model(stage, tmp_path / "model", signature=signature)
        return tmp_path / "model"

    def test_a_stage_alone_becomes_a_pipeline_of_one(self, saved: Path) -> None:
        loaded = spark.load_model(saved)
        assert isinstance(loaded, PipelineModel)
        assert len(loaded.stages) == 1

    def test_the_signature_is_written_as_mlflow_writes_it(self, saved: Path) -> None:
        signature = Manifest.read(saved).to_dict()["signature"]
        assert json.loads(signature["inputs"])[0]["type"] == "sparkml_vector"

    @pytest.mark.parametrize("as_array", [list, np.asarray, Vectors.dense])
    def test_lists_arrays_and_vectors_are_vectors(self, saved: Path, as_array: Any) -> None:
        frame = pd.DataFrame({"features": [as_array([5.0, 5.0, 0.0]), as_array([-5.0, -5.0, 0.0])]})
        assert pyfunc.load_model(saved).predict(frame) == [1.0, 0.0]

    def test_without_a_signature_the_column_of_the_stage_is_known(
        self, stage: Any, tmp_path: Path
    ) -> None:
        spark.save_model(stage, tmp_path / "model")
        model = pyfunc.load_model(tmp_path / "model")
        assert model.predict(pd.DataFrame({"features": [[5, 5, 0], [-5, -5, 0]]})) == [1.0, 0.0]
        assert model.predict(np.array([[5.0, 5.0, 0.0], [-5.0, -5.0, 0.0]])) == [1.0, 0.0]

    def test_an_array_needs_the_one_column_of_vectors(self, stage: Any, tmp_path: Path) -> None:
        spark.save_model(stage, tmp_path / "model")
        with pytest.raises(InvalidParameter, match=r"features.*shape \(2,\)"):
            pyfunc.load_model(tmp_path / "model").predict(np.array([1.0, 2.0]))


class TestOtherPipelines:
    def test_rows_keep_their_places_where_spark_joins(self, tmp_path: Path) -> None:
        frame = pd.DataFrame(
            {"user": [0, 0, 1, 1, 2], "item": [0, 1, 0, 2, 1], "rating": [4.0, 2, 3, 5, 1]}
        )
        spark.save_model(
            ALS(userCol="user", itemCol="item", ratingCol="rating", seed=3, rank=2)
            .setColdStartStrategy("drop")
            .fit(session().createDataFrame(frame)),
            tmp_path / "model",
        )
        model = pyfunc.load_model(tmp_path / "model")
        asked = pd.DataFrame({"user": [2, 9, 0, 1], "item": [1, 1, 0, 2]})
        one_by_one = [model.predict(asked.iloc[[place]])[0] for place in range(4)]
        assert model.predict(asked) == one_by_one
        assert one_by_one[1] is None

    def test_a_transformer_answers_with_its_output(self, tmp_path: Path) -> None:
        stage = VectorAssembler(inputCols=["a", "b"], outputCol="both")
        spark.save_model(stage, tmp_path / "model")
        found = pyfunc.load_model(tmp_path / "model").predict(rows()[["a", "b"]].head(2))
        np.testing.assert_allclose(found, rows()[["a", "b"]].head(2))

    def test_missing_texts_are_missing_in_spark(self, tmp_path: Path) -> None:
        stages = [StringIndexer(inputCol="colour", outputCol="index", handleInvalid="keep")]
        spark.save_model(Pipeline(stages=stages).fit(labelled()), tmp_path / "model")
        frame = pd.DataFrame({"colour": ["red", None, "blue", np.nan]})
        found = pyfunc.load_model(tmp_path / "model").predict(frame)
        assert found[1] == found[3] == 2.0
        assert {found[0], found[2]} == {0.0, 1.0}

    def test_a_pipeline_that_predicts_nothing_says_what_it_gives(self, tmp_path: Path) -> None:
        spark.save_model(SQLTransformer(statement="SELECT a FROM __THIS__"), tmp_path / "model")
        with pytest.raises(InvalidParameter, match=r"no 'prediction' among \['a'\]"):
            pyfunc.load_model(tmp_path / "model").predict(rows())

    def test_an_estimator_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidParameter, match=r"fitted.*not Pipeline"):
            spark.save_model(Pipeline(stages=[]), tmp_path / "model")

    def test_a_model_goes_through_the_file_system_of_a_cluster(self, tmp_path: Path) -> None:
        shared = tmp_path / "shared"
        spark.save_model(fitted(), tmp_path / "model", dfs_tmpdir=str(shared))
        assert list(shared.glob("*/metadata")) == []
        loaded = spark.load_model(tmp_path / "model", dfs_tmpdir=str(shared))
        assert len(list(shared.glob("*/metadata"))) == 1
        assert len(loaded.stages) == 3


class TestSafety:
    def test_a_statement_of_sql_is_refused_where_code_is_forbidden(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spark.save_model(SQLTransformer(statement="SELECT a FROM __THIS__"), tmp_path / "model")
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
        for load in (spark.load_model, pyfunc.load_model):
            with pytest.raises(NotSupported, match=r"disallowed.*SQLTransformer"):
                load(tmp_path / "model")

    def test_a_module_of_the_model_is_not_imported_where_code_is_forbidden(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spark.save_model(fitted(), tmp_path / "model")
        path = next((tmp_path / "model" / "sparkml" / "metadata").glob("part-*"))
        path.write_text(json.dumps({**json.loads(path.read_text()), "class": "antigravity.Stage"}))
        path.with_name(f".{path.name}.crc").unlink()
        seal(tmp_path / "model")
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
        with pytest.raises(NotSupported, match=r"disallowed.*antigravity\.Stage"):
            spark.load_model(tmp_path / "model")
        assert "antigravity" not in sys.modules

    def test_a_class_of_another_kind_is_refused(self, tmp_path: Path) -> None:
        spark.save_model(fitted(), tmp_path / "model")
        manifest = Manifest.read(tmp_path / "model")
        manifest.flavors["spark"]["model_class"] = "pyspark.ml.connect.pipeline.PipelineModel"
        manifest.save(tmp_path / "model" / MANIFEST)
        with pytest.raises(NotSupported, match=r"connect\.pipeline"):
            spark.load_model(tmp_path / "model")

    def test_a_folder_without_a_model_says_so(self, tmp_path: Path) -> None:
        spark.save_model(fitted(), tmp_path / "model")
        shutil.rmtree(tmp_path / "model" / "sparkml" / "metadata")
        seal(tmp_path / "model")
        with pytest.raises(MillstreamError, match="no model of Spark ML"):
            spark.load_model(tmp_path / "model")

    def test_the_session_it_starts_is_reached_from_this_machine_only(self) -> None:
        assert session().sparkContext.getConf().get("spark.driver.bindAddress") == "127.0.0.1"
        assert session().sparkContext.uiWebUrl is None


def _without_random_names(directory: Path) -> list[str]:
    return sorted(
        re.sub(r"part-(\d+)-[-0-9a-f]{36}", r"part-\1", name) for name in files(directory)
    )
