"""What the pods of a deployment print, as one stream of lines."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from millstream.clusters.cluster import Cluster
from millstream.deploy.kubernetes.inference_service import CONTAINER as OF_KSERVE
from millstream.deploy.kubernetes.naming import CONTAINER
from millstream.errors import MillstreamError

_WAITING_LINES = 1000


class Reader:
    """Reads the logs of pods of a namespace. With several pods, each line says whose it is."""

    def __init__(self, cluster: Cluster, namespace: str, name: str) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._names = (CONTAINER, OF_KSERVE, name)

    def lines(self, pods: Sequence[Mapping[str, Any]], *, follow: bool) -> Iterator[str]:
        """The lines, one pod after the other; with `follow` all at once, until the last ends."""
        several = len(pods) > 1
        streams = [self._pod(pod, follow=follow, several=several) for pod in pods]
        if follow and several:
            yield from _joined(streams)
            return
        for stream in streams:
            yield from stream

    def _pod(self, pod: Mapping[str, Any], *, follow: bool, several: bool) -> Iterator[str]:
        name = str(pod["metadata"]["name"])
        containers = [str(one["name"]) for one in pod["spec"]["containers"]]
        own = next((one for one in containers if one in self._names), containers[0])
        for line in self._cluster.log(self._namespace, name, own, follow=follow):
            yield f"{name}: {line}" if several else line


def _joined(streams: Sequence[Iterator[str]]) -> Iterator[str]:
    """Lines as they come; what ends one stream with an error ends all."""
    came: queue.Queue[str | MillstreamError | None] = queue.Queue(_WAITING_LINES)

    def read(stream: Iterator[str]) -> None:
        try:
            for line in stream:
                came.put(line)
        except MillstreamError as error:
            came.put(error)
        came.put(None)

    for stream in streams:
        threading.Thread(target=read, args=(stream,), daemon=True).start()
    left = len(streams)
    while left:
        found = came.get()
        if isinstance(found, MillstreamError):
            raise found
        if found is None:
            left -= 1
        else:
            yield found
