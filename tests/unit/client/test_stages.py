"""Stages, requests for moves and gates through the client, also at a server without them."""

from __future__ import annotations

from pathlib import Path

import pytest

from millstream import Gate, MillstreamClient, Stage
from millstream.errors import EndpointNotFound, InvalidParameter, PermissionDenied


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MillstreamClient:
    """A client of ada's, with the model "churn" of two versions."""
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "ada")
    found = MillstreamClient(tmp_path / "data")
    found.create_registered_model("churn")
    for number in (1, 2):
        found.create_model_version("churn", f"s3://bucket/{number}")
    return found


def test_the_stages_of_a_version_are_those_of_the_store(client: MillstreamClient) -> None:
    client.set_stage_policy([Stage("QA"), Stage("Live")], comment="ours")
    assert client.get_stage_policy().names == ["None", "QA", "Live", "Archived"]
    assert client.get_model_version_stages("churn", 1) == ["None", "QA", "Live", "Archived"]


def test_a_server_that_does_not_say_has_mlflows_stages(
    client: MillstreamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(request: object) -> None:
        raise EndpointNotFound(f"There is no endpoint for {request}.")

    monkeypatch.setattr(client._registry.stages, "get_policy", absent)
    stages = client.get_model_version_stages("churn", 1)
    assert stages == ["None", "Staging", "Production", "Archived"]


def test_a_move_takes_two_persons(
    client: MillstreamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.set_stage_policy([Stage("Production", protected=True)], ["golden"])
    asked = client.create_transition_request("churn", 2, "Production", comment="please")
    alias = client.create_transition_request("churn", 1, alias="golden")
    assert (asked.user_id, asked.comment, asked.status) == ("ada", "please", "PENDING")
    with pytest.raises(PermissionDenied, match="was made by 'ada'"):
        client.approve_transition_request(asked.request_id)
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "bob")
    other = MillstreamClient(client.tracking_uri)
    assert other.approve_transition_request(int(asked.request_id)).decided_by == "bob"
    assert other.reject_transition_request(alias.request_id, comment="no").status == "REJECTED"
    assert client.get_model_version("churn", 2).current_stage == "Production"
    again = client.create_transition_request("churn", 1, "Production")
    assert client.cancel_transition_request(again.request_id).decided_by is not None
    found = client.search_transition_requests("churn", max_results=2)
    assert [each.status for each in found] == ["CANCELLED", "REJECTED"]
    more = client.search_transition_requests("churn", max_results=2, page_token=found.token)
    assert [each.version for each in more] == ["2"]
    assert client.get_transition_request(asked.request_id).status == "APPROVED"


def test_gates(client: MillstreamClient) -> None:
    gate = Gate("q", "metric_threshold", ["Staging"], metric="auc", comparison=">", threshold=0.5)
    assert client.set_gate("churn", gate, comment="safe") == gate
    assert client.list_gates("churn") == [gate]
    findings = client.check_gates("churn", 1, "Staging")
    assert not findings.passed
    with pytest.raises(InvalidParameter, match=r"expected auc > 0\.5, got no value") as caught:
        client.transition_model_version_stage("churn", 1, "Staging")
    assert caught.value.json_kwargs["findings"] == [
        {
            "gate": "q",
            "rule": "metric_threshold",
            "passed": False,
            "expected": "auc > 0.5",
            "got": "no value",
        }
    ]
    client.delete_gate("churn", "q")
    client.transition_model_version_stage("churn", 1, "Staging")
