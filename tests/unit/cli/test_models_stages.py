"""The commands about stages, requests for moves, and gates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from millstream.client.tracking import MillstreamClient


@pytest.fixture
def client(millstream: Any) -> MillstreamClient:
    """A client at the folder of the commands, with two versions of a model."""
    found = MillstreamClient(millstream.folder)
    found.create_registered_model("churn")
    for number in (1, 2):
        found.create_model_version("churn", f"s3://bucket/{number}")
    return found


def test_stages_are_shown_protected_and_replaced(millstream: Any, tmp_path: Path) -> None:
    assert millstream.text("models", "stages").splitlines()[2].split() == ["None", "no", "any"]
    shown = millstream.text(
        "models", "stages", "--protect", "production", "--protect-alias", "golden"
    )
    assert shown.splitlines()[4].split() == ["Production", "yes", "any"]
    assert shown.endswith("Protected aliases: golden\n")
    policy = millstream.data("models", "stages")
    policy["stages"].insert(1, {"name": "QA", "next_stages": ["Production"]})
    path = tmp_path / "stages.json"
    path.write_text(json.dumps(policy))
    shown = millstream.text("models", "stages", "--set", str(path), "--unprotect", "Production")
    assert [line.split()[0] for line in shown.splitlines()[2:7]] == [
        *("None", "QA", "Staging", "Production", "Archived")
    ]
    assert shown.splitlines()[3].split() == ["QA", "no", "Production"]
    gone = millstream.text("models", "stages", "--unprotect-alias", "golden")
    assert "Protected aliases" not in gone
    path.write_text('{"stages": 1}')
    refused = millstream.refusal("models", "stages", "--set", str(path))
    assert "does not describe stages as" in refused


def test_a_request_is_made_listed_and_approved(
    millstream: Any, client: MillstreamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    millstream.text("models", "stages", "--protect", "Production")
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "ada")
    refused = millstream.refusal(
        "models", "promote", "-n", "churn", "-v", "2", "--stage", "Production"
    )
    assert "The stage 'Production' is protected" in refused
    said = millstream.text(
        *("models", "request", "-n", "churn", "-v", "2", "--stage", "Production"),
        *("--comment", "see 7"),
    )
    assert said == "Request 1 asks for: version 2 from None to Production.\n"
    listed = millstream.text("models", "requests").splitlines()[2]
    assert "PENDING  ada" in listed
    assert listed.endswith("see 7")
    assert "who may not approve it too" in millstream.refusal("models", "approve", "1")
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "bob")
    said = millstream.text("models", "approve", "1")
    assert said == "Request 1 of churn is approved: version 2 from None to Production.\n"
    assert client.get_model_version("churn", "2").current_stage == "Production"
    (kept,) = millstream.data("models", "requests", "-n", "churn", "--status", "approved")
    assert (kept["decided_by"], kept["user_id"]) == ("bob", "ada")


def test_requests_end_otherwise_too(millstream: Any, client: MillstreamClient) -> None:
    client.set_registered_model_alias("churn", "old", "1")
    ask = ("models", "request", "-n", "churn")
    millstream.text(*ask, "-v", "1", "--alias", "new")
    assert "removed from version 1" in millstream.text(*ask, "--alias", "old")
    assert millstream.text("models", "reject", "1").startswith("Request 1 of churn is rejected")
    assert millstream.data("models", "cancel", "2")["status"] == "CANCELLED"
    assert "is REJECTED already" in millstream.refusal("models", "approve", "1")
    assert millstream(*ask, "-v", "1").exit_code != 0


def test_gates(millstream: Any, client: MillstreamClient) -> None:
    said = millstream.text(
        *("models", "set-gate", "-n", "churn", "--gate", "good", "--stage", "Production"),
        *("--alias", "best", "--rule", "metric_threshold", "--metric", "auc"),
        *("--comparison", ">=", "--threshold", "0.9"),
    )
    assert said == "The gate good (metric_threshold) of churn guards Production, the alias best.\n"
    listed = millstream.text("models", "gates", "-n", "churn").splitlines()[2]
    assert listed.split(None, 4) == [
        *("good", "metric_threshold", "Production,", "@best"),
        "metric=auc, comparison=>=, threshold=0.9",
    ]
    check = ("models", "check-gates", "-n", "churn", "-v", "1")
    done = millstream(*check, "--stage", "Production")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[2].split(None, 3)[2:] == ["NO", "auc >= 0.9  no value"]
    assert millstream.text(*check, "--stage", "Staging") == "No gate guards this move.\n"
    assert [gate["gate"] for gate in millstream.data("models", "gates", "-n", "churn")] == ["good"]
    millstream.text("models", "delete-gate", "-n", "churn", "--gate", "good")
    assert client.list_gates("churn") == []
