"""Making an environment in a folder, with uv, with pip or with conda."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import yaml

from millstream.environments import pip_settings, programs
from millstream.environments.own_wheel import OwnWheel
from millstream.environments.pythons import Python
from millstream.environments.requirements import OURS, name_of
from millstream.environments.specification import EnvironmentSpec, EnvManager
from millstream.errors import NotFound

_CONDAS = ("micromamba", "mamba", "conda")
_PREFIX = "environment"


class Plan(msgspec.Struct, frozen=True):
    """All that is decided before an environment is made.

    `program` is uv or one of conda's kind. Without `allow_code` nothing is built from sources,
    which would run code of theirs. What the programs print goes to `show`. `lock` is a file that
    they hold open.
    """

    spec: EnvironmentSpec
    manager: EnvManager
    python: Python
    program: Path | None
    wheels: list[OwnWheel]
    allow_code: bool
    variables: Mapping[str, str]
    show: Callable[[str], None]
    lock: int | None = None


def interpreter(folder: Path) -> Path:
    """Where the interpreter of the environment in a folder is."""
    prefix = folder / _PREFIX
    if os.name != "nt":
        return prefix / "bin" / "python"
    scripts = prefix / "Scripts" / "python.exe"
    return scripts if scripts.exists() else prefix / "python.exe"


def program_of(manager: EnvManager, variables: Mapping[str, str]) -> Path | None:
    """The program that makes such environments; None if Python itself does."""
    path = variables.get("PATH", os.defpath)
    if manager is EnvManager.CONDA:
        given = variables.get("MAMBA_EXE") or variables.get("CONDA_EXE")
        found = Path(given) if given else programs.find(*_CONDAS, path=path)
        if found is None:
            raise NotFound(
                "--env-manager conda needs one of the programs conda, mamba and micromamba, and "
                "none is on PATH. Install one, or use --env-manager uv."
            )
        return found
    return None if manager is EnvManager.VIRTUALENV else programs.find("uv", path=path)


def build(plan: Plan, folder: Path) -> Path:
    """Make the environment in a folder that exists, and say where its interpreter is.

    If anything fails, `MillstreamError` says what; the folder then is of no use.
    """
    wheels = [wheel.write(folder) for wheel in plan.wheels]
    _write_lines(folder / "requirements.txt", [*plan.spec.requirements, *_own_lines(plan, wheels)])
    _write_lines(folder / "constraints.txt", plan.spec.constraints)
    if plan.manager is EnvManager.CONDA:
        _with_conda(plan, folder, wheels)
    elif plan.program is not None:
        _with_uv(plan, plan.program, folder)
    else:
        _with_pip(plan, folder)
    python = interpreter(folder)
    _run(plan, folder, [python, "-I", "-c", "import millstream"])
    return python


def _own_lines(plan: Plan, wheels: list[Path]) -> list[str]:
    """The lines for our wheels, with hashes where others have them: pip wants all or none."""
    if not any("--hash" in line for line in plan.spec.requirements):
        return [str(wheel) for wheel in wheels]
    return [f"{wheel} --hash=sha256:{sha256(wheel.read_bytes()).hexdigest()}" for wheel in wheels]


def _with_uv(plan: Plan, uv: Path, folder: Path) -> None:
    variables = pip_settings.for_uv(plan.variables)
    _run(plan, folder, [uv, "venv", "--quiet", "--no-project", "--no-python-downloads",
                        "--python", plan.python.executable, _PREFIX], variables)  # fmt: skip
    # Whoever runs in it may be told to write no bytecode, and would compile all of it each time.
    options: list[str | Path] = ["--python", interpreter(folder)]
    if not plan.variables.get("UV_COMPILE_BYTECODE"):
        options.append("--compile-bytecode")
    if not plan.allow_code:
        options.append("--no-build")
    if pip_settings.without_index(plan.variables):
        options.append("--no-index")
    _run(plan, folder, [uv, "pip", "install", *options, *_files(plan)], variables)


def _with_pip(plan: Plan, folder: Path) -> None:
    _run(plan, folder, [plan.python.executable, "-m", "venv", _PREFIX])
    options = [] if plan.allow_code else ["--only-binary=:all:"]
    command: list[str | Path] = [interpreter(folder), "-m", "pip", "install", "--no-input"]
    _run(plan, folder, [*command, "--disable-pip-version-check", *options, *_files(plan)])


def _files(plan: Plan) -> list[str]:
    constraints = ["-c", "constraints.txt"] if plan.spec.constraints else []
    return ["-r", "requirements.txt", *constraints]


def _with_conda(plan: Plan, folder: Path, wheels: list[Path]) -> None:
    conda = plan.program or Path("conda")
    file = folder / "environment.yaml"
    file.write_text(yaml.safe_dump(conda_environment(plan.spec, plan.python, wheels)))
    command: list[str | Path] = [conda, "create", "--yes"]
    if not conda.stem.startswith("micromamba"):
        command = [conda, "env", "create", "--yes"]
    _run(plan, folder, [*command, "--prefix", folder / _PREFIX, "--file", file])


def conda_environment(spec: EnvironmentSpec, python: Python, wheels: list[Path]) -> dict[str, Any]:
    """The content of conda's file: what the specification says, with this package as it is here."""
    given = spec.conda or {"channels": ["conda-forge"], "dependencies": []}
    packages = [one for one in given.get("dependencies") or [] if isinstance(one, str)]
    packages = [one for one in packages if name_of(one.partition("=")[0]) not in OURS]
    names = {one.partition("=")[0].strip(" <>") for one in packages}
    if "python" not in names:
        packages.append(f"python={spec.python or python.version}")
    if "pip" not in names:
        packages.append("pip")
    constraints = ["-c constraints.txt"] if spec.constraints else []
    lines = [*spec.requirements, *constraints, *map(str, wheels)]
    return {
        "channels": given.get("channels") or ["conda-forge"],
        "dependencies": [*packages, {"pip": lines}],
    }


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _run(
    plan: Plan, folder: Path, command: list[str | Path], variables: Mapping[str, str] | None = None
) -> None:
    programs.run(
        command,
        variables=alone(variables or plan.variables, "PYTHONPATH"),
        folder=folder,
        show=plan.show,
        keep_open=plan.lock,
    )


def alone(variables: Mapping[str, str], *others: str) -> dict[str, str]:
    """The variables without those that would mix the running environment into another one."""
    without = _MIXING.union(others)
    return {name: value for name, value in variables.items() if name not in without}


_MIXING = {
    "CONDA_PREFIX",
    "PIP_REQUIRE_VIRTUALENV",
    "PYTHONHOME",
    "UV_PYTHON",
    "VIRTUAL_ENV",
}
