"""Write docs/reference from the code: commands, settings, errors, REST API and public names.

python scripts/generate_reference.py            # write
python scripts/generate_reference.py --check    # fail if a byte would change
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

import millstream
from millstream import errors, settings
from millstream.cli.main import COMMANDS, root
from millstream.entities.entity import Entity
from millstream.rest.endpoints import ENDPOINTS, Endpoint

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "reference"
MARK = "<!-- Written by scripts/generate_reference.py; edit the code, not this page. -->"

NOUNS = {
    "experiments": "Experiments",
    "runs": "Runs",
    "run_leases": "Leases of runs",
    "attempts": "Attempts and forks of runs",
    "console": "Console output",
    "metrics": "Metrics",
    "models": "Logged models",
    "registered_models": "Registered models",
    "model_versions": "Versions of registered models",
    "registry_events": "The history of the registry",
    "webhooks": "Webhooks",
    "stages": "Stages",
    "transition_requests": "Requests for moves",
    "gates": "Gates",
    "deployments": "The record of deployments",
    "views": "Saved views",
    "lineage": "Where versions come from",
    "users": "Users",
    "groups": "Groups",
    "roles": "Roles",
    "permissions": "Permissions",
    "tokens": "Tokens",
    "audit": "The audit log",
    "workspaces": "Workspaces",
    "server_status": "The server",
    "artifacts": "Artifacts",
    "session": "Signing in",
}


def main() -> None:
    """Write all pages, or say which is out of date."""
    pages = {
        "commands.md": commands_page(),
        "settings.md": settings_page(),
        "errors.md": errors_page(),
        "rest.md": rest_page(),
        "client.md": client_page(),
    }
    stale = []
    for name, lines in pages.items():
        path, text = TARGET / name, "\n".join(lines).rstrip() + "\n"
        if path.exists() and path.read_text() == text:
            continue
        if "--check" in sys.argv:
            stale.append(name)
        else:
            path.write_text(text)
    if stale:
        sys.exit(f"out of date: {', '.join(stale)}; run: python scripts/generate_reference.py")


def commands_page() -> Iterator[str]:
    """Each command with its options."""
    yield from ("# Commands", "", MARK, "")
    yield (
        "`millstream COMMAND --help` prints the same. With the drop-in, `mlflow` runs the same "
        "commands. Exit codes: 0 done, 1 failed (one line on stderr says why), 2 wrongly called, "
        "130 interrupted."
    )
    context = click.Context(root, info_name="millstream")
    yield from ("", "## Options of every command", "")
    yield from _options(root, context)
    for name in sorted(COMMANDS):
        command = root.get_command(context, name)
        assert command is not None  # noqa: S101  # the table names it
        inner = click.Context(command, context, info_name=name)
        if name == "ui":
            yield from ("", "## millstream ui", "", "The same as `millstream server`.")
            continue
        yield from ("", f"## millstream {name}", "")
        yield from _described(command, inner)
        yield from _subcommands(command, inner)


def _subcommands(command: click.Command, context: click.Context) -> Iterator[str]:
    """The commands of a group, and those of groups among them."""
    if not isinstance(command, click.Group):
        return
    for name in sorted(command.list_commands(context)):
        found = command.get_command(context, name)
        assert found is not None  # noqa: S101  # the group lists it
        inner = click.Context(found, context, info_name=name)
        yield from ("", f"### {inner.command_path}", "")
        yield from _described(found, inner)
        yield from _subcommands(found, inner)


def _described(command: click.Command, context: click.Context) -> Iterator[str]:
    yield from inspect.cleandoc(command.help or "").splitlines()
    example = (command.epilog or "").partition("Example:\n")[2]
    if example:
        yield from ("", "```bash", *textwrap.dedent(example).splitlines(), "```")
    if not isinstance(command, click.Group):
        yield ""
        yield from _options(command, context)


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    yield "| option | meaning | default | environment |"
    yield "| --- | --- | --- | --- |"
    for parameter in command.get_params(context):
        if parameter.name == "help" and context.parent is not None:
            continue
        if isinstance(parameter, click.Option):
            yield _option_row(parameter, context)
        else:
            yield f"| `{parameter.make_metavar(context)}` | | required | |"


def _option_row(option: click.Option, context: click.Context) -> str:
    names = sorted(option.opts, key=len) + option.secondary_opts
    shown = ", ".join(f"`{name}`" for name in names)
    if not option.is_flag and not option.count:
        shown += f" {_cell(option.make_metavar(context))}"
    default = option.get_default(context, call=False)
    if option.required:
        told = "required"
    elif isinstance(option.show_default, str):
        told = option.show_default
    elif not option.show_default or default is None:
        told = ""
    else:
        told = f"`{default}`"
    variables = [option.envvar] if isinstance(option.envvar, str) else option.envvar or ()
    environment = ", ".join(f"`{variable}`" for variable in variables)
    return f"| {shown} | {_cell(option.help or '')} | {told} | {environment} |"


def settings_page() -> Iterator[str]:
    """Each setting with its variables, type and default."""
    yield from ("# Settings", "", MARK, "")
    yield (
        "A setting is an environment variable. Millstream's name wins over the other one. "
        "Durations are in seconds, sizes in bytes; yes and no are `true` and `false`."
    )
    meanings = dict(_attribute_texts(Path(str(settings.__file__)), "Settings"))
    yield from ("", "| setting | variables | type | default | meaning |")
    yield "| --- | --- | --- | --- | --- |"
    for field in msgspec.structs.fields(settings.Settings):
        own, other = f"MILLSTREAM_{field.name.upper()}", settings.alias(field.name)
        kind = str(field.type).removeprefix("<class '").removesuffix("'>")
        yield (
            f"| {field.name} | `{own}`, `{other}` | {_cell(kind.removesuffix(' | None'))} | "
            f"{'' if field.default is None else f'`{field.default}`'} | "
            f"{_cell(meanings[field.name])} |"
        )
    yield from ("", "`millstream doctor` prints those that are set, without passwords and tokens.")


def _attribute_texts(path: Path, class_name: str) -> Iterator[tuple[str, str]]:
    """The string below each annotated attribute of a class."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef) and node.name == class_name:
            for attribute, text in zip(node.body, node.body[1:], strict=False):
                match attribute, text:
                    case (
                        ast.AnnAssign(target=ast.Name(id=name)),
                        ast.Expr(value=ast.Constant(value=str(words))),
                    ):
                        yield name, words


