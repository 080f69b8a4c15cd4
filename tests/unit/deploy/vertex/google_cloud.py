"""Vertex AI and Cloud Logging as their documents describe them, on this machine.

Each request and each answer is held against Google's discovery documents (`contract`), and signed
by a service account's key. Rules that stand in the documents' descriptions are kept: which ids
there may be, shares that make 100, nothing removed that is in use, one change of a thing at a time.
What a model answers is `answering`.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import RSAKey
from tests.unit.deploy.vertex.contract import Broken, Method, contract

PROJECT, NUMBER, REGION = "my-project", "123456789012", "europe-west4"
PARENT = f"projects/{NUMBER}/locations/{REGION}"
"""As Google says it, which is by the project's number, whatever it was asked by."""

Body = dict[str, Any]
_FAILED = tuple(
    f"JOB_STATE_{one}" for one in ("FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED")
)
_OVER = ("JOB_STATE_SUCCEEDED", *_FAILED)
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"code": status, "status": name, "message": message}}


class Failure(NamedTuple):
    """What goes wrong with a method: a `status`, an `operation` that fails, that `hangs`.

    With `is_done_first` what was asked is done all the same, with `is_once` it works the next time.
    """

    status: int = 0
    operation: int = 0
    hangs: bool = False
    is_done_first: bool = False
    is_once: bool = False
    message: str = "told to fail"


