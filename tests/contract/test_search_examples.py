"""Searches recorded from MLflow's own server, held against our store.

Where ours deliberately answers more than MLflow, `RICHER` says what, and why.
"""

from __future__ import annotations

import ast
import json
import math
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from millstream.entities import experiments as e
from millstream.entities import metrics as m
from millstream.entities import model_versions as mv
from millstream.entities import models as lm
from millstream.entities import registered_models as rm
from millstream.entities import runs as r
from millstream.errors import InvalidParameter
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore
from millstream.testing.databases import KINDS, empty_database

RECORDED = json.loads(Path(__file__).with_name("search_examples.json").read_text(encoding="utf-8"))
RUN_IDS = {"r1": "1a" * 16, "r2": "4d" * 16, "r3": "3c" * 16, "r4": "2b" * 16, "r5": "5e" * 16}
ROOT = "mlflow-artifacts:/"
Search = Callable[[dict[str, Any]], str]

NUMBERS = "params compare as numbers when the value is not quoted"
LISTS = "IN works on every text field"
NULLS = "IS NULL works on every field"
BOOLEAN = "OR, NOT and parentheses"
BETWEEN = "BETWEEN"
STATUS = "a status compares by its name"
QUOTES = "double quotes quote values in every search"
BUG = "MLflow's bug: a dataset without a digest means any digest"
SERVER_ERROR = "MLflow answers 500"

RICHER: dict[tuple[str, str, str], tuple[str, str]] = {
    ("runs", "params.lr = 0.01", ""): ("[r1]", NUMBERS),
    ("runs", "params.lr IN ('0.01','1')", ""): ("[r3,r1]", LISTS),
    ("runs", "tags.team IN ('Red')", ""): ("[r1]", LISTS),
    ("runs", "status IN ('FINISHED','FAILED')", ""): ("[r2,r1]", LISTS),
    ("runs", "status IS NULL", ""): ("[]", NULLS),
    ("runs", "metrics.acc IS NULL", ""): ("[r4]", NULLS),
    ("runs", "metrics.acc > 0.5 OR params.lr = '0.1'", ""): ("[r3,r2,r1]", BOOLEAN),
    ("runs", "(metrics.acc > 0.5)", ""): ("[r3,r2,r1]", BOOLEAN),
    ("runs", "NOT metrics.acc > 0.5", ""): ("[r4]", BOOLEAN),
    ("runs", "metrics.acc BETWEEN 0 AND 1", ""): ("[r2,r1]", BETWEEN),
    ("runs", "", "['metrics.acc ASC', 'metrics.acc DESC']"): (
        "ERR INVALID_PARAMETER_VALUE: `order_by` contains duplicate fields:"
        " ['metrics.acc ASC', 'metrics.acc DESC']",
        SERVER_ERROR,
    ),
    ("experiments", "name IN ('sy/alpha')", ""): ("[sy/alpha]", LISTS),
    ("experiments", "name IS NULL", ""): ("[]", NULLS),
    ("experiments", "name = 'sy/alpha' OR name='sy/Beta'", ""): ("[sy/Beta,sy/alpha]", BOOLEAN),
    ("logged_models", "status = 'PENDING'", ""): ("[gamma,beta,alpha]", STATUS),
    ("logged_models", "status = 'LOGGED_MODEL_PENDING'", ""): ("[gamma,beta,alpha]", STATUS),
    ("logged_models", 'name = "alpha"', ""): ("[alpha]", QUOTES),
    ("logged_models", "metrics.acc > 'x'", ""): (
        "ERR INVALID_PARAMETER_VALUE: Expected numeric value type for metric. Found 'x'",
        SERVER_ERROR,
    ),
    ("logged_models", "foo = 'x'", ""): (
        "ERR INVALID_PARAMETER_VALUE: Invalid attribute key 'foo' specified. Valid keys are '{",
        SERVER_ERROR,
    ),
    ("logged_models", "name='alpha' OR name='beta'", ""): ("[beta,alpha]", BOOLEAN),
    ("logged_models", "tags.team IS NULL", ""): ("[gamma]", NULLS),
    ("logged_models", "metrics.acc > 0.1", " datasets=[{'dataset_name': 'ds_alpha'}]"): (
        "[alpha]",
        BUG,
    ),
    ("registered_models", "tags.team IS NULL", ""): ("[sn_gamma]", SERVER_ERROR),
    ("registered_models", "name='sn_alpha' OR name='sn_Beta'", ""): (
        "[sn_Beta,sn_alpha]",
        BOOLEAN,
    ),
    ("model_versions", "tags.k IS NULL", ""): ("[sn_alpha/2]", SERVER_ERROR),
    ("model_versions", "name = 'sn_alpha' OR name='x'", ""): ("[sn_alpha/2,sn_alpha/1]", BOOLEAN),
}


