"""From what is asked for to an interpreter that has it: the present one, a kept one, a new one."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from millstream.environments import building, pythons, requirements
from millstream.environments.building import Plan
from millstream.environments.locks import locked
from millstream.environments.own_wheel import own_wheels
from millstream.environments.specification import EnvironmentSpec, EnvManager, digest
from millstream.errors import InvalidParameter, MillstreamError

COMPLETE = "complete.json"
_MOST_REASONS = 3
_saying = threading.Lock()
_said: set[str] = set()
_INSTEAD = "use the present environment as it is with --env-manager local"


class Prepared(msgspec.Struct, frozen=True):
    """An interpreter that has what was asked for.

    `manager` is who made its environment, `local` for the present one. `built` says that it was
    made just now, and `why` is one line about the choice. `folder` is where one that was made is
    kept; of the present one there is none.
    """

    python: Path
    manager: EnvManager
    built: bool
    why: str
    folder: Path | None = None

    @property
    def is_present(self) -> bool:
        """Whether it is the interpreter that runs this."""
        return self.manager is EnvManager.LOCAL

    def variables(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """The variables for programs in this environment: its programs come first on PATH."""
        folders = [str(self.python.parent), inherited.get("PATH", os.defpath)]
        path = {"PATH": os.pathsep.join(folders)}
        if self.is_present:
            return {**inherited, **path}
        return building.alone(inherited) | path | {"VIRTUAL_ENV": str(self.python.parent.parent)}


class _Complete(msgspec.Struct):
    """What is written into an environment once it is whole."""

    python: str


def say(line: str) -> None:
    """Print a line on stderr."""
    print(line, file=sys.stderr, flush=True)


def say_once(line: str) -> None:
    """Print a line on stderr unless this process has said it so before."""
    with _saying:
        if line not in _said:
            _said.add(line)
            say(line)


def say_to_people(line: str) -> None:
    """Print a line on stderr if that is a terminal."""
    if sys.stderr.isatty():
        say(line)


def prepare(
    spec: EnvironmentSpec,
    manager: EnvManager,
    *,
    root: Path,
    variables: Mapping[str, str],
    extra: Sequence[str] = (),
    allow_code: bool = True,
    creation: bool = True,
    tell: Callable[[str], None] = say,
    show: Callable[[str], None] = say_to_people,
) -> Prepared:
    """An interpreter that meets the specification, made below `root` if need be.

    `variables` are those of the programs that make it. Each line of `extra` replaces the
    requirement of the same package, or is added. Without `allow_code` only packages by their name
    are installed, and nothing that is built from sources. Without `creation` the present
    environment is taken. What is chosen and why goes to `tell`, in one line, and what the programs
    print to `show`. Raises `MillstreamError` if there is no such Python or installing fails.
    """
    wanted = spec.resolved()
    added = requirements.without_ours(requirements.expanded(extra, None))
    lines = requirements.overridden(wanted.requirements, added)
    wanted = msgspec.structs.replace(wanted, requirements=tuple(lines))
    if not creation or manager is EnvManager.LOCAL:
        return _present(wanted, creation, tell)
    missing = mismatches(wanted)
    if manager is EnvManager.AUTO:
        if not missing:
            why = "Using the present environment, which meets the requirements."
            tell(why)
            return Prepared(Path(sys.executable), EnvManager.LOCAL, False, why)
        manager, reason = EnvManager.UV, _reasons(missing)
    else:
        reason = f"--env-manager {manager} was given"
    if not allow_code:
        _refuse_addresses(wanted)
    plan = _plan(wanted, manager, variables, allow_code, show)
    return _kept_or_built(plan, root, reason, tell)


def mismatches(spec: EnvironmentSpec) -> list[str]:
    """What the present environment lacks of a specification, a phrase each."""
    here = pythons.present().version
    found = (
        [] if pythons.meets(here, spec.python) else [f"Python is {here} here, not {spec.python}"]
    )
    found += requirements.mismatches(spec.requirements, spec.constraints)
    return found + requirements.conda_mismatches(spec.conda_packages())


def _present(wanted: EnvironmentSpec, creation: bool, tell: Callable[[str], None]) -> Prepared:
    missing = mismatches(wanted)
    reason = "as asked" if creation else "since MILLSTREAM_DISABLE_ENV_CREATION is set"
    why = f"Using the present environment, {reason}."
    if missing:
        why = f"Using the present environment, {reason}, though {_reasons(missing)}."
        tell(f"Warning: {why}")
    return Prepared(Path(sys.executable), EnvManager.LOCAL, False, why)


def _reasons(phrases: list[str]) -> str:
    shown = "; ".join(phrases[:_MOST_REASONS])
    more = len(phrases) - _MOST_REASONS
    return f"{shown}; and {more} more" if more > 0 else shown


def _refuse_addresses(wanted: EnvironmentSpec) -> None:
    found = requirements.addresses([*wanted.requirements, *wanted.constraints])
    if found:
        raise InvalidParameter(
            f"The requirement {requirements.redacted(found[0])!r} is not just the name of a "
            "package, and where MILLSTREAM_ALLOW_PICKLE forbids to run code that comes with a "
            f"model nothing else is installed: {_INSTEAD}, or set it to 'true'."
        )


def _plan(
    wanted: EnvironmentSpec,
    manager: EnvManager,
    variables: Mapping[str, str],
    allow_code: bool,
    show: Callable[[str], None],
) -> Plan:
    program = building.program_of(manager, variables)
    if manager is EnvManager.CONDA:
        python = pythons.present()  # conda brings one of its own
    else:
        python = pythons.find(wanted.python, program, variables)
    if manager is EnvManager.UV and program is None:
        manager = EnvManager.VIRTUALENV
    return Plan(wanted, manager, python, program, own_wheels(), allow_code, variables, show)


def _kept_or_built(plan: Plan, root: Path, reason: str, tell: Callable[[str], None]) -> Prepared:
    own = hashlib.sha256("".join(wheel.digest for wheel in plan.wheels).encode()).hexdigest()
    by_conda = plan.manager is EnvManager.CONDA
    version = str(plan.spec.python) if by_conda else plan.python.version
    folder = root / digest(plan.spec, plan.manager, version, own)
    kept = _whole(folder)
    if kept is not None:
        os.utime(folder / COMPLETE)  # when it was last used
        tell(f"Using the environment {folder}, made before, because {reason}.")
        return Prepared(kept, plan.manager, False, reason, folder)
    built, python = _build(plan, folder, reason, tell)
    return Prepared(python, plan.manager, built, reason, folder)


def _whole(folder: Path) -> Path | None:
    """The interpreter of the environment in a folder, if it was finished and still is there."""
    try:
        content = msgspec.json.decode((folder / COMPLETE).read_bytes(), type=_Complete)
    except (OSError, msgspec.MsgspecError):
        return None
    python = folder / content.python
    return python if python.exists() else None


def _build(plan: Plan, folder: Path, reason: str, tell: Callable[[str], None]) -> tuple[bool, Path]:
    """Make the environment unless another process just did; one is made, the others wait.

    It is made where it will stay, since environments cannot be moved, and is of use to nobody
    before the file that says so is written, as the very last.
    """
    waiting = f"Waiting for another process that makes the environment {folder}."
    with locked(folder.with_suffix(".lock"), lambda: tell(waiting)) as lock:
        kept = _whole(folder)
        if kept is not None:
            return False, kept
        tell(f"Making an environment with {_maker(plan)}, because {reason}.")
        start = time.monotonic()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            python = building.build(msgspec.structs.replace(plan, lock=lock), folder)
            _finish(folder, python)
        except MillstreamError as error:
            raise MillstreamError(
                f"{error.message} Mend the requirements, or {_INSTEAD}."
            ) from error
        finally:
            if _whole(folder) is None:
                shutil.rmtree(folder, ignore_errors=True)
        tell(f"Made the environment {folder} in {time.monotonic() - start:.1f} s.")
        return True, python


def _maker(plan: Plan) -> str:
    name = plan.program.stem if plan.program else "venv and pip"
    by_conda = plan.manager is EnvManager.CONDA
    return name if by_conda else f"{name} and Python {plan.python.version}"


def _finish(folder: Path, python: Path) -> None:
    written = folder / f"{COMPLETE}.new"
    content = _Complete(python.relative_to(folder).as_posix())
    with written.open("wb") as file:
        file.write(msgspec.json.encode(content))
        file.flush()
        os.fsync(file.fileno())
    written.replace(folder / COMPLETE)
