"""Pages, limits and plans of searches."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterator, Sequence
from typing import Any, cast

import pytest

from millstream.entities import experiments as e
from millstream.entities import metrics as m
from millstream.entities import models as lm
from millstream.entities import runs as r
from millstream.errors import InvalidParameter
from millstream.store.sql.database import Database
from millstream.store.sql.reader import Reader
from millstream.store.sql.search import candidates, find_runs
from millstream.store.sql.store import SqlStore

REFUSED = "Invalid page token, could not base64-decode"
COUNT = 40


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    """Forty runs in each of three experiments, each with a metric, a param and a start time."""
    folder = tmp_path_factory.mktemp("store")
    store = SqlStore(Database(f"sqlite:///{folder / 'test.db'}"), "s3://bucket")
    for experiment in ("one", "two", "three"):
        created = store.experiments.create(e.CreateExperiment(experiment)).result()
        for number in range(COUNT):
            info = store.runs.create(
                r.CreateRun(created.experiment_id, start_time=number % 7)
            ).result()
            value = math.nan if number % 10 == 0 else float(number % 4)
            metrics = [m.Metric("acc", value, 1)] if number % 5 else []
            params = [r.Param("group", str(number % 3)), r.Param("number", str(number))]
            batch = r.LogBatch(info.info.run_id, metrics, params)
            store.runs.log_batch(batch).result()
    yield store
    store.close()


def pages(store: SqlStore, request: r.SearchRuns) -> list[str]:
    found: list[str] = []
    while True:
        page = store.runs.search(request)
        found += [run.info.run_id for run in page.runs]
        if page.next_page_token is None:
            return found
        request.page_token = page.next_page_token


@pytest.mark.parametrize("experiments", [["1"], ["1", "2", "3"], [str(i) for i in range(1, 40)]])
@pytest.mark.parametrize("view", ["ACTIVE_ONLY", "ALL", "DELETED_ONLY"])
@pytest.mark.parametrize(
    "order", [[], ["metrics.acc DESC"], ["params.group", "metrics.acc"], ["run_name DESC"]]
)
@pytest.mark.parametrize("text", ["", "params.number LIKE '%1%'"])
def test_pages_join_to_the_whole(
    store: SqlStore, experiments: list[str], view: e.ViewName, order: list[str], text: str
) -> None:
    whole = store.runs.search(r.SearchRuns(experiments, text, view, 1000, order))
    assert whole.next_page_token is None
    found = pages(store, r.SearchRuns(experiments, text, view, 7, order))
    assert found == [run.info.run_id for run in whole.runs]
    several = 3 if len(experiments) > 1 else 1
    if not text:
        assert len(found) == (0 if view == "DELETED_ONLY" else COUNT * several)


def test_a_page_may_change_its_size_but_not_its_search(store: SqlStore) -> None:
    first = store.runs.search(r.SearchRuns(["1"], max_results=3))
    token = first.next_page_token
    second = store.runs.search(r.SearchRuns(["1"], max_results=5, page_token=token))
    assert len(second.runs) == 5
    for other in (
        r.SearchRuns(["2"], max_results=3, page_token=token),
        r.SearchRuns(["1"], "params.group = '1'", max_results=3, page_token=token),
        r.SearchRuns(["1"], max_results=3, page_token=token, order_by=["metrics.acc"]),
        r.SearchRuns(["1"], None, "ALL", 3, page_token=token),
    ):
        with pytest.raises(InvalidParameter, match="it belongs to another search"):
            store.runs.search(other)


def forged(after: list[Any], query: int) -> str:
    text = json.dumps({"query": query, "after": after})
    return base64.urlsafe_b64encode(text.encode()).decode()


def test_tokens_that_are_none_are_refused(store: SqlStore) -> None:
    token = store.runs.search(r.SearchRuns(["1"], max_results=3)).next_page_token
    assert token is not None
    query = json.loads(base64.urlsafe_b64decode(token))["query"]
    bad = ["!", "x", token[:-3], token + "=", "é", base64.b64encode(b'{"offset": 3}').decode()]
    bad += [forged(after, query) for after in ([], [0, 1], [0, "x", "y"], [0, 1, 2])]
    bad += [forged([0, 1, "x\0"], query), forged([0, 2**70, "x"], query)]
    for wrong in bad:
        with pytest.raises(InvalidParameter, match=REFUSED):
            store.runs.search(r.SearchRuns(["1"], max_results=3, page_token=wrong))


def test_rows_that_appear_between_pages_do_not_shift_them(store: SqlStore) -> None:
    experiment_id = store.experiments.create(e.CreateExperiment("moving")).result().experiment_id
    for start in range(6):
        store.runs.create(r.CreateRun(experiment_id, start_time=start)).result()
    request = r.SearchRuns([experiment_id], max_results=3)
    first = store.runs.search(request)
    store.runs.create(r.CreateRun(experiment_id, start_time=100)).result()
    request.page_token = first.next_page_token
    second = store.runs.search(request)
    starts = [run.info.start_time for run in first.runs + second.runs]
    assert starts == [5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    ("size", "message"),
    [
        (0, "Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer"),
        (-1, "Invalid value -1 for parameter 'max_results' supplied. It must be a positive"),
        (50_001, "Invalid value 50001 for parameter 'max_results' supplied. It must be at most"),
    ],
)
def test_page_sizes(store: SqlStore, size: int, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        store.runs.search(r.SearchRuns(["1"], max_results=size))
    with pytest.raises(InvalidParameter, match=message):
        store.experiments.search(e.SearchExperiments(size))


def test_experiments_that_are_none_are_refused_and_unknown_ones_are_empty(
    store: SqlStore,
) -> None:
    with pytest.raises(InvalidParameter, match="Invalid experiment ID 'abc'"):
        store.runs.search(r.SearchRuns(["abc"]))
    with pytest.raises(InvalidParameter, match="there are 10001"):
        store.runs.search(r.SearchRuns([str(number) for number in range(10_001)]))
    assert store.runs.search(r.SearchRuns(["999"])).runs == []
    assert store.runs.search(r.SearchRuns([])).runs == []
    assert len(store.runs.search(r.SearchRuns(["1", "1"])).runs) == COUNT


def test_experiments_page(store: SqlStore) -> None:
    request = e.SearchExperiments(2, order_by=["name"])
    names = []
    while True:
        page = store.experiments.search(request)
        names += [experiment.name for experiment in page.experiments]
        if page.next_page_token is None:
            break
        request.page_token = page.next_page_token
    assert names == sorted(names)
    assert {"Default", "one", "two", "three"} <= set(names)


@pytest.fixture(scope="module")
def models(store: SqlStore) -> str:
    """An experiment with three models; alpha's metric falls and rises on two datasets."""
    experiment_id = store.experiments.create(e.CreateExperiment("models")).result().experiment_id
    run_id = store.runs.create(r.CreateRun(experiment_id)).result().info.run_id
    points: dict[str, list[tuple[float, int, str, str]]] = {
        "alpha": [(0.9, 1, "ds", "d1"), (0.1, 2, "ds", "d1"), (0.5, 3, "ds2", "d2")],
        "beta": [(0.3, 1, "ds", "d9")],
        "gamma": [(math.nan, 1, "", "")],
    }
    for name, values in points.items():
        params = [lm.LoggedModelParameter("lr", "0.10" if name == "beta" else "1e-1")]
        created = lm.CreateLoggedModel(experiment_id, name, None, run_id, params)
        model_id = store.models.create(created).result().model_id
        for value, step, dataset, digest in values:
            store.metrics.log(
                m.LogMetric(
                    run_id, "acc", value, step, step, model_id, dataset or None, digest or None
                )
            ).result()
    return experiment_id


