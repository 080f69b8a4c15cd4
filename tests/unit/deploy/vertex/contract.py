"""What Google's discovery documents say of requests and answers, held against real ones.

The documents are those that come with Google's client; their form is
developers.google.com/discovery/v1/reference/apis.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from googleapiclient.discovery_cache import get_static_doc

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}


class Broken(Exception):
    """Something that the documents do not allow."""


class Method(NamedTuple):
    """A method, and the values of its path's and its query's parameters."""

    id: str
    named: dict[str, str]
    said: Mapping[str, Any]


class Contract:
    """One interface."""

    def __init__(self, name: str, version: str) -> None:
        document = json.loads(get_static_doc(name, version))
        self._schemas = document["schemas"]
        self._global = set(document["parameters"])
        self._methods = [
            (method["httpMethod"], _pattern(method), method) for method in _methods(document)
        ]

    def find(self, verb: str, path: str, query: Mapping[str, str]) -> Method:
        """The method that a request means."""
        for method_verb, pattern, method in self._methods:
            found = pattern.fullmatch(path)
            if found is None or method_verb != verb:
                continue
            known = {
                name for name, one in method["parameters"].items() if one["location"] == "query"
            }
            if query.keys() - known - self._global:
                raise Broken(f"{method['id']} has no parameters {sorted(query.keys() - known)}")
            return Method(method["id"], {**found.groupdict(), **query}, method)
        raise Broken(f"there is no method {verb} {path}")

    def check_request(self, method: Method, body: Any) -> None:
        """Raise for a body that the method does not take."""
        self._check_root(method.said.get("request"), body, is_request=True)

    def check_answer(self, method: Method, body: Any) -> None:
        """Raise for a body that the method does not answer."""
        self._check_root(method.said.get("response"), body, is_request=False)

    def _check_root(self, reference: Any, body: Any, *, is_request: bool) -> None:
        if reference is None:
            if body:
                raise Broken(f"no body is taken, not {body}")
            return
        if body is None:
            raise Broken("a body is missing")
        self._check(reference, body, "", is_request)

    def _check(self, schema: Mapping[str, Any], value: Any, at: str, is_request: bool) -> None:
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"]]
        kind = schema.get("type", "any")
        if kind == "any":
            return
        is_number = kind in ("integer", "number")
        is_one = isinstance(value, _TYPES[kind]) and not (is_number and isinstance(value, bool))
        if not is_one:
            raise Broken(f"{at or 'the body'} is no {kind}: {value!r}")
        if kind == "array":
            for number, one in enumerate(value):
                self._check(schema["items"], one, f"{at}[{number}]", is_request)
        elif kind == "object":
            self._check_object(schema, value, at, is_request)
        elif "enum" in schema and value not in schema["enum"]:
            raise Broken(f"{at} is {value!r}, which is none of {schema['enum']}")

    def _check_object(
        self, schema: Mapping[str, Any], value: Mapping[str, Any], at: str, is_request: bool
    ) -> None:
        known, more = schema.get("properties", {}), schema.get("additionalProperties")
        for key, one in value.items():
            here = f"{at}.{key}" if at else key
            found = known.get(key, more)
            if found is None:
                raise Broken(f"there is no field {here}")
            if is_request and found.get("readOnly"):
                raise Broken(f"the field {here} is only told, and cannot be set")
            self._check(found, one, here, is_request)


@cache
def contract(name: str, version: str) -> Contract:
    """The contract of an interface, read once: the documents are large."""
    return Contract(name, version)


def _methods(resource: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from resource.get("methods", {}).values()
    for below in resource.get("resources", {}).values():
        yield from _methods(below)


def _pattern(method: Mapping[str, Any]) -> re.Pattern[str]:
    """The path of a method, each of whose parameters has a pattern of its own."""
    text = re.escape(method["path"])
    for name, said in method["parameters"].items():
        if said["location"] == "path":
            inner = said.get("pattern", "[^/]+").strip("^$")
            text = text.replace(re.escape(f"{{+{name}}}"), f"(?P<{name}>{inner})")
    return re.compile(f"/{text}")
