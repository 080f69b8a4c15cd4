"""What of a run travels to where it is carried out: the project's files, and what to do with them.

    <folder>/…                          the project's files
    <folder>/.millstream-job/job.json   what to do
    <folder>/.millstream-job/inputs/    what parameters name that is not in the project
    <folder>/.millstream-job/variables.json   what nobody else may read, where it goes by a file

What other programs keep in a project, and git's own files, stay behind.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import msgspec

from millstream.environments.specification import EnvManager
from millstream.errors import InvalidParameter
from millstream.projects.source import MOST_FILES

JOB_FOLDER = ".millstream-job"
STAYS = frozenset({
    ".git", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".venv",
    "__pycache__", "mlruns", "node_modules", JOB_FOLDER,
})  # fmt: skip
MOST_SHIPPED = 2 << 30
"""The most bytes that travel."""

_JOB = "job.json"
_VARIABLES = "variables.json"


class ShippedJob(msgspec.Struct, frozen=True):
    """A command for the shell in the project's environment, and the run that it logs to.

    `values` are those that the command's places are filled with, as variables. With `temporary` the
    folder is nobody else's, and is removed at the end.
    """

    run_id: str
    command: str
    values: dict[str, str]
    env_manager: EnvManager
    temporary: bool


def pack(job: ShippedJob, project: Path, paths: Collection[str], folder: Path) -> None:
    """Copy all that travels into an empty folder.

    Those of the job's values that are among `paths` name files or folders of this machine, which
    travel as well. Raises `InvalidParameter` if it is too much, and for links that lead out of the
    project or to folders, which would be something else over there. Pipes and sockets stay behind.
    """
    left = _Allowance()
    project = project.resolve()
    _copy(project, folder, left)
    values = dict(job.values)
    inputs = folder / JOB_FOLDER / "inputs"
    for index, (name, value) in enumerate(sorted(values.items())):
        if value in paths:
            values[name] = _travelled(Path(value), project, inputs / str(index), folder, left)
    (folder / JOB_FOLDER).mkdir(exist_ok=True)
    shipped = msgspec.structs.replace(job, values=values)
    (folder / JOB_FOLDER / _JOB).write_bytes(msgspec.json.encode(shipped))


def put_variables(folder: Path, variables: Mapping[str, str]) -> None:
    """Leave variables with a shipment, in a file that only its owner can read."""
    path = folder / JOB_FOLDER / _VARIABLES
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(variables))


def take_variables(folder: Path) -> dict[str, str]:
    """The variables that came with a shipment, none if there is no such file; it is removed."""
    path = folder / JOB_FOLDER / _VARIABLES
    if not path.exists():
        return {}
    found = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    path.unlink()
    return found


def unpack(folder: Path) -> ShippedJob:
    """What is to be done in a folder that has arrived; raises `InvalidParameter` if it is none."""
    path = folder / JOB_FOLDER / _JOB
    try:
        return msgspec.json.decode(path.read_bytes(), type=ShippedJob)
    except (OSError, msgspec.DecodeError) as error:
        raise InvalidParameter(
            f"'{folder}' holds nothing to carry out: {path} cannot be read: {error}"
        ) from error


class _Allowance:
    """How much may still travel."""

    def __init__(self) -> None:
        self._bytes, self._files = MOST_SHIPPED, MOST_FILES

    def take(self, path: Path) -> None:
        self._bytes -= path.stat().st_size
        self._files -= 1
        if self._bytes < 0 or self._files < 0:
            raise InvalidParameter(
                f"With '{path}' the project is more than {MOST_FILES} files or {MOST_SHIPPED} "
                "bytes, which is not sent to another machine. Keep data where that machine finds "
                "it, and hand over its address as a parameter of type uri or string."
            )


def _travelled(path: Path, project: Path, inputs: Path, folder: Path, left: _Allowance) -> str:
    """What a path is called over there, as seen from the project; it is copied if need be."""
    place = path.resolve()
    if place.is_relative_to(project):
        inner = place.relative_to(project)
        if not STAYS.intersection(inner.parts):
            return str(inner)
    target = inputs / (place.name or "root")
    inputs.mkdir(parents=True)
    if place.is_dir():
        _copy(place, target, left)
    else:
        left.take(place)
        shutil.copy2(place, target)
    return str(target.relative_to(folder))


def _copy(source: Path, target: Path, left: _Allowance) -> None:
    for path, is_folder in _entries(source):
        place = target / path.relative_to(source)
        if is_folder:
            place.mkdir(parents=True, exist_ok=True)
        else:
            left.take(path)
            shutil.copy2(path, place)


def _entries(root: Path) -> Iterator[tuple[Path, bool]]:
    """All that travels of a folder, and whether it is one itself, which comes before its files."""
    for place, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in STAYS)
        yield Path(place), True
        for path in (Path(place, name) for name in folders):
            if path.is_symlink():
                raise _no_link(path, "to a folder")
        for path in (Path(place, name) for name in sorted(files) if name not in STAYS):
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                raise _no_link(path, "out of it")
            if path.is_file():
                yield path, False


def _no_link(path: Path, where: str) -> InvalidParameter:
    return InvalidParameter(
        f"'{path}' is a link {where}, which does not travel to another machine. Put what it leads "
        "to in its place, or hand it over as a parameter of type path."
    )
