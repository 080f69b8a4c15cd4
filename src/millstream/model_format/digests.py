"""SHA-256 of every file of a model, recorded when it is saved and checked when it is loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from millstream.errors import MillstreamError

MANIFEST = "MLmodel"
CODE = "code"
COMPILED = "__pycache__"


def file_digests(directory: Path) -> dict[str, str]:
    """The hexadecimal digest of each file but the manifest, by path with `/`, sorted."""
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    names = {path.relative_to(directory).as_posix(): path for path in files}
    return {
        name: _digest(path)
        for name, path in names.items()
        if name != MANIFEST and COMPILED not in path.parts
    }


def check_digests(directory: Path, recorded: Mapping[str, str]) -> None:
    """Raise DATA_LOSS, by name, for a file that is missing or is not what was saved.

    Files that nobody recorded are left alone, since a store may add its own; but none may join the
    folder of code, where it could be imported. Compiled files there never are.
    """
    for name, digest in recorded.items():
        path = directory / name
        if not path.is_file():
            raise MillstreamError(f"the model in {directory} lacks its file {name!r}", "DATA_LOSS")
        if _digest(path) != digest:
            raise MillstreamError(
                f"the file {name!r} of the model in {directory} is not the one that was saved: "
                "its SHA-256 differs from the one recorded in MLmodel. Fetch or save the model "
                "again; if the change was yours, remove the entry from `file_digests` there",
                "DATA_LOSS",
            )
    added = sorted(_code_files(directory) - set(recorded)) if recorded else []
    if added:
        raise MillstreamError(
            f"the model in {directory} has files in its folder of code that were not saved with "
            f"it: {added}. Remove them, or save the model again with them in `code_paths`",
            "DATA_LOSS",
        )


def _code_files(directory: Path) -> set[str]:
    return {
        path.relative_to(directory).as_posix()
        for path in (directory / CODE).rglob("*")
        if (path.is_symlink() or not path.is_dir()) and COMPILED not in path.parts
    }


def total_size(directory: Path) -> int:
    """The size of all files below, in bytes."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
