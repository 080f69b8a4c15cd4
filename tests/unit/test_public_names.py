from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import millstream

MODULES = set(import_module("millstream").MODULES)  # not what its stub says of it
NAMES = [name for name in millstream.__all__ if name not in MODULES]
STUB = Path(millstream.__file__).with_suffix(".pyi")


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_loads_and_says_what_it_is(name: str) -> None:
    value = getattr(millstream, name)
    assert value is getattr(millstream, name)
    if callable(value):
        assert value.__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'log_metrik'"):
        _ = millstream.log_metrik  # type: ignore[attr-defined]  # that is the point


def test_the_stub_has_exactly_the_public_names() -> None:
    tree = ast.parse(STUB.read_text())
    imported = {
        alias.asname
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }
    assigned = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert imported | assigned == set(millstream.__all__) - {"__version__"}


def test_the_stub_is_up_to_date() -> None:
    script = Path(__file__).parents[2] / "scripts" / "generate_stub.py"
    subprocess.run([sys.executable, script, "--check"], check=True)


def test_functions_on_artifacts_are_where_scripts_look_for_them() -> None:
    artifacts = millstream.artifacts
    client = import_module("millstream.client.artifacts")
    for name in ("download_artifacts", "list_artifacts", "load_text", "load_dict", "load_image"):
        assert getattr(artifacts, name) is getattr(client, name)
    with pytest.raises(AttributeError):
        _ = artifacts.no_such_name


def test_importing_loads_nothing_but_this_package() -> None:
    program = (
        "import sys; before = set(sys.modules); import millstream; print(*set(sys.modules)-before)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert {name for name in loaded if name.startswith("millstream")} == {
        "millstream",
        "millstream.aliases",
        "millstream.version",
    }
    assert not loaded & {"msgspec", "typing", "urllib3", "numpy", "pandas", "logging", "json"}


def test_a_public_module_can_be_imported_by_statement() -> None:
    program = (
        "import millstream.sklearn, millstream.integrations.sklearn as own\n"
        "from millstream.pyfunc import load_model\n"
        "assert millstream.sklearn is own and own.__spec__.name == own.__name__"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
