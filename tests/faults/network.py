"""Two hosts on one machine, joined by a cable that can be pulled out."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tests.faults.privileges import NotHere

ADDRESSES = {"script": "10.213.7.1", "server": "10.213.7.2"}


class Network(NamedTuple):
    """Two network namespaces; nothing else reaches either of them."""

    name: str

    @property
    def server_address(self) -> str:
        """Where the host of the server is reached."""
        return ADDRESSES["server"]

    def within(self, host: str) -> tuple[str, ...]:
        """The beginning of a command that runs on one of them: `script` or `server`."""
        return ("ip", "netns", "exec", f"{self.name}-{host}")

    def cut(self) -> None:
        """Pull the cable: packets go nowhere, and nobody is told."""
        _ip("-n", f"{self.name}-server", "link", "set", "cable", "down")

    def mend(self) -> None:
        """Plug it in again."""
        _ip("-n", f"{self.name}-server", "link", "set", "cable", "up")


@contextmanager
def two_hosts() -> Iterator[Network]:
    """The hosts and the cable for a `with` block; raises `NotHere` where they may not be made."""
    if shutil.which("ip") is None or os.name != "posix" or os.geteuid() != 0:
        raise NotHere("network namespaces need the program `ip` and a privileged user")
    network = Network(f"cut-{uuid.uuid4().hex[:6]}")
    made: list[str] = []
    try:
        try:
            for host in ADDRESSES:
                _ip("netns", "add", f"{network.name}-{host}")
                made.append(host)
            _lay_cable(network.name)
        except subprocess.CalledProcessError as error:
            raise NotHere(f"network namespaces cannot be made here: {error.stderr}") from error
        yield network
    finally:
        for host in made:
            _ip("netns", "delete", f"{network.name}-{host}")


def _lay_cable(name: str) -> None:
    script, server = (f"{name}-{host}" for host in ADDRESSES)
    _ip("-n", script, "link", "add", "cable", "type", "veth", "peer", "cable", "netns", server)
    for host, address in ADDRESSES.items():
        where = ("-n", f"{name}-{host}")
        _ip(*where, "address", "add", f"{address}/24", "dev", "cable")
        for link in ("lo", "cable"):
            _ip(*where, "link", "set", link, "up")


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
