"""The pod that serves a model: safe unless somebody says otherwise, and never dropping a request.

It has no rights: not root, no capability, no token of the cluster, nothing to write on but `/tmp`.
A pod that is to end answers on for a while (`preStop`), since proxies learn of its end only then;
the server itself finishes what it has accepted.
"""

from __future__ import annotations

from typing import Any

from millstream.deploy.container.dockerfile import MODEL as FOLDER
from millstream.deploy.kubernetes.naming import CONTAINER, MODEL, labels, selector
from millstream.deploy.kubernetes.options import Options
from millstream.deploy.wish import Wish

STARTING = 600
"""How long a model may load, in s, before its pod is started anew."""

_MARGIN = 5
_EVERY = 2
_TEMPORARY = "tmp"


def template(wish: Wish, options: Options) -> dict[str, Any]:
    """The template of pods, with their labels; a change of the model is a change of it."""
    return {
        "metadata": {"labels": labels(wish), "annotations": {MODEL: wish.model_uri}},
        "spec": pod_spec(wish, options),
    }


def pod_spec(wish: Wish, options: Options, container: str = CONTAINER) -> dict[str, Any]:
    """What a pod is made of. `container` is what the one in it has to be called."""
    spec: dict[str, Any] = {
        "serviceAccountName": options.service_account or wish.name,
        "automountServiceAccountToken": False,
        # Or a service called `millstream` would set MILLSTREAM_PORT, which says where to listen.
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": options.user,
            "runAsGroup": options.user,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "terminationGracePeriodSeconds": options.drain + options.request_timeout + _MARGIN,
        "topologySpreadConstraints": [_spread(wish)],
        "containers": [_container(wish, options, container)],
        "volumes": [{"name": _TEMPORARY, "emptyDir": {}}],
    }
    if options.node_selector:
        spec["nodeSelector"] = dict(options.node_selector)
    if options.image_pull_secret:
        spec["imagePullSecrets"] = [{"name": options.image_pull_secret}]
    return spec


def _spread(wish: Wish) -> dict[str, Any]:
    """Not all on one node, where there are several."""
    return {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": selector(wish.name)},
    }


def _container(wish: Wish, options: Options, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": name,
        "image": wish.image,
        "ports": [{"name": "http", "containerPort": options.container_port, "protocol": "TCP"}],
        "env": _variables(wish, options),
        "resources": _resources(options),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": options.read_only,
            "capabilities": {"drop": ["ALL"]},
        },
        **_probes(options),
        "lifecycle": {"preStop": {"sleep": {"seconds": options.drain}}},
        "volumeMounts": [{"name": _TEMPORARY, "mountPath": "/tmp"}],  # noqa: S108  # a volume of its own
    }
    if options.env_from:
        found["envFrom"] = [{"secretRef": {"name": secret}} for secret in options.env_from]
    return found


def _variables(wish: Wish, options: Options) -> list[dict[str, Any]]:
    """What the image is told; an image of somebody else does not mind."""
    own = {
        "MILLSTREAM_MODEL_URI": f"{wish.name}={FOLDER}",  # its name in the inference protocol
        "MILLSTREAM_PORT": str(options.container_port),
        "MILLSTREAM_SCORING_SERVER_REQUEST_TIMEOUT": str(options.request_timeout),
    }
    written = {**own, **options.env}
    plain = [
        # A cluster would replace `$(NAME)`, and leaves out values that are empty.
        {"name": name, "value": value.replace("$", "$$")} if value else {"name": name}
        for name, value in written.items()
        if name not in options.secret_env
    ]
    kept = [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
        for name, (secret, key) in options.secret_env.items()
    ]
    return plain + kept


def _resources(options: Options) -> dict[str, Any]:
    devices = {options.gpu_resource: str(options.gpu)} if options.gpu else {}
    most = {"cpu": options.cpu_limit} if options.cpu_limit else {}
    return {
        "requests": {"cpu": options.cpu, "memory": options.memory, **devices},
        "limits": {**most, "memory": options.memory, **devices},
    }


def _probes(options: Options) -> dict[str, Any]:
    """Loading may take its time; then requests come while it is ready, and it must not be stuck."""
    asked = {"httpGet": {"path": options.ready_path, "port": options.container_port}}
    return {
        "startupProbe": {
            **asked,
            "periodSeconds": _EVERY,
            "timeoutSeconds": 5,
            "failureThreshold": STARTING // _EVERY,
        },
        "readinessProbe": {
            **asked,
            "periodSeconds": 5,
            "timeoutSeconds": 5,
            "failureThreshold": 2,
        },
        "livenessProbe": {
            **asked,
            "periodSeconds": 15,
            "timeoutSeconds": 10,
            "failureThreshold": 4,
        },
    }
