"""PyTorch: a module as the operations that it runs on an example, in a file of its own (`.pt2`)."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from millstream.errors import InvalidParameter
from millstream.model_format.deserialize import without_pickles
from millstream.model_format.frameworks.pytorch_archive import check_archive
from millstream.model_format.frameworks.pytorch_predictor import evaluating
from millstream.model_format.signature import ModelSignature

_NEEDS_EXAMPLE = (
    "the 'pt2' format records the operations that a module runs on an example: give "
    "`input_example` as a NumPy array or a tensor, or a tuple or list of those, not {}; or choose "
    "serialization_format='pickle'"
)


def export(
    module: torch.nn.Module, path: Path, example: Any, signature: ModelSignature | None
) -> None:
    """Write the operations that the module runs on the example, on batches of any size.

    The sizes that `signature` leaves open stay open; without one, the first of each input.
    """
    if isinstance(module, torch.jit.ScriptModule):
        raise InvalidParameter(
            "a TorchScript module cannot be saved in the 'pt2' format: choose "
            "serialization_format='pickle', which keeps it as TorchScript"
        )
    arrays = _arrays(example)
    arguments = tuple(torch.as_tensor(one) for one in arrays)
    device = next((one.device for one in module.parameters()), torch.device("cpu"))
    with evaluating(module), torch.no_grad():
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


def load_exported(path: Path, allow_pickle: bool, device: Any) -> Any:
    """The module of such a file, on that device; None leaves it where it was exported."""
    if not allow_pickle:
        check_archive(path)
    with without_pickles(allow_pickle):
        program = torch.export.load(path)
        if device is not None and torch.device(device).type != "cpu":
            passes = importlib.import_module("torch.export.passes")
            program = passes.move_to_device_pass(program, str(device))
        return program.module()
