"""Libraries that only some functions need, loaded when those are called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from millstream.errors import NotSupported

_INSTALLED_AS = {
    "PIL.Image": "pillow",
    "yaml": "pyyaml",
    "pandas": "millstream[pandas]",
    "sklearn": "scikit-learn",
}


def load(module: str, purpose: str) -> Any:
    """Import a library; where it is missing, raise `NotSupported` naming what to install."""
    try:
        return import_module(module)
    except ImportError as error:
        package = _INSTALLED_AS.get(module, module)
        raise NotSupported(
            f"{purpose} needs {package}, which cannot be imported ({error}); install it with "
            f"`pip install {package}`"
        ) from error
