"""How a deployment is doing, by what a cluster and its operators say."""

from __future__ import annotations

from typing import Any

import pytest

from millstream.deploy.kubernetes.state import address, state


def thing(kind: str, status: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"generation": 2}, "spec": spec, "status": status}


SEEN = {"observedGeneration": 2}
LATE = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
NEW = {**SEEN, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}
READY = {"type": "Ready", "status": "True"}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (thing("Deployment", {}, replicas=2), ("pending", "the cluster has not seen to it yet")),
        (thing("Deployment", NEW, replicas=2), ("ready", "")),
        (
            thing("Deployment", {**NEW, "replicas": 3}, replicas=2),
            ("pending", "2 of 2 pods are new, 2 ready, 1 old"),
        ),
        (
            thing("Deployment", {**NEW, "availableReplicas": 1}, replicas=2),
            ("pending", "2 of 2 pods are new, 1 ready, 0 old"),
        ),
        (
            thing("Deployment", {**SEEN, "conditions": [LATE]}, replicas=2),
            ("failed", "ProgressDeadlineExceeded"),
        ),
        (
            thing("InferenceService", {"conditions": [READY]}),
            ("pending", "KServe has not seen to it yet"),
        ),
        (thing("InferenceService", {**SEEN, "conditions": [READY]}), ("ready", "")),
        (thing("InferenceService", SEEN), ("pending", "it is not ready")),
        (thing("SeldonDeployment", {"state": "Available"}), ("ready", "")),
        (thing("SeldonDeployment", {"state": "Creating"}), ("pending", "it is not available")),
        (
            thing("SeldonDeployment", {"state": "Failed", "description": "no such graph"}),
            ("failed", "no such graph"),
        ),
    ],
)
def test_states(found: dict[str, Any], expected: tuple[str, str]) -> None:
    assert state(found, []) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (
            {"containerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]},
            ("pending", "CrashLoopBackOff"),
        ),
        (
            {"containerStatuses": [{"state": {"waiting": {"reason": "InvalidImageName"}}}]},
            ("failed", "InvalidImageName"),
        ),
        (
            {"containerStatuses": [{"state": {"waiting": {"reason": "ContainerCreating"}}}]},
            ("pending", "1 of 2 pods are new, 0 ready, 0 old"),
        ),
        (
            {
                "conditions": [
                    {
                        "type": "PodScheduled",
                        "status": "False",
                        "reason": "Unschedulable",
                        "message": "0/3 nodes have nvidia.com/gpu",
                    }
                ]
            },
            ("pending", "Unschedulable: 0/3 nodes have nvidia.com/gpu"),
        ),
    ],
)
def test_what_pods_wait_for(status: dict[str, Any], expected: tuple[str, str]) -> None:
    counts = {**SEEN, "replicas": 1, "updatedReplicas": 1}
    assert state(thing("Deployment", counts, replicas=2), [{"status": status}]) == expected


def test_addresses() -> None:
    six = {"loadBalancer": {"ingress": [{"ip": "2001:db8::7"}]}}
    service = {
        "metadata": {"name": "churn"},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    }
    assert address({"Service": {**service, "status": six}}, "shop") == (
        "http://[2001:db8::7]/invocations"
    )
    assert address({"HTTPRoute": {"spec": {"hostnames": ["a.example.com"]}}}, "shop") == (
        "http://a.example.com/invocations"
    )
    seldon = {"status": {"address": {"url": "http://churn.example.com/seldon"}}}
    assert address({"SeldonDeployment": seldon}, "shop") == "http://churn.example.com/seldon"
    assert address({}, "shop") is None
