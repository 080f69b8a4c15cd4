"""order_by becomes keys, or errors that point at the place."""

from __future__ import annotations

import pytest

from millstream.query.ordering import OrderKey, model_order, parse_order
from millstream.query.refusal import InvalidQuery
from millstream.query.tree import Field
from millstream.query.vocabulary import EXPERIMENTS, LOGGED_MODELS, RUNS

NO_DATASET = (None, None)


@pytest.mark.parametrize(
    ("clause", "key"),
    [
        ("metrics.acc", OrderKey(Field("metric", "acc", "number"))),
        ("metric.acc desc", OrderKey(Field("metric", "acc", "number"), ascending=False)),
        ("metrics.loss.min ASC", OrderKey(Field("metric", "loss", "number", "min"))),
        ("metrics.'loss.min'", OrderKey(Field("metric", "loss.min", "number"))),
        ("metrics.acc.best_step", OrderKey(Field("metric", "acc", "number", "max_step"))),
        ("`metrics.a b` DESC", OrderKey(Field("metric", "a b", "number"), ascending=False)),
        ("created", OrderKey(Field("attribute", "start_time", "time"))),
        ('"run_name"', OrderKey(Field("attribute", "run_name", "text"))),
    ],
)
def test_keys(clause: str, key: OrderKey) -> None:
    assert parse_order([clause], RUNS) == (key,)


@pytest.mark.parametrize(
    ("clauses", "position", "message"),
    [
        (["metrics.acc  UP"], 13, "Invalid ordering key in order_by clause 'metrics.acc  UP'."),
        (["metrics.acc asc x"], 16, "Invalid order_by clause 'metrics.acc asc x'."),
        (["metrics.a/b"], 0, "Invalid order_by clause"),
        ([" "], 1, "Invalid order_by clause ' '. Could not be parsed."),
        (["DESC"], 0, "Invalid order_by clause 'DESC'."),
        (["dataset.name"], 0, "Invalid identifier type 'dataset'"),
        (["foo.bar"], 0, "Invalid entity type 'foo'."),
        (["created", "start_time DESC"], 0, "`order_by` contains duplicate fields: ['created'"),
        (["metrics.m"] * 33, 0, "it has 33 entries; the limit is 32"),
    ],
)
def test_errors_point_at_the_place(clauses: list[str], position: int, message: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse_order(clauses, RUNS)
    assert message in caught.value.message
    assert caught.value.position == position


def test_where_duplicates_are_allowed_the_first_counts() -> None:
    name = Field("attribute", "name", "text")
    assert parse_order(["name DESC", "name"], EXPERIMENTS) == (OrderKey(name, ascending=False),)


def test_logged_models_order_by_a_metric_on_a_dataset() -> None:
    key = model_order("metrics.a/b", False, ("train", None), LOGGED_MODELS)
    assert key == OrderKey(Field("metric", "a/b", "number"), False, ("train", None))


def test_logged_models_disregard_the_dataset_of_an_attribute() -> None:
    key = model_order("creation_time", True, ("train", "x"), LOGGED_MODELS)
    assert key == OrderKey(Field("attribute", "creation_timestamp_ms", "time"), True, NO_DATASET)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("params.lr", "Invalid order by field name: params.lr. Only metrics are supported."),
        ("attributes.name", "Invalid order by field name: attributes.name. Only metrics"),
        ("foo", "Invalid order by field name: foo"),
        ("", "Invalid order by field name: "),
        ("name DESC", "Invalid order by field name: name DESC"),
    ],
)
def test_logged_models_refuse_other_fields(name: str, message: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        model_order(name, True, NO_DATASET, LOGGED_MODELS)
    assert caught.value.message.startswith(message)
