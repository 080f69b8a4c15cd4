"""The record of deployments through the client, also at a server that keeps none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from millstream import MillstreamClient
from millstream.errors import EndpointNotFound, NotFound, NotSupported


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MillstreamClient:
    """A client of ada's, with a version of the model "churn"."""
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "ada")
    found = MillstreamClient(tmp_path / "data")
    found.create_registered_model("churn")
    found.create_model_version("churn", "s3://bucket/1", run_id="r1")
    return found


def test_a_deployment_is_recorded_replaced_and_ended(client: MillstreamClient) -> None:
    first = client.record_deployment(
        "kubernetes://prod",
        "churn",
        "models:/churn@champion",
        model_name="churn",
        model_version=1,
        image="registry.example.com/churn:1",
        config={"replicas": "2"},
    )
    assert (first.revision, first.state, first.user_id, first.run_id) == (1, "live", "ada", "r1")
    second = client.record_deployment("kubernetes://prod", "churn", "models:/churn/1")
    found = client.search_deployments(target="kubernetes://prod")
    assert [(one.revision, one.state) for one in found] == [(2, "live"), (1, "replaced")]
    assert client.search_deployments("churn", 1)[0].deployment_id == first.deployment_id
    ended = client.end_deployment("kubernetes://prod", "churn")
    assert ended == client.get_deployment(second.deployment_id)
    assert client.search_deployments(state="live") == []
    with pytest.raises(NotFound, match="No live deployment 'churn'"):
        client.end_deployment("kubernetes://prod", "churn")


def test_pages_follow_each_other(client: MillstreamClient) -> None:
    for name in ("a", "b", "c"):
        client.record_deployment("local:", name, "models:/churn/1")
    page = client.search_deployments(max_results=2, endpoint="")
    more = client.search_deployments(max_results=2, endpoint="", page_token=page.token)
    assert [one.name for one in [*page, *more]] == ["c", "b", "a"]


def test_no_secret_is_sent(client: MillstreamClient, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []
    deployments = client._registry.deployments
    for name in ("record", "end", "search"):
        operation: Callable[[object], object] = getattr(deployments, name)

        def told(request: object, to: Callable[[object], object] = operation) -> object:
            sent.append(request)
            return to(request)

        monkeypatch.setattr(deployments, name, told)
    target = "https://ada:hunter22@host"
    client.record_deployment(target, "churn", "models:/churn/1", config={"password": "sesame99"})
    client.search_deployments(target=target)
    client.end_deployment(target, "churn")
    assert len(sent) == 3
    assert "hunter22" not in repr(sent)
    assert "sesame99" not in repr(sent)


def test_a_server_without_the_record_is_named(
    client: MillstreamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(request: object) -> None:
        raise EndpointNotFound(f"There is no endpoint for {request}.")

    for name in ("record", "end", "get", "search"):
        monkeypatch.setattr(client._registry.deployments, name, absent)
    calls: list[Callable[[], object]] = [
        lambda: client.record_deployment("local:", "churn", "models:/churn/1"),
        lambda: client.end_deployment("local:", "churn"),
        lambda: client.get_deployment("0" * 32),
        client.search_deployments,
    ]
    for call in calls:
        with pytest.raises(NotSupported, match="keeps no record of deployments"):
            call()
