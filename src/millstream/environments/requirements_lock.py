r"""What an environment holds, each package at its version and with the hashes of its archives.

The form is that of `uv pip compile --generate-hashes`, which pip reads too: no index, no address.
A package that came from an address is named with it in a comment, since no index has it:

    numpy==2.1.0 \
        --hash=sha256:…
    own==1.0  # from file:///home/ada/own
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec

from millstream.environments import programs
from millstream.environments.building import alone
from millstream.environments.hashes import with_hashes
from millstream.environments.preparation import Prepared
from millstream.environments.requirements import OURS
from millstream.errors import InvalidParameter, MillstreamError
from millstream.masking import shown

LOCK = "requirements.lock"
LONGEST = 4 << 20
"""The longest lock that is read, in bytes."""

_PINNED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[A-Za-z0-9][\w.!+-]*)")
_HASH = re.compile(r"--hash=(sha(?:256|384|512):[0-9a-f]{64,128})")
_ADDRESS = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*) @ (?P<address>\S+)")
_ORIGIN = re.compile(r"\s#\s+from\s+(\S+)\s*$")


class Pin(msgspec.Struct, frozen=True):
    """A package at its version, the hashes of its archives, and the address it came from, if any.

    Of a package from a repository the version may not be known: then it is its address.
    """

    name: str
    version: str
    hashes: tuple[str, ...] = ()
    address: str | None = None

    @property
    def line(self) -> str:
        """The pin as one line for pip."""
        if self.version == self.address:
            return f"{self.name} @ {self.address}"
        return " ".join([f"{self.name}=={self.version}", *(f"--hash={h}" for h in self.hashes)])


def pins(text: str) -> list[Pin]:
    """The packages that a lock, or a list of installed packages, names.

    A line that is anything else, such as an option or a path, raises `InvalidParameter`.
    """
    lines = text.replace("\\\n", " ").splitlines()
    return [_pin(line) for line in lines if line.strip() and not line.lstrip().startswith("#")]


def _pin(line: str) -> Pin:
    origin = _ORIGIN.search(line)
    words = (line[: origin.start()] if origin else line).split()
    found = _PINNED.fullmatch(words[0])
    hashes = [_HASH.fullmatch(word) for word in words[1:]]
    if found is not None and all(hashes):
        known = tuple(match[1] for match in hashes if match)
        return Pin(found["name"], found["version"], known, origin[1] if origin else None)
    elsewhere = _ADDRESS.fullmatch(line.strip())
    if elsewhere is not None:
        return Pin(elsewhere["name"], elsewhere["address"], (), elsewhere["address"])
    raise InvalidParameter(
        f"The line {line.strip()!r} of a lock is no package at a version: 'name==version' with "
        "hashes is."
    )


def requirements_lock(
    prepared: Prepared, variables: Mapping[str, str], tell: Callable[[str], None]
) -> str | None:
    """The lock of an environment that was made, kept beside it; None of the present environment.

    Where no index answers, the lock has no hashes, which `tell` is told, and is not kept.
    """
    if prepared.folder is None:
        return None
    kept = prepared.folder / LOCK
    if kept.is_file():
        return kept.read_text("utf-8")
    installed = sorted(_installed(prepared.folder), key=lambda pin: pin.name.lower())
    try:
        text = _hashed(prepared, [pin for pin in installed if not pin.address], variables)
    except MillstreamError as error:
        tell(f"Warning: the lock of the environment has no hashes: {error.message}")
        return "".join(_lines(installed))
    text += "".join(_lines(pin for pin in installed if pin.address))
    written = kept.with_suffix(f".{os.getpid()}")
    written.write_text(text, "utf-8")
    written.replace(kept)
    return text


def _lines(found: Iterable[Pin]) -> Iterator[str]:
    for pin in found:
        yield f"{pin.line}  # from {pin.address}\n" if pin.address else f"{pin.line}\n"


def _installed(folder: Path) -> Iterator[Pin]:
    """The packages in an environment but this one, which each environment gets as it is here."""
    patterns = ("environment/lib/python*/site-packages", "environment/Lib/site-packages")
    places = [str(path) for pattern in patterns for path in sorted(folder.glob(pattern))]
    seen = set[str]()
    for distribution in metadata.distributions(path=places):
        name, version = distribution.metadata["Name"], distribution.version
        key = re.sub(r"[-_.]+", "-", name or "").lower()
        if not name or key in OURS or key in seen:
            continue
        seen.add(key)
        yield Pin(name, version, (), _origin(distribution.read_text("direct_url.json")))


def _origin(text: str | None) -> str | None:
    """Where a package came from, as PEP 610 says, without passwords."""
    if text is None:
        return None
    try:
        url = json.loads(text).get("url")
    except (ValueError, AttributeError):
        return None
    return shown(str(url)) if url else None


def _hashed(prepared: Prepared, installed: list[Pin], variables: Mapping[str, str]) -> str:
    """The lines of packages of an index, with hashes from there."""
    if not installed:
        return ""
    uv = programs.find("uv", path=variables.get("PATH", os.defpath))
    with tempfile.TemporaryDirectory(prefix="millstream-lock-") as name:
        folder = Path(name)
        (folder / "installed.txt").write_text("".join(_lines(installed)), "utf-8")
        if uv is None:
            return _by_pip(prepared.python, folder, variables)
        words: list[str | Path] = ["--no-deps", "--python", prepared.python, "installed.txt"]
        return with_hashes(uv, words, folder=folder, variables=variables, show=_quietly)


def _by_pip(python: Path, folder: Path, variables: Mapping[str, str]) -> str:
    """The hashes of the archives that pip takes here."""
    words: list[str | Path] = [python, "-m", "pip", "install", "--no-input", "--quiet"]
    words += ["--disable-pip-version-check", "--dry-run", "--ignore-installed", "--no-deps"]
    _run([*words, "--report", "hashed.json", "-r", "installed.txt"], variables, folder)
    report = msgspec.json.decode((folder / "hashed.json").read_bytes())
    return "".join(_lines(_reported(report)))


def _reported(report: Any) -> Iterator[Pin]:
    """The pins in pip's report, whose form is documented as version 1."""
    for one in report["install"]:
        about, hashes = one["metadata"], one["download_info"]["archive_info"]["hashes"]
        yield Pin(about["name"], about["version"], (f"sha256:{hashes['sha256']}",))


def _run(words: list[str | Path], variables: Mapping[str, str], folder: Path) -> None:
    programs.run(words, variables=alone(variables, "PYTHONPATH"), folder=folder, show=_quietly)


def _quietly(_: str) -> None:
    """What they print is of use only if they fail, and then it is in the error."""