def errors_page() -> Iterator[str]:
    """The exception tree and the codes of the wire."""
    yield from ("# Errors", "", MARK, "")
    yield (
        "All errors that Millstream raises on purpose are `millstream.errors.MillstreamError` "
        "(`MlflowException` in the drop-in) or one of its kinds. On the wire an error is a JSON "
        "object with `error_code` and `message`."
    )
    yield from ("", "| class | code | status | raised when |", "| --- | --- | --- | --- |")
    kinds: list[type[errors.MillstreamError]] = [errors.MillstreamError]
    kinds += [
        kind
        for kind in errors.MillstreamError.__subclasses__()
        if kind.__module__ == errors.__name__
    ]
    for kind in kinds:
        yield (
            f"| `{kind.__name__}` | `{kind.default_code}` | {kind().status} | "
            f"{_cell(_first_line(kind))} |"
        )
    yield from ("", "## Codes", "", "| code | number | status |", "| --- | --- | --- |")
    for code, number in sorted(errors.CODE_NUMBERS.items(), key=lambda item: item[1]):
        yield f"| `{code}` | {number} | {errors.CODE_STATUSES.get(code, 500)} |"


def rest_page() -> Iterator[str]:
    """Each endpoint with its request."""
    yield from ("# REST API", "", MARK, "")
    yield (
        "A running server describes itself at `/openapi.json` and lets you try it at `/docs`. "
        "Paths that begin with `/api/2.0/` or `/api/3.0/` answer below `/ajax-api/` as well. "
        "Requests and answers are JSON objects; a GET takes its fields from the query."
    )
    for noun, title in NOUNS.items():
        rows = [row for row in ENDPOINTS if row.operation.startswith(f"{noun}.")]
        yield from ("", f"## {title}", "")
        yield "| request | does | fields (optional ones in brackets) | permission |"
        yield "| --- | --- | --- | --- |"
        yield from map(_endpoint_row, rows)
    other = [row.path for row in ENDPOINTS if row.operation.split(".")[0] not in NOUNS]
    if other:
        raise LookupError(f"no section of the page takes {other}")


