"""Whatever was granted, and wherever artifacts are: the store and plain models of it agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from millstream.entities import permissions as p
from millstream.entities import runs as r
from millstream.store.access import FilesOwner
from millstream.store.sql.access.passwords import HashingCost
from millstream.store.sql.access.store import SqlAccess
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore
from millstream.testing.fixtures import get_run, new_run, unique
from millstream.testing.parents import experiment_at
from millstream.testing.restriction import (
    Rights,
    World,
    check_experiments,
    check_registered_models,
    new_world,
)

PERMISSIONS = get_args(p.PermissionName)
KINDS = ("experiment", "registered_model")
AGREED = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

indexes = st.sampled_from([None, 0, 1, 2, 3, 4])
places = st.one_of(
    st.tuples(st.sampled_from(KINDS), indexes), st.tuples(st.just("workspace"), st.none())
)
parts = st.lists(st.sampled_from(["a", "b", "1", "2"]), max_size=4)
Place = tuple[str, int | None]


@pytest.fixture(scope="module")
def store(database_uri: str) -> Iterator[SqlStore]:
    opened = SqlStore(Database(database_uri), "mlflow-artifacts:/")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def access(store: SqlStore) -> SqlAccess:
    cost = HashingCost(passes=1, memory=8, lanes=1)
    return SqlAccess(store.database, "mlflow-artifacts:/", cost=cost)


@pytest.fixture(scope="module")
def world(store: SqlStore) -> World:
    return new_world(store)


def named(world: World, place: Place) -> tuple[p.ResourceType, str]:
    """A place of the world by its id."""
    kind, index = place
    ids = world.experiments if kind == "experiment" else world.models
    return kind, "*" if index is None else ids[index]  # type: ignore[return-value]  # a name


@given(
    granted=st.dictionaries(places, st.sampled_from(PERMISSIONS), max_size=8),
    default=st.sampled_from(PERMISSIONS[:-1]),
    limits=st.none() | st.lists(places.filter(lambda place: place[0] in KINDS), min_size=1),
    is_admin=st.sampled_from([False, False, False, True]),
)
@AGREED
def test_what_is_left_out(
    access: SqlAccess,
    store: SqlStore,
    world: World,
    granted: dict[Place, p.PermissionName],
    default: p.PermissionName,
    limits: list[Place] | None,
    is_admin: bool,
) -> None:
    rights = Rights(
        {named(world, place): permission for place, permission in granted.items()},
        default,
        None if limits is None else [named(world, place) for place in limits],
        is_admin,
    )
    check_experiments(access, store, world, rights)
    check_registered_models(access, store, world, rights)


@given(
    homes=st.lists(parts, min_size=1, max_size=5),
    moves=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=4),
    asked=st.lists(st.tuples(parts, st.integers(0, 3), st.booleans()), min_size=1, max_size=6),
)
@AGREED
def test_whose_files_are_where(
    access: SqlAccess,
    store: SqlStore,
    homes: list[list[str]],
    moves: list[tuple[int, int]],
    asked: list[tuple[list[str], int, bool]],
) -> None:
    root = f"mlflow-artifacts:/{unique('root')}"
    experiments = [experiment_at(store, "/".join([root, *home])) for home in homes]
    runs: dict[str, str] = {}
    for start, target in moves:
        run_id = new_run(store, experiments[start % len(experiments)])
        runs[run_id] = experiments[target % len(experiments)]
        store.runs.move(r.MoveRuns([run_id], runs[run_id])).result()
    for place, number, of_run in asked:
        if of_run and runs:
            run_id = [*runs][number % len(runs)]
            uri = "/".join([str(get_run(store, run_id).info.artifact_uri), *place])
            assert access.parents.owner_of_files([uri]) == FilesOwner("run", runs[run_id])
            continue
        around = [
            (len(home), -number, experiments[number])
            for number, home in enumerate(homes)
            if place[: len(home)] == home
        ]
        owner = access.parents.owner_of_files(["/".join([root, *place])])
        expected = FilesOwner("experiment", max(around)[2]) if around else None
        assert owner == expected
