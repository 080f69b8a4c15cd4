"""The limits that keep the house habitable, without an exemption list."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSES = ("src", "dropin", "scripts", "benchmarks", "examples", "ui/src")
MOST_LINES_OF_A_FILE = 500
MOST_LINES_OF_AN_ADAPTER = 150
ADAPTERS = ROOT / "src" / "millstream" / "model_format" / "frameworks"
MOST_LINES_OF_A_FUNCTION = 60
MOST_PUBLIC_METHODS = 20
SAY_NOTHING = re.compile(r"^(utils?|helpers?|common|managers?|base|misc)$")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(*endings: str) -> list[Path]:
    return sorted(
        path
        for house in HOUSES
        for path in (ROOT / house).rglob("*")
        if path.suffix in endings
        and ".gen." not in path.name
        and not {"node_modules", "build", "dist"} & set(path.parts)
    )


def python_trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in sources(".py"):
        yield path.relative_to(ROOT), ast.parse(path.read_text())


def length_without_docstring(function: Function) -> int:
    first = function.body[0]
    documented = ast.get_docstring(function) is not None
    start = (first.end_lineno or 0) if documented else function.lineno
    return (function.end_lineno or 0) - start


def public_methods(node: ast.ClassDef) -> list[str]:
    return [item.name for item in node.body if isinstance(item, Function) and item.name[0] != "_"]


@pytest.mark.parametrize("ending", [".py", ".ts", ".tsx"])
def test_no_file_is_too_long(ending: str) -> None:
    lengths = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in sources(ending)}
    assert lengths
    assert {p: n for p, n in lengths.items() if n > MOST_LINES_OF_A_FILE} == {}


def test_no_adapter_is_too_long() -> None:
    lengths = {p.name: len(p.read_text().splitlines()) for p in ADAPTERS.glob("*.py")}
    assert len(lengths) > 18
    assert {p: n for p, n in lengths.items() if n > MOST_LINES_OF_AN_ADAPTER} == {}


def test_no_function_is_too_long() -> None:
    too_long = {
        f"{path}:{node.name}": length_without_docstring(node)
        for path, tree in python_trees()
        for node in ast.walk(tree)
        if isinstance(node, Function) and length_without_docstring(node) > MOST_LINES_OF_A_FUNCTION
    }
    assert too_long == {}


def test_no_class_has_too_many_public_methods() -> None:
    too_many = {
        f"{path}:{node.name}": len(public_methods(node))
        for path, tree in python_trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and len(public_methods(node)) > MOST_PUBLIC_METHODS
    }
    assert too_many == {}


def test_every_name_says_what_is_inside() -> None:
    nameless = [
        str(path.relative_to(ROOT))
        for path in sources(".py", ".ts", ".tsx")
        if any(SAY_NOTHING.match(part.split(".")[0]) for part in path.relative_to(ROOT).parts)
    ]
    assert nameless == []


def test_every_module_opens_with_one_sentence() -> None:
    silent = [str(path) for path, tree in python_trees() if not ast.get_docstring(tree)]
    assert silent == []
