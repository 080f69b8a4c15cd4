"""The socket a service listens on."""

from __future__ import annotations

import socket

from millstream.errors import InvalidParameter

BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """A listening socket that child processes inherit; port 0 takes a free one.

    Raises `InvalidParameter` if the address is taken or is none of this machine.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        raise InvalidParameter(
            f"Cannot listen on {host} port {port}: {error}. Choose another with --host and --port."
        ) from error
    listener.set_inheritable(True)
    return listener


def base_url(listener: socket.socket, host: str, scheme: str = "http") -> str:
    """The address to call the service at."""
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{listener.getsockname()[1]}"
