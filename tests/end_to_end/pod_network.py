"""Hosts of their own on one machine, joined by a bridge: a node with a proxy, and pods."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

_NET = "10.213.8"
NODE = f"{_NET}.1"
_PROXY = """\
global
    stats socket {socket} mode 600 level admin
    maxconn 200
defaults
    mode http
    retries 0
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend service
    bind {node}:{port}
    default_backend pods
backend pods
    balance roundrobin
{servers}"""


class Pods(NamedTuple):
    """Namespaces of the network: the node's, and one for each pod, whose numbers begin with 0."""

    name: str
    hosts: int

    def within(self, pod: int | None) -> tuple[str, ...]:
        """The beginning of a command that runs in a pod, or else on the node."""
        return ("ip", "netns", "exec", f"{self.name}-{'node' if pod is None else pod}")

    def address(self, pod: int) -> str:
        """Where a pod is reached."""
        return f"{_NET}.{pod + 10}"

    def answers(self, pod: int, port: int, path: str) -> bool:
        """Whether a pod answers 200, as the node asks it."""
        asked = ("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "5")
        url = f"http://{self.address(pod)}:{port}{path}"
        done = subprocess.run(
            [*self.within(None), *asked, url], capture_output=True, text=True, check=False
        )
        return done.stdout == "200"


@contextmanager
def pod_network(count: int) -> Iterator[Pods]:
    """The hosts for a `with` block; where they may not be made the test is skipped."""
    if shutil.which("ip") is None or os.name != "posix" or os.geteuid() != 0:
        pytest.skip("network namespaces need the program `ip` and a privileged user")
    pods = Pods(f"pods-{uuid.uuid4().hex[:5]}", count)
    made: list[str] = []
    try:
        for host in ("node", *map(str, range(count))):
            try:
                _ip("netns", "add", f"{pods.name}-{host}")
            except subprocess.CalledProcessError as error:
                pytest.skip(f"network namespaces cannot be made here: {error.stderr}")
            made.append(host)
        _lay_cables(pods)
        yield pods
    finally:
        for host in made:
            _ip("netns", "delete", f"{pods.name}-{host}")


class Proxy:
    """HAProxy on the node, told at its socket which pods it passes requests on to.

    It tries nothing twice: a request that a pod drops is one that fails.
    """

    def __init__(self, pods: Pods, folder: Path, port: int, to: int) -> None:
        self.url = f"http://{NODE}:{port}/invocations"
        self._socket = folder / "proxy.sock"
        servers = "".join(
            f"    server pod{pod} {pods.address(pod)}:{to} disabled\n" for pod in range(pods.hosts)
        )
        (folder / "haproxy.cfg").write_text(
            _PROXY.format(socket=self._socket, node=NODE, port=port, servers=servers)
        )
        command = ["haproxy", "-db", "-f", str(folder / "haproxy.cfg")]
        self.process = subprocess.Popen([*pods.within(None), *command])
        until(self._socket.exists, "the proxy listens")

    def pass_to(self, pod: int, *, on: bool) -> None:
        """Pass requests on to a pod from now on, or no more."""
        with socket.socket(socket.AF_UNIX) as asked:
            asked.connect(str(self._socket))
            asked.sendall(f"set server pods/pod{pod} state {'ready' if on else 'maint'}\n".encode())
            assert asked.recv(1000).strip() == b""

    def end(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(20)


def until(is_so: Any, what: str, patience: float = 120.0) -> None:
    """Wait for a condition."""
    end = time.monotonic() + patience
    while not is_so():
        if time.monotonic() > end:
            raise AssertionError(f"it did not come to that: {what}")
        time.sleep(0.1)


def variables(pod: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """What the manifest of a pod tells its container, whose model is in a folder here."""
    (container,) = pod["containers"]
    found = {one["name"]: one.get("value", "") for one in container["env"]}
    name = found["MILLSTREAM_MODEL_URI"].partition("=")[0]
    return {**found, "MILLSTREAM_MODEL_URI": f"{name}={folder}"}


def _lay_cables(pods: Pods) -> None:
    node = f"{pods.name}-node"
    _ip("-n", node, "link", "add", "bridge", "type", "bridge")
    _ip("-n", node, "address", "add", f"{NODE}/24", "dev", "bridge")
    for pod in range(pods.hosts):
        own = f"{pods.name}-{pod}"
        _ip("-n", own, "link", "add", "cable", "type", "veth", "peer", f"pod{pod}", "netns", node)
        _ip("-n", own, "address", "add", f"{pods.address(pod)}/24", "dev", "cable")
        for link in ("lo", "cable"):
            _ip("-n", own, "link", "set", link, "up")
        _ip("-n", node, "link", "set", f"pod{pod}", "master", "bridge", "up")
    for link in ("lo", "bridge"):
        _ip("-n", node, "link", "set", link, "up")


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
