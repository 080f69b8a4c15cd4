"""The environment that a model asks for, and an interpreter that has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from millstream import settings
from millstream.environments import requirements
from millstream.environments.environment_files import pip_lines, python_of, read_yaml
from millstream.environments.folder import environments_folder
from millstream.environments.preparation import Prepared
from millstream.environments.preparation import prepare as prepare_environment
from millstream.environments.specification import EnvironmentSpec, EnvManager
from millstream.model_format.digests import CODE, check_digests
from millstream.model_format.directory import inside
from millstream.model_format.environment import CONDA, CONSTRAINTS, PYTHON_ENV, REQUIREMENTS
from millstream.model_format.manifest import Manifest

_FILES = (REQUIREMENTS, CONSTRAINTS, CONDA, PYTHON_ENV)


def specification(directory: Path) -> EnvironmentSpec:
    """What a model directory asks for, in requirements.txt, conda.yaml and python_env.yaml.

    Files that are not those that were saved raise DATA_LOSS, since what they name is installed.
    """
    model = Manifest.read(directory)
    flavor = model.flavors.get("python_function") or {}
    named = flavor.get("env") or {}
    files = named.values() if isinstance(named, Mapping) else [named]
    recorded = {*_FILES, *(str(file) for file in files)}
    digests = model.file_digests or {}
    code = {name for name in digests if name.startswith(f"{CODE}/")}
    check_digests(directory, {name: digests[name] for name in (recorded | code) & digests.keys()})
    conda = _yaml(directory, _name(named, "conda", CONDA))
    lines = _lines(directory, REQUIREMENTS)
    return EnvironmentSpec(
        requirements=tuple(pip_lines(conda) if lines is None else lines),
        constraints=tuple(_lines(directory, CONSTRAINTS) or ()),
        python=_python(directory, flavor, _name(named, "virtualenv", PYTHON_ENV), conda),
        conda=conda or None,
        folder=str(directory),
    )


def needed_to_serve(directory: Path) -> tuple[str, ...]:
    """The packages that serving a model takes beside its own requirements."""
    schema = Manifest.read(directory).get_input_schema()
    return ("numpy",) if schema is None or schema.is_tensor_spec() else ("numpy", "pandas")


def prepare(
    directories: Sequence[Path],
    manager: EnvManager,
    *,
    override: Sequence[str] = (),
    also: Sequence[str] = (),
) -> Prepared:
    """An interpreter in which all of these models can be loaded; says which and why on stderr.

    Each line of `override` replaces the requirement of the same package. The packages of `also`
    are added unless a model names them itself.
    """
    first, *others = [specification(directory) for directory in directories]
    for other in others:
        first = first.joined(other)
    known = settings.load()
    names = {requirements.name_of(line) for line in [*first.requirements, *override]}
    return prepare_environment(
        first,
        manager,
        root=environments_folder(),
        variables=settings.process_variables(),
        extra=[*override, *(name for name in also if name not in names)],
        allow_code=known.allow_pickle,
        creation=not known.disable_env_creation,
    )


def _name(named: Any, kind: str, default: str) -> str:
    """The name of a file: models of MLflow 1 name only that of conda."""
    if isinstance(named, Mapping):
        return str(named.get(kind) or default)
    return str(named) if named and kind == "conda" else default


def _lines(directory: Path, name: str) -> list[str] | None:
    path = inside(directory, name)
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else None


def _yaml(directory: Path, name: str) -> dict[str, Any]:
    path = inside(directory, name)
    return read_yaml(path) if path.is_file() else {}


def _python(
    directory: Path, flavor: Mapping[str, Any], file: str, conda: Mapping[str, Any]
) -> str | None:
    """The version of Python, from whichever file says it."""
    said = _yaml(directory, file).get("python") or flavor.get("python_version")
    return str(said) if said else python_of(conda)
