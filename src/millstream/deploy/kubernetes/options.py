"""What a cluster can be told of a deployment, and what is meant where nothing is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from millstream.deploy.container.dockerfile import PORT
from millstream.deploy.container.service import USER
from millstream.deploy.kubernetes import quantities, values
from millstream.errors import InvalidParameter


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a deployment. Times are in s; amounts are as a cluster writes them."""

    kind: Literal["deployment", "kserve", "seldon"] = "deployment"
    replicas: int = 1
    max_replicas: int | None = None
    target_cpu: int = 70
    cpu: str = "500m"
    cpu_limit: str | None = None
    memory: str = "1Gi"
    gpu: int = 0
    gpu_resource: str = "nvidia.com/gpu"
    node_selector: dict[str, str] = {}
    service_type: str = "ClusterIP"
    port: int = 80
    container_port: int = PORT
    host: str | None = None
    ingress_class: str | None = None
    tls_secret: str | None = None
    gateway: tuple[str | None, str] | None = None
    network_policy: bool = True
    allow_from: tuple[str, ...] = ()
    egress: bool = False
    env: dict[str, str] = {}
    secret_env: dict[str, tuple[str, str]] = {}
    env_from: tuple[str, ...] = ()
    image_pull_secret: str | None = None
    service_account: str | None = None
    user: int = USER
    read_only: bool = True
    ready_path: str = "/ping"
    request_timeout: int = 60
    drain: int = 10


class _Option(NamedTuple):
    reading: values.Reading
    meaning: str


_PORTS = values.whole(1, 65535)
_TABLE: dict[str, _Option] = {
    "kind": _Option(
        values.one_of("deployment", "kserve", "seldon"),
        "deployment, kserve (an InferenceService) or seldon (a SeldonDeployment).",
    ),
    "replicas": _Option(values.whole(1, 10_000), "How many pods, with max_replicas at least."),
    "max_replicas": _Option(
        values.whole(1, 10_000), "How many pods at most, as their processors are busy (none)."
    ),
    "target_cpu": _Option(values.whole(1, 1000), "How busy pods are to be then, in % of cpu."),
    "cpu": _Option(quantities.cores, "Processors that a pod is given, such as 2 or 500m."),
    "cpu_limit": _Option(quantities.cores, "Processors that it may use at most (all)."),
    "memory": _Option(quantities.size, "Memory that a pod is given, and has at most."),
    "gpu": _Option(values.whole(0, 64), "How many graphics processors a pod gets."),
    "gpu_resource": _Option(values.resource, "What nodes call these."),
    "node_selector": _Option(values.selector, "Labels of its nodes: NAME=VALUE,…"),
    "service_type": _Option(
        values.one_of("ClusterIP", "NodePort", "LoadBalancer"),
        "ClusterIP, NodePort or LoadBalancer.",
    ),
    "port": _Option(_PORTS, "Port of the service."),
    "container_port": _Option(_PORTS, "Port that the image serves on."),
    "host": _Option(values.host, "Host name of an Ingress or HTTPRoute (none)."),
    "ingress_class": _Option(values.name, "Class of the Ingress (the cluster's own)."),
    "tls_secret": _Option(values.name, "Secret with the certificate of the host (none)."),
    "gateway": _Option(
        values.gateway, "[NAMESPACE/]NAME of a Gateway, for an HTTPRoute in place of an Ingress."
    ),
    "network_policy": _Option(values.truth, "false: let everybody reach every port."),
    "allow_from": _Option(
        values.labels, "Namespaces whose pods may ask it, with commas between them (all)."
    ),
    "egress": _Option(values.truth, "true: let it reach others."),
    "env": _Option(values.variables, "Variables of it: NAME=VALUE,… and never a secret."),
    "secret_env": _Option(values.references, "Variables from Secrets: NAME=SECRET/KEY,…"),
    "env_from": _Option(values.names, "Secrets all of whose keys become variables."),
    "image_pull_secret": _Option(values.name, "Secret that the image is pulled with."),
    "service_account": _Option(values.name, "A service account that is there (one of its own)."),
    "user": _Option(values.whole(1, 2_147_483_647), "Number of the user that serves."),
    "read_only": _Option(values.truth, "false: let it write beside /tmp."),
    "ready_path": _Option(values.path, "Path that answers 200 once it is ready."),
    "request_timeout": _Option(values.whole(1, 86_400), "How long a request may take, in s."),
    "drain": _Option(
        values.whole(1, 600), "How long a pod that is to end still answers new requests, in s."
    ),
}
_OF_A_SERVICE = ("service_type", "port", "host", "ingress_class", "tls_secret", "gateway")
_NOT_FOR: dict[str, tuple[str, ...]] = {
    "deployment": (),
    "kserve": _OF_A_SERVICE,
    "seldon": (*_OF_A_SERVICE, "max_replicas", "target_cpu"),
}


def meanings() -> dict[str, str]:
    """All options and what they mean, with what is meant where nothing is said."""
    defaults = Options()
    return {name: _meaning(option, getattr(defaults, name)) for name, option in _TABLE.items()}


def read(config: Mapping[str, str]) -> Options:
    """Read what was configured; what cannot be meant raises, naming the option."""
    found = {name: _value(name, text) for name, text in config.items()}
    options = Options(**found)
    _check_kind(options, config)
    _check_together(options)
    return options


def _value(name: str, text: str) -> Any:
    try:
        return _TABLE[name].reading(text)
    except InvalidParameter as error:
        raise InvalidParameter(f"The option '{name}': {error.message}") from error


def _meaning(option: _Option, default: Any) -> str:
    if default in (None, (), {}) or isinstance(default, bool):
        return option.meaning
    return f"{option.meaning.removesuffix('.')} (default: {default})."


def _check_kind(options: Options, config: Mapping[str, str]) -> None:
    for name in _NOT_FOR[options.kind]:
        if name in config:
            raise InvalidParameter(
                f"The option '{name}' means nothing for kind={options.kind}, which sees to that "
                "itself; leave it out, or deploy with kind=deployment."
            )


def _check_together(options: Options) -> None:
    most = options.max_replicas
    if most is not None and most < options.replicas:
        raise InvalidParameter(
            f"The option 'max_replicas' is {most}, and replicas {options.replicas}: at most is no "
            "less than at least."
        )
    if options.host is None and (options.ingress_class or options.tls_secret):
        raise InvalidParameter("An Ingress needs the option 'host', the name that it answers to.")
    if options.gateway is not None and (options.ingress_class or options.tls_secret):
        raise InvalidParameter(
            "A route of a gateway has neither ingress_class nor tls_secret: the gateway has them."
        )
    if options.allow_from and not options.network_policy:
        raise InvalidParameter("The option 'allow_from' needs network_policy=true.")
    both = options.env.keys() & options.secret_env.keys()
    if both:
        raise InvalidParameter(f"The variable '{min(both)}' is in env and in secret_env.")
