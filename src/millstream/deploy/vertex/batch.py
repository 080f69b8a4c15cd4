"""Batch prediction jobs: a model is uploaded for each, and goes with it.

Vertex AI numbers its jobs itself, so a label says what one is called here. The model's id is made
of that name, which nothing else can have, so that of two jobs of one name the second is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from millstream.deploy.batch import BatchJob
from millstream.deploy.image_step import image_step
from millstream.deploy.resources import Resource
from millstream.deploy.target import ChangeFailed, State, Status
from millstream.deploy.vertex import batch_options, bodies, there
from millstream.deploy.vertex.batch_options import BatchOptions
from millstream.deploy.vertex.place import checked, short
from millstream.deploy.vertex.service import Service, pauses
from millstream.deploy.wish import Wish
from millstream.errors import AlreadyExists, InvalidParameter, InvalidState, NotFound

JOB = "BatchPredictionJob"
JOB_LABEL = "millstream-job"

STATES: Mapping[str, State] = {
    "JOB_STATE_SUCCEEDED": "ready",
    # Rows without a prediction are not to be taken for a job that went well.
    "JOB_STATE_PARTIALLY_SUCCEEDED": "failed",
    **dict.fromkeys(("JOB_STATE_FAILED", "JOB_STATE_CANCELLED", "JOB_STATE_EXPIRED"), "failed"),
    **dict.fromkeys(("JOB_STATE_QUEUED", "JOB_STATE_PENDING", "JOB_STATE_RUNNING"), "pending"),
    **dict.fromkeys(("JOB_STATE_CANCELLING", "JOB_STATE_PAUSED", "JOB_STATE_UPDATING"), "pending"),
}
"""What Vertex AI says of a job, in the frame's words."""

_OVER = ("ready", "failed")


class Jobs:
    """Jobs of one place by their names here; each step takes at most `patience` s."""

    def __init__(self, service: Service, patience: float) -> None:
        self._service = service
        self._patience = patience
        self._place = service.place

    def wanted(self, wish: Wish, job: BatchJob) -> Sequence[Resource]:
        """A model and a job on it, once the image is there; a taken name is `AlreadyExists`."""
        name, said = checked(job.name, "job"), batch_options.read(job.config)
        files = (
            batch_options.checked_input(job.input_uri),
            batch_options.checked_output(job.output_uri),
        )
        step = image_step(job.config, wish.model, wish.model_uri)
        image = step.name if step else job.config["image"]
        model = _model(msgspec.structs.replace(wish, image=image), name, said)
        if self.present(name):
            raise AlreadyExists(f"There is a job {name}; stop it, or give this one another name.")
        if step is not None and not step.is_pushed():
            step.make()
        return [model, Resource(JOB, name, self._body(name, model.name, files, said))]

    def present(self, name: str) -> Sequence[Resource]:
        """What there is of a job, in the same order."""
        models = there.models_of(self._service, checked(name, "job"), JOB_LABEL)
        jobs = [Resource(JOB, name, {})] if self._named(name) else []
        return [*map(bodies.model_there, models), *jobs]

    def make(self, after: Resource) -> None:
        """Start one."""
        self._service.change(
            f"start the job {after.name}",
            lambda region: region.of("batchPredictionJobs").create(
                parent=self._place.parent, body=after.body
            ),
        )

    def remove(self, resource: Resource) -> None:
        """Let one end that is not over, and remove it; one that is gone is no error."""
        for job in self._named(resource.name):
            with suppress(NotFound):
                self._end(job)
                self._delete(job)

    def status(self, name: str) -> Status:
        """How a job is doing; raises `NotFound` if there is none."""
        found = self._named(checked(name, "job"))
        if not found:
            raise NotFound(f"There is no job {name}: it was stopped, or never started.")
        (job, *_) = found
        said = job.get("error", {}).get("message")
        message = f"Vertex AI says that it is {job['state']}" + (f": {said}" if said else "")
        details = {
            "job": job["name"],
            "output": job.get("outputInfo", {}).get("gcsOutputDirectory"),
            "rows": job.get("completionStats"),
        }
        return Status(_state(job), message, None, details)

    def _named(self, name: str) -> list[dict[str, Any]]:
        """The jobs of a name, which is one or none."""
        found = self._service.pages(
            "list batch prediction jobs",
            lambda region, token: region.of("batchPredictionJobs").list(
                parent=self._place.parent, filter=f'labels.{JOB_LABEL}="{name}"', pageToken=token
            ),
            "batchPredictionJobs",
        )
        return list(found)

    def _body(
        self, name: str, model_id: str, files: tuple[str, str], said: BatchOptions
    ) -> dict[str, Any]:
        source, folder = files
        machines = {
            "machineSpec": bodies.machine(said.run),
            "startingReplicaCount": said.starting_replica_count,
            "maxReplicaCount": said.max_replica_count,
        }
        body = {
            "displayName": name,
            "labels": {JOB_LABEL: name},
            "model": self._place.model(model_id),
            "inputConfig": {
                "instancesFormat": said.instances_format,
                "gcsSource": {"uris": [source]},
            },
            "outputConfig": {
                "predictionsFormat": "jsonl",
                "gcsDestination": {"outputUriPrefix": folder},
            },
            "dedicatedResources": machines,
            "manualBatchTuningParameters": {"batchSize": said.batch_size},
        }
        account = said.run.service_account
        return body if account is None else {**body, "serviceAccount": account}

    def _end(self, job: Mapping[str, Any]) -> None:
        """Cancel one that is not over, and wait until it is: before that it cannot be removed."""
        if _state(job) in _OVER:
            return
        what = f"cancel the job {short(job['name'])}"
        try:
            self._service.change(
                what,
                lambda region: region.of("batchPredictionJobs").cancel(name=job["name"], body={}),
            )
        except (InvalidParameter, InvalidState):
            if self._is_over(job):  # it came to its end by itself
                return
            raise
        if not any(self._is_over(job) for _ in pauses(self._patience)):
            raise ChangeFailed(f"Vertex AI did not {what} within {self._patience:g} s; try again.")

    def _is_over(self, job: Mapping[str, Any]) -> bool:
        found = self._service.read(
            "look at a job", lambda region: region.of("batchPredictionJobs").get(name=job["name"])
        )
        return _state(found) in _OVER

    def _delete(self, job: Mapping[str, Any]) -> None:
        self._service.operate(
            f"delete the job {short(job['name'])}",
            lambda region: region.of("batchPredictionJobs").delete(name=job["name"]),
            self._patience,
        )


def _model(wish: Wish, name: str, said: BatchOptions) -> Resource:
    """The model to upload for a job, which no deployment takes for its own."""
    body = {
        "displayName": name,
        "description": wish.model_uri,
        "labels": {JOB_LABEL: name},
        "containerSpec": bodies.container(wish, said.run.env),
    }
    return Resource(bodies.MODEL, f"job_{name}", body)


def _state(job: Mapping[str, Any]) -> State:
    return STATES.get(job.get("state", ""), "unknown")
