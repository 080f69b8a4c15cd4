"""Going on from an earlier step: attempts of a run and forks of it, as scripts see them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from millstream.client.active import (
    NOTE,
    PARENT,
    ActiveRun,
    active_run,
    check_may_start,
    start_run,
)
from millstream.client.context import USER, context_tags, user_name
from millstream.client.metrics import whole_history
from millstream.client.resumption import start_attempt
from millstream.client.session import SESSION, Connection
from millstream.entities.attempts import Attempt, ForkRun
from millstream.entities.metrics import Metric
from millstream.entities.runs import Run, RunId, RunTag


class AttemptMethods(Connection):
    """What a client can do with attempts and forks of runs."""

    def start_attempt(self, run_id: str, from_step: int) -> Attempt | None:
        """Go on with a run from a step: its later points are of an earlier attempt from now on.

        None while the store is away, which is told of it later.
        """
        return start_attempt(self._place, run_id, from_step)

    def get_attempts(self, run_id: str) -> list[Attempt]:
        """The attempts of a run, first to last; more than one if it was resumed from a step."""
        return self._fresh.attempts.list(RunId(run_id)).attempts

    def get_attempt_history(self, run_id: str, key: str, attempt: int) -> list[Metric]:
        """The points of a metric that a later attempt left behind, by timestamp."""
        return whole_history(self._fresh.metrics, run_id, key, attempt)

    def fork_run(
        self,
        run_id: str,
        step: int | None = None,
        experiment_id: str | None = None,
        run_name: str | None = None,
        tags: Mapping[str, Any] | None = None,
    ) -> Run:
        """Create a run that begins with what another one logged, up to and including `step`.

        It has the params, the tags (but for those that say how the other run was made), the inputs
        and the points, without those of system metrics. Files are not copied. The run has status
        RUNNING, is in the same experiment unless said otherwise, and does not become active.
        """
        own = {USER: user_name(SESSION.settings())}
        own |= {str(key): str(value) for key, value in (tags or {}).items()}
        request = ForkRun(
            run_id,
            step,
            experiment_id=experiment_id,
            run_name=run_name,
            user_id=own[USER],
            start_time=time.time_ns() // 1_000_000,
            tags=[RunTag(key, value) for key, value in own.items()],
        )
        store = self._fresh
        return store.runs.get(RunId(store.attempts.fork(request).result().run_id))


def fork_run(
    run_id: str,
    step: int | None = None,
    experiment_id: str | None = None,
    run_name: str | None = None,
    nested: bool = False,
    tags: Mapping[str, Any] | None = None,
    description: str | None = None,
) -> ActiveRun:
    """Start a run that begins with what another one logged, up to and including `step`.

    See `MillstreamClient.fork_run` for what it begins with. Like `start_run`, it makes the run the
    active one, and ends it as a context manager.
    """
    check_may_start(nested)
    own = context_tags(SESSION.settings())
    above = active_run()
    if above is not None:
        own[PARENT] = above.info.run_id
    if description is not None:
        own[NOTE] = description
    fork = AttemptMethods(SESSION.place).fork_run(
        run_id, step, experiment_id, run_name, own | dict(tags or {})
    )
    return start_run(fork.info.run_id, fork.info.experiment_id, nested=nested)
