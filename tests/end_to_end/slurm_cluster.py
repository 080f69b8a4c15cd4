"""A Slurm of one node on this machine: its real daemons, listening on loopback, until stopped."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tests.ports import free_port

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
_NODE = "millnode"


def _program(name: str) -> str:
    found = shutil.which(name, path=_PATH)
    if found is None:
        pytest.skip(f"there is no {name}: install slurmctld, slurmd, slurm-client and munge")
    return found


def _configuration(folder: Path, socket_path: Path) -> str:
    host = socket.gethostname().split(".")[0]
    settings = {
        "ClusterName": "mill",
        "SlurmctldHost": f"{host}(127.0.0.1)",
        "SlurmUser": "root",
        "AuthInfo": f"socket={socket_path}",
        "SlurmctldPort": free_port(),
        "SlurmdPort": free_port(),
        "CommunicationParameters": "NoCtldInAddrAny,NoInAddrAny",
        "StateSaveLocation": folder / "state",
        "SlurmdSpoolDir": folder / "spool",
        "SlurmctldPidFile": folder / "slurmctld.pid",
        "SlurmdPidFile": folder / "slurmd.pid",
        "SlurmctldLogFile": folder / "slurmctld.log",
        "SlurmdLogFile": folder / "slurmd.log",
        "ProctrackType": "proctrack/linuxproc",
        "TaskPlugin": "task/none",
        "AccountingStorageType": "accounting_storage/none",
        "JobAcctGatherType": "jobacct_gather/none",
        "SelectType": "select/linear",
        "MpiDefault": "none",
        "ReturnToService": 2,
        "KillWait": 5,
        "InactiveLimit": 0,
        "SchedulerParameters": "sched_min_interval=100000",
    }
    lines = [f"{name}={value}" for name, value in settings.items()]
    lines += [
        f"NodeName={_NODE} NodeHostname={host} NodeAddr=127.0.0.1 CPUs=1 State=UNKNOWN",
        f"PartitionName=main Nodes={_NODE} Default=YES MaxTime=INFINITE State=UP",
    ]
    return "\n".join(lines) + "\n"


@contextmanager
def cluster(folder: Path) -> Iterator[Path]:
    """Start the daemons; the file that Slurm's programs find them by (`SLURM_CONF`)."""
    programs = {name: _program(name) for name in ("munged", "slurmctld", "slurmd", "sbatch")}
    if os.getuid() != 0:
        pytest.skip("Slurm's daemons start jobs of other users, so only root can start them")
    for name in ("state", "spool", "munge"):
        (folder / name).mkdir(mode=0o755)
    key, socket_path = folder / "munge" / "key", folder / "munge" / "socket"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o600)
    file = folder / "slurm.conf"
    file.write_text(_configuration(folder, socket_path))
    munge = {name: str(folder / "munge" / name) for name in ("pid-file", "log-file", "seed-file")}
    with ExitStack() as stack:
        words = ["--foreground", "--force", "--num-threads=2", f"--socket={socket_path}"]
        words += [f"--key-file={key}", *(f"--{name}={path}" for name, path in munge.items())]
        stack.enter_context(_running([programs["munged"], *words]))
        stack.enter_context(_running([programs["slurmctld"], "-D", "-f", str(file)]))
        stack.enter_context(_running([programs["slurmd"], "-D", "-f", str(file), "-N", _NODE]))
        _wait_until_idle(file)
        yield file


@contextmanager
def _running(command: list[str]) -> Iterator[None]:
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_idle(file: Path) -> None:
    until = time.monotonic() + 60
    while True:
        asked = ["sinfo", "--noheader", "--format=%T"]
        done = subprocess.run(
            asked, env={**os.environ, "SLURM_CONF": str(file)}, capture_output=True, text=True
        )
        if done.stdout.strip() == "idle":
            return
        if time.monotonic() > until:
            logs = [path.read_text() for path in sorted(file.parent.glob("slurm*.log"))]
            raise AssertionError(f"{done.stdout} {done.stderr}\n" + "\n".join(logs))
        time.sleep(0.2)
