"""Which modules a model will import, read from its bytes and sources without loading it."""

from __future__ import annotations

import ast
import dis
import json
import pickletools
import sys
import types
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

_TEXT = ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE")

# The script itself, the platform, and names that Python's own modules had before 3.0 and that the
# oldest pickle protocols still use.
_OWN = ("__main__", "__builtin__", "copy_reg", "mlflow", "millstream")


def imported_modules(path: Path) -> set[str]:
    """The top-level modules, beyond Python's own, that a pickle or a skops file names."""
    names = modules_of_skops(path) if zipfile.is_zipfile(path) else _of_pickle(path.read_bytes())
    return foreign(names)


def modules_of_skops(path: Path) -> Iterator[str]:
    """The modules whose names a skops file holds, as often as they stand there."""
    with zipfile.ZipFile(path) as archive:
        pending = [json.loads(archive.read("schema.json"))]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            if isinstance(node.get("__module__"), str):
                yield node["__module__"]
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)


def modules_of_pickles(path: Path) -> set[str]:
    """The same for a file of several pickles, one after the other."""
    names: set[str] = set()
    size = path.stat().st_size
    with path.open("rb") as file:
        while file.tell() < size:
            names |= set(_of_pickle(file))
    return foreign(names)


def modules_of_sources(paths: Iterable[Path]) -> set[str]:
    """The same for Python files: what they import, wherever in them, but for each other."""
    known = {path for path in paths if path.is_file()}
    own = {path.parent.name if path.stem == "__init__" else path.stem for path in known}
    return foreign({name for path in known for name in _of_source(path)}) - own


def modules_of_code(code: types.CodeType) -> Iterator[str]:
    """What a compiled function imports, and the functions in it."""
    for instruction in dis.get_instructions(code):
        if instruction.opname == "IMPORT_NAME":
            yield str(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from modules_of_code(constant)


def foreign(names: Iterable[str]) -> set[str]:
    """The top-level modules of these that are neither Python's own nor ours."""
    roots = {name.partition(".")[0] for name in names}
    return {
        root
        for root in roots
        if root.isidentifier() and root not in sys.stdlib_module_names and root not in _OWN
    }


def _of_source(path: Path) -> Iterator[str]:
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return  # it is for another version of Python, or a template
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def _of_pickle(content: bytes | BinaryIO) -> Iterator[str]:
    """Modules of GLOBAL opcodes, and of STACK_GLOBAL: the second last text before it.

    Texts repeat by reference, so that the memo is followed too.
    """
    memo: dict[Any, Any] = {}
    texts: list[Any] = []
    for opcode, argument, _ in pickletools.genops(content):
        if opcode.name == "GLOBAL":
            yield str(argument).partition(" ")[0]
        elif opcode.name in _TEXT:
            texts.append(argument)
        elif opcode.name == "MEMOIZE":
            memo[len(memo)] = texts[-1] if texts else None
        elif opcode.name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = texts[-1] if texts else None
        elif opcode.name in ("BINGET", "LONG_BINGET"):
            texts.append(memo.get(argument))
        elif opcode.name == "STACK_GLOBAL" and isinstance(texts[-2], str):
            yield texts[-2]
