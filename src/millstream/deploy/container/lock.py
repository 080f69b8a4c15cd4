"""What an image installs: each package at one version, with the hashes of its archives.

The file is what `uv pip compile --generate-hashes` writes; neither an index nor another address
stands in it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Mapping, Sequence
from importlib import metadata
from pathlib import Path

import msgspec
from packaging.requirements import Requirement

from millstream.environments import programs, requirements
from millstream.environments.hashes import with_hashes
from millstream.environments.preparation import say_to_people
from millstream.environments.specification import EnvironmentSpec
from millstream.errors import InvalidParameter, NotFound

PLATFORMS = {
    "linux/amd64": "x86_64-manylinux_2_28",
    "linux/arm64": "aarch64-manylinux_2_28",
}
"""The platforms of images, and what uv calls them."""

_US = "millstream"


class Target(msgspec.Struct, frozen=True):
    """What the packages are for: a Python version, such as 3.11, and one of `PLATFORMS`.

    Without `allow_code` nothing is built from sources, which would run code of theirs.
    """

    python: str
    platform: str
    allow_code: bool = True


def check_platform(platform: str) -> None:
    """One that is not among `PLATFORMS` raises `InvalidParameter`."""
    if platform not in PLATFORMS:
        raise InvalidParameter(f"--platform is one of {', '.join(PLATFORMS)}, not {platform!r}.")


def model_lock(
    spec: EnvironmentSpec, also: Sequence[str], target: Target, variables: Mapping[str, str]
) -> str:
    """The lock of what a model asks for, of `also`, and of what this package needs.

    Requirements that are paths or addresses raise `InvalidParameter`: an image that is made again
    would not hold the same. `variables` say where packages come from, as for pip and uv.
    """
    wanted = spec.resolved()
    elsewhere = requirements.addresses([*wanted.requirements, *wanted.constraints])
    if elsewhere:
        raise InvalidParameter(
            f"The requirement {requirements.redacted(elsewhere[0])!r} is not just the name of a "
            "package, so an image cannot be bound to one content of it: publish the package on an "
            "index, or hand its code to the model with code_paths."
        )
    lines = [*wanted.requirements, *also, *ours()]
    return compiled(lines, wanted.constraints, target, variables)


def tool_lock(target: Target, variables: Mapping[str, str]) -> str:
    """The lock of uv, at the version that is used here."""
    return compiled([uv_requirement(variables)], (), target, variables)


def uv_requirement(variables: Mapping[str, str]) -> str:
    """The requirement of uv at the version that is used here."""
    said: list[str] = []
    programs.run(
        [_uv(variables), "--version"], variables=variables, folder=Path.cwd(), show=said.append
    )
    _, version, *_ = said[0].split()
    return f"uv=={version}"


def compiled(
    lines: Sequence[str],
    constraints: Sequence[str],
    target: Target,
    variables: Mapping[str, str],
) -> str:
    """The lock of these requirements and all that they need in turn."""
    words = ["--python-version", target.python, "--python-platform", PLATFORMS[target.platform]]
    if not target.allow_code:
        words.append("--no-build")
    with tempfile.TemporaryDirectory(prefix="millstream-lock-") as name:
        folder = Path(name)
        for file, content in (("wanted.in", lines), ("constraints.txt", constraints)):
            (folder / file).write_text("".join(f"{line}\n" for line in content), "utf-8")
        words += ["-c", "constraints.txt", "wanted.in"]
        uv = _uv(variables)
        return with_hashes(uv, words, folder=folder, variables=variables, show=say_to_people)


def _uv(variables: Mapping[str, str]) -> Path:
    uv = programs.find("uv", path=variables.get("PATH", os.defpath))
    if uv is None:
        raise NotFound("Images are made from a lock, which uv writes: `pip install uv`.")
    return uv


def ours(extras: Collection[str] = ()) -> list[str]:
    """What this package itself needs, and its extras of these names."""
    found = []
    for one in map(Requirement, metadata.requires(_US) or []):
        marker, one.marker = one.marker, None
        if marker is None or "extra" not in str(marker):
            one.marker = marker
        elif not any(marker.evaluate({"extra": extra}) for extra in extras):
            continue
        found.append(str(one))
    return found
