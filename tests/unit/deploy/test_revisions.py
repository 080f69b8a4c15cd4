"""What takes the place of something is ready before that goes, and targets may keep the old."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.unit.deploy.memory_target import MemoryTarget

from millstream.deploy.applying import DeploymentFailed
from millstream.deploy.client import DeploymentClient
from millstream.deploy.image_step import ImageStep
from millstream.deploy.resources import Resource
from millstream.deploy.target import Status
from millstream.errors import AlreadyExists, InvalidParameter, NotFound, Unavailable
from millstream.model_format.manifest import Manifest


class RevisionedTarget(MemoryTarget):
    """One that keeps ingresses, is elsewhere for who says so, and has a registry."""

    def __init__(self, *, takes_image: bool = False) -> None:
        super().__init__(takes_image=takes_image)
        self.elsewhere = MemoryTarget()
        self.told: list[str] = []

    def of_revision(self, resource: Resource) -> bool:
        return resource.kind == "Ingress"

    def configured(self, config: Mapping[str, Any]) -> tuple[MemoryTarget, dict[str, Any]]:
        rest = {key: value for key, value in config.items() if key != "place"}
        return (self.elsewhere if "place" in config else self), rest

    def sign_in(self, image: str) -> None:
        self.told.append(f"signed in for {image.partition(':')[0]}")

    @contextmanager
    def receiving(self, image: str) -> Iterator[None]:
        self.told.append(f"made a repository for {image.partition(':')[0]}")
        try:
            yield
        except Unavailable:
            self.told.append("removed the repository")
            raise


@pytest.fixture
def model(tmp_path: Path) -> str:
    folder = tmp_path / "model"
    folder.mkdir()
    manifest = Manifest(model_id="m-1")
    manifest.add_flavor("python_function", loader_module="millstream.integrations.sklearn")
    manifest.save(folder / "MLmodel")
    return str(folder)


@pytest.fixture
def target() -> RevisionedTarget:
    return RevisionedTarget()


@pytest.fixture
def client(target: RevisionedTarget) -> DeploymentClient:
    return DeploymentClient("memory", target, tell=lambda _: None)


def kinds(target: MemoryTarget) -> list[str]:
    return sorted(one.kind for one in target.things.get("churn", []))


OLD = {"ingress": "churn.example.com"}


def test_what_is_replaced_stays_if_the_new_does_not_become_ready(
    client: DeploymentClient, target: RevisionedTarget, model: str
) -> None:
    client.apply("churn", model, config=OLD)
    target.states = [Status("failed", "no memory")]
    with pytest.raises(DeploymentFailed, match="no memory"):
        client.apply("churn", model, config={"replicas": 2})
    assert kinds(target) == ["Account", "Ingress", "Server"]


def test_without_waiting_what_is_replaced_goes_with_the_next_apply(
    client: DeploymentClient, target: RevisionedTarget, model: str
) -> None:
    client.apply("churn", model, config=OLD)
    target.states = [Status("pending")]
    assert client.apply("churn", model, config={"synchronous": False})["changes"] == 0
    assert "Ingress" in kinds(target)
    assert client.apply("churn", model)["changes"] == 1
    assert "Ingress" not in kinds(target)


def test_what_is_kept_is_no_deployment(
    client: DeploymentClient, target: RevisionedTarget, model: str
) -> None:
    assert "archive" in client.options()
    client.apply("churn", model, config=OLD)
    assert client.plan("churn", model, config={"archive": True}).is_empty
    client.delete_deployment("churn", config={"archive": True})
    assert kinds(target) == ["Ingress"]
    with pytest.raises(NotFound):
        client.get_deployment("churn")
    client.create_deployment("churn", model, config={"archive": True})
    assert kinds(target) == ["Account", "Ingress", "Server"]
    with pytest.raises(AlreadyExists):
        client.create_deployment("churn", model)
    with pytest.raises(InvalidParameter, match="'archive' is 'maybe'"):
        client.apply("churn", model, config={"archive": "maybe"})
    client.delete_deployment("churn")
    assert kinds(target) == []


def test_a_configuration_can_say_where(
    client: DeploymentClient, target: RevisionedTarget, model: str
) -> None:
    there = {"place": "north"}
    client.create_deployment("churn", model, config=there)
    assert (kinds(target), kinds(target.elsewhere)) == ([], ["Account", "Server"])
    client.update_deployment("churn", model, config={**there, "replicas": 3})
    assert client.plan("churn", model, config={**there, "replicas": 3}).is_empty
    client.delete_deployment("churn", config=there)
    assert kinds(target.elsewhere) == []


@pytest.mark.parametrize("breaks", [False, True])
def test_the_registry_of_a_place_is_prepared_for_an_image(
    model: str, monkeypatch: pytest.MonkeyPatch, breaks: bool
) -> None:
    def make(_: object) -> None:
        if breaks:
            raise Unavailable("no answer")

    monkeypatch.setattr(ImageStep, "make", make)
    monkeypatch.setattr(ImageStep, "is_pushed", lambda _: False)
    target = RevisionedTarget(takes_image=True)
    client = DeploymentClient("memory", target, tell=lambda _: None)
    config = {"repository": "example.com/churn"}
    if breaks:
        with pytest.raises(Unavailable):
            client.apply("churn", model, config=config)
        assert (kinds(target), target.told[-1]) == ([], "removed the repository")
    else:
        client.apply("churn", model, config=config)
        assert target.told == [
            "signed in for example.com/churn",
            "made a repository for example.com/churn",
        ]


def test_values_that_are_structures_become_json(client: DeploymentClient, model: str) -> None:
    plan = client.plan("churn", model, config={"replicas": {"least": [1, True]}})
    assert plan.changes[1].resource.body["replicas"] == '{"least": [1, true]}'
