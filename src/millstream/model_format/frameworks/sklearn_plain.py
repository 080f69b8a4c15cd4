"""scikit-learn: estimators of plain values, read from a skops file without skops.

To know which types are safe, skops imports all of scikit-learn, which takes a third of the time
until a small model is served. Most fitted estimators hold nothing but numbers, texts, arrays and
other estimators. Those are made here, under the rule that skops has for them: of classes only the
public estimators of scikit-learn.
"""

from __future__ import annotations

import inspect
import io
import json
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import sklearn
from numpy.lib import format as npy
from sklearn.base import BaseEstimator

from millstream.model_format.skops_schema import (
    ARRAY,
    ArrayNode,
    DictNode,
    JsonNode,
    ListNode,
    Node,
    ObjectNode,
    TupleNode,
    TypeNode,
    nodes_of,
    plain_object,
)

# What skops does not look through either when it lists the estimators.
_PACKAGES = frozenset(sklearn.__all__) - {"experimental", "externals", "tests"}
_PRIMITIVES = {"str": str, "int": int, "float": float, "bool": bool}
_SCALARS = (np.number, np.bool_, np.str_)

_Types = dict[tuple[str, str], type]


def read(path: Path) -> BaseEstimator | None:
    """The estimator in a skops file; None if skops has to read it, or to say what is wrong with it.

    Nothing is made before all of the file is known to be plain.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            root = plain_object(archive.read("schema.json"))
            types = None if root is None else _types(root)
            return None if root is None or types is None else _Maker(archive, types).make(root)
    except (OSError, KeyError, zipfile.BadZipFile):
        return None


def _types(root: ObjectNode) -> _Types | None:
    """The type of each name in the file; None if one of them may not be made."""
    found: _Types = {}
    for node in nodes_of(root):
        if isinstance(node, TypeNode | ArrayNode | ObjectNode):
            known = _type_of(node)
            if known is None:
                return None
            found[node.module, node.class_name] = known
    return found


def _type_of(node: TypeNode | ArrayNode | ObjectNode) -> type | None:
    if isinstance(node, ObjectNode):
        return _estimator(node.module, node.class_name)
    if isinstance(node, ArrayNode) and node.class_name == ARRAY:
        return np.ndarray
    return _type_of_values(node.module, node.class_name)


def _estimator(module: str, name: str) -> type[BaseEstimator] | None:
    """The public estimator of scikit-learn of that name, defined in that module."""
    root, _, below = module.partition(".")
    package = below.partition(".")[0]
    if root != "sklearn" or package not in _PACKAGES or name.startswith("_"):
        return None
    public = getattr(sklearn, package, None)  # imports it
    found = vars(public).get(name) if isinstance(public, ModuleType) else None
    if not isinstance(found, type) or not issubclass(found, BaseEstimator):
        return None
    is_named_so = (found.__module__, found.__name__) == (module, name)
    is_base = found is BaseEstimator or inspect.isabstract(found)
    return found if is_named_so and not is_base else None


def _type_of_values(module: str, name: str) -> type | None:
    """A type of numbers or texts, of Python or of numpy."""
    if module == "builtins":
        return _PRIMITIVES.get(name)
    found = vars(np).get(name) if module == "numpy" else None
    if not isinstance(found, type) or not issubclass(found, _SCALARS):
        return None
    return found if found.__name__ == name else None


class _Maker:
    """Makes what nodes stand for, each once, of types that were looked up before."""

    def __init__(self, archive: zipfile.ZipFile, types: _Types) -> None:
        self._archive = archive
        self._types = types
        self._made: dict[int, Any] = {}

    def make(self, node: Node) -> Any:
        """The object."""
        if node.id not in self._made:
            self._made[node.id] = self._new(node)
        return self._made[node.id]

    def _new(self, node: Node) -> Any:
        if isinstance(node, JsonNode):
            return json.loads(node.content)
        if isinstance(node, ListNode):
            return [self.make(one) for one in node.content]
        if isinstance(node, TupleNode):
            return tuple(self.make(one) for one in node.content)
        if isinstance(node, DictNode):
            types = [_PRIMITIVES[one.class_name] for one in node.key_types.content]
            values = map(self.make, node.content.values())
            keys = (kind(key) for kind, key in zip(types, node.content, strict=True))
            return dict(zip(keys, values, strict=True))
        kind: Any = self._types[node.module, node.class_name]
        if isinstance(node, ArrayNode):
            return self._array(node, kind)
        if isinstance(node, ObjectNode):
            made = kind.__new__(kind)  # without its constructor, as unpickling does
            made.__setstate__(self.make(node.content))
            return made
        return kind

    def _array(self, node: ArrayNode, kind: Any) -> Any:
        if node.type == "json":
            objects = np.empty(len(node.content), dtype=object)
            for place, one in enumerate(node.content):
                objects[place] = self.make(one)
            return objects
        content = io.BytesIO(self._archive.read(node.file))
        array = npy.read_array(content, allow_pickle=False)
        return array if kind is np.ndarray else kind(array)
