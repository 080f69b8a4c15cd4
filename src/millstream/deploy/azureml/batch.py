"""Jobs that let a model score files: a batch endpoint is made for each, and goes with it.

Azure keeps every job for good, by a name that nobody can use again. So that a name here can be used
again, its job has a name of its own there, which a tag of the endpoint tells.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from millstream.deploy.azureml import batch_options, names
from millstream.deploy.azureml.assets import Models
from millstream.deploy.azureml.deployments import MODEL
from millstream.deploy.azureml.workspace import Workspace
from millstream.deploy.batch import BatchJob
from millstream.deploy.resources import Resource
from millstream.deploy.target import State, Status
from millstream.deploy.wish import PATIENCE, Wish
from millstream.errors import AlreadyExists, InvalidParameter, NotFound

STATES: Mapping[str, State] = {
    "Completed": "ready",
    "Failed": "failed",
    "Canceled": "failed",
    **dict.fromkeys(("NotStarted", "Starting", "Provisioning", "Preparing", "Queued"), "pending"),
    **dict.fromkeys(("Running", "Finalizing", "CancelRequested", "NotResponding"), "pending"),
    "Paused": "pending",
}
"""What Azure says of a job, in the frame's words."""

JOB = "millstream.job"
"""The tag of an endpoint that says what its job is called at Azure."""

_OVER = ("Completed", "Failed", "Canceled")
_INPUT, _OUTPUT = "data", "score"
"""What Azure calls the input and the output of a job; the first is free to choose."""


class BatchEndpoints:
    """The batch endpoints that were made for jobs."""

    kind = "BatchEndpoint"

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.patience = PATIENCE

    def find(self, name: str) -> Any:
        """The endpoint of a job as the SDK has it; None if there is none.

        One that was not made for this job raises `InvalidParameter`.
        """
        try:
            with self._workspace.asked(f"Looking at the batch endpoint {name}"):
                found = self._workspace.client.batch_endpoints.get(name)
        except NotFound:
            return None
        if JOB not in (found.tags or {}):
            raise InvalidParameter(
                f"There is a batch endpoint {name}, which was not made for a job of this name: "
                "give the job another one."
            )
        return found

    def make(self, after: Resource) -> None:
        """Create one, and wait until it is there."""
        what = f"Making the batch endpoint {after.name}"
        with self._workspace.asked(what):
            endpoint = self._workspace.entities.BatchEndpoint(
                name=after.name, auth_mode="aad_token", tags=after.body["tags"]
            )
            poller = self._workspace.client.batch_endpoints.begin_create_or_update(endpoint)
        self._workspace.finished(what, poller, self.patience)

    def remove(self, resource: Resource) -> None:
        """Remove one with all that is behind it; one that is gone is no error."""
        what = f"Deleting the batch endpoint {resource.name}"
        try:
            with self._workspace.asked(what):
                poller = self._workspace.client.batch_endpoints.begin_delete(resource.name)
        except NotFound:
            return
        self._workspace.finished(what, poller, self.patience)


class BatchDeployments:
    """What scores behind such an endpoint: a model, on machines of a compute cluster."""

    kind = "BatchDeployment"

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.patience = PATIENCE

    def make(self, after: Resource) -> None:
        """Create one, and wait until it is there."""
        what = f"Making the batch deployment {after.name}"
        with self._workspace.asked(what):
            deployment = self._entity(after)
            poller = self._workspace.client.batch_deployments.begin_create_or_update(deployment)
        self._workspace.finished(what, poller, self.patience)

    def remove(self, resource: Resource) -> None:
        """Remove one; one that is gone is no error."""
        what, name = f"Deleting the batch deployment {resource.name}", resource.name
        try:
            with self._workspace.asked(what):
                poller = self._workspace.client.batch_deployments.begin_delete(name, name)
        except NotFound:
            return
        self._workspace.finished(what, poller, self.patience)

    def _entity(self, resource: Resource) -> Any:
        entities, said = self._workspace.entities, resource.body["options"]
        return entities.ModelBatchDeployment(
            name=resource.name,
            endpoint_name=resource.name,
            model=resource.body["model"],
            compute=said["compute"],
            resources=entities.ResourceConfiguration(instance_count=said["instance_count"]),
            settings=entities.ModelBatchDeploymentSettings(
                mini_batch_size=said["mini_batch_size"],
                error_threshold=said["error_threshold"],
                retry_settings=entities.BatchRetrySettings(
                    max_retries=said["max_retries"], timeout=said["mini_batch_timeout"]
                ),
                output_action="append_row",
                environment_variables=said["env"],
            ),
        )


