"""Lines of requirements: which package each names, and whether the present environment has it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from millstream.errors import InvalidParameter

OURS = frozenset({"mlflow", "mlflow-skinny", "mlflow-tracing", "millstream", "millstream-mlflow"})
"""The packages that the running one stands in for, whatever version is asked for."""

_MOST_FILES = 20
_HASHES = re.compile(r"\s--hash[= ]\S+")
_CONDA = re.compile(r"^(?:[^\s:]+::)?([A-Za-z0-9_.-]+)\s*(.*)$")
_LOCAL = (".whl", ".zip", ".tar.gz", ".tar.bz2")
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")


def redacted(text: str) -> str:
    """The text without the user names and passwords of its URLs."""
    return _CREDENTIALS.sub("***@", text)


def parsed(line: str) -> Requirement | None:
    """The requirement in a line; None if it is an option, a path or a bare URL."""
    try:
        return Requirement(_HASHES.sub("", line).strip())
    except InvalidRequirement:
        return None


def name_of(line: str) -> str | None:
    """The normalised name of the package that a line names, if it does."""
    requirement = parsed(line)
    return canonicalize_name(requirement.name) if requirement else None


def without_ours(lines: Iterable[str]) -> list[str]:
    """The lines but those that ask for this package, under any of its names."""
    return [line for line in lines if name_of(line) not in OURS]


def overridden(lines: Iterable[str], overrides: Iterable[str]) -> list[str]:
    """The lines with those replaced whose package an override names, and the new ones added."""
    new = list(overrides)
    names = {name_of(line) for line in new} - {None}
    return [line for line in lines if name_of(line) not in names] + new


def expanded(lines: Iterable[str], folder: Path | None) -> list[str]:
    """The lines without comments, with included files read and paths made absolute.

    A path that leads out of the folder, or to nothing, raises `InvalidParameter`; without a folder
    it must be a full one.
    """
    return list(_expanded(lines, folder, [_MOST_FILES]))


def _expanded(lines: Iterable[str], folder: Path | None, left: list[int]) -> Iterator[str]:
    for line in _logical_lines(lines):
        option, _, value = line.replace("=", " ", 1).partition(" ")
        if option in ("-r", "--requirement"):
            left[0] -= 1
            if left[0] < 0:
                raise InvalidParameter(f"The requirements include more than {_MOST_FILES} files.")
            path = _inside(folder, value.strip())
            yield from _expanded(path.read_text(encoding="utf-8").splitlines(), folder, left)
        elif option in ("-c", "--constraint"):
            yield f"-c {_inside(folder, value.strip())}"
        elif option in ("-e", "--editable") and "://" not in value and "@" not in value:
            place, bracket, extras = value.strip().partition("[")
            yield f"-e {_inside(folder, place)}{bracket}{extras}"
        elif _is_path(line):
            yield str(_inside(folder, line))
        else:
            yield line


def _logical_lines(lines: Iterable[str]) -> Iterator[str]:
    whole = "\n".join(lines).replace("\\\n", " ")
    for line in whole.splitlines():
        text = re.sub(r"(^|\s)#.*$", "", line).strip()
        if text:
            yield text


def _is_path(line: str) -> bool:
    if "://" in line or "@" in line or line.startswith("-"):
        return False
    return line.startswith((".", "/")) or line.endswith(_LOCAL)


def _inside(folder: Path | None, name: str) -> Path:
    if folder is None:
        if not Path(name).is_absolute() or not Path(name).exists():
            raise InvalidParameter(f"The requirement {name!r} must be the full path of a file.")
        return Path(name)
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.exists():
        raise InvalidParameter(
            f"The requirement {name!r} must be a file in {folder}, and there is none."
        )
    return path


def local_files(lines: Iterable[str]) -> list[Path]:
    """The files that expanded lines name by path."""
    paths = (Path(line.removeprefix("-c ")) for line in lines if line.startswith(("/", "-c ")))
    return [path for path in paths if path.is_file()]


def addresses(lines: Iterable[str]) -> list[str]:
    """The lines that name a place to install from, or an option, rather than just a package."""
    return [
        line
        for line in lines
        if (requirement := parsed(line)) is None or requirement.url is not None
    ]


def mismatches(lines: Iterable[str], constraints: Iterable[str]) -> list[str]:
    """What the present environment lacks, a phrase each; empty if it has all that is asked."""
    asked = [phrase for line in lines for phrase in _mismatch(line)]
    bounds = [
        phrase
        for line in constraints
        if (requirement := parsed(line)) and _installed(requirement.name) is not None
        for phrase in _mismatch(line)
    ]
    return list(dict.fromkeys([*asked, *bounds]))


def _mismatch(line: str) -> Iterator[str]:
    requirement = parsed(line)
    if requirement is None:
        if not line.startswith("-"):
            yield f"whether {redacted(line)} is here cannot be seen"
        return
    if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
        return
    version = _installed(requirement.name)
    if version is None:
        yield f"{requirement.name} is not here"
    elif requirement.url is not None:
        yield f"whether {requirement.name} is from {redacted(requirement.url)} cannot be seen"
    elif not requirement.specifier.contains(version, prereleases=True):
        yield f"{requirement.name} is {version} here, not {requirement.specifier}"
    else:
        yield from _missing_for_extras(requirement)


def _missing_for_extras(requirement: Requirement) -> Iterator[str]:
    """What the extras of a package need and is not here; that of those packages is not followed."""
    for extra in requirement.extras:
        for line in metadata.requires(requirement.name) or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                continue
            if needed.marker.evaluate({"extra": extra}):
                version = _installed(needed.name)
                if version is None or not needed.specifier.contains(version, prereleases=True):
                    yield f"{needed.name} of {requirement.name}[{extra}] is not here"


def _installed(name: str) -> Version | None:
    try:
        return Version(metadata.version(name)) if name else None
    except (metadata.PackageNotFoundError, InvalidVersion):
        return None


def conda_name(line: str) -> str:
    """The name of the package in a line of conda's, such as `conda-forge::numpy=1.26`."""
    match = _CONDA.match(line.strip())
    return canonicalize_name(match[1].partition("=")[0]) if match else line


def conda_mismatches(lines: Iterable[str]) -> list[str]:
    """The packages of conda's that are not here under the same name and version."""
    found = []
    for line in lines:
        name = conda_name(line)
        asked = re.search(r"=+\s*([0-9][\w.*]*)", line)
        version = _installed(name)
        if version is None:
            found.append(f"conda's {name} is not here")
        elif asked and not f"{version}.".startswith(f"{asked[1].rstrip('.*')}."):
            found.append(f"{name} is {version} here, not {asked[1]}")
    return found
