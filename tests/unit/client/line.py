"""The line between this process and its store, which tests cut."""

from __future__ import annotations

from millstream.errors import Unavailable


class Line:
    """Between this process and its store; what is asked while it is cut is refused."""

    def __init__(self) -> None:
        self.cut = False
        self.asked = 0

    def check(self) -> None:
        if self.cut:
            self.asked += 1
            raise Unavailable("nobody answers")
