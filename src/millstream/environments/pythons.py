"""The Pythons on this machine, and the one of a wanted version."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from millstream.environments.specification import minor
from millstream.errors import InvalidParameter, NotFound

LEAST = (3, 11)
"""What this package itself runs on."""

_NEWEST_FIRST = tuple(f"3.{number}" for number in range(15, LEAST[1] - 1, -1))
_ASK = "import platform; print(platform.python_version())"


class Python(msgspec.Struct, frozen=True):
    """An interpreter and its version."""

    executable: Path
    version: str


def present() -> Python:
    """The interpreter that runs this."""
    return Python(Path(sys.executable), platform.python_version())


def meets(version: str, wanted: str | None) -> bool:
    """Whether a Python of that version is what is wanted: major and minor, or bounds."""
    if not wanted:
        return True
    if re.match(r"\s*(==)?\s*\d", wanted):
        return minor(version) == minor(wanted.replace(" ", "").rstrip(".*"))
    try:
        return SpecifierSet(wanted).contains(version, prereleases=True)
    except InvalidSpecifier as error:
        raise InvalidParameter(
            f"The Python version {wanted!r} is neither a version, such as 3.11.7, nor bounds, "
            "such as >=3.11"
        ) from error


def find(wanted: str | None, uv: Path | None, variables: Mapping[str, str]) -> Python:
    """The present interpreter if it does, or else another one on this machine.

    If there is none, `NotFound` says how to go on.
    """
    here = present()
    if wanted is None or meets(here.version, wanted):
        return here
    for candidate in _NEWEST_FIRST:
        if not (meets(f"{candidate}.0", wanted) or meets(f"{candidate}.99", wanted)):
            continue
        for executable in _executables(candidate, uv, variables):
            version = _version(executable, variables)
            if version is not None and meets(version, wanted):
                return Python(executable, version)
    raise NotFound(
        f"Python {wanted} is asked for, and {_why_not(wanted)}. Install one that is, or use the "
        f"present Python {here.version} with --env-manager local."
    )


def _why_not(wanted: str) -> str:
    exact = re.match(r"\s*(?:==)?\s*(\d+)\.(\d+)", wanted)
    if exact and (int(exact[1]), int(exact[2])) < LEAST:
        return f"this package runs on Python {LEAST[0]}.{LEAST[1]} or newer"
    return "none is found on this machine"


def _executables(version: str, uv: Path | None, variables: Mapping[str, str]) -> Iterator[Path]:
    path = _search_path(variables)
    if uv is not None:
        command = [str(uv), "python", "find", "--system", "--no-python-downloads", version]
        asked = _output(command, {**variables, "PATH": path})
        if asked:
            yield Path(asked)
    found = shutil.which(f"python{version}", path=path)
    if found:
        yield Path(found)


def _search_path(variables: Mapping[str, str]) -> str:
    """PATH with the interpreters that pyenv has in place of its shims, which may not answer."""
    folders = variables.get("PATH", os.defpath).split(os.pathsep)
    root = Path(variables.get("PYENV_ROOT") or Path.home() / ".pyenv")
    shims = str(root / "shims")
    own = [str(folder) for folder in sorted(root.glob("versions/*/bin"), reverse=True)]
    return os.pathsep.join([folder for folder in folders if folder != shims] + own)


def _version(executable: Path, variables: Mapping[str, str]) -> str | None:
    return _output([str(executable), "-I", "-c", _ASK], variables)


def _output(command: list[str], variables: Mapping[str, str]) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 a list of words, no shell
            command,
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
            stdin=subprocess.DEVNULL,
            env=dict(variables),
        )
    except (OSError, subprocess.SubprocessError):
        return None  # one that cannot even be asked is no candidate
    return done.stdout.strip() or None
