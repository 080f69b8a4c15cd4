"""The user's own modules that a model uses: those imported from the folder one works in."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

_ELSEWHERE = tuple(
    Path(path).resolve()
    for name, path in sysconfig.get_paths().items()
    if name in ("stdlib", "platstdlib", "purelib", "platlib")
)


def local_modules(folder: Path | None = None) -> dict[str, Path]:
    """The Python files below the folder (the current one) that are imported now.

    Their places below the entry of `sys.path` they came from are the keys. The script itself and
    what is installed into an environment below the folder are not among them.
    """
    root = (folder or Path.cwd()).resolve()
    entries = sorted(
        {path for entry in sys.path if (path := Path(entry or ".").resolve()).is_relative_to(root)},
        key=lambda path: -len(path.parts),
    )
    found: dict[str, Path] = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name == "__main__" or not file or not file.endswith(".py"):
            continue
        path = Path(file).resolve()
        if not path.is_relative_to(root) or _installed(path) or not path.is_file():
            continue
        entry = next((one for one in entries if path.is_relative_to(one)), root)
        found[path.relative_to(entry).as_posix()] = path
    return found


def _installed(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in _ELSEWHERE)
