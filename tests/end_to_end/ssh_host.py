"""A host to log in to: sshd on a free port of this machine, with keys of its own."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.ports import free_port

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin") or ""


class Host(NamedTuple):
    """The file for ssh in which the host is `far`, its port, and what sshd has to say."""

    config: Path
    port: int
    log: Path


def key(path: Path) -> Path:
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)]
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
    return path


@contextmanager
def host(folder: Path, variables: dict[str, str]) -> Iterator[Host]:
    """Start sshd, whose sessions have these variables, and stop it."""
    if not SSHD or not shutil.which("ssh"):
        pytest.skip("there is no sshd: install openssh-server and openssh-client")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd locks itself in
    port, log = free_port(), folder / "sshd.log"
    identity, host_key = key(folder / "user"), key(folder / "host")
    server = folder / "sshd_config"
    server.write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {host_key}\nPidFile {folder}/pid\n"
        f"AuthorizedKeysFile {identity}.pub\nStrictModes no\nPasswordAuthentication no\n"
        f"PermitRootLogin prohibit-password\nUsePAM {'yes' if os.getuid() == 0 else 'no'}\n"
        "SetEnv " + " ".join(f'"{name}={value}"' for name, value in variables.items()) + "\n"
    )
    known = folder / "known"
    public = Path(f"{host_key}.pub").read_text()
    known.write_text(f"[127.0.0.1]:{port} {public}")
    client = folder / "ssh_config"
    client.write_text(
        f"Host far\n  HostName 127.0.0.1\n  Port {port}\n  User {getpass.getuser()}\n"
        f"  IdentityFile {identity}\n  IdentitiesOnly yes\n  UserKnownHostsFile {known}\n"
        "  StrictHostKeyChecking yes\n"
    )
    process = subprocess.Popen([SSHD, "-D", "-f", str(server), "-E", str(log)])
    try:
        _wait_for(port)
        yield Host(client, port, log)
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
