"""Going on from an earlier step: attempts of one run, and forks of it."""

from __future__ import annotations

from millstream.entities.entity import Entity
from millstream.entities.runs import RunTag


class StartAttempt(Entity):
    """Go on with a run from a step: what it logged after that step is of an earlier attempt then.

    `start_time`, in ms, is now by the clock of whoever logs the points that follow; absent, by the
    store's. Points that are older and of a later step leave the run's series, even if they arrive
    only afterwards.
    """

    run_id: str
    from_step: int
    start_time: int | None = None


class Attempt(Entity):
    """One stretch of a run's training. The first has the number 1 and no `from_step`.

    It has the points with a timestamp, in ms, from `start_time` on and before `end_time`, which the
    last one does not have. `metric_keys` are the metrics with points that a later attempt left
    behind.
    """

    attempt: int
    start_time: int
    from_step: int | None = None
    end_time: int | None = None
    metric_keys: list[str] = []


class AttemptList(Entity):
    """The attempts of a run, first to last; the last one is still its own."""

    attempts: list[Attempt] = []


class ForkRun(Entity):
    """Create a run that begins with what another one logged, up to and including a step.

    It gets the params, the tags of its user's (none that begins `mlflow.` or `millstream.`, but for
    the description), the datasets and models that were read, and the points, but for those of
    system metrics; without `step` all of them. Files are not copied. It is in the same experiment,
    and named after the other one, unless said otherwise.
    """

    run_id: str
    step: int | None = None
    experiment_id: str | None = None
    run_name: str | None = None
    user_id: str | None = None
    start_time: int | None = None
    tags: list[RunTag] = []
