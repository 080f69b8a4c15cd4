"""Every function, method and entity takes what MLflow's takes: names, order and defaults.

`signatures.json` holds MLflow's, each parameter as [name, "positional" or "keyword", default if it
has one], and the properties of its entities. Ours may take more, and may need less.
"""

from __future__ import annotations

import importlib
import inspect
import json
from functools import reduce
from inspect import Parameter
from pathlib import Path
from typing import Any

import pytest

SURFACE = json.loads((Path(__file__).parent / "signatures.json").read_text())

# Parameters that ours does not take yet, and what they need first.
LATER = {
    "trace_location": "traces",
    "workspace_store_uri": "workspaces",
    "effective_trace_archival_retention": "traces",
}


def find(name: str) -> Any:
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            module = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        return reduce(getattr, parts[length:], module)
    raise AssertionError(name)


def accepted(name: str) -> list[Parameter]:
    """Our parameters as a caller sees them."""
    thing = find(name)
    found = list(inspect.signature(thing).parameters.values())
    is_method = name.startswith("mlflow.MlflowClient.")
    return found[1:] if is_method else found


@pytest.mark.parametrize("name", sorted(SURFACE["signatures"]))
def test_calls_as_written_for_mlflow_are_accepted(name: str) -> None:
    ours = accepted(name)
    by_name = {parameter.name: parameter for parameter in ours}
    takes_any = any(parameter.kind is Parameter.VAR_KEYWORD for parameter in ours)
    theirs = [one for one in SURFACE["signatures"][name] if one[0] not in LATER]
    wrong = []
    for place, (key, kind, *default) in enumerate(theirs):
        if key not in by_name:
            if not takes_any:
                wrong.append(f"{key} is not accepted")
            continue
        parameter = by_name[key]
        if kind == "positional" and ours.index(parameter) != place:
            wrong.append(f"{key} is at place {ours.index(parameter)}, not {place}")
        if kind == "positional" and parameter.kind is not Parameter.POSITIONAL_OR_KEYWORD:
            wrong.append(f"{key} is {parameter.kind.description}")
        if default and parameter.default != default[0] and (parameter.default or default[0]):
            wrong.append(f"{key} is {parameter.default!r} by default, not {default[0]!r}")
    known = {one[0] for one in theirs}
    named = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.POSITIONAL_ONLY, Parameter.KEYWORD_ONLY)
    wrong += [
        f"{parameter.name} is required"
        for parameter in ours
        if parameter.kind in named
        and parameter.name not in known
        and parameter.default is Parameter.empty
    ]
    assert not wrong


@pytest.mark.parametrize("name", sorted(SURFACE["properties"]))
def test_entities_have_mlflows_properties(name: str) -> None:
    entity = find(f"mlflow.entities.{name}")
    missing = [prop for prop in SURFACE["properties"][name] if not hasattr(entity, prop)]
    assert not missing
