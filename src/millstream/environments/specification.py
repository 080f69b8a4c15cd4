"""What an environment must hold, and the ways there are to make one."""

from __future__ import annotations

import enum
import hashlib
import json
import platform
import sysconfig
from pathlib import Path
from typing import Any

import msgspec

from millstream.environments import requirements
from millstream.errors import InvalidParameter


class EnvManager(enum.StrEnum):
    """Who makes the environment; `auto` only has one made if the present one does not do."""

    AUTO = "auto"
    LOCAL = "local"
    UV = "uv"
    VIRTUALENV = "virtualenv"
    CONDA = "conda"


class EnvironmentSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Requirements and constraints as lines for pip, a Python version, a conda environment.

    `python` is a version (3.11.7, of which major and minor count) or bounds on one (>=3.11). Paths
    in the lines are below `folder`, or absolute where there is none. Lines about this package have
    no effect: an environment always gets the one that is running.
    """

    requirements: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    python: str | None = None
    conda: dict[str, Any] | None = None
    folder: str | None = None

    def joined(self, other: EnvironmentSpec) -> EnvironmentSpec:
        """What both ask for; if that is two versions of Python, `InvalidParameter`."""
        if self.python and other.python and minor(self.python) != minor(other.python):
            raise InvalidParameter(
                f"One environment cannot have Python {self.python} and Python {other.python}: "
                "use the models one by one, or take the present Python with --env-manager local."
            )
        here, there = self.resolved(), other.resolved()
        return EnvironmentSpec(
            requirements=tuple(dict.fromkeys(here.requirements + there.requirements)),
            constraints=tuple(dict.fromkeys(here.constraints + there.constraints)),
            python=self.python or other.python,
            conda=self.conda if self.conda == other.conda else None,
        )

    def resolved(self) -> EnvironmentSpec:
        """The same without this package, and with full paths; one outside `folder` is refused."""
        folder = Path(self.folder) if self.folder else None
        lines = requirements.expanded(self.requirements, folder)
        bounds = requirements.expanded(self.constraints, folder)
        return msgspec.structs.replace(
            self,
            requirements=tuple(requirements.without_ours(lines)),
            constraints=tuple(requirements.without_ours(bounds)),
            folder=None,
        )

    def conda_packages(self) -> list[str]:
        """What only conda can install: its packages, without Python and the tools of pip."""
        found = (self.conda or {}).get("dependencies") or []
        names = [one for one in found if isinstance(one, str)]
        return [one for one in names if requirements.conda_name(one) not in _NO_PACKAGES]


_NO_PACKAGES = {"python", "pip", "setuptools", "wheel"}


def minor(version: str) -> str:
    """3.11 of 3.11.7; bounds stay as they are."""
    parts = version.strip().removeprefix("==").split(".")
    return ".".join(parts[:2]) if parts[0].isdigit() else version


def digest(spec: EnvironmentSpec, manager: EnvManager, python: str, own: str) -> str:
    """What tells this environment from all others, 64 hexadecimal digits.

    `python` is the version it is built with and `own` the digest of this package.
    """
    content = {
        "requirements": sorted(spec.requirements),
        "constraints": sorted(spec.constraints),
        "files": [
            _file_digest(path)
            for path in requirements.local_files([*spec.requirements, *spec.constraints])
        ],
        "conda": spec.conda if manager is EnvManager.CONDA else None,
        "manager": manager.value,
        "python": python,
        "platform": f"{sysconfig.get_platform()} {platform.python_implementation()}",
        "own": own,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