class GoogleCloud:
    """The state of a project in a region, and how requests change it."""

    def __init__(self) -> None:
        self._public = RSAKey.import_key(_pem())
        self.models: dict[str, Body] = {}
        self.endpoints: dict[str, Body] = {}
        self.jobs: dict[str, Body] = {}
        self.coming: dict[str, list[str]] = {}
        self.operations: dict[str, Body] = {}
        self.entries: list[Body] = []
        self.calls: list[str] = []
        self.failures: dict[str, Failure] = {}
        self.broken: list[str] = []
        self.looks = 1
        self.answering: Callable[[str, bytes], tuple[int, bytes]] = _answer
        self.turn = 0
        self.job_ends = ["JOB_STATE_RUNNING", "JOB_STATE_SUCCEEDED"]
        self.job_error = ""

    def credentials(self, folder: Path) -> Path:
        """A file with the key of a service account, whose tokens are taken."""
        told = {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "key-1",
            "private_key": _pem().decode(),
            "client_email": f"deployer@{PROJECT}.iam.gserviceaccount.com",
            "client_id": "1",
            "token_uri": "http://127.0.0.1:9/token",
        }
        file = folder / "credentials.json"
        file.write_text(json.dumps(told))
        return file

    def is_known(self, header: str | None) -> bool:
        """Whether a token was signed by the service account's key, for all of the platform."""
        token = (header or "").removeprefix("Bearer ")
        try:
            return jwt.decode(token, self._public).claims.get("scope") == _SCOPE
        except ValueError:
            return False

    def answer(self, verb: str, target: str, body: bytes) -> tuple[int, bytes]:
        """The answer to a request."""
        url = urlsplit(target)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        is_logging = url.path.startswith("/v2/")
        rules = contract("logging", "v2") if is_logging else contract("aiplatform", "v1")
        try:
            method = rules.find(verb, url.path, query)
            name = method.id.removeprefix("aiplatform.projects.locations.")
            self.calls.append(name)
            if name == "endpoints.rawPredict":
                return self._predict(method.named["endpoint"], body)
            found = json.loads(body) if body else None
            rules.check_request(method, found)
            told = self._done(name, method, found)
            rules.check_answer(method, told)
        except Refused as refused:
            return refused.status, json.dumps(refused.body).encode()
        except Broken as broken:
            self.broken.append(f"{verb} {target}: {broken}")
            return 400, json.dumps(Refused(400, "INVALID_ARGUMENT", str(broken)).body).encode()
        return 200, json.dumps(told).encode()

    def _done(self, name: str, method: Method, body: Any) -> Body:
        failure = self.failures.get(name, Failure())
        if failure.is_once:
            del self.failures[name]
        if failure.status and not failure.is_done_first:
            raise Refused(failure.status, "TOLD", failure.message)
        act = getattr(self, "_" + name.replace(".", "_"))
        told: Body = act(method.named, body)
        if failure.status:
            raise Refused(failure.status, "TOLD", failure.message)
        return told

    def _operation(self, name: str, owner: str, change: Callable[[], Body]) -> Body:
        """Begin what is changed only once somebody has looked often enough, or at once."""
        failure = self.failures.get(name, Failure())
        full = f"{owner}/operations/{len(self.operations) + 1}"
        self.operations[full] = {
            "name": full,
            "change": change,
            "left": 10**9 if failure.hangs else self.looks,
            "error": failure,
        }
        return {"name": full, "done": False} if self.looks else self._look(self.operations[full])

    def _operations_get(self, named: dict[str, str], _: Any) -> Body:
        found = self.operations.get(named["name"])
        if found is None:
            raise Refused(404, "NOT_FOUND", f"There is no operation {named['name']}")
        return self._look(found)

    def _look(self, operation: Body) -> Body:
        operation["left"] -= 1
        if "told" not in operation and operation["left"] <= 0:
            failure = operation["error"]
            if failure.operation:
                told = {"error": {"code": failure.operation, "message": failure.message}}
            else:
                told = {"response": operation["change"]()}
            operation["told"] = {"name": operation["name"], "done": True, **told}
        answer: Body = operation.get("told", {"name": operation["name"], "done": False})
        return answer

    def _operations_cancel(self, named: dict[str, str], _: Any) -> Body:
        found = self.operations[named["name"]]
        error = {"code": 1, "message": "cancelled"}
        found["told"] = {"name": found["name"], "done": True, "error": error}
        return {}

    _models_operations_get = _endpoints_operations_get = _operations_get
    _models_operations_cancel = _endpoints_operations_cancel = _operations_cancel

    def _models_upload(self, _: dict[str, str], body: Body) -> Body:
        model_id, model = body["modelId"], body["model"]
        if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,62}", model_id):
            raise Refused(400, "INVALID_ARGUMENT", f"The model ID {model_id} is not valid")
        if model_id in self.models:
            raise Refused(409, "ALREADY_EXISTS", f"The model {model_id} exists")
        _check_labels(model)
        if "-docker.pkg.dev/" not in model["containerSpec"]["imageUri"]:
            raise Refused(400, "INVALID_ARGUMENT", "The image is not in Artifact Registry")
        full = f"{PARENT}/models/{model_id}"

        def change() -> Body:
            self.models[model_id] = {**model, "name": full, "versionId": "1", "etag": "e"}
            return {"model": full, "modelVersionId": "1"}

        return self._operation("models.upload", full, change)

    def _models_list(self, named: dict[str, str], _: Any) -> Body:
        return _listed("models", self.models, named)

    def _models_delete(self, named: dict[str, str], _: Any) -> Body:
        model_id = _known(self.models, named["name"])
        used = [one["model"] for end in self.endpoints.values() for one in end["deployedModels"]]
        if any(_short(one) == model_id for one in used):
            raise Refused(400, "FAILED_PRECONDITION", f"The model {model_id} is deployed")
        going = [one["model"] for one in self.jobs.values() if one["state"] not in _OVER]
        if any(_short(one) == model_id for one in going):
            raise Refused(400, "FAILED_PRECONDITION", f"The model {model_id} is used by a job")
        return self._operation(
            "models.delete", self.models[model_id]["name"], lambda: _gone(self.models, model_id)
        )

    def _endpoints_create(self, named: dict[str, str], body: Body) -> Body:
        endpoint_id = named["endpointId"]
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,61}[a-z0-9]", endpoint_id):
            raise Refused(400, "INVALID_ARGUMENT", f"The endpoint ID {endpoint_id} is not valid")
        if endpoint_id in self.endpoints:
            raise Refused(409, "ALREADY_EXISTS", f"The endpoint {endpoint_id} exists")
        _check_labels(body)
        full = f"{PARENT}/endpoints/{endpoint_id}"

        def change() -> Body:
            self.endpoints[endpoint_id] = {**body, "name": full, "deployedModels": []}
            return {"name": full}

        return self._operation("endpoints.create", full, change)

    def _endpoints_get(self, named: dict[str, str], _: Any) -> Body:
        return self.endpoints[_known(self.endpoints, named["name"])]

    def _endpoints_list(self, named: dict[str, str], _: Any) -> Body:
        return _listed("endpoints", self.endpoints, named)

    def _endpoints_patch(self, named: dict[str, str], body: Body) -> Body:
        found = self.endpoints[_known(self.endpoints, named["name"])]
        fields = named["updateMask"].split(",")
        if set(fields) != body.keys() or not set(fields) <= {"trafficSplit", "displayName"}:
            raise Refused(400, "INVALID_ARGUMENT", f"The mask {fields} does not fit {list(body)}")
        if "trafficSplit" in body:
            _check_split(body["trafficSplit"], found)
        found.update(body)
        return found

    def _endpoints_delete(self, named: dict[str, str], _: Any) -> Body:
        endpoint_id = _known(self.endpoints, named["name"])
        if self.endpoints[endpoint_id]["deployedModels"]:
            raise Refused(400, "FAILED_PRECONDITION", f"{endpoint_id} has deployed models")
        full = self.endpoints[endpoint_id]["name"]
        return self._operation("endpoints.delete", full, lambda: _gone(self.endpoints, endpoint_id))

    def _endpoints_deployModel(self, named: dict[str, str], body: Body) -> Body:
        found = self.endpoints[_known(self.endpoints, named["endpoint"])]
        one = body["deployedModel"]
        if not re.fullmatch(r"[0-9]{1,10}", one["id"]):
            raise Refused(400, "INVALID_ARGUMENT", f"The ID {one['id']} is not valid")
        if any(there["id"] == one["id"] for there in found["deployedModels"]):
            raise Refused(400, "INVALID_ARGUMENT", f"The ID {one['id']} is taken")
        model = self.models[_known(self.models, one["model"])]
        machines = one["dedicatedResources"]
        if not machines["machineSpec"].get("machineType") or machines["minReplicaCount"] < 1:
            raise Refused(400, "INVALID_ARGUMENT", "Machines are missing")
        replicas = {"availableReplicaCount": machines["minReplicaCount"]}
        told = {**one, "model": f"{model['name']}@1", "modelVersionId": "1", "status": replicas}

        def change() -> Body:
            found["deployedModels"].append(told)
            return {"deployedModel": told}

        return self._operation("endpoints.deployModel", found["name"], change)

    def _endpoints_mutateDeployedModel(self, named: dict[str, str], body: Body) -> Body:
        found = self.endpoints[_known(self.endpoints, named["endpoint"])]
        one = _deployed(found, body["deployedModel"]["id"])
        fields = [field.split(".") for field in body["updateMask"].split(",")]
        if any(field[-1] not in ("minReplicaCount", "maxReplicaCount") for field in fields):
            raise Refused(400, "INVALID_ARGUMENT", f"{fields} cannot be mutated")

        def change() -> Body:
            for room, field in fields:
                one[room] = {**one[room], field: body["deployedModel"][room][field]}
            return {"deployedModel": one}

        return self._operation("endpoints.mutateDeployedModel", found["name"], change)

    def _endpoints_undeployModel(self, named: dict[str, str], body: Body) -> Body:
        found = self.endpoints[_known(self.endpoints, named["endpoint"])]
        one = _deployed(found, body["deployedModelId"])
        if found.get("trafficSplit", {}).get(one["id"]):
            raise Refused(400, "FAILED_PRECONDITION", f"{one['id']} answers requests")

        def change() -> Body:
            found["deployedModels"].remove(one)
            return {}

        return self._operation("endpoints.undeployModel", found["name"], change)

    def _predict(self, name: str, body: bytes) -> tuple[int, bytes]:
        """By turns, so that of 100 requests in a row each model gets its share."""
        failure = self.failures.get("endpoints.rawPredict", Failure())
        if failure.status:
            raise Refused(failure.status, "TOLD", failure.message)
        found = self.endpoints[_known(self.endpoints, name)]
        turns = [key for key, share in found.get("trafficSplit", {}).items() for _ in range(share)]
        if not turns:
            raise Refused(400, "FAILED_PRECONDITION", "The endpoint has no traffic split")
        self.turn += 1
        return self.answering(_short(_deployed(found, turns[self.turn % 100])["model"]), body)

    def _batchPredictionJobs_create(self, _: dict[str, str], body: Body) -> Body:
        _known(self.models, body["model"])
        _check_labels(body)
        _check_job(body)
        full = f"{PARENT}/batchPredictionJobs/{len(self.jobs) + 1}"
        coming = {"name": full, "state": "JOB_STATE_PENDING"}
        self.jobs[_short(full)] = {**body, **coming}
        self.coming[_short(full)] = list(self.job_ends)
        return dict(self.jobs[_short(full)])

    def _step_job(self, job_id: str) -> Body:
        """A job is one state further each time that somebody looks."""
        job, coming = self.jobs[job_id], self.coming[job_id]
        if coming:
            job["state"] = coming.pop(0)
        if job["state"] in _FAILED and self.job_error:
            job["error"] = {"code": 3, "message": self.job_error}
        if job["state"] == "JOB_STATE_SUCCEEDED":
            prefix = job["outputConfig"]["gcsDestination"]["outputUriPrefix"].rstrip("/")
            job["outputInfo"] = {"gcsOutputDirectory": f"{prefix}/prediction-{job_id}"}
            job["completionStats"] = {"successfulCount": "2"}
        return job

    def _batchPredictionJobs_get(self, named: dict[str, str], _: Any) -> Body:
        return self._step_job(_known(self.jobs, named["name"]))

    def _batchPredictionJobs_list(self, named: dict[str, str], _: Any) -> Body:
        for job_id in self.jobs:
            self._step_job(job_id)
        return _listed("batchPredictionJobs", self.jobs, named)

    def _batchPredictionJobs_cancel(self, named: dict[str, str], _: Any) -> Body:
        job_id = _known(self.jobs, named["name"])
        if self.jobs[job_id]["state"] in _OVER:
            raise Refused(400, "FAILED_PRECONDITION", f"The job {job_id} is over")
        self.jobs[job_id]["state"] = "JOB_STATE_CANCELLING"
        hangs = self.failures.get("batchPredictionJobs.cancel", Failure()).hangs
        self.coming[job_id] = [] if hangs else ["JOB_STATE_CANCELLING", "JOB_STATE_CANCELLED"]
        return {}

    def _batchPredictionJobs_delete(self, named: dict[str, str], _: Any) -> Body:
        job_id = _known(self.jobs, named["name"])
        if self.jobs[job_id]["state"] not in _OVER:
            raise Refused(400, "FAILED_PRECONDITION", f"The job {job_id} is not over")
        return self._operation(
            "batchPredictionJobs.delete", PARENT, lambda: _gone(self.jobs, job_id)
        )

    def _logging_entries_list(self, _: dict[str, str], body: Body) -> Body:
        """One entry on a page, oldest first."""
        since = re.search(r'timestamp>="([^"]+)"', body["filter"])
        assert since is not None
        assert f'resource.labels.location="{REGION}"' in body["filter"]
        found = [one for one in self.entries if one["timestamp"] >= since[1]]
        start = int(body.get("pageToken", 0))
        more = {"nextPageToken": str(start + 1)} if start + 1 < len(found) else {}
        return {"entries": found[start : start + 1], **more}


