"""Options that do not exist, refused before anything is written, with the name that was meant."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")


def known_options(
    shared: type | None = None, *further: str
) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Have a function refuse keywords that are neither its own, of `shared`, nor `further` ones.

    `shared` is the TypedDict of its `**options`. The error is the one of Python, a `TypeError`.
    """

    def decorate(function: Callable[_P, _R]) -> Callable[_P, _R]:
        names = {*_own(function), *further, *(() if shared is None else shared.__annotations__)}

        @functools.wraps(function)
        def checked(*arguments: _P.args, **options: _P.kwargs) -> _R:
            unknown = options.keys() - names
            if unknown:
                raise _refusal(function.__name__, min(unknown), names)
            return function(*arguments, **options)

        return checked

    return decorate


def _own(function: Callable[..., object]) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [one.name for one in parameters if one.kind is not one.VAR_KEYWORD]


def _refusal(function: str, option: str, names: set[str]) -> TypeError:
    nearest = difflib.get_close_matches(option, sorted(names), n=1)
    hint = f"Did you mean {nearest[0]!r}?" if nearest else f"It takes {', '.join(sorted(names))}."
    return TypeError(f"{function}() got an unexpected keyword argument {option!r}. {hint}")
