"""Ports of this machine, for servers that must be told one, and for addresses of nobody."""

from __future__ import annotations

import secrets
import socket

_CHOICE = range(12_000, 32_000)
"""Below what systems hand out: a port that they chose may be another's before it is used."""


def free_port() -> int:
    """A port of loopback at which nobody listens, and which no other process is handed."""
    while True:
        port = secrets.choice(_CHOICE)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # despite old connections
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
