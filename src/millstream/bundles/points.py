"""The points of a run's metrics as lines of JSON, written and read in constant memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from millstream.entities.decoding import json_decoder
from millstream.entities.entity import Entity
from millstream.entities.metrics import GetMetricHistory, Metric
from millstream.entities.runs import Run
from millstream.errors import InvalidParameter
from millstream.rest import answers
from millstream.store.interface import Store

LONGEST_LINE = 4 << 20


class Slice(Entity):
    """Some points of one metric, as columns of equal length."""

    key: str
    steps: list[int]
    timestamps: list[int]
    values: list[float]


def lines(store: Store, run: Run) -> Iterator[bytes]:
    """All points of a run, metric by metric."""
    for key in sorted(run.data.metrics):
        for points in store.metrics.stream_history(GetMetricHistory(run.info.run_id, key)):
            columns = (
                [point.step for point in points],
                [point.timestamp for point in points],
                [point.value for point in points],
            )
            yield answers.encode(Slice(key, *columns)) + b"\n"


def parse(chunks: Iterable[bytes], path: str) -> Iterator[list[Metric]]:
    """The points in such lines, a line at a time; `path` says in errors where they are from."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        if len(rest) > LONGEST_LINE:
            raise InvalidParameter(f"{path} has a line of more than {LONGEST_LINE:,} bytes")
        for line in whole:
            yield _points(line, path)
    if rest:
        yield _points(rest, path)


def _points(line: bytes, path: str) -> list[Metric]:
    try:
        found = json_decoder(Slice, strict=False).decode(line)
        columns = zip(found.values, found.timestamps, found.steps, strict=True)
        return [Metric(found.key, *point) for point in columns]
    except (msgspec.DecodeError, ValueError) as error:
        raise InvalidParameter(f"{path} has a line that is no slice of points: {error}") from error
