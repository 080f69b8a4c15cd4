"""The servers that are compared: how each is started, watched and stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import urllib3

HERE = Path(__file__).parent
VENVS = HERE.parent / ".venvs"
_PORTS = ("port", "port1", "port2")
_POLL_SECONDS = 0.005


@dataclass(frozen=True)
class Product:
    """A server that speaks MLflow's wire, with its data in one folder."""

    name: str
    command: tuple[str, ...]
    """With {folder} and {port} in it."""
    database: str
    """The SQLite file below the folder."""
    requirements: tuple[str, ...] | None = None
    """What its environment holds; None for ours, which is the one that measures."""
    series: bool = False
    """Whether it has get-history-bulk-interval."""
    proxy: bool = False
    """Whether it has an artifact proxy."""
    health: str = "/health"
    """The path that answers 200 once it is up."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Of its environment, with {folder}, {port}, {port1} and {port2} in them."""
    venv: str | None = None
    """The name of its environment; the product's own if None."""

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        if self.requirements is None:
            return Path(sys.executable)
        return VENVS / f"bench-{self.venv or self.name.lower()}" / "bin" / "python"

    def environment(self, folder: Path, *ports: int) -> dict[str, str]:
        """The variables of its processes; those that name a missing port are left out."""
        names = {"folder": str(folder), **dict(zip(_PORTS, map(str, ports), strict=False))}
        own = {
            name: value.format(**names)
            for name, value in self.variables.items()
            if ports or "{port" not in value
        }
        path = f"{self.python.parent}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "PYTHONDONTWRITEBYTECODE": "", **own}

    def prepare(self) -> None:
        """See to it that there is the environment, and in it what this product needs.

        Several products may share one; each adds what the others did not ask for.
        """
        if self.requirements is None:
            return
        home = self.python.parents[1]
        note = home / "requirements.txt"
        known = note.read_text().splitlines() if note.exists() else []
        asked = " ".join(self.requirements)
        if asked in known:
            return
        if not self.python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run(
            [
                *_uv(),
                "pip",
                "install",
                "--quiet",
                "--compile-bytecode",
                f"--python={self.python}",
                *self.requirements,
            ],
            check=True,
        )
        note.write_text("\n".join([*known, asked]))


def _uv() -> list[str]:
    return [str(Path(sys.executable).parent / "uv")]


OURS = Product(
    name="Millstream",
    command=(
        "millstream",
        "server",
        "--backend-store-uri=sqlite:///{folder}/store.db",
        "--artifacts-destination={folder}/artifacts",
        "--port={port}",
    ),
    database="store.db",
    series=True,
    proxy=True,
)
MLFLOW = Product(
    name="MLflow",
    command=(
        "mlflow",
        "server",
        "--backend-store-uri=sqlite:///{folder}/store.db",
        "--artifacts-destination={folder}/artifacts",
        "--port={port}",
    ),
    database="store.db",
    requirements=("mlflow==3.17.2", "psycopg[binary]"),  # the driver for a database of its own
    # Its runners of jobs, which nobody here asks for, poll with dozens of threads.
    variables={"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
    series=True,
    proxy=True,
)
FASTTRACKML = Product(
    name="FastTrackML",
    command=(
        "fml",
        "server",
        "--log-level=error",
        "--database-uri=sqlite://{folder}/store.db",
        "--default-artifact-root={folder}/artifacts",
        "--listen-address=127.0.0.1:{port}",
    ),
    database="store.db",
    requirements=("fasttrackml==0.6.*",),
)
PRODUCTS = (OURS, MLFLOW, FASTTRACKML)


@dataclass
class Running:
    """A started server. `start` is the time from the start to the first good /health, in s."""

    product: Product
    folder: Path
    address: tuple[str, int]
    process: psutil.Process
    start: float

    @property
    def url(self) -> str:
        """Its base address."""
        return f"http://{self.address[0]}:{self.address[1]}"

    def tree(self) -> list[psutil.Process]:
        """The process and all below it."""
        return [self.process, *self.process.children(recursive=True)]

    def cpu(self) -> float:
        """Seconds of processor time that the tree has used."""
        return sum(times.user + times.system for times in (p.cpu_times() for p in self.tree()))

    def memory(self) -> float:
        """Resident memory of the tree in MB, shared pages counted once per process."""
        return sum(process.memory_info().rss for process in self.tree()) / 1e6


@contextmanager
def running(product: Product, folder: Path) -> Iterator[Running]:
    """Start a product on a free port of the loopback interface and stop it afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    port, *others = _free_ports(len(_PORTS))
    program, *arguments = [part.format(folder=folder, port=port) for part in product.command]
    began = time.perf_counter()
    with (folder / "log").open("ab") as log:
        child = subprocess.Popen(
            [str(product.python.parent / program), *arguments],
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=product.environment(folder, port, *others),
        )
    server = psutil.Process(child.pid)
    try:
        start = _wait_until_healthy(child, port, product.health, began)
        yield Running(product, folder, ("127.0.0.1", port), server, start)
    finally:
        # Children that do not go with their parent would take time from whoever is measured next.
        below = server.children(recursive=True) if child.poll() is None else []
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        _end(below)


def _end(processes: list[psutil.Process]) -> None:
    for process in psutil.wait_procs(processes, timeout=2)[1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _free_ports(number: int) -> list[int]:
    """Ports of the loopback interface that nobody uses now."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _wait_until_healthy(
    child: subprocess.Popen[bytes], port: int, path: str, began: float
) -> float:
    pool = urllib3.HTTPConnectionPool("127.0.0.1", port, retries=False, timeout=2)
    while time.perf_counter() - began < 120:
        if child.poll() is not None:
            raise RuntimeError(f"the server ended at once with code {child.returncode}")
        try:
            if pool.request("GET", path).status == 200:
                return time.perf_counter() - began
        except urllib3.exceptions.HTTPError:
            pass  # it does not listen yet
        # Also where it answers that it is not ready: else the question would take its processor.
        time.sleep(_POLL_SECONDS)
    raise RuntimeError("the server was not healthy after 120 seconds")
