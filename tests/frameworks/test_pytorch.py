from __future__ import annotations

import contextlib
import importlib
import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from tests.frameworks.both_ways import (
    GoesBothWays,
    assert_equal_answers,
    files,
    load_with_mlflow,
    predict_with_mlflow,
    save_with_mlflow,
)
from tests.frameworks.torch_build import CPU_BUILD_AT_HAND

import millstream
from millstream.errors import InvalidParameter, MillstreamError
from millstream.integrations import pyfunc, pytorch
from millstream.model_format.directory import seal
from millstream.model_format.manifest import Manifest
from millstream.model_format.schema import Schema, TensorSpec
from millstream.model_format.signature import ModelSignature
from millstream.testing.frameworks import FrameworkContract


def network() -> torch.nn.Module:
    torch.manual_seed(7)
    layers = [torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Dropout(), torch.nn.Linear(4, 2)]
    return torch.nn.Sequential(*layers).eval()


def rows() -> np.ndarray[Any, Any]:
    return np.random.default_rng(7).normal(size=(5, 3)).astype(np.float32)


class Contract(FrameworkContract):
    flavor = "pytorch"
    if not CPU_BUILD_AT_HAND:
        test_it_loads_in_a_clean_environment = None  # type: ignore[assignment]  # not collected

    def native(self) -> Any:
        return network()

    def data(self) -> Any:
        return rows()

    def ask(self, native: Any, data: Any) -> Any:
        with torch.no_grad():
            return native(torch.as_tensor(data)).numpy()


class TestExported(Contract):
    def test_the_object_comes_back(self, trained: Any, saved: Path) -> None:
        loaded = pytorch.load_model(saved)
        self.same(self.ask(loaded, rows()), self.ask(trained, rows()))

    def test_it_predicts_the_same_behind_the_one_interface(self, trained: Any, saved: Path) -> None:
        model = pyfunc.load_model(saved)
        self.same(model.predict(rows()), self.ask(trained, rows()))
        assert isinstance(model.get_raw_model(), torch.fx.GraphModule)

    def test_any_number_of_rows_can_be_predicted(self, trained: Any, saved: Path) -> None:
        model = pyfunc.load_model(saved)
        for several in (rows()[:1], rows()[:2], np.tile(rows(), (9, 1))):
            self.same(model.predict(several), self.ask(trained, several))


class TestPickled(Contract, GoesBothWays):
    options = {"serialization_format": "pickle"}
    safe = False


class TestScripted(Contract):
    options = {"serialization_format": "pickle"}

    def native(self) -> Any:
        return torch.jit.script(network())


