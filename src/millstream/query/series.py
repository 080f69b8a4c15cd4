"""Summaries of a metric's series that a key may end with, as in metrics.loss.min."""

from __future__ import annotations

import re

from millstream.query.tree import Aspect
from millstream.query.vocabulary import ASPECTS, BEST_STEP, LESS_IS_BETTER, MORE_IS_BETTER


def split(key: str) -> tuple[str, Aspect]:
    """The metric's name and the summary asked for by an unquoted key such as "val.loss.min"."""
    name, dot, ending = key.rpartition(".")
    if not dot or not name:
        return key, "value"
    if ending == BEST_STEP:
        return name, "max_step" if more_is_better(name) else "min_step"
    if ending in ASPECTS:
        return name, ASPECTS[ending]
    return key, "value"


def more_is_better(name: str) -> bool:
    """Whether a metric's best value is its greatest, to judge by the words of its name.

    Words are looked for behind the last slash or dot, numbers at their end disregarded.
    """
    last = re.split(r"[/.]", name.lower())[-1]
    words = set(re.findall(r"[a-z0-9]+", last))
    words |= {word.rstrip("0123456789") for word in words}
    return bool(words & MORE_IS_BETTER) and not words & LESS_IS_BETTER
