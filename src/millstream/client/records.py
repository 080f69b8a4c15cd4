"""The records of a journal: each kind of frame, and what it asks of a store when it is applied.

Wherever there is a request for it, a record is the very request that the store takes, so that
applying is "decode, call the store". Applied in their order, any number of times and from the
first on, records leave what they leave when applied once.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator
from typing import TypeVar

import msgspec

from millstream.entities.attempts import StartAttempt
from millstream.entities.console import LogConsole
from millstream.entities.entity import Entity
from millstream.entities.experiments import CreateExperiment
from millstream.entities.metrics import LogMetric, Metric
from millstream.entities.models import (
    CreateLoggedModel,
    DeleteLoggedModelTag,
    FinalizeLoggedModel,
    LogLoggedModelParams,
    SetLoggedModelTags,
)
from millstream.entities.runs import (
    CreateRun,
    DeleteTag,
    LogBatch,
    LogInputs,
    LogOutputs,
    LogParam,
    SetTag,
    UpdateRun,
)

Number = TypeVar("Number", int, float)


class Header(Entity):
    """Where a journal belongs. `created` is in ms since 1970-01-01 UTC.

    `run_id` may also be that of a logged model or stand for an experiment. `artifact_root` is where
    the files of the place were for this process, where that depends on who opens it.
    """

    tracking_uri: str
    run_id: str
    process_id: int
    created: int
    host: str = ""
    artifact_root: str | None = None


class Points(Entity):
    """Points of one metric as columns: 64-bit little-endian floats, integers and integers (ms)."""

    key: str
    values: bytes
    steps: bytes
    timestamps: bytes
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None

    def __len__(self) -> int:
        return len(self.values) >> 3

    def metrics(self) -> Iterator[Metric]:
        """The points, one by one."""
        values = floats(self.values)
        times, steps = integers(self.timestamps), integers(self.steps)
        about = (self.model_id, self.dataset_name, self.dataset_digest)
        for value, timestamp, step in zip(values, times, steps, strict=True):
            yield Metric(self.key, value, timestamp, step, *about)


class BeginRun(Entity):
    """The creation of a run whose id was made here.

    `experiment` is given where the experiment was chosen by name: it is created if it is missing
    wherever its id means nothing.
    """

    run: CreateRun
    experiment: CreateExperiment | None = None


class BeginModel(Entity):
    """The creation of a logged model whose id was made here.

    It stands in the journal of the model and in that of its run, of which either may be sent first.
    `experiment` is as for runs; where the model's is not said, it is that of its run.
    """

    model: CreateLoggedModel
    experiment: CreateExperiment | None = None


class LinkModel(Entity):
    """A logged model becomes an output of a run, of which nothing could be known at that time.

    The model gets the params that the run has by then, and what was measured at that step.
    """

    run_id: str
    model_id: str
    step: int


class LogArtifact(Entity):
    """A file of a run, or of a logged model, kept beside the journal under the name `file`.

    The size is in bytes, the digest SHA-256.
    """

    path: str
    file: str
    size: int
    digest: str
    model_id: str | None = None


class LogTable(Entity):
    """Rows for the table of a run at `path`, kept beside the journal as a table of their own.

    `part_id` tells them apart from all others. `at` is the row before which an attempt of unknown
    outcome may have put them already.
    """

    path: str
    file: str
    size: int
    digest: str
    part_id: str
    at: int | None = None


class TagExperiment(Entity):
    """A tag of an experiment; None as value removes it.

    `experiment` is given where it was chosen by name, and is created if it is missing wherever its
    id means nothing.
    """

    experiment_id: str
    key: str
    value: str | None = None
    experiment: CreateExperiment | None = None


class Mark(Entity):
    """All that stands before this position of the file has arrived where the journal belongs."""

    position: int


Record = (
    Metric
    | Points
    | UpdateRun
    | BeginRun
    | StartAttempt
    | CreateExperiment
    | BeginModel
    | LinkModel
    | LogParam
    | SetTag
    | DeleteTag
    | LogBatch
    | LogInputs
    | LogOutputs
    | LogArtifact
    | LogTable
    | TagExperiment
    | LogConsole
    | SetLoggedModelTags
    | DeleteLoggedModelTag
    | LogLoggedModelParams
    | FinalizeLoggedModel
    | LogMetric
)
Frame = Record | Header | Mark

KINDS: dict[bytes, type[Frame]] = {
    b"H": Header,
    b"M": Metric,
    b"S": Points,
    b"E": UpdateRun,
    b"C": BeginRun,
    b"R": StartAttempt,
    b"X": CreateExperiment,
    b"c": BeginModel,
    b"l": LinkModel,
    b"P": LogParam,
    b"T": SetTag,
    b"D": DeleteTag,
    b"B": LogBatch,
    b"I": LogInputs,
    b"O": LogOutputs,
    b"F": LogArtifact,
    b"G": LogTable,
    b"K": TagExperiment,
    b"L": LogConsole,
    b"t": SetLoggedModelTags,
    b"d": DeleteLoggedModelTag,
    b"p": LogLoggedModelParams,
    b"f": FinalizeLoggedModel,
    b"m": LogMetric,
    b"A": Mark,
}
CODES: dict[type[Frame], bytes] = {struct: code for code, struct in KINDS.items()}
PlainPoint = tuple[str, float, int, int]
"""Key, value, timestamp and step of a point that is about nothing else: the kind `N`."""

DECODERS: dict[int, msgspec.msgpack.Decoder[Frame | PlainPoint]] = {
    code[0]: msgspec.msgpack.Decoder(struct) for code, struct in KINDS.items()
}
DECODERS[ord("N")] = msgspec.msgpack.Decoder(PlainPoint)

OPERATIONS: dict[type[msgspec.Struct], str] = {
    UpdateRun: "runs.update",
    StartAttempt: "attempts.start",
    LogParam: "runs.log_param",
    SetTag: "runs.set_tag",
    DeleteTag: "runs.delete_tag",
    LogBatch: "runs.log_batch",
    LogInputs: "runs.log_inputs",
    LogOutputs: "runs.log_outputs",
    LogConsole: "console.log",
    LogMetric: "metrics.log",
    SetLoggedModelTags: "models.set_tags",
    DeleteLoggedModelTag: "models.delete_tag",
    LogLoggedModelParams: "models.log_params",
    FinalizeLoggedModel: "models.finalize",
}
"""What a request is put to: noun and method of a store. A request that is listed can be kept."""

REPLACING = (
    UpdateRun,
    SetTag,
    DeleteTag,
    LogBatch,
    LogTable,
    TagExperiment,
    SetLoggedModelTags,
    DeleteLoggedModelTag,
    FinalizeLoggedModel,
)
"""Records that replace what was there, so that a late one would bring an old state back.

Rows replace the table they are added to; two processes that add at once would lose some.
"""

NOT_OF_RUNS = (CreateExperiment, TagExperiment)
"""Records of journals that belong to an experiment, and to no run."""


def packed(code: str, numbers: list[float] | list[int]) -> bytes:
    """Numbers as 64-bit little-endian floats (`d`) or integers (`q`)."""
    column = array(code, numbers)
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()


def floats(content: bytes) -> array[float]:
    """The numbers of a column of floats."""
    return _unpacked(array("d"), content)


def integers(content: bytes) -> array[int]:
    """The numbers of a column of integers."""
    return _unpacked(array("q"), content)


def _unpacked(column: array[Number], content: bytes) -> array[Number]:
    column.frombytes(content)
    if sys.byteorder == "big":
        column.byteswap()
    return column
