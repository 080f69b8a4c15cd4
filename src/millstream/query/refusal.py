"""The error of a search text that is not understood: it points at the place."""

from __future__ import annotations

from millstream.errors import InvalidParameter


class InvalidQuery(InvalidParameter):
    """A filter or order that cannot be understood; `position` counts characters from 0.

    The message ends with the position, so that clients which compare MLflow's messages by their
    beginning still recognise them; on the wire the position is also a field of its own, and so is
    the hint, if there is one: what is missing there, or what would be right.
    """

    def __init__(self, message: str, position: int, hint: str | None = None) -> None:
        explanation = f": {hint}" if hint else ""
        super().__init__(f"{message} (at position {position}{explanation})", position=position)
        if hint:
            self.json_kwargs["hint"] = hint
        self.position = position
