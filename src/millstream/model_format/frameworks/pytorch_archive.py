"""PyTorch's exported programs (`.pt2`): whether an archive holds operations and tensors alone.

Reading one evaluates expressions, compiles guards and resolves operators by the names that are in
it, so that it can run any code. What is found harmless here is what `torch.export` writes.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import torch

from millstream.errors import NotSupported

_MAX_BYTES = 256 * 1024 * 1024
_DOCUMENT = re.compile(r"models/[\w.\-]+\.json")
_TENSORS = re.compile(
    r"data/(weights|constants)/[\w.\-]+_config\.json"
    r"|data/weights/weight_\d+|data/constants/tensor_\d+|data/sample_inputs/[\w.\-]+\.pt"
    r"|archive_format|archive_version|byteorder|version|\.data/[\w.\-]+|extra/[\w.\-]+"
)
_ARITHMETIC = (
    "abs|add|and_|eq|floordiv|ge|getitem|gt|invert|le|lshift|lt|mod|mul|ne|neg|not_|or_|pos|pow"
    "|rshift|sub|truediv|xor"
)
_OPERATOR = re.compile(
    r"torch\.ops\.[A-Za-z]\w*\._?[A-Za-z]\w*\.[A-Za-z]\w*"
    rf"|torch\.sym_\w+|math\.[a-z]\w*|_operator\.({_ARITHMETIC})"
)
_NAME = re.compile(r"[\w.+\-:]*")
_STRUCTURES = ("in_spec", "out_spec")
_EXPRESSION_NODES = (
    ast.Expression, ast.Call, ast.Name, ast.Constant, ast.keyword, ast.BinOp, ast.UnaryOp,
    ast.Compare, ast.operator, ast.unaryop, ast.cmpop, ast.expr_context,
)  # fmt: skip


def check_archive(path: Path) -> None:
    """Raise `NotSupported` if the archive holds more than operations and tensors."""
    reader = torch._C.PyTorchFileReader(str(path))
    for name in reader.get_all_records():
        if _DOCUMENT.fullmatch(name):
            _check(_document(reader, name, path), path)
        elif not _TENSORS.fullmatch(name):
            raise _refused(path, f"the record {name!r}")
        elif name.endswith("_config.json"):
            _check_tensors(_document(reader, name, path), path)
    if b"pt2" not in bytes(reader.get_record("archive_format")):
        raise _refused(path, "a form that is not 'pt2'")


def _document(reader: Any, name: str, path: Path) -> Any:
    content = bytes(reader.get_record(name))
    if len(content) > _MAX_BYTES:
        raise _refused(path, f"{name!r} of {len(content)} bytes")
    return json.loads(content)


def _check_tensors(document: Any, path: Path) -> None:
    for name, tensor in document.get("config", {}).items():
        if tensor.get("use_pickle"):
            raise _refused(path, f"the pickled tensor {name!r}")


def _check(document: Any, path: Path) -> None:
    """Hold every text of the document against what may stand in its place."""
    pending: list[tuple[str, Any]] = [("", document)]
    while pending:
        key, value = pending.pop()
        if isinstance(value, dict):
            if not all(_NAME.fullmatch(name) for name in value):
                raise _refused(path, f"the names {sorted(value)}")
            # Where an operation came from is kept as text, and never evaluated.
            pending.extend(item for item in value.items() if item[0] != "metadata")
        elif isinstance(value, list):
            pending.extend((key, item) for item in value)
        elif isinstance(value, str) and not _harmless(key, value):
            raise _refused(path, f"{key} {value!r}")


def _harmless(key: str, value: str) -> bool:
    if key == "guards_code":
        return False
    if key == "target":
        return bool(_OPERATOR.fullmatch(value)) or value.isidentifier()
    if key == "expr_str":
        return _is_arithmetic(value)
    if key in _STRUCTURES:
        return "enum" not in value.lower()
    if key == "as_string":
        return value.isprintable()
    return bool(_NAME.fullmatch(value))


def _is_arithmetic(text: str) -> bool:
    """Whether the text is made of SymPy's symbols, numbers and functions, as `Min(8, ...)`."""
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(isinstance(node, _EXPRESSION_NODES) and _is_plain(node) for node in ast.walk(tree))


def _is_plain(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id[:1].isupper()
    if isinstance(node, ast.Constant):
        return not isinstance(node.value, (str, bytes)) or (
            isinstance(node.value, str) and re.fullmatch(r"\w+", node.value) is not None
        )
    return not isinstance(node, ast.Name) or not node.id.startswith("_")


def _refused(path: Path, what: str) -> NotSupported:
    return NotSupported(
        f"Running the code of a model is disallowed, and {path.name} holds {what}, which is not "
        "known to be harmless. Set MILLSTREAM_ALLOW_PICKLE (or "
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION) to 'true' if you trust where it comes from",
        "INVALID_PARAMETER_VALUE",
    )
