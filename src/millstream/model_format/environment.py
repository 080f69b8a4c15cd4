"""The environment a model needs: requirements.txt, conda.yaml and python_env.yaml."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import yaml

from millstream.errors import InvalidParameter
from millstream.model_format.manifest import Manifest
from millstream.version import MLFLOW_VERSION

REQUIREMENTS = "requirements.txt"
CONSTRAINTS = "constraints.txt"
CONDA = "conda.yaml"
PYTHON_ENV = "python_env.yaml"

# Where the name to import and the name to install differ, for what models are made of.
_DISTRIBUTIONS = {"sklearn": "scikit-learn", "PIL": "Pillow", "cv2": "opencv-python"}

# The module names in a model are MLflow's, and any package that provides them can load it.
_PLATFORM = f"mlflow=={MLFLOW_VERSION}"


def pinned(module: str) -> str | None:
    """The requirement for the installed version of a module's distribution; None if unknown."""
    for name in chain([_DISTRIBUTIONS.get(module, module)], _by_module(module)):
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
        # A local version (1.2+cu121) is nowhere to be downloaded from.
        return f"{name}=={version.partition('+')[0]}"
    return None


def _by_module(module: str) -> Iterable[str]:
    """Distributions that install a module, sought only when its own name is none."""
    yield from metadata.packages_distributions().get(module, ())


def installed_modules() -> set[str]:
    """The top-level modules of everything that is installed here."""
    return set(metadata.packages_distributions())


def pin_all(modules: Iterable[str]) -> list[str]:
    """The requirements for the installed versions of modules, sorted."""
    return sorted({requirement for module in modules if (requirement := pinned(module))})


def tabular_modules(model: Manifest) -> set[str]:
    """pandas, for models whose inputs are columns."""
    schema = model.get_input_schema()
    return set() if schema is None or schema.is_tensor_spec() else {"pandas"}


class Environment(msgspec.Struct):
    """What a model needs to be loaded: requirements, constraints, or a whole conda environment."""

    requirements: list[str]
    constraints: list[str] = msgspec.field(default_factory=list)
    conda: dict[str, Any] | None = None

    def write(self, directory: Path) -> None:
        """Write the files into a model directory."""
        (directory / REQUIREMENTS).write_text("\n".join(self.requirements))
        if self.constraints:
            (directory / CONSTRAINTS).write_text("\n".join(self.constraints))
        _write_yaml(directory / CONDA, self.conda_yaml())
        _write_yaml(directory / PYTHON_ENV, self.python_env())

    def conda_yaml(self) -> dict[str, Any]:
        """The keys of conda.yaml."""
        if self.conda is not None:
            return self.conda
        constraints = [f"-c {CONSTRAINTS}"] if self.constraints else []
        return {
            "channels": ["conda-forge"],
            "dependencies": [
                f"python={platform.python_version()}",
                _installed("pip", "<="),
                {"pip": [*self.requirements, *constraints]},
            ],
            "name": "mlflow-env",
        }

    def python_env(self) -> dict[str, Any]:
        """The keys of python_env.yaml."""
        build = [_installed(name, "==") for name in ("pip", "setuptools", "wheel")]
        return {
            "python": platform.python_version(),
            "build_dependencies": build,
            "dependencies": [f"-r {REQUIREMENTS}"],
        }


def environment(
    default_modules: Iterable[str],
    conda_env: Mapping[str, Any] | str | Path | None = None,
    pip_requirements: Sequence[str] | str | None = None,
    extra_pip_requirements: Sequence[str] | str | None = None,
    locked: Sequence[str] | None = None,
) -> Environment:
    """The environment from what the caller said, else the given modules at their versions here.

    `locked` are requirements that take the place of the modules.
    """
    given = (conda_env, pip_requirements, extra_pip_requirements)
    if sum(one is not None for one in given) > 1:
        raise InvalidParameter(
            "Only one of `conda_env`, `pip_requirements`, and `extra_pip_requirements` can be "
            "specified"
        )
    if conda_env is not None:
        return _from_conda(conda_env)
    wanted, constraints = _lines(pip_requirements or extra_pip_requirements or [])
    if pip_requirements is None:
        wanted = [*(pin_all(default_modules) if locked is None else locked), *wanted]
    return Environment(_with_platform(wanted), constraints)


def default_conda_env(modules: Iterable[str]) -> dict[str, Any]:
    """The conda environment with the given modules at their versions here."""
    return Environment(_with_platform(pin_all(modules))).conda_yaml()


def _from_conda(conda_env: Mapping[str, Any] | str | Path) -> Environment:
    if isinstance(conda_env, (str, Path)):
        conda = yaml.safe_load(Path(conda_env).read_text())
    else:
        conda = dict(conda_env)
    if not isinstance(conda, dict):
        raise InvalidParameter(f"conda_env must be a mapping or the path of one, not {conda_env!r}")
    dependencies = [one for one in conda.get("dependencies") or [] if not isinstance(one, Mapping)]
    pips = [one for one in conda.get("dependencies") or [] if isinstance(one, Mapping)]
    requirements, constraints = _lines([line for one in pips for line in one.get("pip", [])])
    requirements = _with_platform(requirements)
    if not any(str(one).partition("=")[0].strip(" <>") == "pip" for one in dependencies):
        dependencies.append("pip")
    others = [f"-c {CONSTRAINTS}"] if constraints else []
    conda["dependencies"] = [*dependencies, {"pip": [*requirements, *others]}]
    return Environment(requirements, constraints, conda)


def _with_platform(requirements: list[str]) -> list[str]:
    names = {requirement_name(requirement) for requirement in requirements}
    if names & {"mlflow", "mlflow-skinny", "millstream", "millstream-mlflow"}:
        return requirements
    return [_PLATFORM, *requirements]


def requirement_name(requirement: str) -> str:
    """The package that a requirement is about, in lower case with `-`."""
    end = next((i for i, c in enumerate(requirement) if not (c.isalnum() or c in "-_.")), None)
    return requirement[:end].lower().replace("_", "-")


def _lines(given: Sequence[str] | str) -> tuple[list[str], list[str]]:
    """Requirements and constraints out of a list or a requirements file, `-r` and `-c` followed."""
    if isinstance(given, (str, Path)):
        given = _file_lines(Path(given))
    requirements: list[str] = []
    constraints: list[str] = []
    for line in given:
        option, _, value = line.strip().partition(" ")
        if option in ("-r", "--requirement"):
            more, bounds = _lines(value.strip())
            requirements += more
            constraints += bounds
        elif option in ("-c", "--constraint"):
            constraints += _file_lines(Path(value.strip()))
        elif line.strip():
            requirements.append(line.strip())
    return requirements, constraints


def _file_lines(path: Path) -> list[str]:
    if not path.is_file():
        raise InvalidParameter(f"the requirements file {str(path)!r} does not exist")
    lines = (line.partition(" #")[0].strip() for line in path.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _installed(name: str, relation: str) -> str:
    try:
        return f"{name}{relation}{metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return name


def _write_yaml(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(content), default_flow_style=False, sort_keys=False))
