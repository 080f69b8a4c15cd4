"""Batch endpoints and the jobs that they start, which sum up rows of files in the blobs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from email.message import Message
from typing import Any

from tests.compat.azure import rules
from tests.compat.azure.blobs import Blobs
from tests.compat.azure.rules import Refused
from tests.compat.azure.workspace import PROVIDER, Answer, Workspace

CLUSTER = "cpu-cluster"
_STEPS = ("Queued", "Running", "Finalizing")
_INPUT = re.compile(r"azureml://datastores/workspaceblobstore/paths/(.+)")
_FILES = {"UriFolder", "UriFile"}


class Job:
    """A job: how far it is, and what it reads and writes."""

    def __init__(self, given: str, place: str, failure: str | None) -> None:
        self.given, self.place, self.failure = given, place, failure
        self.status, self.endpoint = "NotStarted", ""


class Batch:
    """Endpoints for batches, the deployment behind each, and all jobs that ever were."""

    def __init__(self, workspace: Workspace, blobs: Blobs, address: Callable[[str], str]) -> None:
        self._workspace, self._blobs, self._address = workspace, blobs, address
        self.endpoints: dict[str, dict[str, Any]] = {}
        self.deployments: dict[str, dict[str, Any]] = {}
        self.jobs: dict[str, Job] = {}

    def answer(self, method: str, below: list[str], said: Any, outcome: str | None) -> Answer:
        """Answer a request for what lies below the workspace."""
        kind, name, *rest = below
        if kind == "jobs":
            return self._job(method, name, rest)
        if method == "PUT":
            return self._put(name, rest, said, outcome)
        held, key = (
            (self.deployments, "/".join([name, *rest[1:]]))
            if rest
            else (
                self.endpoints,
                name,
            )
        )
        if method == "GET" and rest == ["deployments"] and name in self.endpoints:
            found = [self._shown(one) for one in self.deployments if one.startswith(f"{name}/")]
            return 200, {}, {"value": found}
        if key not in held:
            if method == "DELETE":
                return 204, {}, None
            raise Refused(404, "ResourceNotFound", f"There is no {kind[:-1]} {key}")
        if method == "DELETE":
            return self._workspace.begun(None, lambda: self._dropped(key), outcome)
        return 200, {}, self._shown(key)

    def invoked(
        self, endpoint: str, headers: Message, said: Any, failure: dict[str, Any] | None
    ) -> Answer:
        """Start a job, as who asks an endpoint's own address."""
        if endpoint not in self.endpoints:
            raise Refused(404, "NotFound", f"no batch endpoint {endpoint}")
        deployment = f"{endpoint}/{headers.get('azureml-model-deployment')}"
        if deployment not in self.deployments:
            raise Refused(400, "BadArgument", f"no deployment {deployment}")
        name, given, place = self._checked(rules.check_job(said))
        self._workspace.permissions.update(f"{PROVIDER}/workspaces/{one}" for one in rules.OF_JOBS)
        self.jobs[name] = Job(given, place, failure["outcome"] if failure else None)
        properties = {"status": "NotStarted", **said["properties"]}
        return (
            201,
            {},
            {"id": f"{self._workspace.root}/jobs/{name}", "name": name}
            | {
                "type": f"{PROVIDER}/workspaces/batchEndpoints/jobs",
                "properties": properties,
            },
        )

    def _checked(self, said: Mapping[str, Any]) -> tuple[str, str, str]:
        """The name of a new job, what of the blobs it reads, and which one it writes."""
        (given,), output = said["inputData"].values(), said["outputData"]["score"]
        found = _INPUT.fullmatch(given["uri"])
        start = f"{self._workspace.root}/datastores/workspaceblobstore/paths/"
        if not found or given["jobInputType"] not in _FILES:
            raise Refused(400, "BadArgument", f"no input: {given}")
        if not output["uri"].startswith(start) or output["jobOutputType"] != "UriFile":
            raise Refused(400, "BadArgument", f"no output: {output}")
        if said["name"] in self.jobs:
            raise Refused(409, "Conflict", f"there was a job {said['name']} before")
        return said["name"], found[1], output["uri"].removeprefix(start)

    def _put(self, name: str, rest: list[str], said: Any, outcome: str | None) -> Answer:
        kind = "batchEndpoints" + ("/deployments" if rest else "")
        properties = rules.check_body(kind, said)
        if rest:
            self._check_deployment(name, properties)
        held = self.deployments if rest else self.endpoints
        key = "/".join([name, *rest[1:]])
        held[key] = {**said, "properties": {**properties, "provisioningState": "Creating"}}
        held[key]["properties"].setdefault("properties", {})

        def ended() -> None:
            held[key]["properties"]["provisioningState"] = "Failed" if outcome else "Succeeded"

        return self._workspace.begun(self._shown(key), ended, outcome)

    def _check_deployment(self, endpoint: str, properties: Mapping[str, Any]) -> None:
        if endpoint not in self.endpoints:
            raise Refused(404, "ResourceNotFound", f"There is no batch endpoint {endpoint}")
        self._workspace.check_asset("models", properties["model"].get("assetId"))
        if properties["compute"] != f"{self._workspace.root}/computes/{CLUSTER}":
            raise Refused(400, "BadArgument", f"There is no compute {properties['compute']}")

    def _shown(self, key: str) -> dict[str, Any]:
        name, *behind = key.split("/")
        where = ["batchEndpoints", name, *(["deployments", *behind] if behind else [])]
        held = (self.deployments if behind else self.endpoints)[key]
        address = {} if behind else {"scoringUri": self._address(name)}
        return self._workspace.shown(
            where, {**held, "properties": {**held["properties"], **address}}
        )

    def _dropped(self, key: str) -> None:
        self.endpoints.pop(key, None)
        for one in [one for one in self.deployments if f"{one}/".startswith(f"{key}/")]:
            del self.deployments[one]

    def _job(self, method: str, name: str, rest: list[str]) -> Answer:
        if name not in self.jobs:
            raise Refused(404, "ResourceNotFound", f"There is no job {name}")
        job = self.jobs[name]
        if method == "POST" and rest == ["cancel"]:
            if job.status in ("Completed", "Failed", "Canceled"):
                raise Refused(400, "BadArgument", f"the job is {job.status}")
            job.status = "CancelRequested"
            return self._workspace.begun(None, lambda: self._canceled(job), None)
        if method != "GET" or rest:
            raise Refused(404, "ResourceNotFound", f"no jobs/{name}/{'/'.join(rest)}")
        self._went_on(job)
        properties = {"jobType": "Pipeline", "status": job.status, "services": {}, "jobs": {}}
        properties |= {"experimentName": "batch", "properties": {}, "inputs": {}, "outputs": {}}
        return 200, {}, self._workspace.shown(["jobs", name], {"properties": properties})

    @staticmethod
    def _canceled(job: Job) -> None:
        job.status = "Canceled"

    def _went_on(self, job: Job) -> None:
        """A step further each time that somebody looks."""
        steps = ["NotStarted", *_STEPS, "Failed" if job.failure else "Completed"]
        if job.status not in steps[:-1]:
            return
        job.status = steps[steps.index(job.status) + 1]
        if job.status == "Completed":
            self._blobs.held[job.place] = self._scored(job.given), {}

    def _scored(self, given: str) -> bytes:
        """Of each row of each file, the file's name and what the row adds up to."""
        names = [one for one in sorted(self._blobs.held) if f"{one}/".startswith(f"{given}/")]
        rows = [
            f"{sum(map(float, row.split(',')))},{name.rpartition('/')[2]}"
            for name in names
            for row in self._blobs.held[name][0].decode().splitlines()
        ]
        return "".join(f"{row}\n" for row in rows).encode()
