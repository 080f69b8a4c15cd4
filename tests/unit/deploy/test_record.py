"""What ran is recorded in revisions, and any of them can run again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.deploy.memory_target import MemoryTarget

from millstream.client.tracking import MillstreamClient
from millstream.deploy.client import DeploymentClient
from millstream.errors import InvalidParameter, NotFound, Unavailable
from millstream.model_format.manifest import Manifest

IMAGE = "registry.example.com/churn:1"


def saved(folder: Path) -> str:
    folder.mkdir()
    manifest = Manifest()
    manifest.add_flavor("python_function", loader_module="millstream.integrations.sklearn")
    manifest.save(folder / "MLmodel")
    return str(folder)


@pytest.fixture
def versions(tmp_path: Path) -> list[str]:
    """Two versions of a registered model, the first with the alias `champion`."""
    client = MillstreamClient()
    client.create_registered_model("churn")
    for number in (1, 2):
        client.create_model_version("churn", saved(tmp_path / f"model-{number}"))
    client.set_registered_model_alias("churn", "champion", "1")
    return ["models:/churn/1", "models:/churn/2"]


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def target() -> MemoryTarget:
    return MemoryTarget()


@pytest.fixture
def client(target: MemoryTarget, told: list[str]) -> DeploymentClient:
    return DeploymentClient("memory", target, tell=told.append)


def revisions(client: DeploymentClient) -> list[tuple[int, str, str]]:
    return [(one.revision, one.state, one.model_uri) for one in client.history("churn")]


@pytest.mark.usefixtures("versions")
def test_an_alias_is_recorded_as_the_version_that_it_was(client: DeploymentClient) -> None:
    client.apply("churn", "models:/churn@champion", config={"replicas": 2})
    (found,) = MillstreamClient().search_deployments("churn", 1)
    assert (found.target, found.name, found.state) == ("memory", "churn", "live")
    assert (found.model_uri, found.model_name, found.model_version) == (
        *("models:/churn/1", "churn"),
        "1",
    )
    assert (found.address, found.config) == ("http://churn.test/invocations", {"replicas": "2"})
    client.delete_deployment("churn")
    assert [one.state for one in client.history("churn")] == ["ended"]
    client.delete_deployment("churn")


def test_only_changes_are_revisions(client: DeploymentClient, versions: list[str]) -> None:
    for uri in (versions[0], versions[0], versions[1]):
        client.apply("churn", uri)
    assert revisions(client) == [(2, "live", versions[1]), (1, "replaced", versions[0])]


def test_a_rollback_returns_to_the_model_and_options_of_then(
    client: DeploymentClient, target: MemoryTarget, versions: list[str]
) -> None:
    with pytest.raises(NotFound, match="an earlier revision is not recorded; there is none"):
        client.rollback("churn")
    client.apply("churn", versions[0], config={"replicas": 3})
    client.apply("churn", versions[1], config={"ingress": "churn.example.com"})
    done = client.rollback("churn")
    assert (done["revision"], done["model_uri"]) == (1, versions[0])
    assert [one.kind for one in target.things["churn"]] == ["Account", "Server"]
    assert target.things["churn"][1].body["replicas"] == "3"
    assert revisions(client)[0] == (3, "live", versions[0])
    assert client.rollback("churn", revision=2)["model_uri"] == versions[1]
    with pytest.raises(NotFound, match=r"an earlier revision 9 is not recorded; there is 3, 2, 1"):
        client.rollback("churn", revision=9)


def test_a_rollback_runs_the_image_of_then(versions: list[str], told: list[str]) -> None:
    target = MemoryTarget(takes_image=True)
    client = DeploymentClient("memory", target, tell=told.append)
    client.apply("churn", versions[0], config={"image": IMAGE})
    client.update_deployment("churn", config={"image": f"{IMAGE}2"})
    assert client.rollback("churn")["image"] == IMAGE
    assert [one.image for one in client.history("churn")] == [IMAGE, f"{IMAGE}2", IMAGE]


def test_a_secret_that_no_record_keeps_is_asked_for(
    client: DeploymentClient, versions: list[str]
) -> None:
    password = "hunter2-hunter2"  # noqa: S105  # of nothing
    client.apply("churn", versions[0], config={"ingress": f"https://ada:{password}@host/"})
    client.apply("churn", versions[1])
    assert password not in str(client.history("churn"))
    with pytest.raises(InvalidParameter, match="told a secret as 'ingress'"):
        client.rollback("churn")


def test_what_cannot_be_recorded_runs_nevertheless(
    client: DeploymentClient,
    target: MemoryTarget,
    versions: list[str],
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise Unavailable("the store does not answer")

    monkeypatch.setattr(MillstreamClient, "record_deployment", away)
    monkeypatch.setattr(MillstreamClient, "end_deployment", away)
    assert client.apply("churn", versions[0])["state"] == "ready"
    assert told[-1] == "Warning: the deployment is not recorded: the store does not answer"
    client.delete_deployment("churn")
    assert told[-1].startswith("Warning: the end of the deployment is not recorded")
    assert target.things["churn"] == []


def test_a_run_s_model_is_recorded_with_its_run(client: DeploymentClient, tmp_path: Path) -> None:
    store = MillstreamClient()
    run_id = store.create_run("0").info.run_id
    store.log_artifacts(run_id, saved(tmp_path / "saved"), "model")
    client.apply("churn", f"runs:/{run_id}/model")
    (found,) = client.history("churn")
    assert (found.run_id, found.model_name) == (run_id, None)
