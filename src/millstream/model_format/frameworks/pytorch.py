"""PyTorch: a module as an exported program, or pickled whole, as a model directory and back."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from millstream.errors import InvalidParameter
from millstream.model_format.deserialize import load_torch
from millstream.model_format.directory import inside
from millstream.model_format.frameworks.pytorch_export import export, load_exported
from millstream.model_format.frameworks.pytorch_predictor import PyTorchPredictor, device_for
from millstream.model_format.interface import Saved
from millstream.model_format.manifest import Manifest
from millstream.model_format.signature import ModelSignature

DATA = "data"
EXPORTED = "model.pt2"
PICKLED = "model.pth"
STATE_DICT = "state_dict.pth"
_PICKLE_MODULE = "mlflow.pytorch.pickle_module"
_PICKLE_INFO = "pickle_module_info.txt"


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
        export(native, folder / EXPORTED, example, signature)
    elif serialization_format == "pickle":
        _pickle(native, folder / PICKLED, pickle_module, torch_options)
        (folder / _PICKLE_INFO).write_text(pickled_by)
    else:
        raise InvalidParameter(
            f"`serialization_format` must be 'pickle' or 'pt2', not {serialization_format!r}"
        )
    predictor = PyTorchPredictor(native, device_for(None))
    return Saved(
        flavor={"model_data": DATA, "pytorch_version": str(torch.__version__)},
        pyfunc={"data": DATA, "pickle_module_name": pickled_by, "config": {"device": None}},
        modules={"torch", "cloudpickle", "numpy", "pandas"},
        predict=predictor.predict,
    )


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
        return load_exported(exported, allow_pickle, place)
    if not pickled.is_file():
        raise InvalidParameter(f"the model in {directory} lacks {EXPORTED!r} and {PICKLED!r}")
    if _is_script(pickled):
        return torch.jit.load(pickled, map_location=place).eval()
    if not torch.cuda.is_available() and place is None:
        place = "cpu"  # what was saved on a GPU loads without one
    return load_torch(pickled, allow_pickle, map_location=place, **options).eval()


def _is_script(path: Path) -> bool:
    """Whether the file is TorchScript, which PyTorch reads without Python's unpickler."""
    try:
        records = torch._C.PyTorchFileReader(str(path)).get_all_records()
    except RuntimeError:
        return False  # not an archive: the form of before PyTorch 1.6, a pickle
    return "constants.pkl" in records


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, config: Mapping[str, Any]
) -> PyTorchPredictor:
    """The module of a model directory on its device, ready to predict."""
    pyfunc = model.flavors.get("python_function", {})
    saved = (pyfunc.get("config") or {}).get("device")
    device = device_for(config.get("device") or saved)
    flavor = model.flavors.get("pytorch") or pyfunc
    module = load(directory, flavor, allow_pickle, device=device)
    if device != "cpu" and not isinstance(module, torch.fx.GraphModule):
        module = module.to(device)
    return PyTorchPredictor(module, device)


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
