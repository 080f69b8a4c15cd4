"""What libraries write about themselves while they are imported, left out where nobody reads it.

SciPy takes the docstrings of hundreds of its functions apart when it is imported, adds a note to
each and puts them together again: a third of the time that importing scikit-learn takes. Where
Python runs without docstrings (`python -OO`) it finds nothing to take apart. So it does here.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
from collections.abc import Iterator
from typing import Any

_PARSER = "scipy._lib._docscrape"


@contextlib.contextmanager
def unread() -> Iterator[None]:
    """Meanwhile SciPy finds no docstrings to take apart; nothing changes if there is no SciPy.

    Only a process that does nothing but serve may change a library for all that is in it.
    """
    try:
        parsed: Any = importlib.import_module(_PARSER).FunctionDoc
    except (ImportError, AttributeError):
        yield
        return
    before = parsed.__init__

    @functools.wraps(before)
    def without_text(
        self: Any, func: Any, role: str = "func", doc: str | None = "", config: Any = None
    ) -> None:
        before(self, func, role, doc, config)

    parsed.__init__ = without_text
    try:
        yield
    finally:
        parsed.__init__ = before