def examples(kind: str) -> list[Any]:
    """The examples of one search; names of views that do not exist are the wire's business."""
    found = RECORDED["runs"] if kind == "runs" else RECORDED["other"]
    chosen = [
        example
        for example in found
        if example.get("kind", "runs") == kind and example.get("view") != "BOGUS"
    ]
    return [pytest.param(example, id=f"{kind}-{n}") for n, example in enumerate(chosen)]


def expected(kind: str, example: dict[str, Any]) -> str:
    """What we answer: what MLflow did, unless ours is declared to be richer."""
    key = (kind, example["filter"], str(example["order_by"] or ""))
    richer = RICHER.get(key)
    return str(example["result"]) if richer is None else richer[0]


def agrees(answer: str, wanted: str) -> bool:
    """Whether an answer is the one wanted; sets and lists in messages may be longer."""
    if not wanted.startswith("ERR"):
        return answer == wanted
    message = wanted.split("{", maxsplit=1)[0].split("Expected one of (", maxsplit=1)[0]
    return answer.startswith(message)


def answer_of(names: Iterable[str]) -> str:
    """A result as the records write it."""
    return f"[{','.join(names)}]"


def ascending_clock() -> None:
    """Wait until the clock shows another millisecond."""
    now = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 == now:
        time.sleep(0.0005)


@pytest.fixture(scope="module", params=KINDS)
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SqlStore]:
    with empty_database(request.param, tmp_path_factory.mktemp("examples")) as uri:
        store = SqlStore(Database(uri), ROOT)
        yield store
        store.close()


@pytest.fixture(scope="module")
def runs(store: SqlStore) -> Search:
    request = e.CreateExperiment("examples")
    experiment_id = store.experiments.create(request).result().experiment_id
    log_runs(store, experiment_id)
    names = {run_id: name for name, run_id in RUN_IDS.items()}
    views: dict[Any, e.ViewName] = {1: "ACTIVE_ONLY", 2: "DELETED_ONLY", 3: "ALL"}

    def search(example: dict[str, Any]) -> str:
        view = example["view"]
        request = r.SearchRuns(
            experiment_ids=[experiment_id],
            filter=with_ids(example["filter"], RUN_IDS),
            order_by=example["order_by"] or [],
            run_view_type=views.get(view, view) or "ACTIVE_ONLY",
        )
        found = store.runs.search(request).runs
        return answer_of(names[run.info.run_id] for run in found)

    return lambda example: answer_or_error(search, example)


def answer_or_error(search: Search, example: dict[str, Any]) -> str:
    try:
        return search(example)
    except InvalidParameter as error:
        return f"ERR {error.error_code}: {error.message}"


def with_ids(text: str, ids: dict[str, str]) -> str:
    """A recorded filter with the ids of our things in it."""
    for name, value in ids.items():
        text = text.replace(f"<{name}>", value)
    return text


