"""Whatever step fails at Vertex AI, what was there before is there afterwards."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.deploy.vertex.conftest import IMAGE, TARGET
from tests.unit.deploy.vertex.google_cloud import Failure, GoogleCloud

from millstream.client import extras
from millstream.deploy.applying import DeploymentFailed
from millstream.deploy.client import DeploymentClient
from millstream.deploy.vertex import service
from millstream.deploy.vertex.target import connect
from millstream.errors import (
    InvalidParameter,
    LimitExceeded,
    NotSupported,
    PermissionDenied,
    Unauthenticated,
    Unavailable,
)

Made = Callable[[str], str]
SAID = {"image": IMAGE}
STEPS = ["models.upload", "endpoints.create", "endpoints.deployModel", "endpoints.patch"]
REFUSED = Failure(status=403, message="permission missing")
FAILED = Failure(operation=8, message="no quota for machines")
LOST = Failure(status=503, is_done_first=True, is_once=True, message="the answer was lost")


def state(cloud: GoogleCloud) -> tuple[Any, Any]:
    return copy.deepcopy((cloud.models, cloud.endpoints))


@pytest.mark.parametrize(
    ("step", "failure"),
    [
        *((step, failure) for step in STEPS for failure in (REFUSED, LOST)),
        *((step, FAILED) for step in STEPS if step != "endpoints.patch"),  # no operation
    ],
)
def test_a_first_deployment_that_fails_leaves_nothing(
    client: DeploymentClient, cloud: GoogleCloud, model: Made, step: str, failure: Failure
) -> None:
    cloud.looks = 0 if failure is LOST else 1
    cloud.failures[step] = failure
    with pytest.raises(DeploymentFailed, match=failure.message) as refused:
        client.apply("churn", model("one"), config=SAID)
    assert state(cloud) == ({}, {})
    assert "Left behind" not in str(refused.value)


@pytest.mark.parametrize("step", ["models.upload", "endpoints.deployModel", "endpoints.patch"])
def test_an_update_that_fails_leaves_what_was_there(
    client: DeploymentClient, cloud: GoogleCloud, model: Made, step: str
) -> None:
    client.apply("churn", model("one"), config=SAID)
    before = state(cloud)
    cloud.failures[step] = REFUSED
    for config in (SAID, {**SAID, "traffic": 10}):
        with pytest.raises(DeploymentFailed, match="permission missing"):
            client.apply("churn", model("two"), config=config)
        assert state(cloud) == before


def test_replicas_that_cannot_be_had_are_taken_back(
    client: DeploymentClient, cloud: GoogleCloud, model: Made
) -> None:
    client.apply("churn", model("one"), config=SAID)
    before = state(cloud)
    cloud.failures["endpoints.mutateDeployedModel"] = FAILED
    with pytest.raises(DeploymentFailed, match="no quota for machines"):
        client.apply("churn", model("one"), config={**SAID, "min_replica_count": 9})
    assert state(cloud) == before


def test_what_cannot_be_removed_is_named_and_removed_by_trying_again(
    client: DeploymentClient, cloud: GoogleCloud, model: Made
) -> None:
    client.apply("churn", model("one"), config=SAID)
    for step in ("endpoints.undeployModel", "endpoints.delete", "models.delete"):
        cloud.failures = {step: REFUSED}
        with pytest.raises(DeploymentFailed, match=r"could not be deleted.*permission missing"):
            client.delete_deployment("churn")
    cloud.failures = {}
    client.delete_deployment("churn")
    assert state(cloud) == ({}, {})


def test_what_takes_too_long_is_cancelled_and_undone(
    client: DeploymentClient, cloud: GoogleCloud, model: Made
) -> None:
    cloud.failures["endpoints.deployModel"] = Failure(hangs=True)
    with pytest.raises(DeploymentFailed, match=r"within 0\.5 s; the operation .* was cancelled"):
        client.apply("churn", model("one"), config={**SAID, "timeout_seconds": 0.5})
    assert "endpoints.operations.cancel" in cloud.calls
    assert state(cloud) == ({}, {})


def test_what_cannot_be_cancelled_is_named(
    client: DeploymentClient,
    cloud: GoogleCloud,
    model: Made,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "_CANCEL_SECONDS", 0.1)
    cloud.failures["models.upload"] = Failure(hangs=True)
    cloud.failures["models.operations.cancel"] = Failure(status=501)
    with pytest.raises(DeploymentFailed, match=r"operations/1 still goes on: look after it"):
        client.apply("churn", model("one"), config={**SAID, "timeout_seconds": 0.2})


def test_an_operation_is_asked_after_again_when_an_answer_is_lost(
    client: DeploymentClient, cloud: GoogleCloud, model: Made
) -> None:
    cloud.failures["models.operations.get"] = LOST
    assert client.apply("churn", model("one"), config=SAID)["state"] == "ready"
    assert cloud.calls.count("models.operations.get") == 2


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (400, InvalidParameter, "told to fail"),
        (401, Unauthenticated, "gcloud auth application-default login"),
        (403, PermissionDenied, "lists the permissions"),
        (429, LimitExceeded, "told to fail"),
        (503, Unavailable, "told to fail"),
    ],
)
def test_a_refusal_says_what_is_to_be_done(
    client: DeploymentClient,
    cloud: GoogleCloud,
    model: Made,
    status: int,
    kind: type[Exception],
    said: str,
) -> None:
    cloud.failures["endpoints.rawPredict"] = Failure(status=status)
    with pytest.raises(kind, match=f"refuses to predict .{status}.*{said}"):
        client.predict("churn", {"inputs": [1]})


def test_a_place_that_does_not_answer_is_unavailable(
    cloud: GoogleCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM", "http://127.0.0.1:9")
    away = DeploymentClient(TARGET, connect(TARGET), tell=lambda _: None)
    with pytest.raises(Unavailable, match="cannot be reached to predict"):
        away.predict("churn", {"inputs": [1]})


def test_a_key_that_is_not_known_is_told(
    cloud: GoogleCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud, "is_known", lambda _: False)
    stranger = DeploymentClient(TARGET, connect(TARGET), tell=lambda _: None)
    with pytest.raises(Unauthenticated, match="The token is not valid"):
        stranger.list_endpoints()
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "absent.json"))
    with pytest.raises(Unauthenticated, match="No credentials for Google Cloud"):
        connect(TARGET)


def test_without_the_client_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(f"No module named '{name}'")

    monkeypatch.setattr(extras, "import_module", missing)
    with pytest.raises(NotSupported, match=r"pip install millstream\[vertex\]"):
        connect(TARGET)
