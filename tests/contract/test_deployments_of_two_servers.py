"""Two servers on one database give each deployment a revision of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from millstream.entities import deployments as d
from millstream.errors import NotFound
from millstream.store.interface import Store
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore
from millstream.testing.deployments import check_race, deploy, found
from millstream.testing.fixtures import unique
from millstream.testing.registered_models import new_registered_model
from millstream.testing.registry_races import at_once

RACERS = 16


@pytest.fixture
def servers(database_uri: str) -> Iterator[tuple[Store, Store]]:
    first, second = (SqlStore(Database(database_uri), "mlflow-artifacts:/") for _ in range(2))
    yield first, second
    first.close()
    second.close()


def test_racers_get_different_revisions(servers: tuple[Store, Store]) -> None:
    target = f"local://{unique('target')}"
    names = [new_registered_model(servers[0]) for _ in range(3)]
    revisions = [list[int]() for _ in range(2)]

    def one(number: int) -> None:
        store = servers[number % 2]
        for slot in (number % 2, 1 - number % 2):
            made = deploy(store, target, f"slot-{slot}", model_name=names[number % 3])
            revisions[slot].append(made.revision)

    assert at_once(RACERS, one) == []
    for slot, given in enumerate(revisions):
        assert len(given) == RACERS
        check_race(servers[0], target, given, f"slot-{slot}")


def test_of_two_ends_at_once_one_wins(servers: tuple[Store, Store]) -> None:
    target = f"local://{unique('target')}"
    for _ in range(5):
        deploy(servers[0], target)

        def end(number: int) -> None:
            servers[number].deployments.end(d.EndDeployment(target, "churn")).result()

        (error,) = at_once(2, end)
        assert isinstance(error, NotFound)
        assert found(servers[1], target=target, state="live") == []
