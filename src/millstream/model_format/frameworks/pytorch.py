"""PyTorch: a module as an exported program, or pickled whole, as a model directory and back."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from millstream import settings
from millstream.errors import InvalidParameter
from millstream.model_format.deserialize import load_torch, without_pickles
from millstream.model_format.directory import inside
from millstream.model_format.frameworks.pytorch_archive import check_archive
from millstream.model_format.interface import Saved
from millstream.model_format.manifest import Manifest
from millstream.model_format.signature import ModelSignature

DATA = "data"
EXPORTED = "model.pt2"
PICKLED = "model.pth"
STATE_DICT = "state_dict.pth"
_PICKLE_MODULE = "mlflow.pytorch.pickle_module"
_PICKLE_INFO = "pickle_module_info.txt"

_NEEDS_EXAMPLE = (
    "the 'pt2' format records the operations that a module runs on an example: give "
    "`input_example` as a NumPy array or a tensor, or a tuple or list of those, not {}; or choose "
    "serialization_format='pickle'"
)


def save(
    native: Any,
    directory: Path,
    *,
    example: Any = None,
    signature: ModelSignature | None = None,
    serialization_format: str | None = None,
    pickle_module: Any = None,
    **torch_options: Any,
) -> Saved:
    """Write the module: exported (`pt2`), the default, or pickled whole (`pickle`).

    A size that `signature` leaves open, else the first of each input, stays open in the exported
    program. `torch_options` go to `torch.save`.
    """
    if not isinstance(native, torch.nn.Module):
        raise TypeError(f"`pytorch_model` must be a torch.nn.Module, not {native!r}")
    folder = directory / DATA
    folder.mkdir()
    pickled_by = getattr(pickle_module, "__name__", None) or _PICKLE_MODULE
    if serialization_format in (None, "pt2"):
        _export(native, folder / EXPORTED, example, signature)
    elif serialization_format == "pickle":
        _pickle(native, folder / PICKLED, pickle_module, torch_options)
        (folder / _PICKLE_INFO).write_text(pickled_by)
    else:
        raise InvalidParameter(
            f"`serialization_format` must be 'pickle' or 'pt2', not {serialization_format!r}"
        )
    predictor = PyTorchPredictor(native, _device(None))
    return Saved(
        flavor={"model_data": DATA, "pytorch_version": str(torch.__version__)},
        pyfunc={"data": DATA, "pickle_module_name": pickled_by, "config": {"device": None}},
        modules={"torch", "cloudpickle", "numpy", "pandas"},
        predict=predictor.predict,
    )


def _export(
    module: torch.nn.Module, path: Path, example: Any, signature: ModelSignature | None
) -> None:
    if isinstance(module, torch.jit.ScriptModule):
        raise InvalidParameter(
            "a TorchScript module cannot be saved in the 'pt2' format: choose "
            "serialization_format='pickle', which keeps it as TorchScript"
        )
    arrays = _arrays(example)
    arguments = tuple(torch.as_tensor(one) for one in arrays)
    device = next((one.device for one in module.parameters()), torch.device("cpu"))
    with _evaluating(module), torch.no_grad():
        program = torch.export.export(
            module,
            tuple(one.to(device) for one in arguments),
            dynamic_shapes=tuple(_open_sizes(arguments, signature)),
        )
    torch.export.save(program, path)


def _arrays(example: Any) -> Sequence[Any]:
    """The positional inputs of the module that an example consists of."""
    several = list(example) if isinstance(example, (tuple, list)) else [example]
    if not several or not all(isinstance(one, (np.ndarray, torch.Tensor)) for one in several):
        raise InvalidParameter(_NEEDS_EXAMPLE.format(type(example).__name__))
    return several


def _open_sizes(
    arguments: Sequence[torch.Tensor], signature: ModelSignature | None
) -> Iterator[dict[int, Any]]:
    """Per input the dimensions whose size may change.

    They are named AUTO: a module that fixes such a size is exported with it rather than refused.
    """
    specs = list(signature.inputs) if signature and signature.inputs else []
    for place, tensor in enumerate(arguments):
        shape = getattr(specs[place], "shape", None) if len(specs) == len(arguments) else None
        wanted = [axis for axis, size in enumerate(shape) if size == -1] if shape else [0]
        yield {axis: torch.export.Dim.AUTO for axis in wanted if axis < tensor.dim()}


@contextlib.contextmanager
def _evaluating(module: torch.nn.Module) -> Iterator[None]:
    """Let the module evaluate meanwhile: exported in training, it would drop out at random."""
    training = [one for one in module.modules() if one.training]
    for one in training:  # not by `eval`, which exported programs refuse
        one.training = False
    try:
        yield
    finally:
        for one in training:
            one.training = True


def _pickle(module: Any, path: Path, pickle_module: Any, options: dict[str, Any]) -> None:
    if isinstance(module, torch.jit.ScriptModule):
        torch.jit.save(module, path)
        return
    pickler = pickle_module or importlib.import_module("cloudpickle")
    torch.save(module, path, pickle_module=pickler, **options)


def load(directory: Path, flavor: Mapping[str, Any], allow_pickle: bool, **options: Any) -> Any:
    """The module, evaluating; the operations alone where it was exported.

    Of the `options`, `device` (or `map_location`) says where its tensors shall be; the others go
    to `torch.load`.
    """
    data = inside(directory, str(flavor.get("model_data") or flavor.get("data") or DATA))
    place = options.pop("device", None) or options.pop("map_location", None)
    exported, pickled = data / EXPORTED, data / PICKLED
    if exported.is_file():
        return _load_exported(exported, allow_pickle, place)
    if not pickled.is_file():
        raise InvalidParameter(f"the model in {directory} lacks {EXPORTED!r} and {PICKLED!r}")
    if _is_script(pickled):
        return torch.jit.load(pickled, map_location=place).eval()
    if not torch.cuda.is_available() and place is None:
        place = "cpu"  # what was saved on a GPU loads without one
    return load_torch(pickled, allow_pickle, map_location=place, **options).eval()


def _load_exported(path: Path, allow_pickle: bool, device: Any) -> Any:
    if not allow_pickle:
        check_archive(path)
    with without_pickles(allow_pickle):
        program = torch.export.load(path)
        if device is not None and torch.device(device).type != "cpu":
            passes = importlib.import_module("torch.export.passes")
            program = passes.move_to_device_pass(program, str(device))
        return program.module()


def _is_script(path: Path) -> bool:
    """Whether the file is TorchScript, which PyTorch reads without Python's unpickler."""
    try:
        records = torch._C.PyTorchFileReader(str(path)).get_all_records()
    except RuntimeError:
        return False  # not an archive: the form of before PyTorch 1.6, a pickle
    return "constants.pkl" in records


