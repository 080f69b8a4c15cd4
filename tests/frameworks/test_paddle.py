from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import paddle
import pandas as pd
import pytest
from tests.frameworks.both_ways import GoesBothWays, load_with_mlflow

from millstream.errors import InvalidParameter, MillstreamError
from millstream.integrations import paddle as flavor
from millstream.integrations import pyfunc
from millstream.model_format.directory import seal

SPEC = [paddle.static.InputSpec([None, 3], "float32", "values")]


class Network(paddle.nn.Layer):  # type: ignore[misc]  # paddle is untyped here
    def __init__(self) -> None:
        super().__init__()
        self.linear = paddle.nn.Linear(3, 2)
        self.dropout = paddle.nn.Dropout(0.5)

    def forward(self, values: Any) -> Any:
        return self.dropout(self.linear(values))


def network() -> Any:
    paddle.seed(7)
    return Network()


def static() -> Any:
    return paddle.jit.to_static(network(), input_spec=SPEC, full_graph=True)


def rows() -> np.ndarray[Any, Any]:
    return np.random.default_rng(7).normal(size=(5, 3)).astype(np.float32)


class TestLayer(GoesBothWays):
    flavor = "paddle"
    tolerance = 1e-5
    same_signature = False  # MLflow names the columns of outputs by numbers, we by texts

    def native(self) -> Any:
        found = static()
        # What is loaded is of this class, whatever the class was.
        type(found).__name__ = "PirTranslatedLayer"
        return found

    def data(self) -> Any:
        return rows()

    def ask(self, native: Any, data: Any) -> Any:
        native.eval()
        return native(paddle.to_tensor(data)).numpy()

    def test_a_frame_keeps_its_index(self, trained: Any, saved: Path) -> None:
        frame = pd.DataFrame(rows().astype(float), index=list("vwxyz"))
        found = pyfunc.load_model(saved)._model_impl.predict(frame)
        assert list(found.index) == list("vwxyz")
        self.same(found, self.ask(trained, rows()))

    def test_other_inputs_are_refused_by_type(self, saved: Path) -> None:
        with pytest.raises(TypeError, match=r"numpy\.ndarray, not list"):
            pyfunc.load_model(saved)._model_impl.predict(rows().tolist())


def prepared() -> Any:
    model = paddle.Model(network(), inputs=SPEC)
    optimiser = paddle.optimizer.Adam(parameters=model.parameters())
    model.prepare(optimiser, paddle.nn.MSELoss())
    return model


class TestModels:
    def test_one_for_prediction_predicts(self, tmp_path: Path) -> None:
        model = prepared()
        flavor.save_model(model, tmp_path / "m", input_example=rows())
        loaded = pyfunc.load_model(tmp_path / "m")
        expected = model.predict_batch([rows()])[0]
        np.testing.assert_allclose(loaded.predict(rows()), expected, rtol=1e-5)
        assert loaded.metadata.get_output_schema() is not None

    def test_one_for_training_goes_on_where_it_was(self, tmp_path: Path) -> None:
        model = prepared()
        model.train_batch([rows()], [np.zeros((5, 2), np.float32)])
        flavor.save_model(model, tmp_path / "m", training=True)
        assert (tmp_path / "m" / "model.pdopt").is_file()
        expected = model.predict_batch([rows()])[0]
        ours = flavor.load_model(tmp_path / "m", model=prepared())
        theirs = load_with_mlflow("paddle", tmp_path / "m", model=prepared())
        for loaded in (ours, theirs):
            np.testing.assert_allclose(loaded.predict_batch([rows()])[0], expected, rtol=1e-5)
        with pytest.raises(InvalidParameter, match=r"model\.pdparams.*give `model`"):
            flavor.load_model(tmp_path / "m")

    def test_the_state_of_a_training_is_a_pickle(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        flavor.save_model(prepared(), tmp_path / "m", training=True)
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
        with pytest.raises(MillstreamError, match=r"disallowed.*model\.pdparams"):
            flavor.load_model(tmp_path / "m", model=prepared())

    def test_what_is_no_layer_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(TypeError, match=r"paddle\.Model, not 3"):
            flavor.save_model(3, tmp_path / "m")


class Trap:
    def __init__(self, path: Path) -> None:
        self._path = str(path)

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return open, (self._path, "w")


def test_a_pickle_that_no_file_names_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paddle's older form keeps what it says of variables as a pickle, and looks for the file."""
    monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
    flavor.save_model(static(), tmp_path / "m")
    trap = tmp_path / "m" / "model.pdiparams.info"
    trap.write_bytes(pickle.dumps(Trap(tmp_path / "trace")))
    seal(tmp_path / "m")
    flavor.load_model(tmp_path / "m")
    assert not (tmp_path / "trace").exists()


def test_operations_that_reach_for_files_are_refused_where_code_is_forbidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flavor.save_model(static(), tmp_path / "m")
    program = tmp_path / "m" / "model.json"
    content = json.loads(program.read_bytes())
    operations = content["program"]["regions"][0]["blocks"][0]["ops"]
    operations.append({"#": "1.save_combine"})
    program.write_text(json.dumps(content))
    seal(tmp_path / "m")
    monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
    with pytest.raises(MillstreamError, match=r"disallowed.*save_combine"):
        flavor.load_model(tmp_path / "m")
