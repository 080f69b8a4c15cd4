"""What a skops file says of plain values: numbers, texts, arrays, and objects made of these.

A file with anything else in it is left to skops, and so is one whose nodes do not look exactly as
they are known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Union

import msgspec

PROTOCOL = 2  # a later one may give another meaning to what is known here
ARRAY = "ndarray"
_KEYS = {("builtins", "str"), ("builtins", "int")}  # others do not survive being texts in JSON


class Node(msgspec.Struct, frozen=True, tag_field="__loader__", forbid_unknown_fields=True):
    """An object of a type; nodes of one id are one object."""

    class_name: str = msgspec.field(name="__class__")
    module: str = msgspec.field(name="__module__")
    id: int = msgspec.field(name="__id__")


class JsonNode(Node, frozen=True, tag="JsonNode"):
    """A number, a text, a truth value or None, as JSON."""

    content: str
    is_json: Literal[True]


class TypeNode(Node, frozen=True, tag="TypeNode"):
    """The type itself."""


class ListNode(Node, frozen=True, tag="ListNode"):
    """A list."""

    class_name: Literal["list"] = msgspec.field(name="__class__")
    module: Literal["builtins"] = msgspec.field(name="__module__")
    content: list[AnyNode]


class TupleNode(Node, frozen=True, tag="TupleNode"):
    """A tuple, and no subclass of it."""

    class_name: Literal["tuple"] = msgspec.field(name="__class__")
    module: Literal["builtins"] = msgspec.field(name="__module__")
    content: list[AnyNode]


class DictNode(Node, frozen=True, tag="DictNode"):
    """A dictionary, whose keys are texts here and have the types of `key_types`."""

    class_name: Literal["dict"] = msgspec.field(name="__class__")
    module: Literal["builtins"] = msgspec.field(name="__module__")
    content: dict[str, AnyNode]
    key_types: ListNode


class ArrayNode(Node, frozen=True, tag="NdArrayNode"):
    """An array or scalar of numpy's: a file of the archive, or (`json`) objects one by one."""

    module: Literal["numpy"] = msgspec.field(name="__module__")
    type: Literal["numpy", "json"]
    file: str = ""
    content: list[AnyNode] = []
    shape: TupleNode | None = None


class ObjectNode(Node, frozen=True, tag="ObjectNode"):
    """An object with its state; the outermost one says of what form the file is."""

    content: DictNode
    protocol: int | None = None
    version: str | None = msgspec.field(name="_skops_version", default=None)


AnyNode = Union[  # noqa: UP007  # of classes whose fields name it
    JsonNode, TypeNode, ListNode, TupleNode, DictNode, ArrayNode, ObjectNode
]
_DECODER = msgspec.json.Decoder(ObjectNode)


def plain_object(schema: bytes) -> ObjectNode | None:
    """The object of a file with this `schema.json`; None if something in it is not plain."""
    try:
        root = _DECODER.decode(schema)
    except msgspec.DecodeError:
        return None
    return root if root.protocol == PROTOCOL and _is_plain(root) else None


def nodes_of(root: ObjectNode) -> Iterator[Node]:
    """All, without calling itself: a file may be nested deeply."""
    pending: list[Node] = [root]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ObjectNode):
            pending.append(node.content)
        elif isinstance(node, DictNode):
            pending += [node.key_types, *node.content.values()]
        elif isinstance(node, ListNode | TupleNode):
            pending += node.content
        elif isinstance(node, ArrayNode):
            pending += [*node.content, *([] if node.shape is None else [node.shape])]


def _is_plain(root: ObjectNode) -> bool:
    """Whether there is one way only to make each object: an id that two kinds claim has more."""
    kinds: dict[int, tuple[type, str, str]] = {}
    for node in nodes_of(root):
        kind = (type(node), node.module, node.class_name)
        if kinds.setdefault(node.id, kind) != kind:
            return False
        if isinstance(node, DictNode):
            types = [(one.module, one.class_name) for one in node.key_types.content]
            if not _KEYS.issuperset(types) or len(types) != len(node.content):
                return False
        if isinstance(node, ArrayNode) and node.type == "json":
            is_row = node.shape is not None and len(node.shape.content) == 1
            if not is_row or node.class_name != ARRAY:
                return False
    return True
