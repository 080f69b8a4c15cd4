"""The rows about attempts and forks of runs."""

from __future__ import annotations

from millstream.entities import attempts as a
from millstream.entities import runs as r
from millstream.rest.endpoints.row import OWN, Effort, Endpoint, Permission

ATTEMPTS = (
    Endpoint(
        methods=("POST",),
        path=f"{OWN}/runs/attempts",
        request=a.StartAttempt,
        operation="attempts.start",
        answer=a.Attempt,
        effort=Effort.WRITE,
        permission=Permission("edit", "run", "run_id"),
        summary="Go on with a run from an earlier step; later points stay with their attempt",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{OWN}/runs/attempts",
        request=r.RunId,
        operation="attempts.list",
        answer=a.AttemptList,
        effort=Effort.SCAN,
        permission=Permission("read", "run", "run_id"),
        summary="Get the attempts of a run, with the metrics that were left behind",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{OWN}/runs/fork",
        request=a.ForkRun,
        operation="attempts.fork",
        answer=r.RunInfo,
        envelope="run_info",
        effort=Effort.WRITE,
        permission=Permission("read", "run", "run_id"),
        summary="Create a run that begins with what another one logged, up to a step",
    ),
)
