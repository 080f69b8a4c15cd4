"""A server that speaks the part of the Kubernetes API that Jobs need, and carries them out here.

Fields are checked by the schemas that Kubernetes publishes. A container is a process of this
machine in a folder, with the variables of its manifest, references in them expanded as Kubernetes
does.
"""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import kubernetes_validate
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from tests.kubernetes_api.connection import TOKEN, refusal

NEWEST = "1.37"
_JOBS = "/apis/batch/v1/namespaces/{namespace}/jobs"
_PODS = "/api/v1/namespaces/{namespace}/pods"
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_REFERENCE = re.compile(r"\$\$|\$\(([^)]*)\)")


def expand(text: str, variables: dict[str, str]) -> str:
    """What a cluster makes of a text of a manifest: `$(NAME)` is replaced, and `$$` becomes `$`."""

    def replaced(found: re.Match[str]) -> str:
        return "$" if found[0] == "$$" else variables.get(found[1], found[0])

    return _REFERENCE.sub(replaced, text)


class Pod:
    """A pod with the first container of a Job's template."""

    def __init__(self, name: str, container: dict[str, Any], folder: Path) -> None:
        self.name = name
        self.container = container["name"]
        self.created = datetime.now(UTC).isoformat()
        self.printed: list[bytes] = []
        self.exit_code: int | None = None
        variables: dict[str, str] = {}
        for one in container.get("env", []):
            variables[one["name"]] = expand(one["value"], variables)
        self.words = [expand(word, variables) for word in container["command"]]
        self.process = subprocess.Popen(
            self.words,
            cwd=folder,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        with self.process as process:
            assert process.stdout is not None
            self.printed.extend(process.stdout)
        self.exit_code = process.returncode

    def shown(self) -> dict[str, Any]:
        state: dict[str, Any] = {"running": {"startedAt": self.created}}
        if self.exit_code is not None:
            state = {"terminated": {"exitCode": self.exit_code}}
        return {
            "metadata": {"name": self.name, "creationTimestamp": self.created},
            "status": {"containerStatuses": [{"name": self.container, "state": state}]},
        }

    def log(self, *, follow: bool) -> Iterator[bytes]:
        given = 0
        while True:
            over = self.exit_code is not None or not follow
            yield from self.printed[given:]
            given = len(self.printed)
            if over:
                return
            time.sleep(0.02)


class KubernetesServer:
    """Jobs and their pods.

    What `waits` says keeps pods from beginning; with `breaks` so many requests are refused, and
    with `hides_pods` those for pods.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.waits: dict[str, str] | None = None
        self.jobs: dict[tuple[str, str], dict[str, Any]] = {}
        self.pods: dict[str, Pod] = {}
        self.breaks = 0
        self.hides_pods = False
        self.app = Starlette(
            routes=[
                Route(_JOBS, self.create, methods=["POST"]),
                Route(f"{_JOBS}/{{name}}", self.get, methods=["GET"]),
                Route(f"{_JOBS}/{{name}}", self.delete, methods=["DELETE"]),
                Route(_PODS, self.list_pods, methods=["GET"]),
                Route(f"{_PODS}/{{name}}/log", self.log, methods=["GET"]),
            ]
        )

    def refused(self, request: Request) -> JSONResponse | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if (scheme.lower(), token) != ("bearer", TOKEN):
            return refusal(401, "Unauthorized", "Unauthorized")
        if self.breaks:
            self.breaks -= 1
            return refusal(503, "ServiceUnavailable", "etcd is away")
        return None

    async def create(self, request: Request) -> Response:
        if (answer := self.refused(request)) is not None:
            return answer
        job = await request.json()
        strict = request.query_params.get("fieldValidation") == "Strict"
        try:
            kubernetes_validate.validate(job, NEWEST, strict=strict)
        except kubernetes_validate.ValidationError as error:
            return refusal(400, "BadRequest", str(error.message))
        name, namespace = job["metadata"]["name"], request.path_params["namespace"]
        container = job["spec"]["template"]["spec"]["containers"][0]
        if not (_LABEL.fullmatch(name) and _LABEL.fullmatch(container["name"])):
            return refusal(422, "Invalid", f"Job.batch {name!r} is invalid: metadata.name")
        if (namespace, name) in self.jobs:
            return refusal(409, "AlreadyExists", f'jobs.batch "{name}" already exists')
        self.jobs[namespace, name] = job
        if self.waits is None:
            self.pods[name] = Pod(f"{name}-abcde", container, self.folder)
        return JSONResponse(job, 201)

    def found(self, request: Request) -> tuple[str, str] | None:
        key = (request.path_params["namespace"], request.path_params["name"])
        return key if key in self.jobs else None

    async def get(self, request: Request) -> Response:
        if (answer := self.refused(request)) is not None:
            return answer
        key = self.found(request)
        if key is None:
            return refusal(404, "NotFound", "jobs.batch not found")
        pod = self.pods.get(key[1])
        conditions = []
        if pod is not None and pod.exit_code is not None:
            kind = "Complete" if pod.exit_code == 0 else "Failed"
            conditions = [
                {"type": "Suspended", "status": "False"},
                {"type": kind, "status": "True"},
            ]
        return JSONResponse({**self.jobs[key], "status": {"conditions": conditions}})

    async def delete(self, request: Request) -> Response:
        if (answer := self.refused(request)) is not None:
            return answer
        key = self.found(request)
        if key is None:
            return refusal(404, "NotFound", "jobs.batch not found")
        self.forget(key)
        return JSONResponse({"kind": "Status", "status": "Success"})

    def forget(self, key: tuple[str, str]) -> None:
        """Delete a Job with its pod."""
        del self.jobs[key]
        pod = self.pods.pop(key[1], None)
        if pod is not None:
            pod.process.kill()

    async def list_pods(self, request: Request) -> Response:
        if (answer := self.refused(request)) is not None:
            return answer
        if self.hides_pods:
            return refusal(403, "Forbidden", "pods is forbidden")
        label, _, name = request.query_params["labelSelector"].partition("=")
        assert label == "job-name"
        shown = [self.pods[name].shown()] if name in self.pods else []
        if self.waits is not None:
            job = next(job for key, job in self.jobs.items() if key[1] == name)
            container = job["spec"]["template"]["spec"]["containers"][0]["name"]
            status = {"name": container, "state": {"waiting": self.waits}}
            metadata = {"name": f"{name}-abcde"}
            shown = [{"metadata": metadata, "status": {"containerStatuses": [status]}}]
        return JSONResponse({"kind": "PodList", "items": shown})

    async def log(self, request: Request) -> Response:
        if (answer := self.refused(request)) is not None:
            return answer
        pods = {pod.name: pod for pod in self.pods.values()}
        pod = pods.get(request.path_params["name"])
        if pod is None or pod.container != request.query_params["container"]:
            return refusal(404, "NotFound", "pods not found")
        follow = request.query_params.get("follow") == "true"
        return StreamingResponse(pod.log(follow=follow), media_type="text/plain")
