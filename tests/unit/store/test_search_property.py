"""SQL against a plain Python evaluation of the same tree, on random runs and random searches."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from millstream.entities.runs import SearchRuns
from millstream.query.evaluate import Record, Summary, clamped, in_order, matches
from millstream.query.ordering import OrderKey, parse_order
from millstream.query.parser import parse
from millstream.query.tree import Field
from millstream.query.vocabulary import RUNS
from millstream.store.sql import address
from millstream.store.sql.connections import Connection
from millstream.store.sql.database import Database, load_driver
from millstream.store.sql.locations import ArtifactRoot
from millstream.store.sql.search import candidates, find_runs
from millstream.store.sql.values import number_in, stored
from millstream.testing.databases import KINDS, empty_database

EXAMPLES = {"sqlite": 120, "postgresql": 40, "mysql": 40}
MANY_EXAMPLES = 2_000
ROOT = ArtifactRoot("s3://bucket/root")
GREATEST = sys.float_info.max

METRICS = ["acc", "loss", "val loss", "loss.min"]
PARAMS = ["lr", "model", "p/q"]
TAGS = ["team", "k.v"]
STATUSES = ["RUNNING", "FINISHED", "FAILED"]
SIGNS = "aAbB%_*?[]\\'\"!. 中ß\n-^$"

texts = st.one_of(
    st.text(SIGNS, max_size=6),
    st.sampled_from(
        ["0.1", "1e3", "10", "-2", "nan", "1e400", "a" * 64, "a" * 64 + "b", "tree", "[a]", "a*"]
    ),
)
floats = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, 0.1, -2.5, GREATEST, -GREATEST, 5e-324, math.inf, -math.inf]),
    st.floats(-3, 3, width=16),
)
numbers = st.one_of(floats, st.just(math.nan))
times = st.one_of(st.none(), st.integers(0, 4))
extremes = st.one_of(st.none(), floats.map(clamped))
steps = st.one_of(st.none(), st.integers(-2, 3))
summaries = st.builds(
    Summary, value=numbers, min=extremes, max=extremes, min_step=steps, max_step=steps
)
datasets = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from("ab%"), "digest": st.sampled_from("12")},
        optional={"context": st.sampled_from(["train", "eval_"])},
    ),
    max_size=2,
    unique_by=lambda dataset: (dataset["name"], dataset["digest"]),
)


@st.composite
def runs(draw: st.DrawFn) -> Record:
    params = draw(st.dictionaries(st.sampled_from(PARAMS), texts))
    attributes = {
        "run_id": draw(st.text("abc1", min_size=1, max_size=6)),
        "run_name": draw(texts),
        "status": draw(st.sampled_from(STATUSES)),
        "user_id": draw(texts),
        "start_time": draw(times),
        "end_time": draw(times),
        "artifact_uri": draw(st.sampled_from(["./1/a", "s3://other/x", "./%"])),
    }
    found = {key: number_in(value) for key, value in params.items()}
    return Record(
        attributes=attributes,
        metrics=draw(st.dictionaries(st.sampled_from(METRICS), summaries)),
        params=params,
        numbers={key: number for key, number in found.items() if number is not None},
        tags=draw(st.dictionaries(st.sampled_from(TAGS), texts)),
        datasets=draw(datasets),
    )


many_runs = st.lists(runs(), max_size=8, unique_by=lambda run: run.attributes["run_id"])


def quoted(text: str) -> str:
    """A value in the quotes that it does not contain."""
    return f'"{text}"' if "'" in text else f"'{text}'"


quotable = texts.filter(lambda text: not ("'" in text and '"' in text))
literals = quotable.map(quoted)
figures = st.one_of(
    floats.filter(math.isfinite).map(repr), st.sampled_from(["1e999", "-1e999", "2", "0", ".5"])
)
REGULAR = ["a", "B", ".", "[ab]", "[^a]", r"\d", r"\w", r"\S", "(a|b)", "a*", "b+", "(ab)?", "x{2}"]
REGULAR += ["^", "$", r"\.", r"\\", "[%_-]", "中", "(?:a.)*", "tree"]
patterns = st.lists(st.sampled_from(REGULAR), min_size=1, max_size=4).map("".join)
text_relations = st.one_of(
    st.builds("{} {}".format, st.sampled_from(["=", "!="]), literals),
    st.builds("{} {}".format, st.sampled_from(["LIKE", "NOT LIKE", "ILIKE"]), literals),
    st.builds("{} '{}'".format, st.sampled_from(["RLIKE", "NOT RLIKE"]), patterns),
    st.builds(
        "{} ({})".format,
        st.sampled_from(["IN", "NOT IN"]),
        st.lists(literals, min_size=1, max_size=3).map(", ".join),
    ),
)
presence = st.sampled_from(["IS NULL", "IS NOT NULL"])
number_relations = st.one_of(
    st.builds("{} {}".format, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), figures),
    st.builds("{} {} AND {}".format, st.sampled_from(["BETWEEN", "NOT BETWEEN"]), figures, figures),
)
metric_names = st.sampled_from(
    [
        "metrics.acc",
        "metrics.loss",
        "metrics.`val loss`",
        "metrics.none",
        "metrics.'loss.min'",
        "metrics.loss.min",
        "metrics.acc.max",
        "metrics.loss.last",
        "metrics.acc.best_step",
        "metrics.loss.best_step",
    ]
)
param_names = st.sampled_from(["params.lr", "params.model", "params.`p/q`", "params.none"])
tag_names = st.sampled_from(["tags.team", "tags.k.v", "tags.none"])
text_attributes = st.sampled_from(["run_id", "run_name", "status", "user_id", "artifact_uri"])
time_attributes = st.sampled_from(["start_time", "end_time", "attributes.created"])
dataset_keys = st.sampled_from(["dataset.name", "dataset.digest", "datasets.context"])
clauses = st.builds(
    "{} {}".format,
    st.one_of(param_names, tag_names, text_attributes, dataset_keys),
    st.one_of(text_relations, presence),
) | st.builds(
    "{} {}".format,
    st.one_of(metric_names, param_names, time_attributes),
    st.one_of(number_relations, presence),
)
filters = st.recursive(
    clauses,
    lambda inner: st.one_of(
        st.builds("({} AND {})".format, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("NOT ({})".format, inner),
    ),
    max_leaves=5,
)
orders = st.lists(
    st.builds(
        "{} {}".format,
        st.one_of(metric_names, param_names, tag_names, text_attributes, time_attributes),
        st.sampled_from(["ASC", "DESC"]),
    ),
    max_size=3,
    unique_by=lambda clause: parse_order([clause], RUNS)[0].field,
)


class Tables:
    """A database that takes records as they are; each set of records is an experiment."""

    def __init__(self, uri: str) -> None:
        self.database = Database(uri)
        target = address.parse(uri)
        self.connection: Connection = load_driver(target.dialect).connect(target, "write")
        self.experiment = 0
        self.run_key = 0
        names = [*METRICS, *PARAMS, *TAGS]
        self.keys = {name: number for number, name in enumerate(names, 1)}
        self.connection.run_many(
            'INSERT INTO "keys" (key_id, name) VALUES (?, ?)',
            [(number, name) for name, number in self.keys.items()],
        )

    def close(self) -> None:
        self.connection.close()
        self.database.close()

    def fill(self, records: list[Record]) -> dict[int, str]:
        """Write records as the runs of a new experiment; their run ids by key."""
        self.experiment += 1
        self.connection.begin()
        row = (self.experiment, str(self.experiment), None, "active", 0, 0, "default")
        self._insert("experiments", row)
        found = {}
        for record in records:
            self.run_key += 1
            self._write(record)
            found[self.run_key] = str(record.attributes["run_id"])
        self.connection.commit()
        return found

    def _write(self, record: Record) -> None:
        key, experiment, of = self.run_key, self.experiment, record.attributes
        stored_id = f"{experiment}-{of['run_id']}"
        record.attributes["run_id"] = stored_id
        info = [of[name] for name in ("run_name", "user_id", "status", "start_time", "end_time")]
        uri = of["artifact_uri"]
        record.attributes["artifact_uri"] = ROOT.expand(str(uri))
        self._insert("runs", (key, stored_id, experiment, *info, "active", None, uri, None))
        for name, value in record.params.items():
            row = (key, self.keys[name], experiment, value, value[:64], record.numbers.get(name))
            self._insert("params", row)
        for name, value in record.tags.items():
            self._insert("tags", (key, self.keys[name], experiment, value, value[:64]))
        for name, summary in record.metrics.items():
            extremes = (summary.min, summary.min_step, summary.max, summary.max_step, 1, None)
            point = (key, self.keys[name], experiment, 0, 0, *stored(summary.value))
            self._insert("latest_metrics", (*point, *extremes))
        for number, dataset in enumerate(record.datasets):
            self._write_dataset(key * 10 + number, dataset)

    def _write_dataset(self, dataset_key: int, dataset: dict[str, str]) -> None:
        """One of its own for each run: the name is told apart by an experiment of its own."""
        row = (dataset_key, self.experiment, dataset["name"], dataset["digest"])
        known = self.connection.execute(
            "SELECT dataset_key FROM datasets WHERE experiment_key = ? AND name = ? AND digest = ?",
            row[1:],
        )
        if known:
            dataset_key = known[0][0]
        else:
            self._insert("datasets", (*row, "local", "{}", None, None))
        self._insert("dataset_inputs", (self.run_key, dataset_key))
        if "context" in dataset:
            tag = (self.run_key, dataset_key, "mlflow.data.context", dataset["context"])
            self._insert("dataset_input_tags", tag)

    def _insert(self, table: str, row: tuple[Any, ...]) -> None:
        marks = ", ".join("?" * len(row))
        statement = f"INSERT INTO {table} VALUES ({marks})"  # noqa: S608  # tables of this file
        self.connection.run(statement, row)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Tables]]:
    opened: dict[str, Tables] = {}
    with ExitStack() as stack:

        def open_tables(kind: str) -> Tables:
            if kind not in opened:
                folder: Path = tmp_path_factory.mktemp(kind)
                opened[kind] = Tables(stack.enter_context(empty_database(kind, folder)))
                stack.callback(opened[kind].close)
            return opened[kind]

        yield open_tables


def search(tables: Tables, request: SearchRuns) -> list[str]:
    """The run ids of all pages in order."""
    found: list[str] = []
    with tables.database.reader() as reader:
        while True:
            page = find_runs(reader, request, ROOT)
            assert len(page.keys) <= request.max_results
            for key in page.keys:
                row = reader.execute("SELECT run_id FROM runs WHERE run_key = ?", (key,))
                found.append(row[0][0])
            if page.next_page_token is None:
                return found
            assert len(page.keys) == request.max_results
            request.page_token = page.next_page_token


def expected(records: list[Record], text: str, order_by: list[str]) -> list[str]:
    """The run ids that a plain evaluation finds, in order."""
    tree = parse(text, RUNS)
    last = (
        OrderKey(Field("attribute", "start_time", "time"), ascending=False),
        OrderKey(Field("attribute", "run_id", "text")),
    )
    found = [record for record in records if matches(tree, record)]
    ordered = in_order(found, (*parse_order(order_by, RUNS), *last))
    return [str(record.attributes["run_id"]) for record in ordered]


def check(
    kind: str,
    open_tables: Callable[[str], Tables],
    searches: st.SearchStrategy[Any],
    examples: int | None = None,
) -> None:
    tables = open_tables(kind)

    @settings(
        max_examples=examples or EXAMPLES[kind],
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(many_runs, st.lists(searches, min_size=1, max_size=4))
    def agrees(records: list[Record], wanted: list[tuple[str, list[str], int]]) -> None:
        tables.fill(records)
        for text, order_by, size in wanted:
            request = SearchRuns([str(tables.experiment)], text, "ACTIVE_ONLY", size, order_by)
            assert search(tables, request) == expected(records, text, order_by), (text, order_by)

    agrees()


@pytest.mark.parametrize("kind", KINDS)
def test_filters_agree_with_plain_python(kind: str, tables: Callable[[str], Tables]) -> None:
    check(kind, tables, st.tuples(filters, st.just([]), st.just(100)))


@pytest.mark.parametrize("kind", KINDS)
def test_pages_agree_with_plain_python(kind: str, tables: Callable[[str], Tables]) -> None:
    none_or_some = st.one_of(st.just(""), clauses)
    check(kind, tables, st.tuples(none_or_some, orders, st.integers(1, 4)))


def test_orders_of_indexes_agree_with_plain_python(
    tables: Callable[[str], Tables], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As above, but no clause counts as selective, so that runs are visited in order."""
    monkeypatch.setattr(candidates, "FEW", 0)
    check("sqlite", tables, st.tuples(filters, orders, st.integers(1, 4)))


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("kind", KINDS)
def test_many_searches_agree_with_plain_python(kind: str, tables: Callable[[str], Tables]) -> None:
    searches = st.tuples(filters, orders, st.integers(1, 4))
    check(kind, tables, searches, MANY_EXAMPLES)


@pytest.mark.soak
@pytest.mark.timeout(1_800)
def test_many_orders_of_indexes_agree_with_plain_python(
    tables: Callable[[str], Tables], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "FEW", 0)
    searches = st.tuples(filters, orders, st.integers(1, 4))
    check("sqlite", tables, searches, MANY_EXAMPLES)