def log_runs(store: SqlStore, experiment_id: str) -> None:
    """The runs of the records: r1 to r5, of which the last is deleted."""
    infinity, nan = math.inf, math.nan
    log_run(store, experiment_id, "r1", ("alpha", "alice", 1000, 2000, "FINISHED"))
    log_run(store, experiment_id, "r2", ("beta", "bob", 2000, 3000, "FAILED"))
    log_run(store, experiment_id, "r3", ("gamma", "alice", 3000, None, "RUNNING"))
    log_run(store, experiment_id, "r4", ("delta", "carol", 4000, None, "RUNNING"))
    log_run(store, experiment_id, "r5", ("gone", "dave", 5000, None, "RUNNING"))
    log_data(
        store,
        "r1",
        {"acc": 0.9, "loss": 0.1, "val acc": 0.5, "a/b": 1.0},
        {"lr": "0.01", "model": "Tree", "p.q": "x"},
        {"team": "Red", "my tag": "yes", "k.v": "w"},
    )
    log_data(
        store,
        "r2",
        {"acc": 0.8, "loss": nan},
        {"lr": "0.1", "model": "tree"},
        {"team": "blue"},
    )
    log_data(store, "r3", {"acc": infinity}, {"lr": "1"}, {"team": "red"})
    for run, name, digest, context in (
        ("r1", "train_ds", "abc", "train"),
        ("r2", "eval_ds", "def", "eval"),
    ):
        dataset = r.Dataset(name, digest, "local", "{}")
        used = r.DatasetInput(dataset, [r.InputTag("mlflow.data.context", context)])
        store.runs.log_inputs(r.LogInputs(RUN_IDS[run], [used])).result()
    store.runs.delete(r.RunId(RUN_IDS["r5"])).result()


def log_run(
    store: SqlStore,
    experiment_id: str,
    run: str,
    info: tuple[str, str, int, int | None, r.RunStatusName],
) -> None:
    name, user, start, end, status = info
    request = r.CreateRun(experiment_id, user, name, start, run_id=RUN_IDS[run])
    store.runs.create(request).result()
    store.runs.update(r.UpdateRun(RUN_IDS[run], status, end)).result()


def log_data(
    store: SqlStore,
    run: str,
    metrics: dict[str, float],
    params: dict[str, str],
    tags: dict[str, str],
) -> None:
    request = r.LogBatch(
        RUN_IDS[run],
        [m.Metric(key, value, 1) for key, value in metrics.items()],
        [r.Param(key, value) for key, value in params.items()],
        [r.RunTag(key, value) for key, value in tags.items()],
    )
    store.runs.log_batch(request).result()


@pytest.mark.parametrize("example", examples("runs"))
def test_runs(runs: Search, example: dict[str, Any]) -> None:
    wanted = with_ids(expected("runs", example), RUN_IDS)
    assert agrees(runs(example), wanted), (example["filter"], runs(example), wanted)


@pytest.fixture(scope="module")
def experiments(store: SqlStore) -> Search:
    ids = {}
    for name, tags in (
        ("sy/alpha", {"team": "Red"}),
        ("sy/Beta", {"team": "blue", "a b": "1"}),
        ("sy/gamma", {}),
    ):
        ascending_clock()
        made = [e.ExperimentTag(key, value) for key, value in tags.items()]
        request = e.CreateExperiment(name, tags=made)
        ids[name] = store.experiments.create(request).result().experiment_id

    def search(example: dict[str, Any]) -> str:
        text = example["filter"].replace("'12'", f"'{ids['sy/alpha']}'")
        text = text.replace("'13'", f"'{ids['sy/Beta']}'")
        request = e.SearchExperiments(
            max_results=100, filter=text, order_by=example["order_by"] or []
        )
        found = store.experiments.search(request).experiments
        return answer_of(each.name for each in found if each.name.startswith("sy/"))

    return lambda example: answer_or_error(search, example)


@pytest.mark.parametrize("example", examples("experiments"))
def test_experiments(experiments: Search, example: dict[str, Any]) -> None:
    wanted = expected("experiments", example)
    assert agrees(experiments(example), wanted), (example["filter"], experiments(example), wanted)


