"""The names that libraries with an MLflow integration use: which are there, and why others are not.

`third_party.json` holds every name that some forty published libraries were seen to use. Who
provides one more moves it to `provided`; this test says so. `third_party_calls.json` holds how they
call those that are provided: how many arguments by position, and which by keyword.
"""

from __future__ import annotations

import importlib
import inspect
import json
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

NAMES = json.loads((Path(__file__).parent / "third_party.json").read_text())
CALLS = json.loads((Path(__file__).parent / "third_party_calls.json").read_text())
ABSENT = [(name, reason) for reason, names in NAMES["not_yet"].items() for name in names]


def find(name: str) -> Any:
    parts = name.replace("MlflowClient.", "mlflow.MlflowClient.", 1).split(".")
    if name.startswith("mlflow."):
        parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            module = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        return reduce(getattr, parts[length:], module)
    raise AttributeError(name)


def is_there(name: str) -> bool:
    try:
        find(name)
    except AttributeError:
        return False
    return True


@pytest.mark.parametrize("name", NAMES["provided"])
def test_what_libraries_use_is_there(name: str) -> None:
    assert is_there(name)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_what_libraries_use_takes_what_they_give(name: str) -> None:
    signature = inspect.signature(find(name))
    itself = 1 if name.startswith("MlflowClient.") else 0
    for positional, keywords in CALLS[name]:
        signature.bind_partial(*[None] * (itself + positional), **dict.fromkeys(keywords))


@pytest.mark.parametrize(("name", "reason"), ABSENT)
def test_what_is_not_there_yet_has_a_reason(name: str, reason: str) -> None:
    assert reason
    assert not is_there(name), f"{name} is there now: move it to `provided`"


def test_all_names_that_were_seen_are_accounted_for() -> None:
    absent = [name for name, _ in ABSENT]
    assert len(NAMES["provided"]) + len(absent) == 338
    assert not set(NAMES["provided"]) & set(absent)
    counts = {reason: len(names) for reason, names in NAMES["not_yet"].items()}
    print(f"{len(NAMES['provided'])} of 338 names are provided; not yet: {counts}")
