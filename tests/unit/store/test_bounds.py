"""Requests without measure are refused before a database has to."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from millstream.entities import models as lm
from millstream.entities import runs as r
from millstream.errors import InvalidParameter
from millstream.store.interface import Store
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = tmp_path_factory.mktemp("bounds") / "test.db"
    opened: Store = SqlStore(Database(f"sqlite:///{path}"), "mlflow-artifacts:/")
    yield opened
    opened.close()


def test_orders_of_models_are_limited(store: Store) -> None:
    orders = [lm.ModelOrder(f"metrics.m{place}") for place in range(33)]
    with pytest.raises(InvalidParameter, match="it has 33 entries; the limit is 32"):
        store.models.search(lm.SearchLoggedModels(["0"], order_by=orders))
    store.models.search(lm.SearchLoggedModels(["0"], order_by=orders[:32]))


def test_datasets_of_models_are_limited(store: Store) -> None:
    datasets = [lm.DatasetFilter(f"d{place}") for place in range(1_001)]
    with pytest.raises(InvalidParameter, match="there are 1001; the limit is 1000"):
        store.models.search(lm.SearchLoggedModels(["0"], datasets=datasets))
    store.models.search(lm.SearchLoggedModels(["0"], datasets=datasets[:1_000]))


def test_a_model_that_is_nested_without_end_is_refused(store: Store) -> None:
    run_id = store.runs.create(r.CreateRun("0")).result().info.run_id
    text = f'{{"flavors": {"[" * 50_000}{"]" * 50_000}}}'
    with pytest.raises(InvalidParameter, match="Malformed model info"):
        store.runs.log_model_history(r.LogModelHistory(run_id, text)).result()
    nested: object = []
    for _ in range(500):
        nested = [nested]
    model = {"artifact_path": "", "flavors": nested, "utc_time_created": "", "run_id": run_id}
    store.runs.log_model_history(r.LogModelHistory(run_id, json.dumps(model))).result()
