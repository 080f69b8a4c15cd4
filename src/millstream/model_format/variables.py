"""Which variables of the environment a model reads while it predicts; names, never values."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

VARIABLES = "environment_variables.txt"
_SECRETS = ("API_KEY", "API_TOKEN", "ACCESS_KEY", "SECRET", "PASSWORD")
_OWN = ("MILLSTREAM_", "MLFLOW_")
_EXPLAINED = (
    "# The names of environment variables with keys that the model read while it predicted its\n"
    "# input example. It may need them where it is deployed;\n"
    "# whether it needs each of them cannot be seen.\n"
)


@contextlib.contextmanager
def variables_read() -> Iterator[set[str]]:
    """The names of variables, set here and named like a key, that anyone reads meanwhile.

    All ways of reading lead through one method of the class of `os.environ`.
    """
    names: set[str] = set()
    kind = type(os.environ)
    read = kind.__getitem__

    def watched(environ: Any, name: str) -> str:
        value = read(environ, name)
        if any(word in name.upper() for word in _SECRETS) and not name.startswith(_OWN):
            names.add(name)
        return value

    kind.__getitem__ = watched  # type: ignore[method-assign]  # for as long as the block runs
    try:
        yield names
    finally:
        kind.__getitem__ = read  # type: ignore[method-assign]  # as it was


def write_variables(directory: Path, names: list[str]) -> None:
    """Write the names beside the model."""
    (directory / VARIABLES).write_text(_EXPLAINED + "\n".join(names) + "\n")
