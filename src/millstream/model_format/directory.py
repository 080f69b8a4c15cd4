"""A model directory while it is made: the files that do not depend on the library."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from millstream.errors import AlreadyExists, InvalidParameter
from millstream.model_format.digests import MANIFEST, file_digests, total_size
from millstream.model_format.environment import Environment
from millstream.model_format.manifest import Manifest

CODE = "code"
EXTRA_FILES = "extra_files"


def create_directory(path: str | os.PathLike[str]) -> Path:
    """The directory, made or found empty."""
    directory = Path(path)
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise AlreadyExists(f"Path '{path}' already exists and is not empty")
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def inside(directory: Path, name: str) -> Path:
    """The path of a file of the model; a name that leads out of it raises `InvalidParameter`."""
    path = (directory / name).resolve()
    if not path.is_relative_to(directory.resolve()):
        raise InvalidParameter(f"the model in {directory} names {name!r}, which is not inside it")
    return path


def copy_code(code_paths: Sequence[str] | None, directory: Path) -> str | None:
    """Copy source files and folders into the model; answers with their folder's name."""
    if code_paths is None:
        return None
    if not isinstance(code_paths, list):
        raise TypeError(f"Argument code_paths should be a list, not {type(code_paths)}")
    for given in code_paths:
        _copy(Path(given), directory / CODE)
    return CODE


def copy_extra_files(extra_files: Sequence[str] | None, directory: Path) -> list[dict[str, str]]:
    """Copy further files into the model; answers with where they are now."""
    copied = []
    for given in extra_files or ():
        _copy(Path(given), directory / EXTRA_FILES)
        copied.append({"path": f"{EXTRA_FILES}/{Path(given).name}"})
    return copied


def _copy(source: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    if source.is_dir():
        ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(source, folder / source.resolve().name, ignore=ignore)
    elif source.is_file():
        shutil.copy2(source, folder / source.name)
    else:
        raise InvalidParameter(f"{str(source)!r} is to be saved with the model and does not exist")


def add_code_to_path(directory: Path, flavor: dict[str, Any]) -> None:
    """Make the source files that came with the model importable."""
    code = flavor.get("code")
    if not code:
        return
    folder = str(inside(directory, code))
    if folder not in sys.path:
        sys.path.insert(0, folder)


def finish(directory: Path, model: Manifest, environment: Environment) -> None:
    """Write the environment files and MLmodel; the model is complete."""
    environment.write(directory)
    model.save(directory / MANIFEST)
    seal(directory)


def seal(directory: Path) -> Manifest:
    """Record in MLmodel the size of the directory and the digest of each file."""
    model = Manifest.read(directory)
    digests = file_digests(directory)
    if model.file_digests != digests:
        model.model_size_bytes = total_size(directory)
        model.file_digests = digests
        model.save(directory / MANIFEST)
    return model
