"""The environment that a model asks for, and an interpreter that has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from millstream import settings
from millstream.environments import requirements
from millstream.environments.preparation import Prepared
from millstream.environments.preparation import prepare as prepare_environment
from millstream.environments.specification import EnvironmentSpec, EnvManager
from millstream.errors import InvalidParameter
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
        requirements=tuple(_pip_lines(conda) if lines is None else lines),
        constraints=tuple(_lines(directory, CONSTRAINTS) or ()),
        python=_python(directory, flavor, _name(named, "virtualenv", PYTHON_ENV), conda),
        conda=conda or None,
        folder=str(directory),
    )


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


def environments_folder() -> Path:
    """Where environments are kept: what the setting `env_root` says, or the user's cache."""
    known = settings.load()
    if known.env_root:
        return Path(known.env_root).expanduser().absolute()
    cache = Path(known.cache_home) if known.cache_home else Path.home() / ".cache"
    return cache / "millstream" / "envs"


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
    if not path.is_file():
        return {}
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise InvalidParameter(f"{path} is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise InvalidParameter(f"{path} must hold a mapping, not {type(content).__name__}")
    return content


def _pip_lines(conda: Mapping[str, Any]) -> list[str]:
    """What pip installs into a conda environment."""
    inner = [one for one in conda.get("dependencies") or [] if isinstance(one, Mapping)]
    return [str(line) for one in inner for line in one.get("pip") or []]


def _python(
    directory: Path, flavor: Mapping[str, Any], file: str, conda: Mapping[str, Any]
) -> str | None:
    """The version of Python, from whichever file says it."""
    said = _yaml(directory, file).get("python") or flavor.get("python_version")
    if said:
        return str(said)
    for one in conda.get("dependencies") or []:
        if isinstance(one, str) and one.startswith("python") and one[6:7] in "=<>":
            return one.removeprefix("python").lstrip("=").rstrip("*.") or None
    return None
