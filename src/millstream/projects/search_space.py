"""The values that a sweep tries for each parameter.

| written | means |
| --- | --- |
| `0.1,1,10` | one of these |
| `0..1` | any number from 0 to 1; a whole one if the parameter is an int |
| `0.001..10:log` | the same, each power of ten as likely as any other |

Of a parameter with a `range`, with `choices`, or that is a `bool`, nothing needs to be written.
"""

from __future__ import annotations

import itertools
import math
import random
import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from millstream.errors import InvalidParameter
from millstream.projects.parameters import Parameter

MOST_POINTS = 100_000
_SPAN = re.compile(r"(?P<low>[^.].*?)\.\.(?P<high>[^:]+)(?P<log>:log)?")

Point = dict[str, str]


class Dimension(msgspec.Struct, frozen=True, kw_only=True):
    """What may become of one parameter: one of `values`, or a number from `low` to `high`."""

    name: str
    values: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    whole: bool = False
    log: bool = False

    @property
    def is_choice(self) -> bool:
        """Whether the values are told one by one."""
        return bool(self.values)

    def sample(self, source: random.Random) -> str:
        """One of the values, at random."""
        if self.values:
            return source.choice(self.values)
        if self.log:
            number = math.exp(source.uniform(math.log(self.low), math.log(self.high)))
        else:
            number = source.uniform(self.low, self.high)
        if not self.whole:
            return repr(min(max(number, self.low), self.high))
        if not self.log:
            return str(source.randint(int(self.low), int(self.high)))
        return str(min(max(round(number), int(self.low)), int(self.high)))


def dimension(name: str, text: str, parameter: Parameter | None) -> Dimension:
    """Read what is written for a parameter; each value is held against its type."""
    span = _SPAN.fullmatch(text)
    if span is None:
        values = tuple(part.strip() for part in text.split(","))
        if "" in values:
            raise InvalidParameter(
                f"The values of '{name}' are {text!r}: write a,b,c or low..high."
            )
        if parameter is not None:
            values = tuple(parameter.checked(value) for value in values)
        return Dimension(name=name, values=tuple(dict.fromkeys(values)))
    low, high = (_number(name, text, span[part]) for part in ("low", "high"))
    if parameter is not None and parameter.type in ("int", "float"):
        parameter.checked(span["low"])
        parameter.checked(span["high"])
    whole = parameter is not None and parameter.type == "int"
    return _span(name, low, high, whole=whole, log=span["log"] is not None)


def declared(parameters: Iterable[Parameter], fixed: Iterable[str]) -> list[Dimension]:
    """The dimensions that a project itself tells, of the parameters that are not fixed."""
    known = set(fixed)
    return [
        found
        for parameter in parameters
        if parameter.name not in known and (found := _of(parameter)) is not None
    ]


def grid(dimensions: Sequence[Dimension]) -> list[Point]:
    """All combinations, the last dimension changing first; a span has no end of values."""
    spans = [one.name for one in dimensions if not one.is_choice]
    if spans:
        raise InvalidParameter(
            f"'{spans[0]}' has no end of values, so there is no grid of them: write those that are "
            "wanted as a,b,c, or sample with --random."
        )
    count = math.prod(len(one.values) for one in dimensions)
    if count > MOST_POINTS:
        raise InvalidParameter(f"The grid has {count} points; at most {MOST_POINTS} are tried.")
    names = [one.name for one in dimensions]
    return [
        dict(zip(names, values, strict=True))
        for values in itertools.product(*(one.values for one in dimensions))
    ]


def random_points(dimensions: Sequence[Dimension], count: int, seed: int) -> list[Point]:
    """Points at random; the same seed gives the same, of which fewer are the first of more."""
    if not 1 <= count <= MOST_POINTS:
        raise InvalidParameter(f"{count} points were asked for; 1 to {MOST_POINTS} can be tried.")
    source = random.Random(seed)  # noqa: S311  # nothing is secret about it
    return [{one.name: one.sample(source) for one in dimensions} for _ in range(count)]


def read_space(
    written: Mapping[str, str],
    parameters: Sequence[Parameter],
    fixed: Iterable[str],
    *,
    only: bool = False,
) -> list[Dimension]:
    """What is written, and unless `only` that counts, what the project tells of all the rest.

    If nothing may vary, that raises `InvalidParameter`.
    """
    by_name = {parameter.name: parameter for parameter in parameters}
    given = [dimension(name, text, by_name.get(name)) for name, text in written.items()]
    found = given + ([] if only else declared(parameters, [*fixed, *written]))
    if not found:
        raise InvalidParameter(
            "There is nothing to vary: no parameter of the entry point has a range or choices, "
            "and none was named. Write --space alpha=0.01..10:log, or --grid alpha=0.1,1,10."
        )
    return found


def _of(parameter: Parameter) -> Dimension | None:
    if parameter.choices:
        return Dimension(name=parameter.name, values=parameter.choices)
    if parameter.type == "bool":
        return Dimension(name=parameter.name, values=("false", "true"))
    if parameter.range is None:
        return None
    return _span(parameter.name, *parameter.range, whole=parameter.type == "int", log=False)


def _span(name: str, low: float, high: float, *, whole: bool, log: bool) -> Dimension:
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise InvalidParameter(f"'{name}' goes from {low:g} to {high:g}: the least comes first.")
    if log and low <= 0:
        raise InvalidParameter(f"'{name}' begins at {low:g}, and :log needs more than 0.")
    return Dimension(name=name, low=low, high=high, whole=whole, log=log)


def _number(name: str, text: str, part: str) -> float:
    try:
        return float(part)
    except ValueError:
        raise InvalidParameter(
            f"The values of '{name}' are {text!r}, and {part!r} is no number: write low..high."
        ) from None