class Joined(torch.nn.Module):  # type: ignore[misc]  # torch is untyped here
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(3, 1)

    def forward(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.layer(torch.cat([first, second], 1))
        return result


class Named(torch.nn.Module):  # type: ignore[misc]  # torch is untyped here
    def forward(self, values: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"values": values}


class TestBothWays:
    def test_an_exported_model_of_mlflow_predicts_the_same_here(self, tmp_path: Path) -> None:
        save_with_mlflow("pytorch", network(), tmp_path / "theirs", input_example=rows())
        found = pyfunc.load_model(tmp_path / "theirs").predict(rows())
        assert_equal_answers(found, predict_with_mlflow(tmp_path / "theirs", rows()))

    def test_an_exported_model_of_ours_predicts_the_same_there(self, tmp_path: Path) -> None:
        pytorch.save_model(network(), tmp_path / "ours", input_example=rows())
        found = pyfunc.load_model(tmp_path / "ours").predict(rows())
        assert_equal_answers(found, predict_with_mlflow(tmp_path / "ours", rows()))
        native = load_with_mlflow("pytorch", tmp_path / "ours")
        np.testing.assert_allclose(native(torch.tensor(rows())).detach(), found, rtol=1e-5)

    def test_the_directory_of_an_exported_model_is_mlflow_s(self, tmp_path: Path) -> None:
        pytorch.save_model(network(), tmp_path / "ours", input_example=rows())
        save_with_mlflow("pytorch", network(), tmp_path / "theirs", input_example=rows())
        assert files(tmp_path / "ours") == files(tmp_path / "theirs")
        ours, theirs = (Manifest.read(tmp_path / name) for name in ("ours", "theirs"))
        assert ours.flavors == theirs.flavors
        assert ours.signature == theirs.signature

    def test_a_state_dict_goes_both_ways(self, tmp_path: Path) -> None:
        theirs = importlib.import_module("mlflow.pytorch")
        state = network().state_dict()
        pytorch.save_state_dict(state, tmp_path / "ours")
        theirs.save_state_dict(state, str(tmp_path / "theirs"))
        assert list(theirs.load_state_dict(str(tmp_path / "ours"))) == list(state)
        assert list(pytorch.load_state_dict(tmp_path / "theirs")) == list(state)


class TestSaving:
    def test_the_exported_form_asks_for_an_example_of_arrays(self, tmp_path: Path) -> None:
        frame = pd.DataFrame(rows())
        for number, example in enumerate([None, frame, rows().tolist(), []]):
            with pytest.raises(InvalidParameter, match=r"(?s)pt2.*input_example.*pickle"):
                pytorch.save_model(network(), tmp_path / str(number), input_example=example)

    def test_an_unknown_format_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidParameter, match=r"'pickle' or 'pt2', not 'onnx'"):
            pytorch.save_model(network(), tmp_path / "m", serialization_format="onnx")

    def test_torchscript_is_not_exported(self, tmp_path: Path) -> None:
        module = torch.jit.script(network())
        with pytest.raises(InvalidParameter, match="TorchScript"):
            pytorch.save_model(module, tmp_path / "m", input_example=rows())

    def test_what_is_no_module_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(TypeError, match=r"torch\.nn\.Module, not 3"):
            pytorch.save_model(3, tmp_path / "m")

    def test_a_tensor_is_an_example_too(self, tmp_path: Path) -> None:
        pytorch.save_model(network(), tmp_path / "m", input_example=torch.tensor(rows()))
        model = pyfunc.load_model(tmp_path / "m")
        assert model.metadata.get_input_schema() is not None
        np.testing.assert_allclose(model.input_example, rows(), rtol=1e-6)

    def test_a_module_of_two_inputs_is_exported(self, tmp_path: Path) -> None:
        module = Joined()
        first, second = rows()[:, :1], rows()[:, 1:]
        pytorch.save_model(module, tmp_path / "m", input_example=(first, second))
        loaded = pytorch.load_model(tmp_path / "m")
        inputs = torch.tensor(first[:2]), torch.tensor(second[:2])
        torch.testing.assert_close(loaded(*inputs), module(*inputs))

    def test_a_module_in_training_is_exported_as_it_evaluates(self, tmp_path: Path) -> None:
        module = network().train()
        pytorch.save_model(module, tmp_path / "m", input_example=rows())
        assert all(one.training for one in module.modules())
        expected = network()(torch.tensor(rows())).detach()
        found = pyfunc.load_model(tmp_path / "m").predict(rows())
        np.testing.assert_allclose(found, expected, rtol=1e-6)

    def test_sizes_that_the_signature_leaves_open_stay_open(self, tmp_path: Path) -> None:
        module = torch.nn.Conv1d(2, 1, 3)
        wave = np.random.default_rng(7).normal(size=(2, 2, 9)).astype(np.float32)
        signature = ModelSignature(Schema([TensorSpec(wave.dtype, (-1, 2, -1))]))
        pytorch.save_model(module, tmp_path / "m", input_example=wave, signature=signature)
        longer = torch.zeros(3, 2, 20)
        assert pytorch.load_model(tmp_path / "m")(longer).shape == (3, 1, 18)


