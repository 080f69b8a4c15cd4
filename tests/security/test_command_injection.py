"""Nothing that somebody else wrote becomes a command line or a template."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tests.unit.environments.conftest import Programs, programs

from millstream.environments.preparation import prepare
from millstream.environments.specification import EnvironmentSpec, EnvManager
from millstream.errors import MillstreamError

__all__ = ["programs"]  # a fixture of that room
SOURCE = Path(__file__).parents[2] / "src"
SHELLS = {"system", "popen", "getoutput", "getstatusoutput", "create_subprocess_shell"}
TEMPLATES = {"jinja2", "mako", "chevron", "genshi"}


def commands(source: str) -> list[str]:
    """What starts a shell, evaluates text that the source does not hold, or fills a template."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None)
            names = [module] if module else [alias.name for alias in node.names]
            found += [name for name in names if name.partition(".")[0] in TEMPLATES]
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        owner = getattr(getattr(node.func, "value", None), "id", "")
        if owner in ("os", "subprocess", "asyncio") and name in SHELLS:
            found.append(f"{owner}.{name}")
        if isinstance(node.func, ast.Name) and name in ("eval", "exec"):
            found += [name for text in node.args[:1] if not isinstance(text, ast.Constant)]
        found += [
            f"{name}(shell=…)"
            for keyword in node.keywords
            if keyword.arg == "shell" and getattr(keyword.value, "value", True)
        ]
    return found


@pytest.mark.parametrize(
    "source",
    [
        "import os; os.system('ls')",
        "import subprocess; subprocess.run('ls', shell=True)",
        "eval(text)",
        "exec(f'x = {text}')",
        "from jinja2 import Template",
    ],
)
def test_a_shell_would_be_noticed(source: str) -> None:
    assert len(commands(source)) == 1


def test_no_shell_is_started_anywhere() -> None:
    sources = sorted(SOURCE.rglob("*.py"))
    assert len(sources) > 300
    assert {str(path): found for path in sources if (found := commands(path.read_text()))} == {}


INJECTED = [
    "numpy; touch {marker}",
    "numpy && touch {marker}",
    "numpy | touch {marker}",
    "$(touch {marker})",
    "`touch {marker}`",
    "numpy\ntouch {marker}",
    "-e /tmp; touch {marker}",
    "--index-url=$(touch {marker})",
    "numpy #'; touch {marker}",
]


@pytest.mark.parametrize("requirement", INJECTED)
def test_requirements_are_no_commands(programs: Programs, tmp_path: Path, requirement: str) -> None:
    marker = tmp_path / "exploded"
    spec = EnvironmentSpec(requirements=(requirement.format(marker=marker),))
    for allow_code in (False, True):
        try:
            prepare(
                spec,
                EnvManager("auto"),
                root=tmp_path / "environments",
                tell=lambda _: None,
                show=lambda _: None,
                variables=programs.variables,
                allow_code=allow_code,
            )
        except MillstreamError:
            continue
    assert not marker.exists()


def test_a_python_version_is_no_command(programs: Programs, tmp_path: Path) -> None:
    marker = tmp_path / "exploded"
    spec = EnvironmentSpec(requirements=("a",), python=f"3.11; touch {marker}")
    with pytest.raises(MillstreamError):
        prepare(
            spec,
            EnvManager("auto"),
            root=tmp_path / "environments",
            tell=lambda _: None,
            show=lambda _: None,
            variables=programs.variables,
        )
    assert not marker.exists()
