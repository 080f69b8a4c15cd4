"""Sets of options that a cluster takes, for Hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

_LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
_VARIABLE = st.from_regex(r"[A-Z_]{1,3}[QXZ0-9_]{0,8}", fullmatch=True)
_VALUE = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=20)
_PLAIN = _VALUE.map(lambda text: text.replace(",", "").replace("=", "") + " {{ $(A) }}")
_BOOLEAN = st.sampled_from(["true", "false"])


def _whole(least: int, most: int) -> st.SearchStrategy[str]:
    return st.integers(least, most).map(str)


def _pairs(names: st.SearchStrategy[str], values: st.SearchStrategy[str]) -> Any:
    several = st.dictionaries(names, values, min_size=1, max_size=3)
    return several.map(lambda found: ",".join(f"{key}={value}" for key, value in found.items()))


_COMMON: dict[str, st.SearchStrategy[str]] = {
    "replicas": _whole(1, 50),
    "cpu": st.sampled_from(["0.5", "2", "250m", "1.25"]),
    "cpu_limit": st.sampled_from(["4", "4500m"]),
    "memory": st.sampled_from(["512Mi", "1.5Gi", "2G", "1024Mi"]),
    "gpu": _whole(0, 8),
    "gpu_resource": st.sampled_from(["amd.com/gpu", "nvidia.com/mig-1g.5gb"]),
    "node_selector": st.sampled_from(["pool=gpu", "example.com/zone=a,pool=b"]),
    "container_port": _whole(1, 65535),
    "network_policy": st.just("true"),
    "allow_from": st.lists(_LABEL, min_size=1, max_size=3).map(",".join),
    "egress": _BOOLEAN,
    "env": _pairs(_VARIABLE, _PLAIN),
    "secret_env": _pairs(st.sampled_from(["TOKEN", "API_KEY"]), st.just("secret/key.pem")),
    "env_from": st.lists(_LABEL, min_size=1, max_size=2).map(",".join),
    "image_pull_secret": _LABEL,
    "service_account": _LABEL,
    "user": _whole(1, 65535),
    "read_only": _BOOLEAN,
    "ready_path": st.sampled_from(["/health", "/v2/health/ready"]),
    "request_timeout": _whole(1, 86_400),
    "drain": _whole(1, 600),
}
_SCALED = {"max_replicas": _whole(50, 500), "target_cpu": _whole(1, 1000)}
_SERVED = {
    "service_type": st.sampled_from(["ClusterIP", "NodePort", "LoadBalancer"]),
    "port": _whole(1, 65535),
}
_HOST = st.sampled_from(["churn.example.com", "*.example.com"])
_ENTRY: st.SearchStrategy[dict[str, str]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {"host": _HOST}, optional={"ingress_class": _LABEL, "tls_secret": _LABEL}
    ),
    st.fixed_dictionaries(
        {"gateway": st.sampled_from(["public", "edge/public"])}, optional={"host": _HOST}
    ),
)


@st.composite
def option_sets(draw: st.DrawFn) -> dict[str, str]:
    """A set of options that can be meant."""
    kind = draw(st.sampled_from(["deployment", "kserve", "seldon"]))
    known = dict(_COMMON)
    if kind != "seldon":
        known.update(_SCALED)
    if kind == "deployment":
        known.update(_SERVED)
    found = draw(st.fixed_dictionaries({"kind": st.just(kind)}, optional=known))
    return {**found, **(draw(_ENTRY) if kind == "deployment" else {})}
