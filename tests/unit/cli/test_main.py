"""The root command: loading, help, and errors in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from millstream.cli.deployments import COMMANDS as DEPLOYMENTS
from millstream.cli.main import COMMANDS, root
from millstream.cli.models import COMMANDS as MODELS
from millstream.errors import NotFound
from millstream.version import MLFLOW_VERSION, VERSION


def every_command() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(root)
    for name in COMMANDS:
        command = root.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            for inner_name in command.list_commands(context):
                inner = command.get_command(context, inner_name)
                assert inner is not None
                yield f"{name} {inner_name}", inner


def modules_after(*arguments: str) -> set[str]:
    program = (
        "import sys; from millstream.cli.main import root\n"
        f"try: root.main({list(arguments)!r}, prog_name='millstream')\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, sep='\\n', file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["nonsense"], ["models", "--help"]]
)
def test_finding_the_way_loads_click_and_nothing_heavy(arguments: list[str]) -> None:
    loaded = modules_after(*arguments)
    assert "click" in loaded
    assert not loaded & {
        "rich",
        "uvicorn",
        "sqlalchemy",
        "sqlite3",
        "msgspec",
        "urllib3",
        "asyncio",
    }
    assert not [
        name for name in loaded if name.startswith(("millstream.store", "millstream.client"))
    ]


def test_loading_a_command_looks_for_no_garbage() -> None:
    program = (
        "import gc; from millstream.cli.models import models\n"
        "gc.collect(); looked = []; gc.callbacks.append(lambda when, _: looked.append(when))\n"
        "print(models.get_command(None, 'serve').name, len(looked), gc.isenabled())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "serve 0 True\n"


def test_serving_a_local_model_loads_nothing_that_logs_runs(tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text("flavors: {python_function: {loader_module: own}}\n")
    program = (
        "import os, sys; from millstream.cli.main import root\n"
        "os.execve = lambda *_: print(*sys.modules, sep='\\n')\n"
        f"root.main(['models', 'serve', '-m', {str(tmp_path)!r}, '--env-manager', 'local'],"
        " standalone_mode=False)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "millstream.serving.options" in loaded
    assert not loaded & {
        "asyncio",
        "millstream.capture",
        "millstream.client.active",
        "numpy",
        "sqlite3",
        "sqlalchemy",
        "urllib3",
        "uvicorn",
    }


def test_the_list_of_commands_says_what_the_commands_say() -> None:
    groups = {"models": MODELS, "deployments": DEPLOYMENTS}
    inner = {
        f"{group} {name}": place
        for group, places in groups.items()
        for name, place in places.items()
    }
    for name, command in every_command():
        place = COMMANDS.get(name) or inner.get(name)
        if place is not None:
            assert " ".join((command.help or "").split("\n\n")[0].split()) == place.summary


def test_every_command_has_an_example_and_every_option_a_help_text() -> None:
    silent = [
        name for name, command in every_command() if "Example:\n" not in (command.epilog or "")
    ]
    assert silent == []
    unexplained = [
        f"{name} {option.opts[0]}"
        for name, command in every_command()
        for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]
    assert unexplained == []


def test_every_command_can_print_json() -> None:
    silent = [
        name
        for name, command in every_command()
        if not isinstance(command, click.Group)
        and not any("--json" in option.opts for option in command.params)
    ]
    assert silent == [
        "audit export",
        "deployments explain",
        "deployments predict",
        "deployments run-local",
        "experiments csv",
        "models predict",
    ]  # what they print has a form already, or is that of a server


def test_every_help_page_opens() -> None:
    for name, _ in every_command():
        done = CliRunner().invoke(root, [*name.split(), "--help"], prog_name="millstream")
        assert done.exit_code == 0, done.output
        assert done.output.startswith(f"Usage: millstream {name} ")


def test_help_is_h_too_except_where_h_is_the_host() -> None:
    assert CliRunner().invoke(root, ["runs", "list", "-h"]).exit_code == 0
    refused = CliRunner().invoke(root, ["server", "-h"])
    assert refused.exit_code == 2
    assert "requires an argument" in refused.stderr


def test_version_speaks_in_the_name_it_was_called_by() -> None:
    own = CliRunner().invoke(root, ["--version"], prog_name="millstream")
    assert own.output == f"millstream, version {VERSION}\n"
    other = CliRunner().invoke(root, ["--version"], prog_name="mlflow")
    assert other.output == f"mlflow, version {MLFLOW_VERSION} (Millstream {VERSION})\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "Error: No such command 'nonsense'. Try 'millstream --help'.\n"),
        (
            ["experiments", "get"],
            "Error: Must specify exactly one of --experiment-id or --experiment-name. "
            "Try 'millstream experiments get --help'.\n",
        ),
        (
            ["runs", "create", "-n", "x", "-t", "novalue"],
            "Error: Invalid tag format: 'novalue'. Tags must be in key=value format. "
            "Try 'millstream runs create --help'.\n",
        ),
    ],
)
def test_a_wrong_call_is_one_line_and_2(arguments: list[str], message: str) -> None:
    done = CliRunner().invoke(root, arguments, prog_name="millstream")
    assert (done.exit_code, done.stderr, done.stdout) == (2, message, "")


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> dict[str, Exception]:
    """A command whose error the test chooses."""
    raised: dict[str, Exception] = {}

    @click.command()
    def command() -> None:
        raise raised["error"]

    monkeypatch.setattr(type(root), "get_command", lambda *_: command)
    return raised


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (NotFound("Run with id=x not found"), "Error: Run with id=x not found\n"),
        (NotFound("two\nlines"), "Error: two lines\n"),
        (
            FileNotFoundError(2, "No such file or directory", "x.csv"),
            "Error: [Errno 2] No such file or directory: 'x.csv'\n",
        ),
        (
            ZeroDivisionError("division by zero"),
            "Error: unexpected ZeroDivisionError: division by zero "
            "(set MILLSTREAM_DEBUG=1 to see where)\n",
        ),
    ],
)
def test_a_failure_is_one_line_and_1(
    failing: dict[str, Exception], error: Exception, line: str
) -> None:
    failing["error"] = error
    done = CliRunner().invoke(root, ["doctor"])
    assert (done.exit_code, done.stderr, done.stdout) == (1, line, "")


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [(["--debug", "doctor"], {}), (["doctor"], {"MILLSTREAM_DEBUG": "1"})],
)
def test_debug_shows_where(
    failing: dict[str, Exception], arguments: list[str], environment: dict[str, str]
) -> None:
    failing["error"] = ZeroDivisionError()
    done = CliRunner().invoke(root, arguments, env=environment)
    assert done.exception is failing["error"]


def test_an_interruption_is_130(failing: dict[str, Exception]) -> None:
    failing["error"] = click.Abort()
    done = CliRunner().invoke(root, ["doctor"])
    assert (done.exit_code, done.stderr) == (130, "Interrupted.\n")


def test_an_environment_file_fills_in_what_is_not_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "x.env"
    file.write_text("# note\n\nexport MILLSTREAM_ONE='a b'\nMILLSTREAM_TWO=2\n")
    monkeypatch.setenv("MILLSTREAM_ONE", "given")
    monkeypatch.setenv("MILLSTREAM_TWO", "")
    monkeypatch.delenv("MILLSTREAM_TWO")
    assert CliRunner().invoke(root, ["--env-file", str(file), "--version"]).exit_code == 0
    assert (os.environ["MILLSTREAM_ONE"], os.environ["MILLSTREAM_TWO"]) == ("given", "2")


def test_a_line_without_a_name_in_the_environment_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "x.env"
    file.write_text("A=1\nnonsense\n")
    done = CliRunner().invoke(root, ["--env-file", str(file), "doctor"], env={"A": None})
    assert done.exit_code == 2
    assert "line 2" in done.stderr
    assert "'nonsense'" in done.stderr
    os.environ.pop("A", None)
