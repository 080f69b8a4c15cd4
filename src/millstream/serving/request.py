"""A request as the model gets it."""

from __future__ import annotations

from typing import Any

import msgspec


class Request(msgspec.Struct):
    """What a body said, held against the signature.

    `data` is ready for `PyFuncModel.infer`. `params` are as given, for `infer` to check. `rows` is
    how many predictions are asked for. `wrapped` is False for LLM payloads, whose answer is not put
    under `predictions`. `kind` tells requests apart that must not be merged into one prediction
    although their params are equal: it is a hashable summary of the columns, dtypes and trailing
    shape, or None where requests cannot be merged at all.
    """

    data: Any
    params: dict[str, Any] | None = None
    rows: int = 1
    wrapped: bool = True
    kind: Any = None
