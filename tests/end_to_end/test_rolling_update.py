"""A new version takes over as its Deployment says, while clients ask: no request is dropped.

Processes in network namespaces stand in for pods, and HAProxy for what passes requests on to them.
What a cluster does is done here in its order: a new pod begins, is asked whether it is ready, gets
requests; an old one is told to end, and at the same time its `preStop` runs and the proxy learns,
late, that it goes. Only then comes SIGTERM.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from tests.end_to_end import asking_clients
from tests.end_to_end.pod_network import Pods, Proxy, pod_network, until, variables

from millstream.deploy.kubernetes.manifests import manifests
from millstream.deploy.kubernetes.options import read
from millstream.deploy.wish import Wish
from millstream.integrations import sklearn

CLIENTS = 4
REPLICAS = 2
CONFIG = {"replicas": str(REPLICAS), "drain": "2"}
LATE = 1.0
"""How long the proxy passes requests on to a pod that is told to end, in s."""


def saved(folder: Path, factor: float) -> Path:
    """A model that answers `factor` to three ones."""
    data = np.random.default_rng(0).normal(size=(20, 3))
    sklearn.save_model(LinearRegression().fit(data, data @ [factor, 0.0, 0.0]), folder)
    return folder


def deployment(version: int, model: Path) -> dict[str, Any]:
    """The Deployment of a version of the model."""
    wish = Wish("churn", f"models:/churn/{version}", model, CONFIG, image=f"churn:{version}")
    found = manifests(wish, read(wish.config))
    return next(one["spec"] for one in found if one["kind"] == "Deployment")


class Node:
    """Starts and ends pods as the kubelet does, and tells the proxy."""

    def __init__(self, pods: Pods, proxy: Proxy) -> None:
        self._pods = pods
        self._proxy = proxy
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._ending: list[threading.Thread] = []
        self.codes: list[int] = []

    def begin(self, number: int, spec: Mapping[str, Any], model: Path) -> None:
        """Start a pod."""
        pod = spec["template"]["spec"]
        told = {**os.environ, **variables(pod, model), "MILLSTREAM_ENV_MANAGER": "local"}
        told["MILLSTREAM_HOST"] = self._pods.address(number)
        told["MILLSTREAM_SERVER_ALLOWED_HOSTS"] = "*"
        served = [sys.executable, "-m", "millstream.cli.main", "models", "serve"]
        self._running[number] = subprocess.Popen([*self._pods.within(number), *served], env=told)

    def await_ready(self, number: int, spec: Mapping[str, Any]) -> None:
        """Wait until a pod is ready; from then on it gets requests."""
        (container,) = spec["template"]["spec"]["containers"]
        ready = container["readinessProbe"]["httpGet"]
        until(
            lambda: self._pods.answers(number, ready["port"], ready["path"]),
            f"the pod {number} is ready",
        )
        self._proxy.pass_to(number, on=True)

    def end(self, number: int, spec: Mapping[str, Any]) -> None:
        """Have a pod end, while others go on."""
        thread = threading.Thread(target=self._end, args=(number, spec["template"]["spec"]))
        thread.start()
        self._ending.append(thread)

    def wait(self) -> None:
        """Wait until all pods that were to end have ended."""
        for thread in self._ending:
            thread.join()

    def clear(self) -> None:
        """End what is left."""
        self.wait()
        for process in self._running.values():
            process.terminate()
            process.wait(100)

    def _end(self, number: int, pod: Mapping[str, Any]) -> None:
        (container,) = pod["containers"]
        until_signal = time.monotonic() + container["lifecycle"]["preStop"]["sleep"]["seconds"]
        over = until_signal + pod["terminationGracePeriodSeconds"]
        time.sleep(LATE)
        self._proxy.pass_to(number, on=False)
        time.sleep(max(0.0, until_signal - time.monotonic()))
        process = self._running.pop(number)
        process.send_signal(signal.SIGTERM)
        self.codes.append(process.wait(over - time.monotonic()))


def test_no_request_is_dropped_while_a_new_version_takes_over(tmp_path: Path) -> None:
    if shutil.which("haproxy") is None:
        pytest.skip("haproxy is not installed")
    old, new = saved(tmp_path / "old", 1.0), saved(tmp_path / "new", 2.0)
    before, after = deployment(1, old), deployment(2, new)
    rolling = after["strategy"]["rollingUpdate"]
    assert (rolling["maxSurge"], rolling["maxUnavailable"]) == (1, 0)
    port = before["template"]["spec"]["containers"][0]["ports"][0]["containerPort"]
    with pod_network(2 * REPLICAS) as pods:
        proxy = Proxy(pods, tmp_path, 80, port)
        node = Node(pods, proxy)
        try:
            for number in range(REPLICAS):
                node.begin(number, before, old)
            for number in range(REPLICAS):
                node.await_ready(number, before)
            clients = subprocess.Popen(
                [
                    *pods.within(None),
                    sys.executable,
                    asking_clients.__file__,
                    proxy.url,
                    str(CLIENTS),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            for number in range(REPLICAS):
                node.begin(REPLICAS + number, after, new)
                node.await_ready(REPLICAS + number, after)
                node.end(number, before)
            node.wait()
            time.sleep(0.5)  # a while of only new answers
            told, _ = clients.communicate(timeout=60)
        finally:
            node.clear()
            proxy.end()
    found = json.loads(told)
    assert found["failures"] == []
    assert set(found["answers"]) == {"1", "2"}
    assert min(found["answers"].values()) > 50
    assert node.codes == [0, 0]
