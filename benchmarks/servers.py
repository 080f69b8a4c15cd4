"""The servers that are compared: how each is started, watched and stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import urllib3

HERE = Path(__file__).parent
VENVS = HERE.parent / ".venvs"


@dataclass(frozen=True)
class Product:
    """A server that speaks MLflow's wire, with its data in one folder."""

    name: str
    command: tuple[str, ...]
    """With {folder} and {port} in it."""
    database: str
    """The SQLite file below the folder."""
    requirements: str | None = None
    """What its environment holds; None for ours, which is the one that measures."""
    series: bool = False
    """Whether it has get-history-bulk-interval."""
    proxy: bool = False
    """Whether it has an artifact proxy."""

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        if self.requirements is None:
            return Path(sys.executable)
        return VENVS / f"bench-{self.name.lower()}" / "bin" / "python"

    def prepare(self) -> None:
        """Create the environment if it is absent."""
        if self.requirements is None or self.python.exists():
            return
        home = self.python.parents[1]
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run(
            [
                *_uv(),
                "pip",
                "install",
                "--quiet",
                "--compile-bytecode",
                f"--python={self.python}",
                self.requirements,
            ],
            check=True,
        )


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
    requirements="mlflow==3.17.2",
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
    requirements="fasttrackml==0.6.*",
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
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program, *arguments = [part.format(folder=folder, port=port) for part in product.command]
    began = time.perf_counter()
    with (folder / "log").open("ab") as log:
        child = subprocess.Popen(
            [str(product.python.parent / program), *arguments],
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""},
        )
    try:
        start = _wait_until_healthy(child, port, began)
        yield Running(product, folder, ("127.0.0.1", port), psutil.Process(child.pid), start)
    finally:
        os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _wait_until_healthy(child: subprocess.Popen[bytes], port: int, began: float) -> float:
    pool = urllib3.HTTPConnectionPool("127.0.0.1", port, retries=False, timeout=2)
    while time.perf_counter() - began < 120:
        if child.poll() is not None:
            raise RuntimeError(f"the server ended at once with code {child.returncode}")
        try:
            if pool.request("GET", "/health").status == 200:
                return time.perf_counter() - began
        except urllib3.exceptions.HTTPError:
            time.sleep(0.005)
    raise RuntimeError("the server was not healthy after 120 seconds")
