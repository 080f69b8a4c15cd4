"""A client of deployments where the SDK is: lines of JSON are calls, and answered by such.

Every name of Azure leads to this machine, and any other name is refused and noted. Nothing but
answers may be on stdout.
"""

from __future__ import annotations

import json
import socket
import sys
from itertools import islice
from typing import Any

import msgspec

from millstream.deploy.api import get_deploy_client
from millstream.deploy.client import DeploymentClient
from millstream.errors import MillstreamError

STRANGE: list[str] = []
"""Hosts that were asked for and are not Azure's."""

_found = socket.getaddrinfo


def found_here(host: Any, *words: Any, **named: Any) -> Any:
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name.endswith(".azure.test"):
        return _found("127.0.0.1", *words, **named)
    STRANGE.append(name)
    raise socket.gaierror(f"{name} is not of this test")


def called(target: str, name: str, words: dict[str, Any]) -> Any:
    client = get_deploy_client(target)
    assert isinstance(client, DeploymentClient)
    if name == "strange":
        return STRANGE
    if name == "plan":
        return client.plan(**words).text()
    if name == "logs":
        count = words.pop("count", None)
        return list(islice(client.logs(**words), count))
    return msgspec.to_builtins(getattr(client, name)(**words))


def main() -> None:
    socket.getaddrinfo = found_here
    for line in sys.stdin:
        target, name, words = json.loads(line)
        try:
            told = {"result": called(target, name, words)}
        except MillstreamError as error:
            told = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
