"""A Job of a cluster that carries out a run: watched, ended and read."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec

from millstream.client.runs import RunMethods
from millstream.clusters.cluster import Cluster
from millstream.clusters.kinds import JOB, POD
from millstream.entities.runs import RunStatusName
from millstream.environments.preparation import say
from millstream.errors import NotFound, PermissionDenied, Unavailable

POLL = 5.0
"""How often the cluster is asked what has become of a Job, in s."""

_LOOK = 1.0
_OUTCOMES: dict[str, RunStatusName] = {"Complete": "FINISHED", "Failed": "FAILED"}
_ENDED = ("FINISHED", "FAILED", "KILLED")


class Place(msgspec.Struct, frozen=True):
    """Where a Job is, and which of its containers is the project's."""

    namespace: str
    name: str
    container: str


class JobWork:
    """A Job, its pods and what they print."""

    def __init__(self, cluster: Cluster, place: Place, run_id: str) -> None:
        self._cluster = cluster
        self._place = place
        self._run_id = run_id
        self._status: RunStatusName = "SCHEDULED"
        self._deleted = threading.Event()
        self._said = ""

    def status(self) -> RunStatusName:
        """SCHEDULED until a pod has begun, as last seen."""
        return self._status

    def wait(self) -> RunStatusName:
        """Wait until the Job is complete, has failed, or is there no longer.

        While the cluster cannot be reached it is asked again. The Job stays there, as its template
        says.
        """
        while not self._deleted.is_set():
            try:
                found = self._cluster.get(JOB, self._place.namespace, self._place.name)
                outcome = _outcome(found)
                if outcome is not None:
                    return outcome
                self._look_at_pods()
            except NotFound:
                return "KILLED" if self._deleted.is_set() else self._of_code()
            except Unavailable as error:
                self._say_once(f"The Job '{self._place.name}' cannot be watched: {error.message}")
            self._deleted.wait(POLL)
        return "KILLED"

    def stop(self, over: threading.Event) -> None:  # noqa: ARG002  # the cluster ends the pods
        """Delete the Job and its pods."""
        with contextlib.suppress(NotFound):  # somebody else was faster
            self._cluster.delete(JOB, self._place.namespace, self._place.name)
        self._deleted.set()

    def lines(self, over: threading.Event, *, follow: bool) -> Iterator[str]:
        """The lines that its pods have printed, one pod after the other."""
        lines, done = dict[str, int](), set[str]()
        while True:
            is_over = over.is_set()  # before reading, so that nothing comes after the last look
            for pod in self._pods():
                name, state = _named(pod), _state(pod, self._place.container)
                if name in done or not state.keys() & {"running", "terminated"}:
                    continue
                yield from self._unread(name, lines, follow=follow and not is_over)
                if "terminated" in state:  # and was so before it was read
                    done.add(name)
            if is_over or not follow:
                return
            over.wait(_LOOK)

    def _unread(self, pod: str, lines: dict[str, int], *, follow: bool) -> Iterator[str]:
        """The lines of a pod after those that were given; a log that breaks off is read again."""
        place = self._place
        try:
            found = self._cluster.log(place.namespace, pod, place.container, follow=follow)
            for number, line in enumerate(found):
                if number >= lines.get(pod, 0):
                    lines[pod] = number + 1
                    yield line
        except NotFound:  # the pod was deleted, with what it has printed
            return
        except Unavailable:
            if not follow:
                raise

    def _look_at_pods(self) -> None:
        try:
            pods = self._pods()
        except PermissionDenied as error:  # who may create Jobs need not be allowed to see pods
            self._say_once(f"What pods do is not seen: {error.message}")
            return
        for pod in pods:
            state = _state(pod, self._place.container)
            if state.keys() & {"running", "terminated"}:
                self._status = "RUNNING"
            waiting = state.get("waiting") or {}
            if waiting.get("message"):  # that it is being created has none
                told = f"{waiting.get('reason')}: {waiting['message']}"
                self._say_once(f"The pod '{_named(pod)}' waits: {told}")

    def _of_code(self) -> RunStatusName:
        """What the code said of its end: of a Job that is gone nobody else can tell."""
        status = RunMethods().get_run(self._run_id).info.status
        if status in _ENDED:
            return cast("RunStatusName", status)
        say(f"The Job '{self._place.name}' is gone, and its run had not ended.")
        return "FAILED"

    def _pods(self) -> list[dict[str, Any]]:
        chosen = f"job-name={self._place.name}"
        return self._cluster.listed(POD, self._place.namespace, chosen)

    def _say_once(self, text: str) -> None:
        if text != self._said:
            self._said = text
            say(text)


def _outcome(job: Mapping[str, Any]) -> RunStatusName | None:
    """What became of a Job, by its conditions; None while nothing has."""
    for condition in (job.get("status") or {}).get("conditions") or []:
        outcome = _OUTCOMES.get(condition.get("type"))
        if outcome is not None and condition.get("status") == "True":
            return outcome
    return None


def _named(pod: Mapping[str, Any]) -> str:
    return str(pod["metadata"]["name"])


def _state(pod: Mapping[str, Any], container: str) -> dict[str, Any]:
    """What a container of a pod does: `waiting`, `running` or `terminated`, and what is known."""
    for status in (pod.get("status") or {}).get("containerStatuses") or []:
        if status.get("name") == container:
            return dict(status.get("state") or {})
    return {}