class PyTorchPredictor:
    """A module behind the one interface of all models."""

    def __init__(self, module: Any, device: str) -> None:
        self.pytorch_model = module
        self.device = device

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """The output of the module: an array for an array, a DataFrame for a DataFrame.

        DataFrames are taken as float32; arrays keep their dtype.
        """
        if params and "device" in params:
            raise InvalidParameter(
                "`device` is no parameter of a prediction: say it when the model is loaded, as "
                "`model_config={'device': 'cuda'}`"
            )
        arrays = data if isinstance(data, tuple) else (data,)
        inputs = [self._tensor(one) for one in arrays]
        with _evaluating(self.pytorch_model), torch.no_grad():
            output = self.pytorch_model(*inputs)
        if not isinstance(output, torch.Tensor):
            raise TypeError(
                f"the module must give one tensor to predict with, not {type(output).__name__}"
            )
        found = output.detach().cpu().numpy()
        return pd.DataFrame(found, index=data.index) if isinstance(data, pd.DataFrame) else found

    def _tensor(self, data: Any) -> torch.Tensor:
        if isinstance(data, pd.DataFrame):
            data = data.to_numpy(dtype=np.float32)
        if isinstance(data, torch.Tensor):
            return data.to(self.device)
        if not isinstance(data, np.ndarray):
            raise TypeError(
                "models of PyTorch take a pandas.DataFrame or a numpy.ndarray, not "
                f"{type(data).__name__}"
            )
        return torch.from_numpy(np.require(data, requirements=["C", "W"])).to(self.device)

    def get_raw_model(self) -> Any:
        """The module."""
        return self.pytorch_model


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, config: Mapping[str, Any]
) -> PyTorchPredictor:
    """The module of a model directory on its device, ready to predict."""
    pyfunc = model.flavors.get("python_function", {})
    saved = (pyfunc.get("config") or {}).get("device")
    device = _device(config.get("device") or saved)
    flavor = model.flavors.get("pytorch") or pyfunc
    module = load(directory, flavor, allow_pickle, device=device)
    if device != "cpu" and not isinstance(module, torch.fx.GraphModule):
        module = module.to(device)
    return PyTorchPredictor(module, device)


def _device(wanted: str | None) -> str:
    """Where to predict: what is wanted, else the setting, else a GPU if there is one."""
    found = wanted or settings.load().default_prediction_device
    return found or ("cuda" if torch.cuda.is_available() else "cpu")


def save_state_dict(state_dict: Mapping[str, Any], directory: Path, **options: Any) -> None:
    """Write the parameters and buffers of a module, or what else `torch.save` takes."""
    if not isinstance(state_dict, dict):
        raise TypeError(f"`state_dict` must be a dict, not {type(state_dict).__name__}")
    torch.save(state_dict, directory / STATE_DICT, **options)


def load_state_dict(directory: Path, allow_pickle: bool, **options: Any) -> Any:
    """The same again; other objects than tensors only with `weights_only=False`."""
    path = directory / STATE_DICT
    if not path.is_file():
        raise InvalidParameter(f"there is no {STATE_DICT!r} in {str(directory)!r}")
    if options.pop("weights_only", True):
        return torch.load(path, weights_only=True, **options)
    return load_torch(path, allow_pickle, **options)
