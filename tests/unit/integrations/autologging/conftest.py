"""A process that logs to a folder of its own, and a framework that was never imported."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

import millstream
from millstream.client import active
from millstream.client.session import SESSION
from millstream.integrations.autologging.configuration import AUTOLOGGING_INTEGRATIONS
from millstream.integrations.autologging.imports import IMPORTS
from millstream.integrations.autologging.patches import revert_patches

FRAMEWORK = """
class Estimator:
    "An estimator."

    def __init__(self, depth=3):
        self.depth = depth

    def fit(self, data, *, fail=None):
        "Fit it."
        if fail is not None:
            raise fail
        self.inner = Inner().fit(data)
        self.data = data
        return self


class Inner(Estimator):
    def fit(self, data):
        return self


def train(params, rounds=10):
    return dict(params, rounds=rounds)
"""


@pytest.fixture(autouse=True)
def fresh_session(new_session: None, tmp_path: Path) -> Iterator[None]:
    millstream.set_tracking_uri(tmp_path / "runs")
    token = active._STACK.set(active.Stack())
    yield
    for name in ("toy", "other"):
        revert_patches(name)
        AUTOLOGGING_INTEGRATIONS.pop(name, None)
    IMPORTS.modules.clear()
    IMPORTS.packages.clear()
    active._STACK.reset(token)


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], ModuleType]]:
    """Imports a framework of one package with the module `toy_framework.models`."""
    package = tmp_path / "path" / "toy_framework"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("LOADED = True\n")
    (package / "models.py").write_text(FRAMEWORK)
    monkeypatch.syspath_prepend(str(package.parent))

    def load() -> ModuleType:
        __import__("toy_framework.models")
        return sys.modules["toy_framework.models"]

    yield load
    for name in ("toy_framework", "toy_framework.models"):
        sys.modules.pop(name, None)


def runs() -> list[millstream.Run]:
    """All runs, the oldest first."""
    SESSION.flush()
    found = millstream.search_runs(search_all_experiments=True, output_format="list")
    return sorted(found, key=lambda run: run.info.start_time)
