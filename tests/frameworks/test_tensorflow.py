from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from tests.frameworks.both_ways import GoesBothWays

from millstream.errors import InvalidParameter, MillstreamError
from millstream.integrations import pyfunc
from millstream.integrations import tensorflow as flavor
from millstream.testing.frameworks import FrameworkContract

SPEC = tf.TensorSpec([None, 3], tf.float32)


def network(*layers: Any) -> Any:
    keras.utils.set_random_seed(7)
    return keras.Sequential([keras.Input((3,)), *layers, keras.layers.Dense(2)])


def rows() -> np.ndarray[Any, Any]:
    return np.random.default_rng(7).normal(size=(5, 3)).astype(np.float32)


class Thrice(keras.layers.Layer):  # type: ignore[misc]  # keras is untyped here
    def call(self, values: Any) -> Any:
        return 3 * values


@keras.saving.register_keras_serializable("tests")
class Registered(Thrice):
    pass


class _UserObject(tf.Module):  # type: ignore[misc]  # tensorflow is untyped here
    """Named as TensorFlow names what it loads from any SavedModel."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = tf.Variable([[1.0], [2.0], [3.0]])

    @tf.function(input_signature=[SPEC])  # type: ignore[untyped-decorator]  # tensorflow is untyped here
    def __call__(self, values: Any) -> Any:
        return values @ self.weights


class Named(tf.Module):  # type: ignore[misc]  # tensorflow is untyped here
    @tf.function(input_signature=[SPEC])  # type: ignore[untyped-decorator]  # tensorflow is untyped here
    def serve(self, values: Any) -> Any:
        return {"twice": values * 2}


class Writing(tf.Module):  # type: ignore[misc]  # tensorflow is untyped here
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path

    @tf.function(input_signature=[SPEC])  # type: ignore[untyped-decorator]  # tensorflow is untyped here
    def __call__(self, values: Any) -> Any:
        tf.io.write_file(self.path, "written")
        return values


class Contract(FrameworkContract):
    flavor = "tensorflow"
    tolerance = 1e-5

    def data(self) -> Any:
        return rows()


class KerasContract(Contract):
    def ask(self, native: Any, data: Any) -> Any:
        return native.predict(data, verbose=0)


class TestKeras(KerasContract, GoesBothWays):
    def native(self) -> Any:
        return network()

    def test_the_manifest_is_what_mlflow_writes(
        self, trained: Any, saved: Path, tmp_path: Path
    ) -> None:
        """Registered classes that the model does not use would make it a pickle for nothing."""
        keras.saving.get_custom_objects().clear()
        super().test_the_manifest_is_what_mlflow_writes(trained, saved, tmp_path)


class TestOldFormat(KerasContract):
    options = {"keras_model_kwargs": {"save_format": "h5"}}

    def native(self) -> Any:
        return network()


class TestOwnLayer(KerasContract, GoesBothWays):
    options = {"custom_objects": {"Thrice": Thrice}}
    safe = False

    def native(self) -> Any:
        keras.saving.get_custom_objects().clear()
        return network(Thrice())


class TestRegisteredLayer(KerasContract):
    safe = False

    def native(self) -> Any:
        keras.saving.register_keras_serializable("tests")(Registered)
        return network(Registered())


class TestModule(Contract, GoesBothWays):
    def native(self) -> Any:
        return _UserObject()

    def ask(self, native: Any, data: Any) -> Any:
        return native(tf.constant(data)).numpy()

    def test_a_frame_is_taken_as_the_array_it_is(self, trained: Any, saved: Path) -> None:
        found = pyfunc.load_model(saved).predict(pd.DataFrame(rows()))
        self.same(found, self.ask(trained, rows()))


class TestSavedModels:
    def test_one_that_cannot_be_called_answers_by_its_signature(self, tmp_path: Path) -> None:
        module = Named()
        signatures = {"signatures": {"serving_default": module.serve}}
        flavor.save_model(module, tmp_path / "m", saved_model_kwargs=signatures)
        model = pyfunc.load_model(tmp_path / "m")
        for data in (rows(), {"values": rows()}, rows().tolist()):
            found = model.predict(data)
            assert list(found) == ["twice"]
            np.testing.assert_allclose(found["twice"], rows() * 2, rtol=1e-6)

    def test_operations_that_write_files_are_refused_where_code_is_forbidden(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        trace = tmp_path / "trace"
        flavor.save_model(Writing(str(trace)), tmp_path / "m")
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
        for load in (flavor.load_model, pyfunc.load_model):
            with pytest.raises(MillstreamError, match=r"disallowed.*WriteFile"):
                load(tmp_path / "m")
        assert not trace.exists()
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "true")
        pyfunc.load_model(tmp_path / "m").predict(rows())
        assert trace.exists()

    def test_other_inputs_are_refused_by_type(self, tmp_path: Path) -> None:
        flavor.save_model(_UserObject(), tmp_path / "m")
        with pytest.raises(InvalidParameter, match="not str"):
            pyfunc.load_model(tmp_path / "m").predict("text")


class TestKerasModels:
    @pytest.mark.parametrize("kind", ["tf", "h5"])
    def test_code_in_a_layer_is_never_run_unasked(
        self, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        layer = keras.layers.Lambda(lambda values: values * 2, output_shape=(3,))
        options = {"save_format": kind}
        flavor.save_model(network(layer), tmp_path / "m", keras_model_kwargs=options)
        asked = {"safe_mode": False}
        assert flavor.load_model(tmp_path / "m", keras_model_kwargs=asked) is not None
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
        with pytest.raises(ValueError, match=r"Lambda|safe_mode"):
            flavor.load_model(tmp_path / "m")
        with pytest.raises(MillstreamError, match="disallowed"):
            flavor.load_model(tmp_path / "m", keras_model_kwargs=asked)

    def test_registered_classes_that_are_not_used_are_not_kept(self, tmp_path: Path) -> None:
        keras.saving.register_keras_serializable("tests")(Registered)
        flavor.save_model(network(), tmp_path / "m")
        assert not list((tmp_path / "m").rglob("*.cloudpickle"))

    def test_what_is_neither_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidParameter, match=r"Keras model or a tf\.Module, not int"):
            flavor.save_model(3, tmp_path / "m")

    def test_the_old_form_of_keras_2_says_what_to_do(self, tmp_path: Path) -> None:
        flavor.save_model(network(), tmp_path / "m")
        (tmp_path / "m" / "data" / "model").mkdir()
        with pytest.raises(MillstreamError, match=r"before 2\.16.*save it again"):
            flavor.load_model(tmp_path / "m")