@pytest.mark.parametrize(
    ("text", "datasets", "names"),
    [
        ("metrics.acc > 0.8", [], ["alpha"]),
        ("metrics.acc < 0.2", [], ["alpha"]),
        ("metrics.acc != 0.9", [], ["alpha", "beta", "gamma"]),
        ("metrics.acc > 0.8", [("ds2", None)], []),
        ("metrics.acc > 0.2", [("ds", None)], ["alpha", "beta"]),
        ("metrics.acc > 0.2", [("ds", "d9"), ("ds2", "d2")], ["alpha", "beta"]),
        ("", [("ds", "d9")], ["beta"]),
        ("name = 'beta' OR metrics.acc > 0.8", [("ds2", None)], []),
        ("params.lr = 0.1", [], ["alpha", "beta", "gamma"]),
        ("params.lr = '0.10'", [], ["beta"]),
        ("model_type IS NULL AND status LIKE 'PEND%'", [], ["alpha", "beta", "gamma"]),
        ("status IN ('READY', '2')", [], []),
        ("status != 'LOGGED_MODEL_READY'", [], ["alpha", "beta", "gamma"]),
        ("experiment_id != '1' AND metrics.acc IS NOT NULL", [], ["alpha", "beta", "gamma"]),
    ],
)
def test_models(
    store: SqlStore,
    models: str,
    text: str,
    datasets: list[tuple[str, str | None]],
    names: list[str],
) -> None:
    restricted = [lm.DatasetFilter(name, digest) for name, digest in datasets]
    request = lm.SearchLoggedModels([models], text, restricted, order_by=[lm.ModelOrder("name")])
    assert [model.name for model in store.models.search(request).models] == names


