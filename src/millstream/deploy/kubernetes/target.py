"""A cluster as a place where models run: `kubernetes:/context/namespace`.

Both parts may be left out, and have `%2F` for a `/`. Things are applied by the server, as the
manager `millstream`: what others say of them stays.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from millstream.clusters.cluster import Cluster
from millstream.clusters.connecting import connect as connect_cluster
from millstream.clusters.kinds import DEPLOYMENT, POD, SERVICE, Kind, kind_of
from millstream.deploy import targets
from millstream.deploy.kubernetes import files, options, state
from millstream.deploy.kubernetes.manifests import (
    EVERYWHERE,
    SERVING,
    WHERE_INSTALLED,
    manifests,
)
from millstream.deploy.kubernetes.naming import INSTANCE, MANAGER, checked, chosen, is_ours
from millstream.deploy.kubernetes.pod_logs import Reader
from millstream.deploy.kubernetes.values import label
from millstream.deploy.resources import Resource
from millstream.deploy.target import Status
from millstream.deploy.wish import Wish
from millstream.errors import AlreadyExists, InvalidParameter, NotFound, PermissionDenied

FORM = "kubernetes:/context/namespace"
_OF_THE_CLUSTER = ("managedFields", "resourceVersion", "uid", "creationTimestamp", "generation")


class KubernetesTarget:
    """A namespace of a cluster, which is spoken to once something is asked of it."""

    takes_image = True
    formats: Sequence[str] = files.FORMATS

    def __init__(self, context: str | None, namespace: str | None) -> None:
        self._context = context
        self._said = namespace

    @property
    def options(self) -> Mapping[str, str]:
        """What can be configured, and what each option means."""
        return options.meanings()

    def wanted(self, wish: Wish) -> Sequence[Resource]:
        """What the deployment is to be made of."""
        return [_resource(one) for one in _manifests(wish)]

    def written(self, wish: Wish, form: str) -> Mapping[str, str]:
        """The same as files, each with its name; no cluster is asked."""
        return files.written(form, wish.name, _manifests(wish), self._said)

    def present(self, name: str, endpoint: str | None) -> Sequence[Resource]:
        """What there is of a deployment."""
        _without_endpoint(endpoint)
        return [_resource(_kept(one)) for one in self._there(checked(name))]

    def make(self, after: Resource, before: Resource | None) -> None:
        """Apply a thing; one of its name that is not of the deployment raises `AlreadyExists`."""
        if before is None:
            self._check_free(after)
        self._cluster.apply(self._namespace, _counted(after, before), MANAGER)

    def remove(self, resource: Resource) -> None:
        """Remove a thing, if it is the deployment's."""
        kind = kind_of(resource.body)
        found = self._found(kind, resource.name)
        if found is None or not is_ours(found, _instance(resource)):
            return
        try:
            self._cluster.delete(kind, self._namespace, resource.name, found["metadata"]["uid"])
        except NotFound:
            return  # somebody else was faster

    def names(self, endpoint: str | None) -> Sequence[str]:
        """The deployments that are there."""
        _without_endpoint(endpoint)
        found = [one for kind in SERVING for one in self._listed(kind, chosen())]
        named = {one["metadata"]["labels"].get(INSTANCE) for one in found}
        return sorted(str(name) for name in named if name)

    def status(self, name: str, endpoint: str | None) -> Status:
        """How a deployment is doing."""
        _without_endpoint(endpoint)
        there = {one["kind"]: one for one in self._there(checked(name))}
        pods = self._pods(name)
        running = [there[kind.name] for kind in SERVING if kind.name in there]
        found = [(state.state(one, pods), one) for one in running]
        if not found:
            return Status("unknown", "there is nothing that runs it")
        # While another kind takes over there are two, and what is not ready says more.
        told, thing = next((one for one in found if one[0].state != "ready"), found[0])
        return state.told(told, state.address(there, self._namespace), thing)

    def logs(self, name: str, endpoint: str | None, *, follow: bool) -> Iterator[str]:
        """The lines that its pods printed, with `follow` those to come."""
        _without_endpoint(endpoint)
        reader = Reader(self._cluster, self._namespace, name)
        return reader.lines(self._pods(name), follow=follow)

    def predict(self, name: str, endpoint: str | None, body: bytes) -> bytes:
        """What it answers; the API server passes the body on, so no address has to be open."""
        _without_endpoint(endpoint)
        try:
            said = json.loads(body)
        except ValueError as error:
            raise InvalidParameter(f"The input is not JSON: {error}.") from error
        kind, asked, port = self._answering(name)
        return self._cluster.post_to(kind, self._namespace, asked, port, "invocations", said)

    @property
    def _cluster(self) -> Cluster:
        return self._place[0]

    @property
    def _namespace(self) -> str:
        return self._said or self._place[1]

    @cached_property
    def _place(self) -> tuple[Cluster, str]:
        return connect_cluster(self._context)

    def _there(self, name: str) -> list[dict[str, Any]]:
        kinds = (*EVERYWHERE, *WHERE_INSTALLED)
        found = [one for kind in kinds for one in self._listed(kind, chosen(name))]
        return [one for one in found if is_ours(one, name)]

    def _listed(self, kind: Kind, selector: str) -> list[dict[str, Any]]:
        """Things that are ours, with what a list leaves out of each."""
        try:
            found = self._cluster.listed(kind, self._namespace, selector)
        except (NotFound, PermissionDenied):
            # The cluster does not have the kind, or does not give it to us: then we made none.
            if kind not in WHERE_INSTALLED:
                raise
            return []
        named = {"apiVersion": kind.version, "kind": kind.name}
        return [{**named, **one} for one in found if not one["metadata"].get("ownerReferences")]

    def _pods(self, name: str) -> list[dict[str, Any]]:
        return self._cluster.listed(POD, self._namespace, chosen(checked(name)))

    def _found(self, kind: Kind, name: str) -> dict[str, Any] | None:
        try:
            return self._cluster.get(kind, self._namespace, name)
        except NotFound:
            return None

    def _check_free(self, wanted: Resource) -> None:
        found = self._found(kind_of(wanted.body), wanted.name)
        if found is not None and not is_ours(found, _instance(wanted)):
            raise AlreadyExists(
                f"The namespace '{self._namespace}' has a {wanted.kind} '{wanted.name}' that is "
                "not of this deployment; choose another name, or remove it."
            )

    def _answering(self, name: str) -> tuple[Kind, str, int]:
        """The service of a deployment; where an operator has made that, a pod that is ready."""
        services = self._listed(SERVICE, chosen(checked(name)))
        if services:
            return SERVICE, name, int(services[0]["spec"]["ports"][0]["port"])
        for pod in self._pods(name):
            if state.is_ready(pod):
                return POD, pod["metadata"]["name"], state.port_of(pod)
        raise NotFound(f"No pod of the deployment '{name}' is ready to be asked.")


