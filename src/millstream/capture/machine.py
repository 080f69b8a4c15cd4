"""The machine and the Python that a run runs on."""

from __future__ import annotations

import json
import os
import platform
import socket
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from millstream.capture import nvidia
from millstream.masking import command_line

FILE = "machine.json"
_CPU_FILE = Path("/proc/cpuinfo")


def machine() -> bytes:
    """What is known, as JSON; sizes are in bytes."""
    psutil = import_module("psutil")
    facts: dict[str, Any] = {
        "host": socket.gethostname(),
        "os": platform.platform(),
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "executable": sys.executable,
        "command": command_line([*getattr(sys, "orig_argv", sys.argv)]),
        "folder": str(Path.cwd()),
        "process_id": os.getpid(),
        "cpu": _cpu_name(),
        "cpu_count": os.cpu_count(),
        "cpu_cores": psutil.cpu_count(logical=False),
        "memory": psutil.virtual_memory().total,
        **gpus(),
    }
    known = {name: value for name, value in facts.items() if value not in (None, "", [])}
    return json.dumps(known, indent=2).encode()


def gpus() -> dict[str, Any]:
    """The graphics processors and their driver, if there are any and nvidia-ml-py is installed."""
    library = nvidia.load()
    if library is None:
        return {}
    try:
        found = []
        for index in range(library.nvmlDeviceGetCount()):
            device = library.nvmlDeviceGetHandleByIndex(index)
            size = library.nvmlDeviceGetMemoryInfo(device).total
            found.append({"name": _text(library.nvmlDeviceGetName(device)), "memory": size})
        return {
            "gpus": found,
            "gpu_driver": _text(library.nvmlSystemGetDriverVersion()),
            "cuda": _cuda(library.nvmlSystemGetCudaDriverVersion_v2()),
        }
    except library.NVMLError:
        return {}  # a driver that answers some questions and refuses others
    finally:
        library.nvmlShutdown()


def _cuda(number: int) -> str:
    """As NVIDIA numbers them: 12,040 is 12.4."""
    return f"{number // 1000}.{number % 1000 // 10}"


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _cpu_name() -> str:
    try:
        with _CPU_FILE.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                name, _, value = line.partition(":")
                if name.strip() in ("model name", "Model"):
                    return value.strip()
    except OSError:
        pass  # only Linux has it
    return platform.processor() or platform.machine()
