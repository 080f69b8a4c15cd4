"""The Helm chart of the server, as Helm renders it and as Kubernetes publishes its schemas."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from tests.unit.deploy.server.known_variables import known_variables

from millstream.deploy.server.deployment import FILES
from millstream.deploy.server.image import DATA, PORT
from millstream.entities.permissions import LEVELS
from millstream.version import VERSION

CHART = FILES / "chart"
KUBERNETES = ("1.27", "1.32", "1.37")
DATABASE = {"uri": "postgresql://millstream@db.example.com/millstream"}
TEAM: dict[str, Any] = {
    "image": {"repository": "example.com/millstream", "tag": "2"},
    "imagePullSecrets": [{"name": "registry"}],
    "replicas": 3,
    "workers": 2,
    "database": {**DATABASE, "passwordSecret": {"name": "database"}},
    "upgradeDatabase": True,
    "artifacts": {
        "destination": "s3://bucket/path",
        "s3": {
            "endpointUrl": "https://s3.example.com",
            "region": "eu-1",
            "secret": {"name": "s3", "accessKeyIdKey": "id"},
        },
    },
    "access": {"administratorSecret": {"name": "administrator"}, "defaultPermission": "EDIT"},
    "allowedHosts": ["ml.example.org"],
    "forwardedAllowIps": ["10.0.0.0/8", "192.0.2.1"],
    "environment": [
        {
            "name": "MILLSTREAM_WEBHOOK_SECRET_ENCRYPTION_KEY",
            "valueFrom": {"secretKeyRef": {"name": "webhooks", "key": "key"}},
        }
    ],
    "metrics": {"enabled": True},
    "ingress": {
        "enabled": True,
        "className": "nginx",
        "annotations": {"a/b": "c"},
        "host": "ml.example.com",
        "tlsSecret": "tls",
    },
    "networkPolicy": {
        "from": [{"podSelector": {"matchLabels": {"app": "ingress"}}}],
        "egress": [{"ports": [{"port": 5432}]}],
    },
    "podAnnotations": {"team": "ml"},
    "podLabels": {"team": "ml"},
    "nodeSelector": {"disk": "fast"},
    "tolerations": [{"key": "ml", "operator": "Exists"}],
    "affinity": {"podAntiAffinity": {}},
    "topologySpreadConstraints": [
        {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
    ],
}
SCALED: dict[str, Any] = {
    "database": {"uriSecret": {"name": "tracking-app"}},
    "artifacts": {"destination": "gs://bucket/path"},
    "autoscaling": {"enabled": True, "maxReplicas": 4},
    "httpRoute": {
        "enabled": True,
        "parentRefs": [{"name": "gateway"}],
        "hostnames": ["ml.example.com"],
    },
    "serviceAccount": {"create": False, "name": "own"},
    "service": {"type": "LoadBalancer", "port": 8080, "annotations": {"a": "b"}},
    "access": {"allowAnonymous": True},
    "networkPolicy": {"enabled": False},
}
SHARED: dict[str, Any] = {
    "replicas": 2,
    "database": DATABASE,
    "persistence": {"accessMode": "ReadWriteMany", "storageClass": "nfs", "size": "1Ti"},
    "fullnameOverride": "facts",
    "serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/r"}},
}
CASES: dict[str, dict[str, Any]] = {
    "nothing said": {"values": {}},
    "a team": {"values": TEAM},
    "scaled": {"values": SCALED},
    "shared files": {"values": SHARED},
    "own claim": {"values": {"persistence": {"existingClaim": "mine"}, "upgradeDatabase": True}},
    "own claim, upgraded": {
        "values": {"persistence": {"existingClaim": "mine"}, "upgradeDatabase": True},
        "upgrade": True,
    },
    "one replica with a database": {"values": {"database": DATABASE}},
}
REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "replicas alone": ({"replicas": 2}, "More than one replica needs a database"),
    "scaled alone": ({"autoscaling": {"enabled": True}}, "More than one replica needs a database"),
    "workers alone": ({"workers": 2}, "More than one worker needs a database"),
    "no bucket": ({"replicas": 2, "database": DATABASE}, "artifacts.destination"),
    "password": (
        {"database": {"uri": "postgresql://ada:hidden@db/facts"}},
        "put it into a secret",
    ),
    "two databases": (
        {"database": {**DATABASE, "uriSecret": {"name": "s"}}},
        "say only one",
    ),
    "a file": ({"database": {"uri": "sqlite:///facts.db"}}, "must begin with postgresql://"),
    "no host": ({"ingress": {"enabled": True}}, "needs ingress.host"),
    "no gateway": ({"httpRoute": {"enabled": True}}, "needs httpRoute.parentRefs"),
    "misspelt": ({"replica": 2}, "replica"),
    "no number": ({"replicas": "many"}, "replicas"),
    "no bucket's name": ({"artifacts": {"destination": "bucket"}}, "destination"),
}


@pytest.fixture(scope="module")
def rendered() -> dict[str, Any]:
    """What Helm makes of each case, and says of each refusal."""
    refused = {name: {"values": values} for name, (values, _) in REFUSALS.items()}
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("chart_rendering.py"))],
        input=json.dumps({"chart": str(CHART), "cases": {**CASES, **refused}}),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def manifests(found: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for path, text in found.items():
        if path.endswith(".yaml"):
            yield from (one for one in yaml.safe_load_all(text) if one)


def by_kind(found: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    listed = list(manifests(found))
    kinds = {one["kind"]: one for one in listed}
    assert len(kinds) == len(listed)
    return kinds


def pod(found: Mapping[str, str]) -> dict[str, Any]:
    spec: dict[str, Any] = by_kind(found)["Deployment"]["spec"]["template"]["spec"]
    return spec


def containers(found: Mapping[str, str]) -> list[dict[str, Any]]:
    spec = pod(found)
    return [*spec["containers"], *spec.get("initContainers", ())]


def environment(found: Mapping[str, str]) -> dict[str, Any]:
    listed = containers(found)[0]["env"]
    given = {one["name"]: one.get("value", one.get("valueFrom")) for one in listed}
    assert len(given) == len(listed)
    return given


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("case", CASES)
def test_kubernetes_takes_what_is_rendered(
    rendered: dict[str, Any], case: str, version: str
) -> None:
    for manifest in manifests(rendered[case]):
        if manifest["kind"] != "HTTPRoute":  # which is no part of Kubernetes
            kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("case", CASES)
def test_helm_finds_nothing_to_mend(rendered: dict[str, Any], case: str) -> None:
    assert json.loads(rendered[case]["lint"]) == []


@pytest.mark.parametrize("case", REFUSALS)
def test_what_would_lose_or_show_data_is_refused(rendered: dict[str, Any], case: str) -> None:
    assert REFUSALS[case][1] in rendered[case]
    assert "hidden" not in rendered[case]


@pytest.mark.parametrize("case", CASES)
def test_pods_are_restricted(rendered: dict[str, Any], case: str) -> None:
    """As the strictest profile of kubernetes.io/docs/concepts/security/pod-security-standards."""
    spec = pod(rendered[case])
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
    for volume in spec["volumes"]:
        assert volume.keys() - {"name"} <= {"emptyDir", "secret", "persistentVolumeClaim"}
    for container in containers(rendered[case]):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("case", CASES)
def test_the_parts_find_each_other(rendered: dict[str, Any], case: str) -> None:
    kinds = by_kind(rendered[case])
    deployment, service = kinds["Deployment"], kinds["Service"]
    name, labels = deployment["metadata"]["name"], deployment["spec"]["template"]["metadata"]
    assert service["spec"]["selector"].items() <= labels["labels"].items()
    assert deployment["spec"]["selector"]["matchLabels"] == service["spec"]["selector"]
    (server,) = pod(rendered[case])["containers"]
    assert server["ports"] == [{"name": "http", "containerPort": PORT}]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert server[probe]["httpGet"] == {"path": "/health", "port": "http"}
    account = pod(rendered[case])["serviceAccountName"]
    assert account == kinds.get("ServiceAccount", {"metadata": {"name": "own"}})["metadata"]["name"]
    hosts = environment(rendered[case])["MILLSTREAM_SERVER_ALLOWED_HOSTS"].split(",")
    assert f"{name}.ml.svc.cluster.local" in hosts
    for route in ("Ingress", "HTTPRoute"):
        if route in kinds:
            assert "ml.example.com" in hosts
            assert name in json.dumps(kinds[route]["spec"])


@pytest.mark.parametrize("case", CASES)
def test_the_server_knows_each_variable(rendered: dict[str, Any], case: str) -> None:
    assert environment(rendered[case]).keys() <= known_variables()


def test_without_a_word_there_is_one_replica_with_a_volume(rendered: dict[str, Any]) -> None:
    found = rendered["nothing said"]
    kinds = by_kind(found)
    assert kinds.keys() == {
        "Deployment",
        "NetworkPolicy",
        "PersistentVolumeClaim",
        "Service",
        "ServiceAccount",
    }
    assert kinds["Deployment"]["spec"]["replicas"] == 1
    assert kinds["Deployment"]["spec"]["strategy"] == {"type": "Recreate"}
    assert {"name": "data", "mountPath": DATA} in containers(found)[0]["volumeMounts"]
    assert environment(found)["MILLSTREAM_BACKEND_STORE_URI"] == DATA
    assert "MILLSTREAM_ALLOW_ANONYMOUS" not in environment(found)
    claim = kinds["PersistentVolumeClaim"]["metadata"]
    assert claim["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert containers(found)[0]["image"] == f"millstream-server:{VERSION}"


def test_secrets_are_named_and_never_said(rendered: dict[str, Any]) -> None:
    found = rendered["a team"]
    given = environment(found)
    file = given["MILLSTREAM_DATABASE_PASSWORD_FILE"]
    (mount,) = [one for one in containers(found)[0]["volumeMounts"] if one["name"] == "database"]
    (volume,) = [one for one in pod(found)["volumes"] if one["name"] == "database"]
    assert file == f"{mount['mountPath']}/password"
    assert volume["secret"]["items"] == [{"key": "password", "path": "password"}]
    assert given["AWS_ACCESS_KEY_ID"] == {"secretKeyRef": {"name": "s3", "key": "id"}}
    assert given["MILLSTREAM_AUTH_ADMIN_PASSWORD"]["secretKeyRef"]["name"] == "administrator"
    scaled = environment(rendered["scaled"])
    wanted = {"secretKeyRef": {"name": "tracking-app", "key": "uri"}}
    assert scaled["MILLSTREAM_BACKEND_STORE_URI"] == wanted
    assert not [one for case in CASES for one in by_kind(rendered[case]) if one == "Secret"]


def test_replicas_are_replaced_one_by_one_but_for_a_new_schema(rendered: dict[str, Any]) -> None:
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    strategies = {case: by_kind(rendered[case])["Deployment"]["spec"]["strategy"] for case in CASES}
    assert strategies["scaled"] == strategies["shared files"] == rolling
    assert strategies["a team"] == {"type": "Recreate"}
    assert strategies["one replica with a database"] == {"type": "Recreate"}  # its files' volume
    (upgrade,) = pod(rendered["a team"])["initContainers"]
    server = pod(rendered["a team"])["containers"][0]
    assert upgrade["args"] == ["db", "upgrade"]
    assert (upgrade["env"], upgrade["image"]) == (server["env"], server["image"])
    # A folder that is not there yet has no schema to bring up to date.
    assert "initContainers" not in pod(rendered["own claim"])
    assert pod(rendered["own claim, upgraded"])["initContainers"]


def test_several_replicas_keep_serving(rendered: dict[str, Any]) -> None:
    for case in ("a team", "scaled", "shared files"):
        budget = by_kind(rendered[case])["PodDisruptionBudget"]["spec"]
        assert budget["maxUnavailable"] == 1
    scaled = by_kind(rendered["scaled"])
    assert "replicas" not in scaled["Deployment"]["spec"]
    assert scaled["HorizontalPodAutoscaler"]["spec"]["minReplicas"] == 2
    assert scaled["HTTPRoute"]["spec"]["rules"][0]["backendRefs"][0]["port"] == 8080


def test_what_calls_may_be_narrowed(rendered: dict[str, Any]) -> None:
    policy = by_kind(rendered["a team"])["NetworkPolicy"]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["ingress"][0]["from"] == TEAM["networkPolicy"]["from"]
    assert policy["egress"] == TEAM["networkPolicy"]["egress"]
    assert "NetworkPolicy" not in by_kind(rendered["scaled"])


def test_the_notes_say_how_to_reach_it(rendered: dict[str, Any]) -> None:
    (said,) = [text for path, text in rendered["a team"].items() if path.endswith("NOTES.txt")]
    assert "https://ml.example.com" in said
    (said,) = [text for path, text in rendered["scaled"].items() if path.endswith("NOTES.txt")]
    assert "Everybody who reaches it may read" in said


def test_the_chart_is_of_this_version() -> None:
    about = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    assert about["version"] == about["appVersion"] == VERSION
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    levels = schema["properties"]["access"]["properties"]["defaultPermission"]["enum"]
    assert levels == list(LEVELS)
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    assert values.keys() | {"global"} == schema["properties"].keys()
