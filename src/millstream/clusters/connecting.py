"""Which cluster is meant: a context of the kubeconfig, or the one that this process runs in."""

from __future__ import annotations

from pathlib import Path

import yaml

from millstream import settings
from millstream.client.extras import load
from millstream.clusters.cluster import PURPOSE, Cluster
from millstream.errors import InvalidParameter

INSIDE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
"""Where a cluster tells its pods their namespace."""

_NAMESPACE = "default"
_DEFAULT_FILE = "~/.kube/config"


def connect(context: str | None) -> tuple[Cluster, str]:
    """The cluster of a context, and the namespace of the context.

    It is looked up in the files that KUBECONFIG names, or else in `~/.kube/config`. Without either,
    and without a context, it is the cluster that this process runs in.
    """
    config = load("kubernetes.config", PURPOSE)
    client = load("kubernetes.client", PURPOSE)
    file = settings.process_variables().get("KUBECONFIG") or str(Path(_DEFAULT_FILE).expanduser())
    is_absent = file.endswith(_DEFAULT_FILE[1:]) and not Path(file).exists()
    try:
        if context is None and is_absent:
            inside = client.Configuration()
            config.load_incluster_config(client_configuration=inside)
            return Cluster(client.ApiClient(inside)), _own_namespace()
        made = config.new_client_from_config(config_file=file, context=context)
        contexts, current = config.list_kube_config_contexts(config_file=file)
    # A TypeError is what the package makes of a file with a list or a text in it.
    except (config.ConfigException, yaml.YAMLError, OSError, TypeError) as error:
        why = "there is no such file" if is_absent else str(error).rstrip(".")
        raise InvalidParameter(
            f"No cluster can be chosen from '{file}': {why}. Set KUBECONFIG to a kubeconfig, and "
            "name one of its contexts."
        ) from error
    chosen = next((one for one in contexts if one["name"] == context), current)
    return Cluster(made), str((chosen.get("context") or {}).get("namespace") or _NAMESPACE)


def _own_namespace() -> str:
    """The namespace of the pod that this process is in."""
    found = INSIDE.read_text("utf-8").strip() if INSIDE.is_file() else ""
    return found or _NAMESPACE
