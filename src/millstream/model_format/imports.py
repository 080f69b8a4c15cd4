"""Which modules a serialised model will import, read from its bytes without loading it."""

from __future__ import annotations

import json
import pickletools
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_TEXT = ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE")

# The script itself, the platform, and names that Python's own modules had before 3.0 and that the
# oldest pickle protocols still use.
_OWN = ("__main__", "__builtin__", "copy_reg", "mlflow", "millstream")


def imported_modules(path: Path) -> set[str]:
    """The top-level modules, beyond Python's own, that a pickle or a skops file names."""
    names = _of_skops(path) if zipfile.is_zipfile(path) else _of_pickle(path.read_bytes())
    roots = {name.partition(".")[0] for name in names}
    return {
        root
        for root in roots
        if root.isidentifier() and root not in sys.stdlib_module_names and root not in _OWN
    }


def _of_pickle(content: bytes) -> Iterator[str]:
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


def _of_skops(path: Path) -> Iterator[str]:
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