@cache
def _pem() -> bytes:
    """The service account's key, made once: that takes a second."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@contextmanager
def listening(cloud: GoogleCloud) -> Iterator[str]:
    """The address at which a cloud answers, for as long as the context."""
    handler = type("Handler", (_Handler,), {"cloud": cloud})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    cloud: GoogleCloud
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.cloud.is_known(self.headers.get("authorization")):
            status, answer = self.cloud.answer(self.command, self.path, body)
        else:
            error = Refused(401, "UNAUTHENTICATED", "The token is not valid").body
            status, answer = 401, json.dumps(error).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_PATCH = do_DELETE = do_GET

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


def _answer(model_id: str, body: bytes) -> tuple[int, bytes]:
    return 200, json.dumps({"predictions": [model_id, json.loads(body)]}).encode()


def _short(name: str) -> str:
    return name.rpartition("/")[2].partition("@")[0]


def _known(things: dict[str, Body], name: str) -> str:
    if not name.startswith((f"projects/{PROJECT}/", f"projects/{NUMBER}/")):
        raise Refused(403, "PERMISSION_DENIED", f"No access to {name}")
    if _short(name) not in things:
        raise Refused(404, "NOT_FOUND", f"There is no {name}")
    return _short(name)


def _gone(things: dict[str, Body], key: str) -> Body:
    del things[key]
    return {}


def _deployed(endpoint: Body, number: str) -> Body:
    found: list[Body] = [one for one in endpoint["deployedModels"] if one["id"] == number]
    if not found:
        raise Refused(400, "INVALID_ARGUMENT", f"There is no deployed model {number}")
    return found[0]


def _check_split(split: dict[str, int], endpoint: Body) -> None:
    for number in split:
        _deployed(endpoint, number)
    if split and sum(split.values()) != 100:
        raise Refused(400, "INVALID_ARGUMENT", f"The traffic split {split} is not 100")


def _check_job(job: Body) -> None:
    """What the descriptions require of a job, and what a model of a container can do."""
    uris = [*job["inputConfig"]["gcsSource"]["uris"]]
    uris.append(job["outputConfig"]["gcsDestination"]["outputUriPrefix"])
    machines = job["dedicatedResources"]
    if (
        not job["displayName"]
        or job["inputConfig"]["instancesFormat"] not in ("jsonl", "csv")
        or job["outputConfig"]["predictionsFormat"] != "jsonl"
        or not all(one.startswith("gs://") for one in uris)
        or not machines["machineSpec"].get("machineType")
        or not 1 <= machines["startingReplicaCount"] <= machines["maxReplicaCount"]
    ):
        raise Refused(400, "INVALID_ARGUMENT", f"The job {job} is not valid")


def _check_labels(thing: Body) -> None:
    for key, value in thing.get("labels", {}).items():
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", key) or not re.fullmatch(
            r"[a-z0-9_-]{0,63}", value
        ):
            raise Refused(400, "INVALID_ARGUMENT", f"The label {key}={value} is not valid")


def _listed(field: str, things: dict[str, Body], named: dict[str, str]) -> Body:
    """One thing on a page."""
    condition = re.fullmatch(r'labels\.([a-z-]+)(?::\*|="([^"]*)")', named.get("filter", ""))
    if condition is None and "filter" in named:
        raise Refused(400, "INVALID_ARGUMENT", f"The filter {named['filter']} is not valid")
    found = [one for one in things.values() if condition is None or _fits(one, condition)]
    start = int(named.get("pageToken") or 0)
    more = {"nextPageToken": str(start + 1)} if start + 1 < len(found) else {}
    return {field: found[start : start + 1], **more}


def _fits(thing: Body, condition: re.Match[str]) -> bool:
    key, value = condition.groups()
    labels = thing.get("labels", {})
    return key in labels and value in (None, labels[key])
