"""Deployments in a cluster: made, changed and removed, and undone whichever step fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.kubernetes_api.server import KubernetesApi

from millstream.deploy.applying import DeploymentFailed
from millstream.deploy.client import DeploymentClient
from millstream.deploy.kubernetes.target import connect
from millstream.errors import (
    AlreadyExists,
    InvalidParameter,
    MillstreamError,
    NotFound,
    PermissionDenied,
)

IMAGE = {"image": "registry.example.com/churn:1"}
ALL = {**IMAGE, "max_replicas": "4", "host": "churn.example.com", "replicas": "2"}
BASIC = ["Deployment", "NetworkPolicy", "PodDisruptionBudget", "Service", "ServiceAccount"]
KSERVE = "serving.kserve.io/v1beta1"


def deployed(cluster: KubernetesApi, name: str = "churn") -> dict[str, Any]:
    """The Deployment of a name."""
    return cluster.things["of-context", "deployments", name]


def test_a_deployment_is_made_once(
    client: DeploymentClient, cluster: KubernetesApi, model: str
) -> None:
    made = client.create_deployment("churn", model, config=IMAGE)
    assert cluster.kinds() == BASIC
    assert (made["state"], made["changes"]) == ("ready", 5)
    assert made["address"] == "http://churn.of-context.svc/invocations"
    assert client.plan("churn", model, config=IMAGE).is_empty
    assert client.apply("churn", model, config=IMAGE)["changes"] == 0
    assert client.list_deployments() == [{"name": "churn"}]
    with pytest.raises(AlreadyExists, match="There is a deployment 'churn'"):
        client.create_deployment("churn", model, config=IMAGE)
    client.delete_deployment("churn")
    assert cluster.kinds() == []
    assert client.list_deployments() == []
    client.delete_deployment("churn")


def test_what_is_no_longer_said_goes(
    client: DeploymentClient, cluster: KubernetesApi, model: str
) -> None:
    client.apply("churn", model, config={**ALL, "node_selector": "pool=gpu", "env": "A=1"})
    assert cluster.kinds() == sorted([*BASIC, "HorizontalPodAutoscaler", "Ingress"])
    plan = client.plan("churn", model, config=IMAGE)
    assert {change.resource.kind: change.action for change in plan.changes} == {
        **dict.fromkeys(BASIC, "keep"),
        "Deployment": "update",
        "HorizontalPodAutoscaler": "delete",
        "Ingress": "delete",
    }
    client.apply("churn", model, config=IMAGE)
    assert cluster.kinds() == BASIC
    pod = deployed(cluster)["spec"]["template"]["spec"]
    assert "nodeSelector" not in pod
    assert "A" not in [one["name"] for one in pod["containers"][0]["env"]]
    assert client.plan("churn", model, config=IMAGE).is_empty


def test_what_others_say_stays(
    client: DeploymentClient, cluster: KubernetesApi, model: str
) -> None:
    client.apply("churn", model, config=IMAGE)
    spec = deployed(cluster)["spec"]["template"]["spec"]
    spec["containers"].append({"name": "mesh", "image": "mesh:1"})
    deployed(cluster)["metadata"]["annotations"]["team"] = "blue"
    client.apply("churn", model, config={**IMAGE, "replicas": "3"})
    assert deployed(cluster)["metadata"]["annotations"]["team"] == "blue"
    assert deployed(cluster)["spec"]["replicas"] == 3
    names = [one["name"] for one in deployed(cluster)["spec"]["template"]["spec"]["containers"]]
    assert sorted(names) == ["mesh", "model"]


def test_the_autoscaler_keeps_its_count(
    client: DeploymentClient, cluster: KubernetesApi, model: str
) -> None:
    client.apply("churn", model, config={**IMAGE, "replicas": "2"})
    client.apply("churn", model, config=ALL)
    assert deployed(cluster)["spec"]["replicas"] == 2
    deployed(cluster)["spec"]["replicas"] = 4  # as the autoscaler would
    client.apply("churn", model, config={**ALL, "image": "registry.example.com/churn:2"})
    assert deployed(cluster)["spec"]["replicas"] == 4


@pytest.mark.parametrize(
    "plural",
    [
        "serviceaccounts", "networkpolicies", "poddisruptionbudgets", "services", "deployments",
        "horizontalpodautoscalers", "ingresses",
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [403, 503])
def test_whichever_step_fails_nothing_is_left(
    client: DeploymentClient, cluster: KubernetesApi, model: str, plural: str, status: int
) -> None:
    cluster.fails["PATCH", plural] = status
    with pytest.raises(MillstreamError, match=f"{plural} cannot be had") as failed:
        client.create_deployment("churn", model, config=ALL)
    assert cluster.kinds() == []
    assert "could not be created" in failed.value.message


def test_what_cannot_be_taken_back_is_said(
    client: DeploymentClient, cluster: KubernetesApi, model: str
) -> None:
    cluster.fails["PATCH", "deployments"] = 403
    cluster.fails["DELETE", "services"] = 403
    with pytest.raises(DeploymentFailed, match=r"Left behind, .* by hand: Service churn"):
        client.create_deployment("churn", model, config=IMAGE)
    assert cluster.kinds() == ["Service"]


def test_a_rollout_that_fails_is_taken_back(
    client: DeploymentClient, cluster: KubernetesApi, model: str
) -> None:
    client.apply("churn", model, config={**IMAGE, "service_type": "NodePort"})
    before = json.dumps(deployed(cluster)["spec"], sort_keys=True)
    late = {"type": "Progressing", "status": "False", "message": "no pod became ready"}
    cluster.troubles["churn"] = {"conditions": [late], "updatedReplicas": 0}
    with pytest.raises(DeploymentFailed, match=r"failed: no pod became ready\. .* was undone"):
        client.apply("churn", model, config={"image": "registry.example.com/churn:2"})
    assert json.dumps(deployed(cluster)["spec"], sort_keys=True) == before
    cluster.troubles.clear()
    config = {**IMAGE, "service_type": "NodePort"}
    assert client.plan("churn", model, config=config).is_empty


def test_an_image_that_is_not_there_is_named(
    client: DeploymentClient, cluster: KubernetesApi, model: str
) -> None:
    cluster.troubles["churn"] = {"updatedReplicas": 1, "availableReplicas": 0}
    cluster.waits["churn"] = {"reason": "ImagePullBackOff", "message": "no such image"}
    with pytest.raises(DeploymentFailed, match=r"within 0\.3 s: ImagePullBackOff: no such image"):
        client.create_deployment("churn", model, config={**IMAGE, "timeout_seconds": 0.3})
    assert cluster.kinds() == []


def test_things_of_others_are_left_alone(
    client: DeploymentClient, cluster: KubernetesApi, model: str
) -> None:
    client.apply("churn", model, config=IMAGE)
    client.apply("price", model, config=IMAGE)
    key = ("of-context", "services", "churn")
    del cluster.things[key]["metadata"]["labels"]["app.kubernetes.io/managed-by"]
    cluster.things["of-context", "deployments", "other"] = deployed(cluster, "price") | {
        "metadata": deployed(cluster, "price")["metadata"] | {"ownerReferences": [{"uid": "1"}]}
    }
    with pytest.raises(DeploymentFailed, match="Service 'churn' that is not of this deployment"):
        client.apply("churn", model, config=IMAGE)
    client.delete_deployment("churn")
    assert key in cluster.things
    assert client.list_deployments() == [{"name": "price"}]
    client.delete_deployment("price")
    assert [one[1:] for one in cluster.things] == [("services", "churn"), ("deployments", "other")]


def test_it_is_asked_through_the_api_server(
    client: DeploymentClient, cluster: KubernetesApi, model: str
) -> None:
    client.apply("churn", model, config={**IMAGE, "port": "8000"})
    asked = []

    def answer(place: str, body: Any) -> tuple[int, Any]:
        asked.append((place, body))
        return 200, {"predictions": [1.5]}

    cluster.answer = answer
    assert client.predict("churn", {"inputs": [[1.0]]})["predictions"] == [1.5]
    assert asked == [("services/churn:8000/invocations", {"inputs": [[1.0]]})]
    cluster.answer = lambda _place, _body: (400, {"error_code": "BAD", "message": "no such column"})
    with pytest.raises(InvalidParameter, match="no such column"):
        client.predict("churn", {"inputs": [[1.0]]})
    with pytest.raises(NotFound, match="No pod of the deployment 'absent'"):
        client.predict("absent", {"inputs": [[1.0]]})


def test_logs_say_whose_they_are(
    client: DeploymentClient, cluster: KubernetesApi, model: str
) -> None:
    client.apply("churn", model, config=IMAGE)
    assert list(client.logs("churn")) == ["model began", "ready"]
    client.apply("churn", model, config={**IMAGE, "replicas": "2"})
    expected = [f"churn-{one}: {line}" for one in (0, 1) for line in ("model began", "ready")]
    assert list(client.logs("churn")) == expected
    assert sorted(client.logs("churn", follow=True)) == sorted(expected)
    cluster.fails["GET", "pods"] = 503
    with pytest.raises(MillstreamError, match="pods cannot be had"):
        list(client.logs("churn"))


def test_operators_are_asked_where_they_are_installed(
    client: DeploymentClient, cluster: KubernetesApi, model: str
) -> None:
    config = {**IMAGE, "kind": "kserve", "synchronous": "false"}
    with pytest.raises(DeploymentFailed, match="InferenceService churn could not be created"):
        client.apply("churn", model, config=config)
    assert cluster.kinds() == []
    cluster.installed.add(KSERVE)
    made = client.apply("churn", model, config=config)
    assert made["state"] == "pending"
    service = cluster.things["of-context", "inferenceservices", "churn"]
    service["status"] = {
        "observedGeneration": 1,
        "url": "http://churn.example.com",
        "conditions": [{"type": "Ready", "status": "True"}],
    }
    assert client.status("churn").state == "ready"
    assert client.status("churn").address == "http://churn.example.com"
    assert client.list_deployments() == [{"name": "churn"}]
    cluster.answer = lambda place, _body: (200, {"predictions": place})
    assert client.predict("churn", "{}")["predictions"] == "pods/churn-0:8080/invocations"
    assert list(client.logs("churn")) == ["kserve-container began", "ready"]
    client.delete_deployment("churn")
    assert cluster.kinds() == []


def test_who_may_not_list_services_is_told_so(
    client: DeploymentClient, cluster: KubernetesApi, model: str
) -> None:
    cluster.fails["GET", "services"] = 403
    with pytest.raises(PermissionDenied, match="services cannot be had"):
        client.plan("churn", model, config=IMAGE)


@pytest.mark.parametrize(
    ("name", "config", "said"),
    [
        ("Churn", IMAGE, "lower-case"),
        ("churn", {**IMAGE, "replicas": "none"}, "option 'replicas'"),
        ("churn", {**IMAGE, "tls_secret": "a"}, "needs the option 'host'"),
        ("churn", {}, "What runs is an image"),
        ("churn", {**IMAGE, "replica": "2"}, "no option 'replica'"),
    ],
)
def test_what_cannot_be_meant_changes_nothing(
    client: DeploymentClient,
    cluster: KubernetesApi,
    model: str,
    name: str,
    config: dict[str, str],
    said: str,
) -> None:
    with pytest.raises(InvalidParameter, match=said):
        client.apply(name, model, config=config)
    assert {verb for verb, _ in cluster.asked} <= {"GET"}
    with pytest.raises(InvalidParameter, match="leave out the endpoint 'a'"):
        client.apply("churn", model, config=IMAGE, endpoint="a")


def test_the_target_says_which_cluster_and_where(
    cluster: KubernetesApi, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = DeploymentClient("", connect("kubernetes:/right/shop"), tell=lambda _: None)
    elsewhere.apply("churn", model, config=IMAGE)
    assert cluster.kinds("shop") == BASIC
    with pytest.raises(InvalidParameter, match="absent/one"):
        connect("kubernetes:/absent%2Fone").names(None)
    with pytest.raises(PermissionDenied, match="401"):
        connect("kubernetes:/wrong").names(None)
    for uri in ("kubernetes:/a/b/c", "kubernetes:/a/B"):
        with pytest.raises(InvalidParameter):
            connect(uri)
    monkeypatch.setenv("KUBECONFIG", "/absent")
    with pytest.raises(InvalidParameter, match="No cluster can be chosen from '/absent'"):
        connect("kubernetes").names(None)
    monkeypatch.delenv("KUBECONFIG")
    monkeypatch.setenv("HOME", "/absent")
    with pytest.raises(InvalidParameter, match=r"config': there is no such file\. Set KUBECONFIG"):
        connect("kubernetes").names(None)
    assert "replicas" in connect("kubernetes").options  # which asks no cluster


def test_load_balancers_say_where_they_are(
    client: DeploymentClient, cluster: KubernetesApi, model: str
) -> None:
    client.apply("churn", model, config={**IMAGE, "service_type": "LoadBalancer", "port": "81"})
    assert client.status("churn").address is None
    service = cluster.things["of-context", "services", "churn"]
    service["status"] = {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}}
    assert client.status("churn").address == "http://192.0.2.7:81/invocations"
    client.apply("churn", model, config={**ALL, "tls_secret": "certificate"})
    assert client.status("churn").address == "https://churn.example.com/invocations"


def test_files_are_written_without_a_cluster(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", "/absent")
    client = DeploymentClient("kubernetes", connect("kubernetes"), tell=lambda _: None)
    (path,) = client.write(tmp_path / "out", "churn", model, config=IMAGE)
    assert path == tmp_path / "out" / "churn.yaml"
    with pytest.raises(AlreadyExists, match="no empty folder"):
        client.write(tmp_path / "out", "churn", model, config=IMAGE)
    with pytest.raises(InvalidParameter, match="one of yaml, kustomize, helm"):
        client.write(tmp_path / "new", "churn", model, config=IMAGE, file_format="jsonnet")
    assert not (tmp_path / "new").exists()
