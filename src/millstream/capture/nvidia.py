"""NVIDIA's library, where there is one: nvidia-ml-py, and a driver that answers it."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def load() -> Any | None:
    """The library, begun; None where it or the driver is absent. To be shut down after use."""
    try:
        library = import_module("pynvml")
    except ImportError:
        return None
    try:
        library.nvmlInit()
    except library.NVMLError:
        return None
    return library
