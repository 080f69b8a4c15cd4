"""Random numbers that come out as if nothing had been logged between them."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def kept(generators: Iterable[Any] = ()) -> Iterator[None]:
    """Leave Python's and NumPy's global generators, and those given, as they were."""
    numpy = sys.modules.get("numpy")
    found = [] if numpy is None else [numpy.random, *generators]
    restores = [_restore_of(one) for one in found if _has_state(one)]
    before = random.getstate()
    try:
        yield
    finally:
        random.setstate(before)
        for restore in restores:
            restore()


def generators_of(*values: Iterable[Any]) -> list[Any]:
    """The generators of NumPy among these values."""
    return [value for some in values for value in some if _has_state(value)]


def _has_state(value: Any) -> bool:
    if getattr(value, "__name__", "") == "numpy.random":
        return True
    of_numpy = type(value).__module__.startswith("numpy.random")
    return of_numpy and (hasattr(value, "get_state") or hasattr(value, "bit_generator"))


def _restore_of(generator: Any) -> Callable[[], None]:
    if hasattr(generator, "get_state"):  # RandomState, and the module with the global one
        state = generator.get_state()
        return lambda: generator.set_state(state)
    bits = generator.bit_generator
    state = bits.state

    def restore() -> None:
        bits.state = state

    return restore
