"""The table is the interface: every operation has one row, and every row an operation."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterator
from typing import get_type_hints

import msgspec
import pytest

from millstream.entities.asking import Asking
from millstream.entities.users import Actor
from millstream.rest.artifacts import Artifacts
from millstream.rest.endpoints import ENDPOINTS, Effort, Endpoint
from millstream.rest.endpoints.row import Told
from millstream.rest.lineage import Lineages
from millstream.server.access.exchange import Exchange
from millstream.server.access.session import Session
from millstream.server.status import Status
from millstream.store import access, interface, registry
from millstream.store.pending import Pending

NOUNS = {
    "experiments": interface.Experiments,
    "runs": interface.Runs,
    "run_leases": interface.RunLeases,
    "attempts": interface.Attempts,
    "console": interface.Console,
    "metrics": interface.Metrics,
    "models": interface.Models,
    "registered_models": registry.RegisteredModels,
    "model_versions": registry.ModelVersions,
    "registry_events": registry.RegistryEvents,
    "webhooks": registry.Webhooks,
    "stages": registry.Stages,
    "transition_requests": registry.TransitionRequests,
    "gates": registry.Gates,
    "deployments": registry.Deployments,
    "views": interface.Views,
    "users": access.Users,
    "groups": access.Groups,
    "roles": access.Roles,
    "permissions": access.Permissions,
    "tokens": access.Tokens,
    "audit": access.Audit,
    "workspaces": access.Workspaces,
}
# What a server asks of its own store while it answers.
INSIDE = {
    "users.get_caller",
    "users.find_link",
    "users.link",
    "permissions.get",
    "permissions.get_levels",
    "permissions.filter_readable",
    "tokens.check",
    "tokens.get_owner",
    "audit.append",
    "workspaces.find_key",
    "workspaces.find_other",
}
ABOVE_THE_STORE = {
    "artifacts": Artifacts,
    "lineage": Lineages,
    "server_status": Status,
    "session": Session,
}
TOLD: dict[Told, list[object]] = {
    "nothing": [],
    "asking": [Asking],
    "actor": [Actor],
    "exchange": [Exchange],
}
STREAMED = {"metrics.stream_history"}


def operations() -> dict[str, object]:
    found: dict[str, object] = {}
    for noun, protocol in NOUNS.items():
        for name, method in inspect.getmembers(protocol, inspect.isfunction):
            if not name.startswith("_"):
                found[f"{noun}.{name}"] = method
    return found


def test_every_operation_has_exactly_one_row() -> None:
    rows = Counter(
        row.operation for row in ENDPOINTS if row.operation.partition(".")[0] not in ABOVE_THE_STORE
    )
    assert rows == dict.fromkeys(set(operations()) - STREAMED - INSIDE, 1)


def test_rows_that_stream_have_an_operation_that_streams() -> None:
    streamed = {row.operation.replace(".get_", ".stream_") for row in ENDPOINTS if row.streams}
    assert streamed == STREAMED


@pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: row.operation)
def test_a_row_agrees_with_its_operation(row: Endpoint) -> None:
    noun, _, name = row.operation.partition(".")
    method = getattr((NOUNS | ABOVE_THE_STORE)[noun], name)
    hints = get_type_hints(method)
    answer = hints.pop("return")
    # A store that is asked directly need not be told who asks.
    told = [Asking if hint == Asking | None else hint for hint in hints.values()]
    assert told == [row.request, *TOLD[row.told]]
    written = getattr(answer, "__origin__", None) is Pending
    assert written == (row.effort is Effort.WRITE) or row.effort is Effort.HASH
    if row.lines:
        assert row.answer is not None
        assert answer == Iterator[list[row.answer]]  # type: ignore[name-defined]  # a row's own
        return
    kept = answer.__args__[0] if written else answer
    assert (None if kept is type(None) else kept) is row.answer


def test_a_row_without_permission_does_not_load() -> None:
    values = msgspec.structs.asdict(ENDPOINTS[0])
    del values["permission"]
    with pytest.raises(TypeError, match="permission"):
        Endpoint(**values)


@pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: row.operation)
def test_permissions_and_paths_name_fields_of_the_request(row: Endpoint) -> None:
    fields = set(row.request.__struct_fields__)
    assert row.permission.field is None or row.permission.field in fields
    assert set(re.findall(r"\{(\w+)", row.path)) <= fields
    assert row.summary


def test_no_path_is_taken_twice() -> None:
    taken = Counter(
        (method, path) for row in ENDPOINTS for path in row.paths for method in row.methods
    )
    assert max(taken.values()) == 1
