"""What can be said to a cluster, and how what cannot be meant is refused."""

from __future__ import annotations

import msgspec
import pytest

from millstream.deploy.kubernetes.options import Options, meanings, read
from millstream.errors import InvalidParameter


def test_each_option_has_a_meaning_and_each_meaning_an_option() -> None:
    assert set(meanings()) == {field.name for field in msgspec.structs.fields(Options)}
    assert meanings()["port"] == "Port of the service (default: 80)."


def test_nothing_said_is_enough() -> None:
    assert read({}) == Options()


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"replicas": "0"}, "option 'replicas': '0' is not a whole number from 1"),
        ({"replicas": "2.0"}, "whole number"),
        ({"kind": "Deployment"}, "is none of deployment, kserve, seldon"),
        ({"cpu": "much"}, "option 'cpu'"),
        ({"memory": "1"}, "option 'memory'"),
        ({"service_type": "External"}, "ClusterIP, NodePort, LoadBalancer"),
        ({"port": "65536"}, "65535"),
        ({"host": "churn.example.com/a"}, "option 'host'"),
        ({"host": "a.*.example.com"}, "option 'host'"),
        ({"gateway": "a/b/c"}, "option 'gateway'"),
        ({"env": "LEVEL"}, "NAME=VALUE"),
        ({"env": "API_KEY=hunter2"}, "secret_env=API_KEY=SECRET/KEY"),
        ({"env": "A-B=1"}, "a variable's name"),
        ({"secret_env": "TOKEN=hub"}, "SECRET/KEY"),
        ({"secret_env": "TOKEN=hub/../key"}, "a Secret's key"),
        ({"env": "A=1", "secret_env": "A=hub/a"}, "'A' is in env and in secret_env"),
        ({"env": "A=1,A=2"}, "NAME=VALUE"),
        ({"node_selector": "pool=a b"}, "a label's value"),
        ({"gpu_resource": "gpu"}, "nvidia.com/gpu"),
        ({"user": "0"}, "option 'user'"),
        ({"read_only": "no"}, "true, false"),
        ({"ready_path": "ping"}, "a path such as /ping"),
        ({"max_replicas": "2", "replicas": "3"}, "no less than at least"),
        ({"tls_secret": "cert"}, "needs the option 'host'"),
        ({"gateway": "a", "host": "b.c", "tls_secret": "cert"}, "the gateway has them"),
        ({"allow_from": "shop", "network_policy": "false"}, "needs network_policy"),
        ({"kind": "kserve", "host": "a.example.com"}, "means nothing for kind=kserve"),
        ({"kind": "seldon", "max_replicas": "3"}, "means nothing for kind=seldon"),
        ({"image_pull_secret": "a" * 254}, "more than 253"),
    ],
)
def test_what_cannot_be_meant_is_refused(config: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidParameter, match=said) as refused:
        read(config)
    assert "hunter2" not in refused.value.message
