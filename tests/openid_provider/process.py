"""A certified OpenID provider in a process of its own, if this machine has Node.js."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CLIENT = "millstream"
SECRET = "a secret of the client"  # noqa: S105  # of a client that exists in tests only
_FILES = Path(__file__).parent
_INSTALLED = Path(__file__).parents[2] / ".venvs" / "openid_provider"
_OLDEST_NODE = 20


class RunningProvider:
    """The provider; `people` are claims by subject, which is also what they sign in as."""

    def __init__(self, people: Mapping[str, Mapping[str, Any]]) -> None:
        told = {"clientId": CLIENT, "clientSecret": SECRET, "people": people}
        self._process = subprocess.Popen(
            ["node", "--no-warnings", "provider.mjs", json.dumps(told)],
            cwd=_INSTALLED,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.issuer = self._line()

    def call_back(self, redirect_uri: str) -> None:
        """Let people return to this address, and begin to answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(redirect_uri + "\n")
        self._process.stdin.flush()
        assert self._line() == "ready"

    def close(self) -> None:
        self._process.terminate()
        self._process.communicate(timeout=60)

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, f"the provider ended with {self._process.wait()}"
        return line


@contextmanager
def running_provider(people: Mapping[str, Mapping[str, Any]]) -> Iterator[RunningProvider]:
    """A provider with these people; skips where Node.js is missing."""
    _need_node()
    _install()
    provider = RunningProvider(people)
    try:
        yield provider
    finally:
        provider.close()


def _need_node() -> None:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        pytest.skip(f"the OpenID provider needs Node.js {_OLDEST_NODE} and npm")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.match(r"v(\d+)\.", version)
    if found is None or int(found[1]) < _OLDEST_NODE:
        pytest.skip(f"the OpenID provider needs Node.js {_OLDEST_NODE}; this is {version.strip()}")


def _install() -> None:
    """As the lock file says, once for each state of it."""
    _INSTALLED.mkdir(parents=True, exist_ok=True)
    shutil.copy(_FILES / "provider.mjs", _INSTALLED)
    lock = (_FILES / "package-lock.json").read_bytes()
    stamp = _INSTALLED / "installed.json"
    if stamp.exists() and stamp.read_bytes() == lock:
        return
    for name in ("package.json", "package-lock.json"):
        shutil.copy(_FILES / name, _INSTALLED)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(command, cwd=_INSTALLED, check=True, stdout=sys.stderr)
    stamp.write_bytes(lock)
