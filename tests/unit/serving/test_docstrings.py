"""Docstrings that nobody reads are not taken apart, and nothing but docstrings differs."""

from __future__ import annotations

import subprocess
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from scipy._lib import _docscrape

from millstream.serving import docstrings

if TYPE_CHECKING:
    from tests.unit.serving.conftest import Save, Serve

SERVES = """
import asyncio, sys
from scipy._lib import _docscrape
from millstream.serving.assembly import assemble
from millstream.serving.options import ServedModel, ServingOptions

read = []
begin = _docscrape.NumpyDocString.__init__

def counted(self, text, config={}):
    read.append(len(text) if type(self) is _docscrape.FunctionDoc else 0)
    begin(self, text, config)

_docscrape.NumpyDocString.__init__ = counted
options = ServingOptions(models=(ServedModel("model", sys.argv[1]),))
application = assemble(options, print)
asyncio.run(application.start())
print(len(read) > 100, sum(read))
"""
SIGNATURES = """
import contextlib, inspect, re, sys
from millstream.serving import docstrings
with docstrings.unread() if sys.argv[1] == "unread" else contextlib.nullcontext():
    from scipy import integrate, special, stats
for module in (integrate, special, stats):
    for name, value in sorted(vars(module).items()):
        if inspect.isfunction(value):
            signature = re.sub("at 0x[0-9a-f]+", "", str(inspect.signature(value)))
            print(module.__name__, name, signature)
"""


def said(*words: str) -> str:
    command = [sys.executable, "-c", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def summary() -> Any:
    def documented() -> None:
        """Say what it does."""

    return _docscrape.FunctionDoc(documented)["Summary"]


def test_serving_an_estimator_takes_no_docstring_apart(linear: Path) -> None:
    assert said(SERVES, str(linear)) == "True 0\n"


def test_functions_are_the_same_but_for_their_docstrings() -> None:
    found = said(SIGNATURES, "unread")
    assert found.count("\n") > 100
    assert found == said(SIGNATURES, "read")


def test_docstrings_are_read_again_afterwards() -> None:
    with docstrings.unread():
        assert not any(summary())
    with pytest.raises(ZeroDivisionError), docstrings.unread():
        raise ZeroDivisionError
    assert summary() == ["Say what it does."]


def test_without_scipy_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy._lib._docscrape", None)
    with docstrings.unread():
        assert summary() == ["Say what it does."]


def test_models_with_code_of_their_own_find_all_docstrings(
    serve: Serve, save: Save, linear: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_unread = []

    def unread() -> AbstractContextManager[None]:
        left_unread.append("once")
        return nullcontext()

    def predict(self: Any, context: Any, model_input: Any, params: Any = None) -> Any:
        return model_input

    monkeypatch.setattr(docstrings, "unread", unread)
    serve(save(predict))
    assert left_unread == []
    serve(linear)
    assert left_unread == ["once"]
