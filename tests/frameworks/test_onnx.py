from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.helper
import onnx.numpy_helper
import onnxruntime
import pandas as pd
import pytest
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tests.frameworks.both_ways import (
    GoesBothWays,
    assert_equal_answers,
    files,
    predict_with_mlflow,
    save_with_mlflow,
)

from millstream.errors import InvalidParameter, NotSupported
from millstream.integrations import onnx as integration
from millstream.integrations import pyfunc
from millstream.model_format.manifest import Manifest

CPU = ["CPUExecutionProvider"]


def rows() -> pd.DataFrame:
    values = np.random.default_rng(7).normal(size=(40, 3))
    return pd.DataFrame(values, columns=["a", "b", "c"]).assign(kind=["x", "y"] * 20)


def arrays() -> Any:
    return rows()[["a", "b"]].to_numpy(np.float32)


def regression() -> Any:
    model = LinearRegression().fit(arrays(), rows()["c"])
    return convert_sklearn(model, initial_types=[("X", FloatTensorType([None, 2]))])


def classification(**options: Any) -> Any:
    model = LogisticRegression().fit(arrays(), rows()["c"] > 0)
    shape = [("X", FloatTensorType([None, 2]))]
    return convert_sklearn(model, initial_types=shape, options=options)


def pipeline() -> Any:
    columns = ColumnTransformer(
        [("numbers", StandardScaler(), ["a", "b"]), ("kinds", OneHotEncoder(), ["kind"])]
    )
    model = make_pipeline(columns, LinearRegression()).fit(rows(), rows()["c"])
    number, text = FloatTensorType([None, 1]), StringTensorType([None, 1])
    shape = [("a", number), ("b", number), ("kind", text)]
    return convert_sklearn(model, initial_types=shape)


def with_large_weights() -> Any:
    weights = np.random.default_rng(0).normal(size=(200, 2)).astype("float32")
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["x", "W"], ["y"])],
        "product",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [None, 200])],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [None, 2])],
        [onnx.numpy_helper.from_array(weights, "W")],
    )
    opset = [onnx.helper.make_opsetid("", 13)]
    return onnx.helper.make_model(graph, opset_imports=opset, ir_version=9)


class Onnx(GoesBothWays):
    flavor = "onnx"
    same_signature = False  # MLflow sees none

    def data(self) -> Any:
        return arrays()[:5]

    def feeds(self, data: Any) -> dict[str, Any]:
        return {"X": data}

    def ask(self, native: Any, data: Any) -> Any:
        session = onnxruntime.InferenceSession(native.SerializeToString(), providers=CPU)
        names = [output.name for output in session.get_outputs()]
        return dict(zip(names, session.run(None, self.feeds(data)), strict=True))

    def test_it_predicts_the_same_behind_the_one_interface(self, trained: Any, saved: Path) -> None:
        model = pyfunc.load_model(saved)
        self.same(model.predict(self.data()), self.ask(trained, self.data()))
        assert isinstance(model.get_raw_model(), onnxruntime.InferenceSession)


class TestRegression(Onnx):
    def native(self) -> Any:
        return regression()


class TestClassification(Onnx):
    options = {
        "onnx_execution_providers": CPU,
        "onnx_session_options": {
            "execution_mode": "sequential",
            "graph_optimization_level": 99,
            "intra_op_num_threads": 1,
        },
        "save_as_external_data": False,
    }

    def native(self) -> Any:
        return classification(zipmap=False)


class TestFrame(Onnx):
    """The one input is all columns."""

    def native(self) -> Any:
        return regression()

    def data(self) -> Any:
        return rows()[["a", "b"]].head()

    def feeds(self, data: Any) -> dict[str, Any]:
        return {"X": data.to_numpy(np.float32)}


