"""Lines of requirements: which package each names, and whether the present environment has it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote

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
_OPTION = re.compile(r"(--[\w-]+|-[A-Za-z])[\s=]*(.*)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_FILE = re.compile(r"(\w+\+|)file:(//localhost(?=/)|//|)", re.IGNORECASE)
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
        match = _OPTION.match(line)
        option, value = match.groups() if match else ("", line)
        if option in ("-r", "--requirement"):
            yield from _included(_inside(folder, value), folder, left)
        elif option in ("-c", "--constraint"):
            path = _inside(folder, value)
            list(_included(path, folder, left))  # for the paths in it, which may lead out as well
            yield f"-c {path}"
        elif option in ("-e", "--editable"):
            yield f"-e {_path_or_address(folder, value)}"
        elif option in ("-f", "--find-links"):
            yield f"-f {_path_or_address(folder, value)}"
        elif option:
            yield f"{option} {_full_address(folder, value)}" if _FILE.match(value) else line
        else:
            yield _with_full_path(folder, line)


def _included(path: Path, folder: Path | None, left: list[int]) -> Iterator[str]:
    left[0] -= 1
    if left[0] < 0:
        raise InvalidParameter(f"The requirements include more than {_MOST_FILES} files.")
    return _expanded(path.read_text(encoding="utf-8").splitlines(), folder, left)


def _logical_lines(lines: Iterable[str]) -> Iterator[str]:
    whole = "\n".join(lines).replace("\\\n", " ")
    for line in whole.splitlines():
        text = re.sub(r"(^|\s)#.*$", "", line).strip()
        if text:
            yield text


def _with_full_path(folder: Path | None, line: str) -> str:
    """A line that is no option, with the path in it, if there is one, made absolute."""
    requirement = parsed(line)
    if requirement is not None and requirement.url is not None:
        name, _, rest = line.partition("@")
        if _SCHEME.match(requirement.url) and not _FILE.match(requirement.url):
            return line
        full = _full_address(folder, requirement.url)
        return f"{name}@{rest.replace(requirement.url, full, 1)}"
    if _FILE.match(line):
        address = line.split()[0]
        return f"{_full_address(folder, address)}{line[len(address) :]}"
    if _SCHEME.match(line) or not _is_path(line):
        return line
    return str(_inside(folder, line))


def _path_or_address(folder: Path | None, value: str) -> str:
    """What follows an option that takes a path, which may have extras, or an address."""
    requirement = parsed(value)
    if _SCHEME.match(value) or (requirement is not None and requirement.url is not None):
        return _with_full_path(folder, value)
    place, bracket, extras = value.partition("[")
    return f"{_inside(folder, place)}{bracket}{extras}"


def _full_address(folder: Path | None, address: str) -> str:
    """An address of a file of this machine, or a path in its place, as the full address.

    A repository may be named, as in `git+file:///path@revision`.
    """
    place, mark, fragment = address.partition("#")
    match = _FILE.match(place)
    system, revision = "", ""
    if match is not None:
        system, place = match[1], unquote(place[match.end() :])
    if system and "@" in place.rpartition("/")[2]:
        place, at, revision = place.rpartition("@")
        revision = at + revision
    return f"{system}{_inside(folder, place).as_uri()}{revision}{mark}{fragment}"


def _is_path(line: str) -> bool:
    return line.startswith((".", "/")) or line.endswith(_LOCAL) or "/" in line.split()[0]


def _inside(folder: Path | None, name: str) -> Path:
    if folder is None:
        if not Path(name).is_absolute() or not Path(name).exists():
            raise InvalidParameter(f"The requirement {name!r} must be the full path of a file.")
        return Path(name)
    path = (folder / name.replace("\0", "")).resolve()
    if "\0" in name or not path.is_relative_to(folder.resolve()) or not path.exists():
        raise InvalidParameter(
            f"The requirement {name!r} must be a file in {folder}, and there is none."
        )
    return path


def local_files(lines: Iterable[str]) -> list[Path]:
    """The files that expanded lines name by path or by address."""
    return [path for line in lines if (path := _local_path(line)) is not None and path.is_file()]


def _local_path(line: str) -> Path | None:
    requirement = parsed(line)
    address = line if requirement is None else requirement.url
    if address is None or not address.startswith(("/", "-c ", "file:///")):
        return None
    if address.startswith("file:"):
        return Path(unquote(address.removeprefix("file://").split()[0].partition("#")[0]))
    return Path(address.removeprefix("-c "))


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
