"""A model directory while it is made: the files that do not depend on the library."""

from __future__ import annotations

import os
from pathlib import Path

from millstream.errors import AlreadyExists
from millstream.model_format.digests import MANIFEST, file_digests, total_size
from millstream.model_format.environment import Environment
from millstream.model_format.manifest import Manifest
from millstream.model_format.source_files import (
    EXTRA_FILES,
    add_code_to_path,
    copy_code,
    copy_extra_files,
    inside,
)

__all__ = [
    "EXTRA_FILES",
    "add_code_to_path",
    "copy_code",
    "copy_extra_files",
    "create_directory",
    "finish",
    "inside",
    "seal",
]


def create_directory(path: str | os.PathLike[str]) -> Path:
    """The directory, made or found empty."""
    directory = Path(path)
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise AlreadyExists(f"Path '{path}' already exists and is not empty")
    directory.mkdir(parents=True, exist_ok=True)
    return directory


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