class TestNamedTensors(Onnx):
    def native(self) -> Any:
        return pipeline()

    def data(self) -> Any:
        numbers = {name: rows()[[name]].to_numpy(np.float32)[:5] for name in ("a", "b")}
        return {**numbers, "kind": rows()[["kind"]].to_numpy(str)[:5]}

    def feeds(self, data: Any) -> dict[str, Any]:
        return dict(data)


class TestLargeWeights(Onnx):
    def native(self) -> Any:
        return with_large_weights()

    def data(self) -> Any:
        return np.random.default_rng(3).normal(size=(4, 200)).astype("float32")

    def feeds(self, data: Any) -> dict[str, Any]:
        return {"x": data}

    @pytest.fixture
    def trained(self) -> Any:
        """Another one for each test, since MLflow takes the weights out of what it saves."""
        return self.native()

    def test_the_manifest_is_what_mlflow_writes(
        self, trained: Any, saved: Path, tmp_path: Path
    ) -> None:
        """But for the file of the weights, which has a random name there."""
        theirs = tmp_path / "theirs"
        save_with_mlflow("onnx", trained, theirs)
        assert Manifest.read(saved).flavors == Manifest.read(theirs).flavors
        assert "model.onnx.data" in files(saved)
        assert len(files(saved)) == len(files(theirs)) + 2  # the examples

    def test_the_object_in_memory_keeps_its_weights(self, tmp_path: Path) -> None:
        model = with_large_weights()
        before = model.SerializeToString()
        integration.save_model(model, tmp_path / "model")
        assert model.SerializeToString() == before

    @pytest.mark.parametrize("absolute", [True, False])
    def test_weights_outside_the_model_are_not_read(self, absolute: bool, tmp_path: Path) -> None:
        integration.save_model(with_large_weights(), tmp_path / "model")
        shutil.move(tmp_path / "model/model.onnx.data", tmp_path / "secret")
        model = onnx.load(tmp_path / "model/model.onnx", load_external_data=False)
        for entry in model.graph.initializer[0].external_data:
            if entry.key == "location":
                entry.value = str(tmp_path / "secret") if absolute else "../secret"
        (tmp_path / "model/model.onnx").write_bytes(model.SerializeToString())
        manifest = Manifest.read(tmp_path / "model")
        manifest.file_digests = None
        manifest.save(tmp_path / "model/MLmodel")
        for load in (integration.load_model, pyfunc.load_model):
            with pytest.raises(Exception, match=r"[Ee]xternal|outside"):
                load(tmp_path / "model")


class TestColumns:
    """Each input is a column of the frame."""

    def test_columns_of_numbers_and_texts_are_inputs(self, tmp_path: Path) -> None:
        data = rows()[["kind", "b", "a"]].head()
        integration.save_model(pipeline(), tmp_path / "model", input_example=data)
        loaded = pyfunc.load_model(tmp_path / "model")
        assert loaded.metadata.get_input_schema() is not None
        found = loaded.predict(data)
        tensors = {name: data[[name]].to_numpy(np.float32) for name in ("a", "b")}
        tensors["kind"] = data[["kind"]].to_numpy(object)
        session = onnxruntime.InferenceSession(pipeline().SerializeToString(), providers=CPU)
        expected = session.run(None, tensors)[0].ravel()
        assert list(found.columns) == ["variable"]
        np.testing.assert_allclose(found["variable"], expected, rtol=1e-6)

    def test_a_column_that_lacks_is_named(self, tmp_path: Path) -> None:
        integration.save_model(pipeline(), tmp_path / "model")
        model = pyfunc.load_model(tmp_path / "model")
        for data in (rows()[["a", "b"]], arrays()):
            with pytest.raises(InvalidParameter, match=r"lack .*'kind'"):
                model.predict(data)

    def test_what_is_no_input_is_refused(self, tmp_path: Path) -> None:
        integration.save_model(regression(), tmp_path / "model")
        model = pyfunc.load_model(tmp_path / "model")
        with pytest.raises(InvalidParameter, match="not 'Z'"):
            model.predict({"Z": arrays()})
        with pytest.raises(InvalidParameter, match="not list"):
            model.predict(arrays().tolist())

    @pytest.mark.parametrize("kind", ["float64", "int64", "int32", "float16"])
    def test_numbers_are_taken_in_any_width(self, kind: str, tmp_path: Path) -> None:
        integration.save_model(regression(), tmp_path / "model")
        model = pyfunc.load_model(tmp_path / "model")
        values = np.array([[1, 2], [3, 4]])
        found = model.predict(values.astype(kind))["variable"]
        np.testing.assert_allclose(found, model.predict(values.astype("float32"))["variable"])


