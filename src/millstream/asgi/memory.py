"""Memory: what a large answer took goes back to the system, not into a reserve for the next one."""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import Any

_ARENAS = -8  # glibc's names: M_ARENA_MAX,
_OWN_PAGES = -3  # M_MMAP_THRESHOLD,
_KEPT = -1  # M_TRIM_THRESHOLD
_LARGE_BLOCK = 1 << 20
_RESERVE = 4 << 20
_SELDOM = 100_000
_USUAL = gc.get_threshold()


def _library() -> Any | None:
    """The C library if it is glibc, whose reserves are the ones in question."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") and hasattr(library, "mallopt") else None


_GLIBC = _library()


def bound() -> None:
    """Have all threads share one reserve, and large blocks pages of their own.

    Otherwise each thread keeps what its largest answer took: 250 MB after four searches of
    50,000 runs. A few free megabytes stay all the same. The library, which decides that by itself
    until it is told anything, would keep 128 KiB, so that each body of 200 KB took all its pages
    from the system and gave them back: a fifth of what such a request costs.
    """
    if _GLIBC is not None:
        _GLIBC.mallopt(_ARENAS, 1)
        _GLIBC.mallopt(_OWN_PAGES, _LARGE_BLOCK)
        _GLIBC.mallopt(_KEPT, _RESERVE)


def grow() -> None:
    """Look for garbage seldom: while a process imports and loads there is hardly any.

    It took an eighth of the start of a server of models.
    """
    gc.set_threshold(_SELDOM, *_USUAL[1:])


def settle() -> None:
    """What exists now lives as long as the process, and is never looked through again."""
    give_back()
    gc.freeze()
    gc.set_threshold(*_USUAL)


def release() -> None:
    """Return what a part of the process took that has just ended, and settle again."""
    gc.unfreeze()
    settle()


def give_back() -> None:
    """Return what is free; some milliseconds, in which other threads go on for the most part."""
    gc.collect()
    if _GLIBC is not None:
        _GLIBC.malloc_trim(0)
