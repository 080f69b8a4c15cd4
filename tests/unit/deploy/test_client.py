"""Deployments at a target of ours: what is done, what is undone, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.deploy.memory_target import MemoryTarget

from millstream.deploy.applying import DeploymentFailed
from millstream.deploy.client import DeploymentClient
from millstream.deploy.target import Status
from millstream.errors import AlreadyExists, InvalidParameter, NotFound, NotSupported
from millstream.model_format.manifest import Manifest


@pytest.fixture
def model(tmp_path: Path) -> str:
    folder = tmp_path / "model"
    folder.mkdir()
    manifest = Manifest(model_id="m-1")
    manifest.add_flavor("python_function", loader_module="millstream.integrations.sklearn")
    manifest.save(folder / "MLmodel")
    return str(folder)


@pytest.fixture
def target() -> MemoryTarget:
    return MemoryTarget()


@pytest.fixture
def client(target: MemoryTarget) -> DeploymentClient:
    return DeploymentClient("memory", target, tell=lambda _: None)


def kinds(target: MemoryTarget, name: str = "churn") -> dict[str, Any]:
    return {one.kind: one.body for one in target.things.get(name, [])}


def test_a_deployment_is_made_once(
    client: DeploymentClient, target: MemoryTarget, model: str
) -> None:
    made = client.create_deployment("churn", model)
    assert (made["name"], made["flavor"], made["state"]) == ("churn", "python_function", "ready")
    assert (made["address"], made["changes"]) == ("http://churn.test/invocations", 2)
    assert sorted(kinds(target)) == ["Account", "Server"]
    assert client.list_deployments() == [{"name": "churn"}]
    with pytest.raises(AlreadyExists, match="a deployment 'churn' at 'memory'"):
        client.create_deployment("churn", model)
    assert client.apply("churn", model)["changes"] == 0
    assert client.plan("churn", model).is_empty


def test_applying_changes_what_differs_and_removes_what_is_no_longer_said(
    client: DeploymentClient, target: MemoryTarget, model: str
) -> None:
    with pytest.raises(NotFound, match="no deployment 'churn'"):
        client.update_deployment("churn", model)
    client.apply("churn", model, config={"ingress": "churn.example.com"})
    plan = client.plan("churn", model, config={"replicas": 3})
    assert [(one.action, one.resource.kind) for one in plan.changes] == [
        ("keep", "Account"),
        ("update", "Server"),
        ("delete", "Ingress"),
    ]
    assert sorted(kinds(target)) == ["Account", "Ingress", "Server"]
    assert client.apply("churn", model, config={"replicas": 3})["changes"] == 2
    assert kinds(target)["Server"]["replicas"] == "3"
    assert "Ingress" not in kinds(target)


def test_an_update_leaves_what_it_does_not_say(
    client: DeploymentClient, target: MemoryTarget, model: str
) -> None:
    client.apply("churn", model, config={"ingress": "churn.example.com"})
    done = client.update_deployment("churn", config={"replicas": 3})
    assert (done["model_uri"], kinds(target)["Server"]["replicas"]) == (model, "3")
    assert kinds(target)["Ingress"]["ingress"] == "churn.example.com"


def test_what_fails_is_undone(client: DeploymentClient, target: MemoryTarget, model: str) -> None:
    client.apply("churn", model)
    before = kinds(target)
    target.broken.add(("make", "Ingress"))
    with pytest.raises(DeploymentFailed) as refused:
        client.apply("churn", model, config={"replicas": 5, "ingress": "churn.example.com"})
    assert "Ingress churn could not be created: no answer about Ingress" in str(refused.value)
    assert "was undone" in str(refused.value)
    assert {kind: {**body, "uid": None} for kind, body in kinds(target).items()} == {
        kind: {**body, "uid": None} for kind, body in before.items()
    }
    target.broken.add(("make", "Server"))
    with pytest.raises(DeploymentFailed):
        client.apply("other", model)
    assert kinds(target, "other") == {}


def test_what_began_and_failed_is_undone_too(
    client: DeploymentClient, target: MemoryTarget, model: str
) -> None:
    target.spoiled = {"Server"}
    with pytest.raises(DeploymentFailed, match=r"Server churn .*broke on the way What .* undone"):
        client.apply("churn", model)
    assert kinds(target) == {}
    client.apply("churn", model)
    target.spoiled = {"Server"}
    with pytest.raises(DeploymentFailed, match="Server churn could not be updated"):
        client.apply("churn", model, config={"replicas": 5})
    assert kinds(target)["Server"]["replicas"] == "1"


def test_who_ends_it_on_the_way_leaves_nothing(target: MemoryTarget, model: str) -> None:
    told: list[str] = []
    client = DeploymentClient("memory", target, tell=told.append)
    target.ended = {"Server"}
    with pytest.raises(KeyboardInterrupt):
        client.apply("churn", model)
    assert kinds(target) == {}
    assert told[-1] == "What had been changed was undone."


def test_what_cannot_be_undone_is_named(
    client: DeploymentClient, target: MemoryTarget, model: str
) -> None:
    target.broken |= {("make", "Server"), ("remove", "Account")}
    with pytest.raises(DeploymentFailed, match=r"Left behind.*Account churn \(no answer"):
        client.apply("churn", model)


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (Status("failed", "the image cannot be pulled"), "failed: the image cannot be pulled"),
        (Status("pending", "0 of 1 ready"), r"not ready within 0\.3 s: 0 of 1 ready"),
    ],
)
def test_what_does_not_become_ready_is_undone(
    client: DeploymentClient, target: MemoryTarget, model: str, last: Status, said: str
) -> None:
    target.states = [Status("pending"), *[last] * 10]
    with pytest.raises(DeploymentFailed, match=said):
        client.apply("churn", model, config={"timeout_seconds": "0.3"})
    assert kinds(target) == {}


def test_nobody_waits_who_does_not_want_to(
    client: DeploymentClient, target: MemoryTarget, model: str
) -> None:
    target.states = [Status("pending", "on its way")]
    made = client.apply("churn", model, config={"synchronous": False})
    assert (made["state"], target.asked) == ("pending", 1)


def test_deleting_is_complete_and_can_be_repeated(
    client: DeploymentClient, target: MemoryTarget, model: str
) -> None:
    client.apply("churn", model)
    for _ in range(2):
        client.delete_deployment("churn")
    assert kinds(target) == {}
    with pytest.raises(NotFound):
        client.get_deployment("churn")


def test_what_is_known_and_printed_and_predicted(client: DeploymentClient, model: str) -> None:
    client.apply("churn", model)
    found = client.get_deployment("churn")
    assert (found["name"], found["state"]) == ("churn", "ready")
    assert [one["kind"] for one in found["resources"]] == ["Account", "Server"]
    assert list(client.logs("churn", follow=True)) == ["churn began", "and goes on"]
    answer = client.predict("churn", np.array([[1.0, 2.0]]))
    assert answer["predictions"] == ["churn", {"inputs": [[1.0, 2.0]]}]
    assert client.predict("churn", {"inputs": [1]})["predictions"][1] == {"inputs": [1]}


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"name": "../churn"}, "a name is of 1 to 63 letters"),
        ({"name": "churn;rm"}, "a name is of 1 to 63 letters"),
        ({"endpoint": "-x"}, "The endpoint is called '-x'"),
        (
            {"config": {"replica": 2}},
            r"no option 'replica' \(is it 'replicas'\?\); it has ingress, replicas",
        ),
        ({"config": {"replicas": "1\n2"}}, "can be printed"),
        ({"config": {"timeout_seconds": "soon"}}, "'timeout_seconds' is 'soon'"),
        ({"config": {"synchronous": "maybe"}}, "'synchronous' is 'maybe'"),
        ({"flavor": "onnx"}, "no flavor 'onnx'; it has python_function"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_made(
    client: DeploymentClient, target: MemoryTarget, model: str, said: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidParameter, match=message):
        client.apply(**{"name": "churn", "model_uri": model, **said})
    assert target.things == {}


def test_a_target_without_endpoints_says_so(client: DeploymentClient) -> None:
    with pytest.raises(NotSupported, match="has no endpoints of their own"):
        client.list_endpoints()


def test_a_target_of_images_needs_one(model: str) -> None:
    client = DeploymentClient("memory", MemoryTarget(takes_image=True), tell=lambda _: None)
    assert "base_image" in client.options()
    for config in ({}, {"image": "churn:1", "repository": "example.com/churn"}):
        with pytest.raises(InvalidParameter, match="one of the two"):
            client.plan("churn", model, config=config)
    with pytest.raises(InvalidParameter, match="without a tag"):
        client.plan("churn", model, config={"repository": "example.com/churn:1"})
    plan = client.plan("churn", model, config={"image": "example.com/churn:1"})
    assert plan.changes[1].resource.body["image"] == "example.com/churn:1"


class ModelRunner(MemoryTarget):
    runs_models = True


def test_a_target_that_runs_models_needs_no_image_but_takes_one(model: str) -> None:
    client = DeploymentClient("memory", ModelRunner(takes_image=True), tell=lambda _: None)
    assert client.plan("churn", model).changes[1].resource.body["image"] is None
    plan = client.plan("churn", model, config={"image": "example.com/churn:1"})
    assert plan.changes[1].resource.body["image"] == "example.com/churn:1"
    with pytest.raises(InvalidParameter, match="one of the two"):
        client.plan("churn", model, config={"base_image": "python:3.12-slim"})
