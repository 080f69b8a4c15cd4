"""The folder that an image is built from, and what every image of ours copies from it.

| file | is |
| --- | --- |
| `Dockerfile` | how the image is made |
| `requirements.txt` | what it installs, locked |
| `install.sh`, `tools.txt` | what installs that; the tools are locked as well |
| `wheels/` | packages of ours as they are here |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from millstream.deploy.container.service import INSTALL
from millstream.environments.own_wheel import OwnWheel
from millstream.errors import InvalidParameter

_FILE, _FOLDER = 0o644, 0o755


def check_empty(folder: Path) -> None:
    """A folder that has anything in it raises `InvalidParameter`."""
    if folder.exists() and any(folder.iterdir()):
        raise InvalidParameter(
            f"The folder '{folder}' is not empty; name one that is, or a new one."
        )


def fill(folder: Path, texts: Mapping[str, str], wheels: Iterable[OwnWheel]) -> None:
    """Write the files, with `texts` by their names, into a folder that is empty or absent."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in {**texts, "install.sh": INSTALL}.items():
        (folder / file).write_text(text, "utf-8")
    (folder / "wheels").mkdir()
    for wheel in wheels:
        wheel.write(folder / "wheels")


def settle(folder: Path) -> None:
    """Give all files the same rights wherever they were made, and everybody the right to read."""
    folder.chmod(_FOLDER)
    for path in folder.rglob("*"):
        path.chmod(_FOLDER if path.is_dir() else _FILE)
