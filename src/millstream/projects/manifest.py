"""What a project says of itself: its entry points and the environment they need.

It is read from a file `MLproject` (in YAML, of any case), or from the table `[tool.millstream]` of
`pyproject.toml`, which holds the same and is stricter: there a float has to be a number.

    name: demo
    python_env: python_env.yaml            # or conda_env, docker_env, uv_project
    entry_points:
      main:
        parameters:
          alpha: {type: float, default: 0.5, range: [0, 1]}
          solver: {type: choice, choices: [a, b], default: a}
          data: path                       # short for a type without a default
        command: "python train.py --alpha {alpha} --solver {solver} {data}"

A folder with neither is a project too: its scripts are its entry points.
"""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from millstream.environments.specification import EnvironmentSpec
from millstream.errors import InvalidParameter
from millstream.projects.parameters import TYPES, Parameter

MLPROJECT = "mlproject"
PYPROJECT = "pyproject.toml"
MAIN = "main"
LARGEST = 1 << 20

EnvironmentKind = Literal["python_env", "conda_env", "docker_env", "uv_project", "system", "locked"]

_SCRIPTS = {".py": "python", ".sh": "${{SHELL:-bash}}", ".R": "Rscript"}
_FIELDS = {
    "name", "entry_points", "python_env", "conda_env", "docker_env", "uv_project",
    "databricks_spark_job",
}  # fmt: skip
_ENVIRONMENTS = ("python_env", "conda_env", "docker_env", "uv_project")
_PARAMETER_FIELDS = {"type", "default", "choices", "range"}


class DockerEnvironment(msgspec.Struct, frozen=True):
    """The image that a project runs in, folders of the host and variables for it.

    A variable is a name, to be copied from the host, or a name and a value.
    """

    image: str
    volumes: tuple[str, ...] = ()
    environment: tuple[str | tuple[str, str], ...] = ()


class ProjectEnvironment(msgspec.Struct, frozen=True):
    """The kind of environment, and the file below the project that says more.

    One that is `locked` is what another run had, whatever the project says.
    """

    kind: EnvironmentKind
    file: str | None = None
    docker: DockerEnvironment | None = None
    locked: EnvironmentSpec | None = None


class EntryPoint(msgspec.Struct, frozen=True):
    """A command with places for its parameters."""

    name: str
    command: str
    parameters: tuple[Parameter, ...] = ()


class Project(msgspec.Struct, frozen=True):
    """A project in a folder."""

    folder: str
    name: str | None
    environment: ProjectEnvironment
    entry_points: dict[str, EntryPoint]

    def entry_point(self, name: str) -> EntryPoint:
        """An entry point, or a script in the project; neither raises `InvalidParameter`."""
        known = self.entry_points.get(name)
        if known is not None:
            return known
        suffix = Path(name).suffix
        if suffix not in _SCRIPTS:
            known_names = sorted(self.entry_points)
            raise InvalidParameter(
                f"Could not find {name} among entry points {known_names} or interpret {name} as a "
                f"runnable script. Supported script file extensions: {sorted(_SCRIPTS)}"
            )
        inside(Path(self.folder), name)
        script = f"./{name}" if name.startswith("-") else name  # no option of the interpreter
        return EntryPoint(name, f"{_SCRIPTS[suffix]} {_literal(shlex.quote(script))}")


def read(folder: Path) -> Project:
    """Read the project in a folder; raises `InvalidParameter` for what cannot be meant."""
    if not folder.is_dir():
        raise InvalidParameter(f"There is no project at '{folder}': it is no folder.")
    path = next((p for p in sorted(folder.iterdir()) if p.name.lower() == MLPROJECT), None)
    if path is not None:
        return _project(folder, path, _yaml(path), strict=False)
    path = folder / PYPROJECT
    table = _tool_table(path)
    if table is None:
        return Project(str(folder), None, _environment_of_files(folder, has_table=False), {})
    return _project(folder, path, table, strict=True)


def _yaml(path: Path) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(_text(path))
    except yaml.YAMLError as error:
        raise InvalidParameter(f"'{path}' is not YAML: {error}") from error
    return _mapping(content or {}, str(path))


def _tool_table(path: Path) -> Mapping[str, Any] | None:
    if not path.is_file():
        return None
    try:
        content = tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise InvalidParameter(f"'{path}' is not TOML: {error}") from error
    table = content.get("tool", {}).get("millstream")
    return None if table is None else _mapping(table, f"[tool.millstream] of '{path}'")


def _text(path: Path) -> str:
    size = path.stat().st_size
    if size > LARGEST:
        raise InvalidParameter(f"'{path}' has {size} bytes; at most {LARGEST} are read.")
    return path.read_text("utf-8")


def _project(folder: Path, path: Path, content: Mapping[str, Any], *, strict: bool) -> Project:
    fields = {str(key).replace("-", "_"): value for key, value in content.items()}
    unknown = sorted(fields.keys() - _FIELDS)
    if unknown and strict:
        raise InvalidParameter(
            f"'{path}' has {unknown[0]!r}, which is nothing that a project has: "
            f"{', '.join(sorted(_FIELDS))}."
        )
    if "databricks_spark_job" in fields:
        raise InvalidParameter(f"'{path}' has a databricks_spark_job, which is run nowhere here.")
    environment = _environment(folder, path, fields, strict=strict)
    named = _mapping(fields.get("entry_points") or {}, f"entry_points of '{path}'")
    points = {str(key): _entry_point(str(key), value, path, strict) for key, value in named.items()}
    name = fields.get("name")
    if environment.kind == "docker_env" and not name:
        raise InvalidParameter(f"'{path}' has a docker_env, so it needs a name as well.")
    return Project(str(folder), None if name is None else str(name), environment, points)


