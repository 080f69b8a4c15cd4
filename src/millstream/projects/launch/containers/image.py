"""The image of a project: the one that it names, or one more layer with the project's files."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from millstream.containers.box import checked_image
from millstream.containers.engines import Engine
from millstream.errors import MillstreamError

CODE = "/mlflow/projects/code/"
_NOT_COPIED = {".git"}
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_COMMIT_LENGTH = 7


def tag_of(repository: str, commit: str | None) -> str:
    """A repository with the beginning of the commit, if there is one."""
    return repository if commit is None else f"{repository}:{commit[:_COMMIT_LENGTH]}"


def repository_named(name: str) -> str:
    """What images of a project are called: its name in the letters that may be in one."""
    return _NOT_IN_NAMES.sub("-", name.lower()).strip("-") or "project"


def build(engine: Engine, base: str, folder: Path, tag: str, besides: Path | None = None) -> None:
    """Build an image of `base` and a project's files, but for git's and those in `besides`.

    Links are copied as links, so that nothing outside of the project comes along. A file
    `.dockerignore` of the project counts.
    """
    with tempfile.TemporaryDirectory(prefix="millstream-image-") as temporary:
        context, file = Path(temporary, "code"), Path(temporary, "Dockerfile")
        _copy(folder.resolve(), context, besides)
        file.write_text(f"FROM {checked_image(base)}\nCOPY . {CODE}\nWORKDIR {CODE}\n", "utf-8")
        engine.build(checked_image(tag), file, context)


def _copy(folder: Path, context: Path, besides: Path | None) -> None:
    def left_out(inside: str, names: list[str]) -> set[str]:
        found = _NOT_COPIED & set(names)
        if besides is not None and Path(inside) == besides.parent:
            found |= {besides.name} & set(names)
        return found

    try:
        shutil.copytree(folder, context, symlinks=True, ignore=left_out)
    except (shutil.Error, OSError) as error:
        raise MillstreamError(f"The files of '{folder}' cannot be copied: {error}") from error
