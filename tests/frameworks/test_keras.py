from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from keras.src.saving import serialization_lib
from tests.frameworks.both_ways import GoesBothWays, files, save_with_mlflow

from millstream.errors import MillstreamError
from millstream.integrations import keras as flavor
from millstream.integrations import pyfunc
from millstream.model_format.manifest import Manifest
from millstream.testing.frameworks import FrameworkContract


def network() -> Any:
    keras.utils.set_random_seed(7)
    layers = [keras.Input((3,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(2)]
    return keras.Sequential(layers)


def rows() -> np.ndarray[Any, Any]:
    return np.random.default_rng(7).normal(size=(5, 3)).astype(np.float32)


class Contract(FrameworkContract):
    flavor = "keras"
    tolerance = 1e-5

    def native(self) -> Any:
        return network()

    def data(self) -> Any:
        return rows()

    def ask(self, native: Any, data: Any) -> Any:
        return native.predict(data, verbose=0)


class TestSequential(Contract, GoesBothWays):
    def test_the_manifest_is_what_mlflow_writes(
        self, trained: Any, saved: Path, tmp_path: Path
    ) -> None:
        """MLflow's flavor of Keras keeps no code and needs the directory to keep an example."""
        theirs = tmp_path / "theirs"
        theirs.mkdir()
        save_with_mlflow("keras", trained, theirs, input_example=rows())
        here, there = (Manifest.read(path) for path in (saved, theirs))
        assert files(saved) == files(theirs)
        assert here.flavors["keras"].pop("code") is None
        assert here.flavors == there.flavors


class TestTwoInputs(Contract):
    def native(self) -> Any:
        keras.utils.set_random_seed(7)
        first, second = keras.Input((2,), name="first"), keras.Input((3,), name="second")
        joined = keras.layers.Concatenate()([first, second])
        outputs = {"s": keras.layers.Dense(1)(joined), "t": keras.layers.Dense(2)(second)}
        return keras.Model({"first": first, "second": second}, outputs)

    def data(self) -> Any:
        return {"first": rows()[:, :2], "second": rows()}


class TestExported(Contract):
    options = {"save_exported_model": True}

    def test_the_object_comes_back(self, trained: Any, saved: Path) -> None:
        loaded = flavor.load_model(saved)
        self.same(loaded.serve(rows()), self.ask(trained, rows()))

    def test_it_predicts_the_same_behind_the_one_interface(self, trained: Any, saved: Path) -> None:
        model = pyfunc.load_model(saved)
        self.same(model.predict(rows()), self.ask(trained, rows()))


class Thrice(keras.layers.Layer):  # type: ignore[misc]  # keras is untyped here
    def call(self, values: Any) -> Any:
        return 3 * values


class TestLoading:
    def test_own_layers_are_found_by_the_names_given(self, tmp_path: Path) -> None:
        model = keras.Sequential([keras.Input((3,)), Thrice()])
        flavor.save_model(model, tmp_path / "m")
        loaded = flavor.load_model(tmp_path / "m", custom_objects={"Thrice": Thrice})
        np.testing.assert_allclose(loaded.predict(rows(), verbose=0), 3 * rows(), rtol=1e-6)

    def test_code_in_a_layer_is_run_only_when_asked_and_allowed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        layer = keras.layers.Lambda(lambda values: values * 2, output_shape=(3,))
        flavor.save_model(keras.Sequential([keras.Input((3,)), layer]), tmp_path / "m")
        with pytest.raises(ValueError, match="safe_mode"):
            flavor.load_model(tmp_path / "m")
        asked = {"safe_mode": False}
        loaded = flavor.load_model(tmp_path / "m", load_model_kwargs=asked)
        np.testing.assert_allclose(loaded.predict(rows(), verbose=0), 2 * rows(), rtol=1e-6)
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
        with pytest.raises(MillstreamError, match="disallowed"):
            flavor.load_model(tmp_path / "m", load_model_kwargs=asked)
        # what keras.config.enable_unsafe_deserialization() sets, for once
        with serialization_lib.SafeModeScope(False), pytest.raises(ValueError, match="safe_mode"):
            flavor.load_model(tmp_path / "m")

    def test_a_keras_that_runs_code_is_refused_where_that_is_forbidden(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        flavor.save_model(network(), tmp_path / "m")
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
        monkeypatch.setattr(keras, "__version__", "3.8.0")
        with pytest.raises(MillstreamError, match=r"disallowed.*install Keras 3\.11\.3"):
            flavor.load_model(tmp_path / "m")

    def test_what_is_no_model_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(TypeError, match=r"keras\.Model, not 3"):
            flavor.save_model(3, tmp_path / "m")


class TestPredicting:
    def test_a_frame_gives_a_frame_with_its_index(self, tmp_path: Path) -> None:
        flavor.save_model(network(), tmp_path / "m")
        frame = pd.DataFrame(rows().astype(float), index=list("vwxyz"))
        found = pyfunc.load_model(tmp_path / "m").predict(frame)
        assert list(found.index) == list("vwxyz")
        np.testing.assert_allclose(found, network().predict(rows(), verbose=0), rtol=1e-5)

    def test_few_rows_and_many_are_predicted_the_same(self, tmp_path: Path) -> None:
        """Few are predicted without a pipeline of batches."""
        flavor.save_model(network(), tmp_path / "m")
        model = pyfunc.load_model(tmp_path / "m")
        many = np.random.default_rng(7).normal(size=(100, 3))
        few = np.concatenate(
            [model.predict(many[start : start + 10]) for start in range(0, 100, 10)]
        )
        np.testing.assert_allclose(model.predict(many), few, rtol=1e-5, atol=1e-6)
        assert model.predict(many[:1].tolist()).dtype == np.float32

    def test_a_prediction_of_its_own_is_asked(self, tmp_path: Path) -> None:
        flavor.save_model(Constant(), tmp_path / "m")
        loaded = flavor.load_model(tmp_path / "m", custom_objects={"Constant": Constant})
        from_keras = loaded.predict(rows())
        assert from_keras.tolist() == [1.0] * 5


class Constant(keras.Model):  # type: ignore[misc]  # keras is untyped here
    def call(self, values: Any) -> Any:
        return values

    def predict(self, values: Any, **_options: Any) -> Any:
        return np.ones(len(values))
