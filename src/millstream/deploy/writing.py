"""A deployment as files: all of them, or none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from millstream.errors import AlreadyExists


def write_files(files: Mapping[str, str], folder: Path) -> list[Path]:
    """Write files into a folder that is empty or absent; another one raises `AlreadyExists`."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise AlreadyExists(f"'{folder}' is no empty folder; name one that is, or a new one.")
    found = []
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        found.append(path)
    return found