class Jobs:
    """The jobs themselves."""

    kind = "Job"

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.patience = PATIENCE

    def get(self, job: str) -> Any:
        """One as the SDK has it; raises `NotFound`."""
        with self._workspace.asked(f"Looking at the job {job}"):
            return self._workspace.client.jobs.get(job)

    def make(self, after: Resource) -> None:
        """Start one."""
        body, sdk = after.body, self._workspace.sdk
        given = sdk.Input(type=body["input_type"], path=body["input"])
        wanted = sdk.Output(type="uri_file", path=body["output"])
        with self._workspace.asked(f"Starting the job {after.name}"):
            self._workspace.client.batch_endpoints.invoke(
                body["endpoint"],
                deployment_name=body["endpoint"],
                inputs={_INPUT: given},
                outputs={_OUTPUT: wanted},
                job_name=after.name,
            )

    def remove(self, resource: Resource) -> None:
        """Let one end that is not over; one that never began is no error."""
        what = f"Stopping the job {resource.name}"
        try:
            if names.word(self.get(resource.name).status) in _OVER:
                return
            with self._workspace.asked(what):
                poller = self._workspace.client.jobs.begin_cancel(resource.name)
        except NotFound:
            return
        self._workspace.finished(what, poller, self.patience)


class Batch:
    """Jobs by their names here, each with all that was made for it."""

    def __init__(self, workspace: Workspace, models: Models) -> None:
        self._workspace = workspace
        self._models = models
        self._endpoints = BatchEndpoints(workspace)
        self._deployments = BatchDeployments(workspace)
        self._jobs = Jobs(workspace)
        self.kinds = (self._endpoints, self._deployments, self._jobs)

    def wanted(self, wish: Wish, job: BatchJob) -> Sequence[Resource]:
        """What a job is made of; a name that is taken raises `AlreadyExists`."""
        name, said = names.checked(job.name, "job"), batch_options.read(job.config)
        given = batch_options.checked_input(job.input_uri)
        output = batch_options.output_place(job.output_uri, self._workspace.where)
        if self._endpoints.find(name) is not None:
            raise AlreadyExists(f"There is a job {name}; stop it, or give this one another name.")
        for kind in self.kinds:
            kind.patience = wish.patience
        model = self._models.wanted(names.BATCH, wish)
        called = f"{name}-{secrets.token_hex(6)}"
        tags = {names.OF_DEPLOYMENT: name, JOB: called, MODEL: wish.model_uri[:256]}
        behind = {"model": model.name, "options": said._asdict()}
        files = {"input": given, "input_type": said.input_type, "output": output}
        return [
            model,
            Resource(self._endpoints.kind, name, {"tags": tags}),
            Resource(self._deployments.kind, name, behind),
            Resource(self._jobs.kind, called, {"endpoint": name, **files}),
        ]

    def present(self, name: str) -> Sequence[Resource]:
        """What there is of a job, in the same order."""
        there = self._endpoints.find(names.checked(name, "job"))
        models = self._models.present(names.BATCH, name)
        if there is None:
            return models
        own = [Resource(kind.kind, name, {}) for kind in (self._endpoints, self._deployments)]
        return [*models, *own, Resource(self._jobs.kind, there.tags[JOB], {})]

    def status(self, name: str) -> Status:
        """How a job is doing; raises `NotFound` if there is none."""
        there = self._endpoints.find(names.checked(name, "job"))
        if there is None:
            raise NotFound(f"There is no job {name}: it was stopped, or never started.")
        job = self._jobs.get(there.tags[JOB])
        state = names.word(job.status)
        details = {"job": job.name, "model": there.tags.get(MODEL), "studio": job.studio_url}
        message = f"Azure says that it is {state}"
        return Status(STATES.get(state, "unknown"), message, None, details)