class TestPredicting:
    @pytest.fixture
    def model(self, tmp_path: Path) -> pyfunc.PyFuncModel:
        pytorch.save_model(network(), tmp_path / "m", serialization_format="pickle")
        return pyfunc.load_model(tmp_path / "m", model_config={"device": "cpu"})

    def test_a_frame_gives_a_frame_with_its_index(self, model: Any) -> None:
        frame = pd.DataFrame(rows().astype(float), index=list("vwxyz"))
        found = model.predict(frame)
        assert list(found.index) == list("vwxyz")
        np.testing.assert_allclose(found, model.predict(rows()), rtol=1e-6)

    def test_lists_and_dictionaries_are_refused_by_type(self, model: Any) -> None:
        with pytest.raises(TypeError, match=r"numpy\.ndarray, not list"):
            model.predict(rows().tolist())

    def test_an_output_that_is_no_tensor_is_refused_by_type(self, tmp_path: Path) -> None:
        pytorch.save_model(Named(), tmp_path / "n", serialization_format="pickle")
        with pytest.raises(TypeError, match="one tensor to predict with, not dict"):
            pyfunc.load_model(tmp_path / "n").predict(rows())

    def test_the_device_is_said_when_loading(self, model: Any) -> None:
        with pytest.raises(InvalidParameter, match="model_config"):
            model._model_impl.predict(rows(), {"device": "cpu"})

    def test_the_device_of_the_environment_is_used(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pytorch.save_model(network(), tmp_path / "d", serialization_format="pickle")
        monkeypatch.setenv("MLFLOW_DEFAULT_PREDICTION_DEVICE", "meta")
        assert pyfunc.load_model(tmp_path / "d")._model_impl.device == "meta"

    def test_the_device_can_be_said_to_load_model(self, tmp_path: Path) -> None:
        pytorch.save_model(network(), tmp_path / "d", serialization_format="pickle")
        for option in ("device", "map_location"):
            loaded = pytorch.load_model(tmp_path / "d", **{option: "meta"})
            assert next(loaded.parameters()).device.type == "meta"


class TestStateDict:
    def test_it_is_logged_and_loaded_without_unpickling(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
        millstream.set_tracking_uri(str(tmp_path / "runs"))
        with millstream.start_run() as run:
            pytorch.log_state_dict(network().state_dict(), "weights")
        loaded = pytorch.load_state_dict(f"runs:/{run.info.run_id}/weights")
        fresh = network()
        fresh.load_state_dict(loaded)
        torch.testing.assert_close(fresh.state_dict(), network().state_dict())

    def test_other_objects_come_back_only_where_pickles_are_allowed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pytorch.save_state_dict({"path": tmp_path}, tmp_path / "s")
        assert pytorch.load_state_dict(tmp_path / "s", weights_only=False) == {"path": tmp_path}
        with pytest.raises(pickle.UnpicklingError):
            pytorch.load_state_dict(tmp_path / "s")
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
        with pytest.raises(MillstreamError, match="disallowed"):
            pytorch.load_state_dict(tmp_path / "s", weights_only=False)

    def test_what_is_no_dictionary_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(TypeError, match="must be a dict, not Sequential"):
            pytorch.save_state_dict(network(), tmp_path / "s")


class Trap:
    def __init__(self, path: Path) -> None:
        self._path = str(path)

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return open, (self._path, "w")


def changed(path: Path, name: str, change: Any) -> None:
    """Replace a record of an archive."""
    with zipfile.ZipFile(path) as archive:
        records = {one: archive.read(one) for one in archive.namelist()}
    root = next(iter(records)).partition("/")[0]
    records[f"{root}/{name}"] = change(records.get(f"{root}/{name}", b"{}"))
    with zipfile.ZipFile(path, "w") as archive:
        for one, content in records.items():
            archive.writestr(one, content)


def with_trap(trace: Path) -> dict[str, tuple[str, Any]]:
    """Ways to run code while an archive is loaded or its program runs."""
    code = f"open({str(trace)!r}, 'w')"

    def document(change: Any) -> Any:
        def apply(content: bytes) -> bytes:
            loaded = json.loads(content)
            change(loaded)
            return json.dumps(loaded).encode()

        return apply

    def pickled(_content: bytes) -> bytes:
        buffer = io.BytesIO()
        torch.save(Trap(trace), buffer)
        return buffer.getvalue()

    def expression(loaded: Any) -> None:
        text = json.dumps(loaded).replace("Symbol('s", f"{code} or Symbol('s".replace('"', '\\"'))
        loaded.clear()
        loaded.update(json.loads(text))

    def operator(loaded: Any) -> None:
        loaded["graph_module"]["graph"]["nodes"][0]["target"] = "torch.serialization.os.system"

    def guard(loaded: Any) -> None:
        loaded["guards_code"] = [code]

    def use_pickle(loaded: Any) -> None:
        next(iter(loaded["config"].values()))["use_pickle"] = True

    return {
        "sample": ("data/sample_inputs/model.pt", pickled),
        "legacy weights": ("data/weights/model.pt", pickled),
        "expression": ("models/model.json", document(expression)),
        "operator": ("models/model.json", document(operator)),
        "guard": ("models/model.json", document(guard)),
        "tensor": ("data/weights/model_weights_config.json", document(use_pickle)),
    }


class TestArchive:
    @pytest.fixture(params=list(with_trap(Path())))
    def trapped(self, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
        return self.trap(request.param, tmp_path)

    def trap(self, way: str, folder: Path) -> Path:
        pytorch.save_model(network(), folder / "m", input_example=rows())
        name, change = with_trap(folder / "trace")[way]
        changed(folder / "m" / "data" / "model.pt2", name, change)
        seal(folder / "m")
        return folder / "m"

    def test_no_code_hides_in_it_where_that_is_forbidden(
        self, trapped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
        for load in (pytorch.load_model, pyfunc.load_model):
            with pytest.raises(MillstreamError, match="disallowed"):
                load(trapped)
        assert not (tmp_path / "trace").exists()

    @pytest.mark.parametrize("way", ["sample", "legacy weights", "expression", "guard"])
    def test_the_traps_are_real(self, way: str, tmp_path: Path) -> None:
        """So that the test above cannot pass for want of a trap; others show when it predicts."""
        trapped = self.trap(way, tmp_path)
        with contextlib.suppress(Exception):
            pytorch.load_model(trapped)(torch.tensor(rows()))
        assert (tmp_path / "trace").exists()

    def test_programs_of_many_operations_are_known_to_be_harmless(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
        layer = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        images = torch.nn.Sequential(
            torch.nn.Conv2d(1, 2, 3, padding_mode="reflect", padding=1),
            torch.nn.BatchNorm2d(2),
            torch.nn.Upsample(scale_factor=2, mode="bilinear"),
            torch.nn.AdaptiveAvgPool2d(1),
            torch.nn.Flatten(),
        )
        for number, (module, shape) in enumerate(
            [(torch.nn.TransformerEncoder(layer, 1), (3, 6, 8)), (images, (3, 1, 8, 8)),
             (First(), (3, 6, 8))]
        ):  # fmt: skip
            example = torch.rand(shape)
            pytorch.save_model(module, tmp_path / str(number), input_example=example)
            expected = module.eval()(example)
            found = pytorch.load_model(tmp_path / str(number))(example)
            torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


class First(torch.nn.Module):  # type: ignore[misc]  # torch is untyped here
    def __init__(self) -> None:
        super().__init__()
        self.recurrent = torch.nn.GRU(8, 4, batch_first=True)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return self.recurrent(values)[0].reshape(values.shape[0], -1)