def _endpoint_row(row: Endpoint) -> str:
    fields = ", ".join(
        field.encode_name if field.required else f"[{field.encode_name}]"
        for field in msgspec.structs.fields(row.request)
    )
    permission = f"{row.permission.action} {row.permission.resource}".replace("_", " ")
    requests = f"{' '.join(row.methods)} `{row.paths[0]}`"
    return f"| {requests} | {_cell(row.summary)} | {fields} | {permission} |"


def client_page() -> Iterator[str]:
    """Each public name of the package."""
    yield from ("# Python", "", MARK, "")
    yield "Everything here is found as `millstream.NAME`; modules load on first use."
    found = {name: getattr(millstream, name) for name in sorted(millstream.__all__)}
    functions = {name: thing for name, thing in found.items() if inspect.isroutine(thing)}
    classes = {name: thing for name, thing in found.items() if inspect.isclass(thing)}
    modules = {name: thing for name, thing in found.items() if inspect.ismodule(thing)}
    yield from ("", "## Functions", "", "| call | does |", "| --- | --- |")
    for name, function in functions.items():
        yield _call_row(name, function)
    for name, kind in classes.items():
        yield from ("", f"## {name}", "")
        if kind.__name__ != name:
            yield f"Another name of [{kind.__name__}](#{kind.__name__.lower()})."
            continue
        yield _first_line(kind)
        attributes = ", ".join(f"`{name}`" for name in _attributes(kind))
        if attributes:
            yield from ("", f"Attributes: {attributes}.")
        rows = [_call_row(key, method) for key, method in _methods(kind)]
        if rows:
            yield from ("", "| method | does |", "| --- | --- |", *rows)
    for name, module in modules.items():
        yield from ("", f"## millstream.{name}", "", _first_line(module))
        rows = [_call_row(key, thing) for key, thing in _public(module)]
        if rows:
            yield from ("", "| name | does |", "| --- | --- |", *rows)
    rest = sorted(found.keys() - functions.keys() - classes.keys() - modules.keys())
    if rest:
        yield from ("", "## Values", "", "| name | value |", "| --- | --- |")
        for name in rest:
            yield f"| `{name}` | `{found[name]!r}` |"


def _methods(kind: type) -> Iterable[tuple[str, Any]]:
    for name, member in inspect.getmembers(kind, inspect.isfunction):
        inherited = getattr(Entity, name, None) is member
        if name[0] != "_" and not inherited and member.__module__.startswith("millstream"):
            yield name, member


def _attributes(kind: type) -> Iterable[str]:
    if issubclass(kind, msgspec.Struct):
        yield from kind.__struct_fields__
    for name, _ in inspect.getmembers(kind, lambda member: isinstance(member, property)):
        if name[0] != "_":
            yield name


def _public(module: Any) -> Iterable[tuple[str, Any]]:
    """What a module offers: what it lists, or else what it defines."""
    late = inspect.getclosurevars(module.__getattr__) if hasattr(module, "__getattr__") else None
    listed = late.nonlocals["known"] if late else getattr(module, "__all__", None)
    for name in sorted(listed or vars(module)):
        member = getattr(module, name)
        own = listed or getattr(member, "__module__", "") == module.__name__
        if name[0] != "_" and own and (inspect.isfunction(member) or inspect.isclass(member)):
            yield name, member


def _call_row(name: str, thing: Any) -> str:
    return f"| `{name}({_parameters(thing)})` | {_cell(_first_line(thing))} |"


def _parameters(thing: Any) -> str:
    """The parameters by name, optional ones in brackets."""
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return "…"
    texts = []
    for parameter in parameters:
        if parameter.name == "self":
            continue
        star = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}.get(parameter.kind.name, "")
        optional = parameter.default is not parameter.empty
        texts.append(f"[{parameter.name}]" if optional else f"{star}{parameter.name}")
    return ", ".join(texts)


def _first_line(thing: Any) -> str:
    text = inspect.getdoc(thing) or ""
    return " ".join(text.split("\n\n")[0].split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


if __name__ == "__main__":
    main()