@pytest.fixture(scope="module")
def models(store: SqlStore) -> Search:
    for name in ("not asked for", "models"):  # so that the '1' of the records is another one's id
        request = e.CreateExperiment(name)
        experiment_id = store.experiments.create(request).result().experiment_id
    run = store.runs.create(r.CreateRun(experiment_id)).result().info.run_id
    ids = {"run": run}
    for name, kind, params, tags, metric in (
        ("alpha", "clf", {"lr": "0.1"}, {"team": "Red"}, (0.9, "ds_alpha")),
        ("beta", "reg", {"lr": "0.2"}, {"team": "blue"}, (0.5, None)),
        ("gamma", None, {}, {}, None),
    ):
        ascending_clock()
        created = lm.CreateLoggedModel(
            experiment_id,
            name,
            kind,
            run,
            [lm.LoggedModelParameter(key, value) for key, value in params.items()],
            [lm.LoggedModelTag(key, value) for key, value in tags.items()],
        )
        model_id = store.models.create(created).result().model_id
        ids[name] = model_id
        if metric is not None:
            value, dataset = metric
            digest = dataset and "d1"
            point = m.LogMetric(run, "acc", value, 1, 0, model_id, dataset, digest)
            store.metrics.log(point).result()
    return lambda example: answer_or_error(
        lambda each: search_models(store, experiment_id, ids, each), example
    )


def search_models(
    store: SqlStore, experiment_id: str, ids: dict[str, str], example: dict[str, Any]
) -> str:
    extra = str(example["order_by"] or "")
    datasets = ast.literal_eval(extra.partition("=")[2]) if "datasets=" in extra else []
    order = ast.literal_eval(extra) if extra and not datasets else []
    request = lm.SearchLoggedModels(
        [experiment_id],
        with_ids(example["filter"], ids),
        [lm.DatasetFilter(**dataset) for dataset in datasets],
        order_by=[
            lm.ModelOrder(**each) if isinstance(each, dict) else lm.ModelOrder("") for each in order
        ],
    )
    found = store.models.search(request).models
    return answer_of(model.name for model in found)


@pytest.mark.parametrize("example", examples("logged_models"))
def test_logged_models(models: Search, example: dict[str, Any]) -> None:
    wanted = expected("logged_models", example)
    assert agrees(models(example), wanted), (example["filter"], models(example), wanted)


@pytest.fixture(scope="module")
def registry(store: SqlStore) -> SqlStore:
    """The registered models of the records, and their versions."""
    for name, tags, versions in (
        ("sn_alpha", {"team": "Red"}, (("a" * 32, {"k": "Red"}), ("b" * 32, {}))),
        ("sn_Beta", {"team": "blue"}, (("", {"k": "blue"}),)),
        ("sn_gamma", {}, ()),
    ):
        ascending_clock()
        made = [rm.RegisteredModelTag(key, value) for key, value in tags.items()]
        store.registered_models.create(rm.CreateRegisteredModel(name, made)).result()
        for run_id, own in versions:
            ascending_clock()
            found = store.model_versions.search(mv.SearchModelVersions()).model_versions
            source = f"s3://b/{len(found) + 1}"
            noted = [mv.ModelVersionTag(key, value) for key, value in own.items()]
            request = mv.CreateModelVersion(name, source, run_id, noted)
            store.model_versions.create(request).result()
    return store


@pytest.mark.parametrize("example", examples("registered_models"))
def test_registered_models(registry: SqlStore, example: dict[str, Any]) -> None:
    def search(example: dict[str, Any]) -> str:
        request = rm.SearchRegisteredModels(example["filter"], order_by=example["order_by"] or [])
        found = registry.registered_models.search(request).registered_models
        return answer_of(model.name for model in found)

    answer = answer_or_error(search, example)
    assert agrees(answer, expected("registered_models", example)), (example, answer)


@pytest.mark.parametrize("example", examples("model_versions"))
def test_model_versions(registry: SqlStore, example: dict[str, Any]) -> None:
    def search(example: dict[str, Any]) -> str:
        text = example["filter"].replace("<run>", "a" * 32, 1).replace("<run>", "b" * 32)
        request = mv.SearchModelVersions(text, order_by=example["order_by"] or [])
        found = registry.model_versions.search(request).model_versions
        return answer_of(f"{version.name}/{version.version}" for version in found)

    answer = answer_or_error(search, example)
    assert agrees(answer, expected("model_versions", example)), (example, answer)


def test_every_declared_difference_is_about_a_recorded_search() -> None:
    recorded = {
        (each.get("kind", "runs"), each["filter"], str(each["order_by"] or ""))
        for each in RECORDED["runs"] + RECORDED["other"]
    }
    assert set(RICHER) <= recorded
