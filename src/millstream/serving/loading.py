"""A model loaded by a process that does nothing but serve, so that it is soon ready."""

from __future__ import annotations

import gc
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from millstream.model_format import pyfunc
from millstream.model_format.deserialize import skops_apart
from millstream.model_format.manifest import Manifest
from millstream.model_format.pyfunc import PyFuncModel
from millstream.serving import docstrings
from millstream.serving.dataframe_checks import answer_for_arrays
from millstream.serving.payloads import Decoder

_ON_SCIPY = "sklearn"


def load(
    path: Path, allow_pickle: bool, config: dict[str, Any] | None
) -> tuple[PyFuncModel, Decoder]:
    """The model of a directory, and what reads its requests; raises what loading raises."""
    is_on_scipy = _ON_SCIPY in Manifest.read(path).flavors
    with skops_apart(), docstrings.unread() if is_on_scipy else nullcontext():
        model = pyfunc.load(path, allow_pickle, config, imported=_keep_all_so_far)
    answer_for_arrays()
    return model, Decoder(model)


def _keep_all_so_far() -> None:
    """What exists before the first model lives as long as the process, as its library does.

    So it is not looked through for garbage, which took a twentieth of the start. Before later
    models there is what the ones before have left behind.
    """
    if gc.get_freeze_count() == 0:
        gc.freeze()
