"""A project of uv: its lock file as the requirements of a model, and its files kept with it."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from millstream.errors import InvalidParameter

_LOCK = "uv.lock"
_PROJECT = "pyproject.toml"
_FILES = (_LOCK, _PROJECT, ".python-version")
_TIMEOUT = 60.0

_logger = logging.getLogger("millstream.models")


def find_project(given: str | Path | None = None) -> Path | None:
    """The folder of the project: the one that was given, else the current one; None if neither.

    A folder that was given and has no lock file raises `InvalidParameter`.
    """
    folder = Path.cwd() if given is None else Path(given)
    folder = folder.parent if folder.is_file() else folder
    missing = [name for name in (_LOCK, _PROJECT) if not (folder / name).is_file()]
    if not missing:
        return folder
    if given is not None:
        raise InvalidParameter(
            f"`uv_project_path` names {str(given)!r}, which is no project of uv: it lacks "
            f"{' and '.join(missing)}. Run `uv lock` there"
        )
    return None


def locked_requirements(
    project: Path, groups: Sequence[str] | None = None, extras: Sequence[str] | None = None
) -> list[str] | None:
    """The locked requirements of the project, as `uv export` says them; None, warned, if it fails.

    Neither the project itself, its development group nor what it takes from local paths is among
    them.
    """
    beside = Path(sys.executable).parent
    uv = shutil.which("uv") or shutil.which("uv", path=str(beside))
    if uv is None:
        _logger.warning(
            "The project in %s is locked by uv, and the program uv is not found: the requirements "
            "of the model are those seen in its files. `pip install uv` to use the lock",
            project,
        )
        return None
    chosen = [part for name in groups or () for part in ("--group", name)]
    chosen += [part for name in extras or () for part in ("--extra", name)]
    command = [
        *(uv, "export", "--frozen", "--no-hashes", "--no-header", "--no-annotate"),
        *("--no-dev", "--no-emit-local", "--quiet", "--project", str(project), *chosen),
    ]
    try:
        done = subprocess.run(  # noqa: S603 - uv's own path, and words as arguments of their own
            command, capture_output=True, text=True, timeout=_TIMEOUT, check=True
        )
    except subprocess.CalledProcessError as error:
        _logger.warning("uv cannot export the lock of %s: %s", project, error.stderr.strip())
        return None
    except (subprocess.TimeoutExpired, OSError) as error:
        _logger.warning("uv cannot export the lock of %s: %s", project, error)
        return None
    lines = (line.strip() for line in done.stdout.splitlines())
    return [line for line in lines if line and not line.startswith(("#", "-e"))]


def copy_project(project: Path, directory: Path) -> None:
    """Keep the files that describe the project beside the model."""
    for name in _FILES:
        if (project / name).is_file():
            shutil.copy2(project / name, directory / name)