def _environment(
    folder: Path, path: Path, fields: Mapping[str, Any], *, strict: bool
) -> ProjectEnvironment:
    given = {kind: fields[kind] for kind in _ENVIRONMENTS if fields.get(kind) is not None}
    if len(given) > 1:
        raise InvalidParameter(f"Project cannot contain multiple environment fields: {given}")
    if not given:
        return _environment_of_files(folder, has_table=strict)
    kind, value = next(iter(given.items()))
    if kind == "docker_env":
        return ProjectEnvironment("docker_env", docker=_docker(value, path))
    if kind == "uv_project":
        return ProjectEnvironment("uv_project", PYPROJECT)
    if not isinstance(value, str):
        raise InvalidParameter(
            f"{kind} of '{path}' is {value!r}; it has to be the name of a file of the project."
        )
    if not inside(folder, value).is_file():
        raise InvalidParameter(f"'{path}' names the {kind} '{value}', and there is no such file.")
    return ProjectEnvironment("python_env" if kind == "python_env" else "conda_env", value)


def _environment_of_files(folder: Path, *, has_table: bool) -> ProjectEnvironment:
    """What the files of a project suggest where nothing says it."""
    if (folder / "python_env.yaml").is_file():
        return ProjectEnvironment("python_env", "python_env.yaml")
    if (folder / "conda.yaml").is_file():
        return ProjectEnvironment("conda_env", "conda.yaml")
    if has_table and "project" in tomllib.loads(_text(folder / PYPROJECT)):
        return ProjectEnvironment("uv_project", PYPROJECT)
    return ProjectEnvironment("system")


def _docker(value: Any, path: Path) -> DockerEnvironment:
    where = f"docker_env of '{path}'"
    found = _mapping(value, where)
    image = found.get("image")
    if not isinstance(image, str) or not image:
        raise InvalidParameter(f"{where} has no image: write `image: name:tag`.")
    volumes = found.get("volumes") or []
    variables = found.get("environment") or []
    if not isinstance(volumes, list) or not all(isinstance(one, str) for one in volumes):
        raise InvalidParameter(f"{where}: volumes are {volumes!r}; write [host:container, …].")
    if not isinstance(variables, list):
        raise InvalidParameter(f"{where}: environment is {variables!r}, and has to be a list.")
    return DockerEnvironment(
        image, tuple(volumes), tuple(_variable(each, where) for each in variables)
    )


def _variable(value: Any, where: str) -> str | tuple[str, str]:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and len(value) == 2:
        return str(value[0]), str(value[1])
    raise InvalidParameter(
        f"{where}: environment has {value!r}; write a name, or [name, value] in a list."
    )


def _entry_point(name: str, value: Any, path: Path, strict: bool) -> EntryPoint:
    where = f"the entry point '{name}' of '{path}'"
    fields = _mapping(value, where)
    command = fields.get("command")
    if not isinstance(command, str) or not command.strip():
        raise InvalidParameter(f"{where[0].upper()}{where[1:]} has no command.")
    given = _mapping(fields.get("parameters") or {}, f"parameters of {where}")
    parameters = [_parameter(str(key), one, where, strict) for key, one in given.items()]
    return EntryPoint(name, command, tuple(parameters))


def _parameter(name: str, value: Any, where: str, strict: bool) -> Parameter:
    about = f"the parameter '{name}' of {where}"
    fields = {"type": value} if isinstance(value, str) else _mapping(value or {}, about)
    unknown = sorted(map(str, fields.keys() - _PARAMETER_FIELDS))
    if unknown and strict:
        known = ", ".join(sorted(_PARAMETER_FIELDS))
        raise InvalidParameter(f"{about} has {unknown[0]!r}; it may have {known}.")
    kind: Any = fields.get("type", "string")
    if kind not in TYPES:
        raise InvalidParameter(f"{about} has the type {kind!r}; known are {', '.join(TYPES)}.")
    choices = fields.get("choices") or []
    if (kind == "choice") != bool(choices) or not isinstance(choices, list):
        raise InvalidParameter(f"{about}: `type: choice` and a list of `choices` go together.")
    found = Parameter(
        name=name,
        type=kind,
        default=None if fields.get("default") is None else str(fields["default"]),
        choices=tuple(str(choice) for choice in choices),
        range=_range(fields.get("range"), kind, about),
        strict=strict,
    )
    if found.default is not None and kind not in ("path", "uri"):
        found.checked(found.default)
    return found


def _range(value: Any, kind: str, about: str) -> tuple[float, float] | None:
    if value is None:
        return None
    numbers = [n for n in value if type(n) in (int, float)] if isinstance(value, list) else []
    if kind not in ("int", "float") or len(numbers) != 2 or not numbers[0] <= numbers[1]:
        raise InvalidParameter(
            f"{about}: the range {value!r} has to be [least, most], of an int or a float."
        )
    return numbers[0], numbers[1]


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidParameter(f"{where} has to hold names and values, and not {value!r}.")
    return value


def _literal(text: str) -> str:
    """A text that stays what it is when a command is filled in."""
    return text.replace("{", "{{").replace("}", "}}")


def inside(folder: Path, name: str) -> Path:
    """A file below a folder; a name that leads out of it raises `InvalidParameter`."""
    root = folder.resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root):
        raise InvalidParameter(f"'{name}' leads out of the project '{folder}'.")
    return path
