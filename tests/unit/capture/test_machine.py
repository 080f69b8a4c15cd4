"""What is told of the machine."""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import Any

import pytest

from millstream.capture import nvidia
from millstream.capture.machine import gpus, machine


def test_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "orig_argv", ["python", "train.py", "--api-key", "abc", "--lr=1"])
    found = json.loads(machine())
    assert found["command"] == ["python", "train.py", "--api-key", "***", "--lr=1"]
    assert found["host"] == socket.gethostname()
    assert found["cpu_count"] == os.cpu_count()
    assert found["memory"] > 1 << 20
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))


class Nvml:
    """NVIDIA's library, as far as it is asked."""

    class NVMLError(Exception):
        pass

    def __init__(self, *, refuses: bool = False) -> None:
        self.refuses = refuses
        self.begun = 0

    def nvmlInit(self) -> None:
        self.begun += 1

    def nvmlShutdown(self) -> None:
        self.begun -= 1

    def nvmlDeviceGetCount(self) -> int:
        return 2

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def nvmlDeviceGetMemoryInfo(self, device: int) -> Any:
        return type("Memory", (), {"total": 80 * (device + 1), "used": 8})

    def nvmlDeviceGetName(self, device: int) -> bytes | str:
        return b"H100" if device else "A100"

    def nvmlSystemGetDriverVersion(self) -> str:
        if self.refuses:
            raise self.NVMLError
        return "550.1"

    def nvmlSystemGetCudaDriverVersion_v2(self) -> int:
        return 12_040


def test_graphics_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Nvml()
    monkeypatch.setitem(sys.modules, "pynvml", library)
    assert gpus() == {
        "gpus": [{"name": "A100", "memory": 80}, {"name": "H100", "memory": 160}],
        "gpu_driver": "550.1",
        "cuda": "12.4",
    }
    assert library.begun == 0


def test_a_driver_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Nvml(refuses=True)
    monkeypatch.setitem(sys.modules, "pynvml", library)
    assert gpus() == {}
    assert library.begun == 0


def test_no_library_and_no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert nvidia.load() is None

    class NoDriver(Nvml):
        def nvmlInit(self) -> None:
            raise self.NVMLError

    monkeypatch.setitem(sys.modules, "pynvml", NoDriver())
    assert nvidia.load() is None
