"""Deployments at Vertex AI, by Google's client against what its documents say."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.deploy.vertex.conftest import IMAGE, TARGET
from tests.unit.deploy.vertex.google_cloud import GoogleCloud

from millstream.deploy.api import get_deploy_client
from millstream.deploy.client import DeploymentClient
from millstream.errors import AlreadyExists, InvalidParameter, NotFound, NotSupported

Made = Callable[[str], str]
SAID = {"image": IMAGE}


def run(cloud: GoogleCloud, endpoint: str = "churn") -> dict[str, int]:
    """What an endpoint runs, by its model, and its share of the requests."""
    found = cloud.endpoints[endpoint]
    return {
        one["model"].rpartition("/")[2]: found.get("trafficSplit", {}).get(one["id"], 0)
        for one in found["deployedModels"]
    }


def test_a_model_is_uploaded_deployed_asked_and_removed(
    client: DeploymentClient, cloud: GoogleCloud, model: Made
) -> None:
    told = {"machine_type": "g2-standard-4", "accelerator_type": "NVIDIA_L4", "spot": True}
    told |= {"service_account": "runner@my-project.iam.gserviceaccount.com", "env": "LEVEL=info"}
    told |= {"enable_access_logging": True, "autoscaling_target_cpu": 70, "max_replica_count": 3}
    made = client.create_deployment("churn", model("one"), config={**SAID, **told})
    assert (made["state"], made["changes"]) == ("ready", 4)
    assert made["address"].endswith(
        "/v1/projects/my-project/locations/europe-west4/endpoints/churn:rawPredict"
    )
    (uploaded,) = cloud.models.values()
    assert uploaded["labels"] == {"millstream-deployment": "churn", "millstream-endpoint": "churn"}
    assert uploaded["description"] == model("one")
    assert uploaded["containerSpec"] == {
        "imageUri": IMAGE,
        "ports": [{"containerPort": 8080}],
        "predictRoute": "/invocations",
        "healthRoute": "/ping",
        "env": [{"name": "LEVEL", "value": "info"}],
    }
    (deployed,) = cloud.endpoints["churn"]["deployedModels"]
    assert deployed["serviceAccount"] == "runner@my-project.iam.gserviceaccount.com"
    machines = deployed["dedicatedResources"]
    assert machines["machineSpec"] == {
        "machineType": "g2-standard-4",
        "acceleratorType": "NVIDIA_L4",
        "acceleratorCount": 1,
    }
    assert (machines["minReplicaCount"], machines["maxReplicaCount"]) == (1, 3)
    assert machines["spot"] is True
    assert machines["autoscalingMetricSpecs"][0]["target"] == 70
    with pytest.raises(AlreadyExists):
        client.create_deployment("churn", model("one"), config=SAID)
    assert client.plan("churn", model("one"), config={**SAID, **told}).is_empty
    answer = client.predict("churn", {"dataframe_split": {"columns": ["a"], "data": [[1]]}})
    assert answer["predictions"][1] == {"dataframe_split": {"columns": ["a"], "data": [[1]]}}
    assert client.list_deployments() == [{"name": "churn"}]
    found = client.get_deployment("churn")
    assert [one["kind"] for one in found["resources"]] == [
        "Model",
        "Endpoint",
        "DeployedModel",
        "Traffic",
    ]
    assert found["details"]["deployed_models"][0]["replicas"] == 1
    for _ in range(2):
        client.delete_deployment("churn")
    assert (cloud.models, cloud.endpoints, client.list_deployments()) == ({}, {}, [])


def test_an_update_takes_over_before_what_was_there_goes(
    client: DeploymentClient, cloud: GoogleCloud, model: Made
) -> None:
    client.apply("churn", model("one"), config=SAID)
    (first,) = run(cloud)
    cloud.calls.clear()
    client.update_deployment("churn", model("two"), config=SAID)
    (second,) = run(cloud)
    assert first != second
    assert run(cloud) == {second: 100}
    assert [one for one in cloud.calls if not one.endswith((".get", ".list"))] == [
        "models.upload",
        "endpoints.deployModel",
        "endpoints.patch",
        "endpoints.undeployModel",
        "models.delete",
    ]
    assert len(cloud.models) == 1


def test_replicas_change_while_the_machines_run_and_other_machines_are_new(
    client: DeploymentClient, cloud: GoogleCloud, model: Made
) -> None:
    client.apply("churn", model("one"), config=SAID)
    (before,) = (one["id"] for one in cloud.endpoints["churn"]["deployedModels"])
    cloud.calls.clear()
    client.apply("churn", model("one"), config={**SAID, "max_replica_count": 4})
    (deployed,) = cloud.endpoints["churn"]["deployedModels"]
    assert deployed["id"] == before
    assert deployed["dedicatedResources"]["maxReplicaCount"] == 4
    assert "endpoints.mutateDeployedModel" in cloud.calls
    client.apply("churn", model("one"), config={**SAID, "machine_type": "n1-standard-8"})
    (deployed,) = cloud.endpoints["churn"]["deployedModels"]
    assert deployed["id"] != before
    assert len(cloud.models) == 1


def test_a_canary_answers_its_share_and_takes_over_or_goes_back(
    client: DeploymentClient, cloud: GoogleCloud, model: Made
) -> None:
    client.apply("churn", model("one"), config=SAID)
    (first,) = run(cloud)
    canary = {**SAID, "traffic": 10}
    client.apply("churn", model("two"), config=canary)
    assert sorted(run(cloud).values()) == [10, 90]
    assert run(cloud)[first] == 90
    assert client.plan("churn", model("two"), config=canary).is_empty
    answers = Counter(
        client.predict("churn", {"inputs": [1]})["predictions"][0] for _ in range(100)
    )
    assert answers[first.partition("@")[0]] == 90
    assert len(answers) == 2
    details = client.status("churn").details["deployed_models"]
    assert sorted(one["traffic"] for one in details) == [10, 90]
    client.apply("churn", model("two"), config={**SAID, "traffic": 50})
    assert sorted(run(cloud).values()) == [50, 50]
    client.apply("churn", model("one"), config=SAID)  # back to what was there
    assert run(cloud) == {first: 100}
    client.apply("churn", model("two"), config=canary)
    client.apply("churn", model("two"), config=SAID)  # or onwards
    assert list(run(cloud).values()) == [100]
    assert first not in run(cloud)
    assert len(cloud.models) == 1


def test_deployments_share_an_endpoint(
    client: DeploymentClient, cloud: GoogleCloud, model: Made
) -> None:
    with pytest.raises(NotFound, match=r"no endpoint 'shared'.*create-endpoint"):
        client.apply("red", model("one"), config=SAID, endpoint="shared")
    assert cloud.models == {}
    client.create_endpoint("shared")
    with pytest.raises(AlreadyExists):
        client.create_endpoint("shared")
    client.apply("red", model("one"), config=SAID, endpoint="shared")
    with pytest.raises(InvalidParameter, match="runs others already: say as 'traffic'"):
        client.apply("blue", model("two"), config=SAID, endpoint="shared")
    client.apply("blue", model("two"), config={**SAID, "traffic": 20}, endpoint="shared")
    assert sorted(run(cloud, "shared").values()) == [20, 80]
    client.apply("blue", model("three"), config=SAID, endpoint="shared")
    assert sorted(run(cloud, "shared").values()) == [20, 80], "it keeps the share that it had"
    assert client.list_deployments("shared") == [{"name": "blue"}, {"name": "red"}]
    assert client.list_deployments() == []
    told = client.update_endpoint("shared", {"traffic": "red=60,blue=40"})
    shares = {one["deployment"]: one["traffic"] for one in told["deployed_models"]}
    assert shares == {"red": 60, "blue": 40}
    with pytest.raises(InvalidParameter, match="'green' means 0 of what the endpoint runs"):
        client.update_endpoint("shared", {"traffic": "red=60,green=40"})
    client.delete_deployment("blue", endpoint="shared")
    assert list(run(cloud, "shared").values()) == [100]
    with pytest.raises(InvalidParameter, match="has deployed models"):
        client.delete_endpoint("shared")
    client.delete_deployment("red", endpoint="shared")
    assert cloud.models == {}
    for _ in range(2):
        client.delete_endpoint("shared")
    assert client.list_endpoints() == []


def test_an_endpoint_of_somebody_else_is_left_alone(
    client: DeploymentClient, cloud: GoogleCloud, model: Made
) -> None:
    client.create_endpoint("churn")
    with pytest.raises(AlreadyExists, match="not this deployment's"):
        client.apply("churn", model("one"), config=SAID)
    client.apply("churn", model("one"), config=SAID, endpoint="churn")
    client.delete_deployment("churn")
    assert list(cloud.endpoints) == ["churn"]
    assert cloud.models == {}


def test_a_model_for_batches_has_no_endpoint(
    client: DeploymentClient, cloud: GoogleCloud, model: Made
) -> None:
    made = client.apply("nightly", model("one"), config={**SAID, "online": False})
    assert (made["state"], made["address"], made["changes"]) == ("ready", None, 1)
    assert (len(cloud.models), cloud.endpoints) == (1, {})
    assert client.list_deployments() == [{"name": "nightly"}]
    with pytest.raises(NotSupported, match="has no endpoint"):
        list(client.logs("nightly"))
    client.apply("nightly", model("one"), config=SAID)
    assert list(run(cloud, "nightly").values()) == [100]
    client.apply("nightly", model("one"), config={**SAID, "online": False})
    assert (len(cloud.models), cloud.endpoints) == (1, {})


def test_what_was_printed_is_read_page_by_page(
    client: DeploymentClient, cloud: GoogleCloud, model: Made
) -> None:
    client.apply("churn", model("one"), config=SAID)
    number = cloud.endpoints["churn"]["deployedModels"][0]["id"]
    contents: list[dict[str, Any]] = [
        {"textPayload": "began\n", "labels": {"deployed_model_id": number}},
        {"jsonPayload": {"message": "goes on"}, "labels": {"deployed_model_id": number}},
        {"textPayload": "of another", "labels": {"deployed_model_id": "1"}},
        {"jsonPayload": {"level": 3}},
    ]
    cloud.entries = [
        {"timestamp": f"2999-01-01T00:00:0{at}Z", "insertId": str(at), **one}
        for at, one in enumerate(contents)
    ]
    assert list(client.logs("churn")) == ["began", "goes on", json.dumps({"level": 3})]


def test_what_the_model_refuses_is_told_in_its_words(
    client: DeploymentClient, cloud: GoogleCloud, model: Made
) -> None:
    client.apply("churn", model("one"), config=SAID)
    refusal = b'{"error_code": "BAD_REQUEST", "message": "the column age is missing"}'
    cloud.answering = lambda *_: (400, refusal)
    with pytest.raises(InvalidParameter, match="the column age is missing"):
        client.predict("churn", {"inputs": [1]})


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"image": "registry.example.com/churn:7"}, "those of Artifact Registry alone"),
        ({**SAID, "traffic": 10}, "no other model at the endpoint answers requests"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(
    client: DeploymentClient, cloud: GoogleCloud, model: Made, config: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidParameter, match=said):
        client.apply("churn", model("one"), config=config)
    with pytest.raises(InvalidParameter, match="lower-case letters"):
        client.apply("Churn", model("one"), config=SAID)
    assert [one for one in cloud.calls if not one.endswith((".get", ".list"))] == []


def test_the_target_is_found_by_its_uri(cloud: GoogleCloud) -> None:
    client = get_deploy_client(TARGET)
    assert isinstance(client, DeploymentClient)
    assert client.list_deployments() == []
    assert {"machine_type", "traffic", "image", "timeout_seconds"} <= client.options().keys()