@pytest.mark.parametrize(
    ("order", "names"),
    [
        (lm.ModelOrder("metrics.acc"), ["beta", "alpha", "gamma"]),
        (lm.ModelOrder("metrics.acc", False), ["alpha", "beta", "gamma"]),
        (lm.ModelOrder("metrics.acc", True, "ds"), ["alpha", "beta", "gamma"]),
        (lm.ModelOrder("metrics.acc", False, "ds", "d1"), ["alpha", "gamma", "beta"]),
    ],
)
def test_models_order_by_the_latest_point(
    store: SqlStore, models: str, order: lm.ModelOrder, names: list[str]
) -> None:
    request = lm.SearchLoggedModels([models], max_results=1, order_by=[order])
    found = []
    while True:
        page = store.models.search(request)
        found += [model.name for model in page.models]
        if page.next_page_token is None:
            break
        request.page_token = page.next_page_token
    assert found == names


class Watching:
    """A reader that keeps the plans of its statements."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.dialect = reader.dialect
        self.key_id = reader.key_id
        self.workspace = reader.workspace
        self.plans: list[str] = []

    def execute(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        plan = self.reader.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        self.plans.append("\n".join(row[3] for row in plan))
        return self.reader.execute(sql, params)


def plans(store: SqlStore, request: r.SearchRuns) -> list[str]:
    with store.database.reader() as reader:
        watching = Watching(reader)
        find_runs(cast("Reader", watching), request)
    return watching.plans


def test_the_default_order_follows_its_index(store: SqlStore) -> None:
    (plan,) = plans(store, r.SearchRuns(["1"], max_results=5))
    assert "runs_of_experiment (experiment_key=? AND lifecycle_stage=? AND start_time>?)" in plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan


def test_a_metric_orders_by_its_index(store: SqlStore) -> None:
    (plan,) = plans(store, r.SearchRuns(["1"], max_results=5, order_by=["metrics.acc DESC"]))
    assert plan.startswith("SEARCH k2 USING COVERING INDEX latest_by_value")
    assert "TEMP B-TREE FOR ORDER BY" not in plan


def test_a_selective_clause_is_begun_with(store: SqlStore) -> None:
    text = "metrics.acc > 0.5 AND params.number = '17'"
    pilot, plan = plans(store, r.SearchRuns(["1"], text, max_results=5))
    assert "latest_by_value" in pilot
    assert "params_by_head" in pilot
    assert plan.startswith("SEARCH x USING COVERING INDEX params_by_head")


def test_unselective_clauses_are_looked_up_in_order(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "FEW", 5)
    text = "metrics.acc > 0.5 AND params.group = '1'"
    pilot, plan = plans(store, r.SearchRuns(["1"], text, max_results=2))
    assert "latest_by_value" in pilot
    assert plan.startswith("SEARCH r USING COVERING INDEX runs_of_experiment")
    assert plan.count("USING PRIMARY KEY (run_key=? AND key_id=?)") == 2


@pytest.mark.parametrize("count", [1, 5, 50])
def test_the_number_of_statements_does_not_grow(store: SqlStore, count: int) -> None:
    text = " AND ".join(["params.group != '7'"] * count)
    assert len(plans(store, r.SearchRuns(["1"], text, max_results=5))) == 1
    text = " AND ".join(["metrics.acc > 0"] * count)
    assert len(plans(store, r.SearchRuns(["1"], text, max_results=5))) == 2
