"""What a request takes beside the permission of its row, since it touches more than one resource.

Nobody may write into a foreign logged model by way of a run of its own, or read foreign files by
way of a version or an experiment of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from millstream.entities import attempts as a
from millstream.entities import experiments as e
from millstream.entities import metrics as m
from millstream.entities import model_versions as mv
from millstream.entities import models as lm
from millstream.entities import runs as r
from millstream.errors import PermissionDenied
from millstream.server.access.facts import Facts
from millstream.server.access.needs import Need

Effects = Callable[[Facts, Any], Iterable[Need]]


class SideEffects:
    """The further needs of operations.

    `is_own` says whether a URI is below the artifact root of this server, and not the root itself.
    """

    def __init__(self, is_own: Callable[[str], bool]) -> None:
        self._is_own = is_own
        self._of: Mapping[str, Effects] = {
            "attempts.fork": _of_fork,
            "experiments.create": self._of_location,
            "metrics.log": _of_metric,
            "model_versions.create": self._of_source,
            "models.create": _of_source_run,
            "runs.log_batch": _of_batch,
            "runs.log_inputs": _of_inputs,
            "runs.log_outputs": _of_outputs,
            "runs.move": _of_move,
        }

    def of(self, operation: str) -> Effects | None:
        """What tells the needs of a request for an operation, if it has any."""
        return self._of.get(operation)

    def _of_location(self, facts: Facts, request: e.CreateExperiment) -> Iterator[Need]:
        location = request.artifact_location
        if not location:
            return
        if not self._is_own(location):
            raise PermissionDenied(
                f"Permission denied: the artifact location '{location}' is not below this "
                "server's artifact root. An administrator may create the experiment there and "
                "make you its manager."
            )
        owner = facts.owner_of_files(location, whole=True)
        if owner is not None:
            yield Need("EDIT", "experiment", [owner.experiment_id])

    def _of_source(self, facts: Facts, request: mv.CreateModelVersion) -> Iterator[Need]:
        if request.run_id:
            yield Need("READ", "run", [request.run_id])
        if request.model_id:
            yield Need("READ", "logged_model", [request.model_id])
        scheme = urlsplit(request.source).scheme.lower()
        if scheme == "models":
            yield _of_model_uri(request.source)
        elif scheme != "runs":
            owner = facts.owner_of_files(request.source, whole=True)
            if owner is None:
                raise PermissionDenied(
                    f"Permission denied: the source '{request.source}' is of no run or logged "
                    "model of this server. An administrator may register it."
                )
            yield Need("READ", "experiment", [owner.experiment_id])


def _of_model_uri(source: str) -> Need:
    """`models:/m-…`, `models:/<name>/<version>` or `models:/<name>@<alias>`."""
    rest = source.partition(":/")[2].strip("/")
    if "/" in rest:
        return Need("READ", "registered_model", [rest.partition("/")[0]])
    if "@" in rest:
        return Need("READ", "registered_model", [rest.rpartition("@")[0]])
    return Need("READ", "logged_model", [rest])


def _of_metric(_facts: Facts, request: m.LogMetric) -> Iterator[Need]:
    if request.model_id:
        yield Need("EDIT", "logged_model", [request.model_id])


def _of_batch(_facts: Facts, request: r.LogBatch) -> Iterator[Need]:
    models = {metric.model_id for metric in request.metrics if metric.model_id}
    if models:
        yield Need("EDIT", "logged_model", sorted(models))


def _of_inputs(_facts: Facts, request: r.LogInputs) -> Iterator[Need]:
    if request.models:
        yield Need("READ", "logged_model", [each.model_id for each in request.models])


def _of_outputs(_facts: Facts, request: r.LogOutputs) -> Iterator[Need]:
    if request.models:
        yield Need("EDIT", "logged_model", [each.model_id for each in request.models])


def _of_move(_facts: Facts, request: r.MoveRuns) -> Iterator[Need]:
    yield Need("EDIT", "experiment", [request.experiment_id])


def _of_fork(_facts: Facts, request: a.ForkRun) -> Iterator[Need]:
    """Who reads a run may fork it to where it may create runs, by default beside the other."""
    if request.experiment_id:
        yield Need("EDIT", "experiment", [request.experiment_id])
    else:
        yield Need("EDIT", "run", [request.run_id])


def _of_source_run(_facts: Facts, request: lm.CreateLoggedModel) -> Iterator[Need]:
    if request.source_run_id:
        yield Need("READ", "run", [request.source_run_id])
