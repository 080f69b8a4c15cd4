"""Which process of a distributed job this is, and what that means for the run that they share.

Rank 0 owns the status of the run and the plain names. What another rank logs as `loss` is
`rank/<number>/loss`, so that no two processes mix one series; and so are tags, unless all agree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from millstream import settings
from millstream.client.away import warn
from millstream.client.endings import Ending
from millstream.client.records import Points
from millstream.client.session import SESSION
from millstream.client.spool import attempt, write
from millstream.entities.metrics import Metric
from millstream.entities.runs import RunId, SetTag
from millstream.entities.validation import check_metric_key
from millstream.errors import InvalidParameter, MillstreamError
from millstream.settings import Settings

SYSTEM = "system/"


class Part(NamedTuple):
    """The run that a process takes part in, if it is named, and the process's number in it.

    `is_met` says that whichever process comes first creates the run.
    """

    run_id: str | None
    rank: int = 0
    is_met: bool = False


def part_of(found: Settings, given: str | None, named: str | None, experiment_id: str) -> Part:
    """The part of this process in the run that it starts.

    `given` is the run's id by argument and `named` by the environment. What a launcher says counts
    only where the environment says that processes share a run: others may each have their own.
    """
    if given is not None:
        return Part(given, rank_of(found, launcher_counts=False))
    if found.share_run:
        run_id = named or _id_of_job(experiment_id)
        return Part(run_id, rank_of(found, launcher_counts=True), is_met=True)
    if named is not None:
        return Part(named, rank_of(found, launcher_counts=True))
    return Part(None)


def rank_of(found: Settings, *, launcher_counts: bool) -> int:
    """The number of this process; 0 if it is alone."""
    if found.rank is not None:
        if found.rank < 0:
            raise InvalidParameter(
                f"MILLSTREAM_RANK is {found.rank}; it must be 0 or the number of another process "
                "that shares the run."
            )
        return found.rank
    launched = settings.launched() if launcher_counts and found.detect_rank else None
    return 0 if launched is None else launched.rank


def prefix(rank: int) -> str:
    """What the names of a rank's metrics begin with."""
    return f"rank/{rank}/" if rank else ""


def system_prefix(rank: int) -> str:
    """What the names of a rank's system metrics begin with."""
    return f"{SYSTEM}{rank}/" if rank else SYSTEM


def samples_machine(rank: int) -> bool:
    """Whether the process is the one of its machine that records system metrics."""
    launched = settings.launched()
    if not rank or launched is None or launched.local_rank is None:
        return True
    return launched.local_rank == 0


def name_metrics(rank: int, metrics: Sequence[Metric | Points]) -> None:
    """Give points the names of their rank; those of system metrics have them already."""
    begin = prefix(rank)
    for metric in metrics:
        if not metric.key.startswith((SYSTEM, begin)):
            metric.key = begin + metric.key
            check_metric_key(metric.key)


def name_tags(rank: int, run_id: str, place: str, tags: Mapping[str, str]) -> dict[str, str]:
    """Tags under the names of their rank, but for those that the run has with the same value."""
    nothing: Mapping[str, str] = {}
    known = attempt(place, lambda: _tags_of(run_id, place), lambda _: nothing)
    return {
        key if known.get(key) == value else prefix(rank) + key: value for key, value in tags.items()
    }


def _tags_of(run_id: str, place: str) -> Mapping[str, str]:
    return SESSION.stores.prompt(place).runs.get(RunId(run_id)).data.tags


@contextmanager
def told(rank: int) -> Iterator[None]:
    """Let a refusal say which rank it is of."""
    try:
        yield
    except InvalidParameter as error:
        if not rank:
            raise
        raise InvalidParameter(f"{error.message} (This was rank {rank} of the run.)") from error


def leave(rank: int, run_id: str, place: str, ending: Ending) -> None:
    """End a process's part: the run goes on, and a tag tells it if the process failed."""
    if ending.status == "FINISHED":
        return
    text = ending.status if ending.reason is None else f"{ending.status}: {ending.reason}"
    request = SetTag(run_id, f"millstream.rank.{rank}", text)
    try:
        write(place, run_id, request).result()
    except MillstreamError as refusal:
        warn(f"rank {rank} ended {ending.status}, which could not be told: {refusal.message}")


def _id_of_job(experiment_id: str) -> str:
    """The id of the next run that the processes of this job start together, in all of them."""
    job = settings.job()
    if job is None:
        raise InvalidParameter(
            "MILLSTREAM_SHARE_RUN is set, but nothing says which job this process is one of: "
            "torchrun needs --rdzv-id, and neither Slurm nor Open MPI started it. Set "
            "MILLSTREAM_RUN_ID to the same new name in all processes of the job."
        )
    place = SESSION.shared_runs
    SESSION.shared_runs += 1
    text = "\0".join((job, experiment_id, str(place)))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
