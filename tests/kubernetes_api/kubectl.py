"""The program `kubectl`, asked as people ask it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def kubectl(kubeconfig: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command in the folder of the kubeconfig, which is the home of whoever asks.

    A test that needs it is skipped where there is no such program.
    """
    program, home = shutil.which("kubectl"), kubeconfig.parent
    if program is None:
        pytest.skip("there is no program kubectl")
    here = {"KUBECONFIG": str(kubeconfig), "HOME": str(home), "PATH": os.environ["PATH"]}
    return subprocess.run([program, *words], cwd=home, env=here, capture_output=True, text=True)