class TestOutputs:
    def test_maps_of_probabilities_stay_maps(self, tmp_path: Path) -> None:
        save_with_mlflow("onnx", classification(), tmp_path / "model")
        model = pyfunc.load_model(tmp_path / "model")
        for data in (arrays(), rows()[["a", "b"]]):
            found = model.predict(data)
            expected = predict_with_mlflow(tmp_path / "model", data)
            assert type(found) is type(expected)
            assert list(found) == list(expected)
            assert list(found["output_probability"]) == list(expected["output_probability"])

    def test_outputs_of_unequal_width_are_lists_for_each_row(self, tmp_path: Path) -> None:
        integration.save_model(classification(zipmap=False), tmp_path / "model")
        model = pyfunc.load_model(tmp_path / "model")
        found = model.predict(rows()[["a", "b"]])
        expected = model.predict(arrays())
        assert list(found["label"]) == list(expected["label"])
        np.testing.assert_allclose(found["probabilities"].tolist(), expected["probabilities"])

    def test_the_one_output_of_a_frame_is_flat_as_in_mlflow(self, tmp_path: Path) -> None:
        integration.save_model(with_large_weights(), tmp_path / "model")
        data = pd.DataFrame(np.random.default_rng(3).normal(size=(4, 200)))
        found = pyfunc.load_model(tmp_path / "model").predict(data)
        assert_equal_answers(found, predict_with_mlflow(tmp_path / "model", data), 1e-5)


class TestSessions:
    def test_an_unknown_option_is_refused_when_saving(self, tmp_path: Path) -> None:
        options = {"optimized_model_filepath": "elsewhere"}
        with pytest.raises(InvalidParameter, match="'optimized_model_filepath' is not an option"):
            integration.save_model(regression(), tmp_path / "m", onnx_session_options=options)

    def test_an_unknown_value_is_refused_when_saving(self, tmp_path: Path) -> None:
        options = {"execution_mode": "wild"}
        with pytest.raises(InvalidParameter, match=r"one of .*'sequential', 'parallel'.*'wild'"):
            integration.save_model(regression(), tmp_path / "m", onnx_session_options=options)

    @pytest.mark.parametrize(
        "options",
        [
            {"onnx_session_options": {"extra_session_config": {"ep.context_file_path": "/x"}}},
            {"onnx_execution_providers": [["CPUExecutionProvider", {"use_arena": "1"}]]},
        ],
    )
    def test_what_may_name_files_counts_only_where_pickles_do(
        self, options: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        integration.save_model(regression(), tmp_path / "model", **options)
        assert len(pyfunc.load_model(tmp_path / "model").predict(arrays())["variable"]) == 40
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
        with pytest.raises(NotSupported, match="disallowed"):
            pyfunc.load_model(tmp_path / "model")

    def test_providers_of_other_machines_are_passed_over(self, tmp_path: Path) -> None:
        integration.save_model(
            regression(), tmp_path / "model", onnx_execution_providers=["ROCMExecutionProvider"]
        )
        session = pyfunc.load_model(tmp_path / "model").get_raw_model()
        assert session.get_providers() == CPU

    def test_an_invalid_model_is_refused(self, tmp_path: Path) -> None:
        model = regression()
        model.graph.output[0].name = "nothing"
        with pytest.raises(InvalidParameter, match="not valid"):
            integration.save_model(model, tmp_path / "model")