def connect(target_uri: str) -> KubernetesTarget:
    """The target of a URI, whose parts are a context and a namespace, if they are said."""
    said = [unquote(one) for one in targets.parts(target_uri, FORM)]
    context, namespace = [*said, None, None][:2]
    return KubernetesTarget(context, None if namespace is None else label(namespace))


def _manifests(wish: Wish) -> list[dict[str, Any]]:
    _without_endpoint(wish.endpoint)
    checked(wish.name)
    return manifests(wish, options.read(wish.config))


def _without_endpoint(endpoint: str | None) -> None:
    if endpoint is not None:
        raise InvalidParameter(
            f"A cluster has no endpoints of their own: leave out the endpoint '{endpoint}'; an "
            "address is made with the option 'host'."
        )


def _resource(manifest: dict[str, Any]) -> Resource:
    return Resource(manifest["kind"], manifest["metadata"]["name"], manifest)


def _kept(manifest: dict[str, Any]) -> dict[str, Any]:
    """A thing without what only the cluster says of it, so that it can be applied again."""
    metadata = {
        key: value for key, value in manifest["metadata"].items() if key not in _OF_THE_CLUSTER
    }
    rest = {key: value for key, value in manifest.items() if key != "status"}
    return {**rest, "metadata": metadata}


def _counted(after: Resource, before: Resource | None) -> dict[str, Any]:
    """A manifest, where an autoscaler counts the pods with as many as there are.

    Left out, the number would become 1 for a moment if it had been ours to say before.
    """
    if after.kind != DEPLOYMENT.name or "replicas" in after.body["spec"] or before is None:
        return after.body
    count = before.body["spec"].get("replicas", 1)
    return {**after.body, "spec": {**after.body["spec"], "replicas": count}}


def _instance(resource: Resource) -> str:
    return str(resource.body["metadata"]["labels"][INSTANCE])
