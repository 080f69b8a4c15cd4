"""The arguments of a call by their names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def arguments_of(
    function: Callable[..., Any],
    arguments: Sequence[Any],
    keywords: Mapping[str, Any],
    *,
    defaults: bool = True,
) -> dict[str, Any]:
    """What a call gives a function, by name; with `defaults` also what it leaves to them.

    Those that the function takes as `**options` stand beside the others. A call that does not fit
    the function raises `TypeError`.
    """
    given = inspect.signature(function).bind_partial(*arguments, **keywords)
    if defaults:
        given.apply_defaults()
    found: dict[str, Any] = {}
    for name, value in given.arguments.items():
        kind = given.signature.parameters[name].kind
        found |= value if kind is inspect.Parameter.VAR_KEYWORD else {name: value}
    return found
