"""What a deployment is made of: as Kubernetes publishes its fields, and safe by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from tests.kubernetes_api.schemas import fault
from tests.unit.deploy.kubernetes.option_sets import option_sets

from millstream.deploy.kubernetes.manifests import manifests
from millstream.deploy.kubernetes.naming import checked
from millstream.deploy.kubernetes.options import read
from millstream.deploy.wish import Wish
from millstream.errors import InvalidParameter

VERSIONS = ("1.30", "1.34", "1.37")
WALKTHROUGH = """
kind: Deployment
spec:
  replicas: 2
  template:
    spec:
      containers:
      - image: team/linear_regression_app:latest
        ports:
        - containerPort: 5000
---
kind: Service
spec:
  ports:
    - protocol: TCP
      port: 80
      targetPort: 5000
  type: LoadBalancer
"""


def made(name: str = "churn", **config: str) -> dict[str, Any]:
    """The manifests by their kinds."""
    wish = Wish(name, "models:/churn/3", Path("model"), config, image="team/churn:1")
    return {one["kind"]: one for one in manifests(wish, read(config))}


def validate(manifest: dict[str, Any]) -> None:
    """Hold a manifest against the schemas; of an operator's kind, the pods in it."""
    spec = manifest.get("spec", {})
    told = manifest
    if manifest["kind"] == "SeldonDeployment":
        (pods,) = spec["predictors"][0]["componentSpecs"]
        told = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": pods["spec"]}
    if manifest["kind"] == "InferenceService":
        of_kserve = {
            "minReplicas", "maxReplicas", "timeout", "deploymentStrategy",
            "scaleMetric", "scaleTarget",
        }  # fmt: skip
        pod = {key: value for key, value in spec["predictor"].items() if key not in of_kserve}
        told = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": pod}
    if manifest["kind"] == "HTTPRoute":
        return
    for version in VERSIONS:
        assert fault(told, version) is None


@settings(max_examples=60, deadline=None)
@given(option_sets())
def test_whatever_can_be_said_gives_manifests_that_validate(config: dict[str, str]) -> None:
    found = made(**config)
    for manifest in found.values():
        validate(manifest)
    (serving,) = {"Deployment", "InferenceService", "SeldonDeployment"} & found.keys()
    assert serving == {
        "deployment": "Deployment", "kserve": "InferenceService", "seldon": "SeldonDeployment"
    }[config["kind"]]  # fmt: skip


def test_the_schemas_refuse_what_is_wrong() -> None:
    wrong = made()["Deployment"]
    wrong["spec"]["template"]["spec"]["containers"][0]["imagePullSecret"] = "a"
    assert "imagePullSecret" in str(fault(wrong, VERSIONS[0]))


def test_all_parts_are_there_when_they_are_asked_for() -> None:
    assert list(made()) == [
        "ServiceAccount",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
        "Deployment",
    ]
    assert list(made(max_replicas="4", host="a.example.com"))[-2:] == [
        "HorizontalPodAutoscaler",
        "Ingress",
    ]
    assert "HTTPRoute" in made(gateway="edge/public")
    assert "ServiceAccount" not in made(service_account="reader")
    assert "NetworkPolicy" not in made(network_policy="false")


def test_nothing_is_allowed_that_nobody_asked_for() -> None:
    found = made()
    pod = found["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert found["ServiceAccount"]["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert set(container["resources"]["limits"]) == {"memory"}
    policy = found["NetworkPolicy"]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["ingress"] == [{"ports": [{"protocol": "TCP", "port": 8080}]}]
    assert "egress" not in policy
    assert policy["podSelector"] == found["Deployment"]["spec"]["selector"]
    assert found["Service"]["spec"]["type"] == "ClusterIP"


def test_no_request_is_dropped_while_pods_are_replaced() -> None:
    spec = made(drain="20", request_timeout="90")["Deployment"]["spec"]
    pod = spec["template"]["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert pod["containers"][0]["lifecycle"]["preStop"] == {"sleep": {"seconds": 20}}
    assert pod["terminationGracePeriodSeconds"] > 20 + 90
    assert pod["containers"][0]["readinessProbe"]["httpGet"] == {"path": "/ping", "port": 8080}


def leaves(said: Any, path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], Any]]:
    """What stands at the ends of a tree, and the way there."""
    if isinstance(said, dict):
        return [one for key, value in said.items() for one in leaves(value, (*path, key))]
    if isinstance(said, list):
        return [one for key, value in enumerate(said) for one in leaves(value, (*path, key))]
    return [(path, said)]


def test_it_says_all_that_a_deployment_by_hand_says() -> None:
    config = {
        "replicas": "2", "service_type": "LoadBalancer", "port": "80", "container_port": "5000"
    }  # fmt: skip
    image = "team/linear_regression_app:latest"
    wish = Wish("linear-regression", "runs:/0/model", Path("model"), config, image=image)
    found = {one["kind"]: one for one in manifests(wish, read(config))}
    said = 0
    for by_hand in yaml.safe_load_all(WALKTHROUGH):
        for path, value in leaves(by_hand):
            at: Any = found[by_hand["kind"]]
            for step in path:
                at = at[step]
            assert at == value, path
            said += 1
    assert said == 9
    labels = found["Deployment"]["spec"]["template"]["metadata"]["labels"].items()
    assert found["Deployment"]["spec"]["selector"]["matchLabels"].items() <= labels
    assert found["Service"]["spec"]["selector"].items() <= labels
    assert found["Deployment"]["apiVersion"] == "apps/v1"


def test_operators_find_the_model_by_its_name() -> None:
    kserve = made(kind="kserve", max_replicas="3")["InferenceService"]["spec"]["predictor"]
    (container,) = kserve["containers"]
    assert container["name"] == "kserve-container"
    assert {"name": "MILLSTREAM_MODEL_URI", "value": "churn=/opt/ml/model"} in container["env"]
    assert (kserve["minReplicas"], kserve["maxReplicas"], kserve["scaleTarget"]) == (1, 3, 70)
    (predictor,) = made(kind="seldon", replicas="2")["SeldonDeployment"]["spec"]["predictors"]
    (container,) = predictor["componentSpecs"][0]["spec"]["containers"]
    assert predictor["graph"]["name"] == container["name"] == "churn"
    assert predictor["replicas"] == 2


def test_secrets_are_named_and_never_written() -> None:
    container = made(secret_env="TOKEN=hub/token", env="LEVEL=$(HOME)", env_from="more")[  # noqa: S106  # a name
        "Deployment"
    ]["spec"]["template"]["spec"]["containers"][0]
    kept = {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "hub", "key": "token"}}}
    assert kept in container["env"]
    assert {"name": "LEVEL", "value": "$$(HOME)"} in container["env"]
    assert container["envFrom"] == [{"secretRef": {"name": "more"}}]


def test_digests_tell_what_is_no_longer_said() -> None:
    with_selector = made(node_selector="pool=gpu")["Deployment"]["metadata"]["annotations"]
    without = made()["Deployment"]["metadata"]["annotations"]
    assert with_selector["millstream.io/digest"] != without["millstream.io/digest"]
    assert without == made()["Deployment"]["metadata"]["annotations"]


@pytest.mark.parametrize("name", ["Churn", "7-days", "a" * 54])
def test_names_that_a_cluster_does_not_take_are_refused(name: str) -> None:
    with pytest.raises(InvalidParameter, match="1 to 53 lower-case"):
        checked(name)
