"""Two servers on one database agree on stages and on who approved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from millstream.entities import model_versions as mv
from millstream.entities import stages as st
from millstream.entities import transition_requests as tr
from millstream.errors import PermissionDenied
from millstream.store.interface import Store
from millstream.store.sql.database import Database
from millstream.store.sql.locations import ArtifactRoot
from millstream.store.sql.registry.protected_files import SqlProtectedFiles
from millstream.store.sql.store import SqlStore
from millstream.testing.model_versions import move, stages
from millstream.testing.registered_models import new_registered_model, new_version
from millstream.testing.registry_events import history
from millstream.testing.stages import at_once, get_policy, set_policy
from millstream.testing.transition_requests import approve, ask, protect_production

ROUNDS = 20


@pytest.fixture
def servers(database_uri: str) -> Iterator[tuple[Store, Store]]:
    first, second = (SqlStore(Database(database_uri), "mlflow-artifacts:/") for _ in range(2))
    yield first, second
    first.close()
    second.close()


def test_a_stage_goes_or_is_moved_into_but_not_both(servers: tuple[Store, Store]) -> None:
    first, second = servers
    name = new_registered_model(first)
    new_version(first, name)
    less = [st.Stage("Staging"), st.Stage("Production")]
    for turn in range(ROUNDS):
        set_policy(first, [*less, st.Stage("Shadow")])
        ways: list[Callable[[], object]] = [
            partial(set_policy, first, less),
            partial(move, second, name, "1", "Shadow"),
        ]
        refused = at_once(ways if turn % 2 else ways[::-1])
        kept = "Shadow" in get_policy(first).names
        assert kept == (stages(first, name) == {"1": "Shadow"})
        assert len(refused) == 1
        move(first, name, "1", st.ARCHIVED)


def test_of_two_approvals_at_once_one_wins(servers: tuple[Store, Store]) -> None:
    first, second = servers
    name = new_registered_model(first)
    new_version(first, name)
    protect_production(first)
    for turn in range(ROUNDS):
        stage = "Staging" if turn % 2 else "Production"
        made = ask(first, name, "1", stage=stage)
        refused = at_once(
            [
                partial(approve, store, made.request_id, f"user{n}")
                for n, store in enumerate(servers)
            ]
        )
        assert len(refused) == 1
        found = second.transition_requests.get(tr.TransitionRequestId(made.request_id))
        moved = [event for event in history(second, name) if event.kind == "STAGE_CHANGED"]
        assert len(moved) == turn + 1
        assert moved[-1].user_id == found.decided_by


def test_a_stage_that_another_server_protects_is_known_after_two_seconds(database_uri: str) -> None:
    times = [100.0]
    first, second = (SqlStore(Database(database_uri), "mlflow-artifacts:/") for _ in range(2))
    files = SqlProtectedFiles(first.database, ArtifactRoot("mlflow-artifacts:/"), lambda: times[0])
    set_policy(second, [st.Stage("Staging"), st.Stage("Production")])
    name = new_registered_model(second)
    source = mv.CreateModelVersion(name, f"s3://bucket/{name}")
    second.model_versions.create(source).result()
    move(second, name, "1", "Production")
    files.check([f"s3://bucket/{name}/MLmodel"])
    protect_production(second)
    assert files.known_to_be_none
    files.check([f"s3://bucket/{name}/MLmodel"])
    times[0] += 2.0
    assert not files.known_to_be_none
    with pytest.raises(PermissionDenied, match=f"version 1 of '{name}'"):
        files.check([f"s3://bucket/{name}/MLmodel"])
    set_policy(second, [st.Stage("Staging"), st.Stage("Production")])
    for store in (first, second):
        store.close()
