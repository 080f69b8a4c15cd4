"""Searching logged models."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.entities.models import LoggedModelStatus, SearchLoggedModels
from millstream.errors import InvalidParameter
from millstream.query.evaluate import text_matches
from millstream.query.ordering import OrderKey, check_count, model_order
from millstream.query.parser import parse
from millstream.query.tree import Comparison, Field, Value, is_numeric
from millstream.query.vocabulary import LOGGED_MODELS
from millstream.store.sql.dialect import DialectName
from millstream.store.sql.reader import Reader
from millstream.store.sql.search import comparisons
from millstream.store.sql.search.compile import condition, exists, present
from millstream.store.sql.search.fragment import (
    FALSE,
    TRUE,
    Sql,
    all_of,
    any_of,
    joined,
    listed,
    negated,
)
from millstream.store.sql.search.limits import check_datasets, experiment_keys, searched_experiments
from millstream.store.sql.search.paging import Found, Phase, Term, find_page, missing

_DEFAULT_SIZE = 50
_SHORT_NAMES = {
    name: status.value
    for status in LoggedModelStatus
    for name in (status.wire_name, str(status.number))
}
_COLUMNS = {
    "name": Sql("l.name"),
    "model_id": Sql("l.model_id"),
    "model_type": Sql("l.model_type"),
    "source_run_id": Sql("l.source_run_id"),
    "status": Sql("l.status"),
    "creation_timestamp_ms": Sql("l.creation_timestamp_ms"),
    "last_updated_timestamp_ms": Sql("l.last_updated_timestamp_ms"),
}
_NULLABLE = ("model_type", "source_run_id")
_TABLES = {"param": "logged_model_params", "tag": "logged_model_tags"}
_NEWEST = OrderKey(Field("attribute", "creation_timestamp_ms", "time"), ascending=False)
_LAST = Term(Sql("l.model_key"), "whole", ascending=False)
_POINT_ORDER = ", ".join(
    f"m.{column} DESC"
    for column in ("timestamp", "step", "value", "special", "run_key", "dataset_digest")
)


def find_models(
    reader: Reader, request: SearchLoggedModels, readable_ids: Sequence[str] | None = None
) -> Found:
    """The keys of one page of active logged models; see `find_runs`."""
    if request.max_results < 0:
        raise InvalidParameter(
            f"Invalid value {request.max_results} for parameter 'max_results' supplied."
            " It must be a positive integer"
        )
    check_datasets(len(request.datasets))
    tree = parse(request.filter, LOGGED_MODELS)
    keys = _keys(request)
    experiments = searched_experiments(reader, request.experiment_ids, readable_ids)
    if not experiments:
        return Found([])
    fields = _ModelFields(reader.dialect.name, request)
    conditions = (
        joined(" IN ", [Sql("l.experiment_key"), listed(experiments)]),
        Sql("l.lifecycle_stage = 'active'"),
        condition(tree, fields.leaf),
        fields.on_datasets(),
    )
    terms = (*(term for key in keys for term in fields.terms(key)), _LAST)
    phase = Phase("l.model_key", (), terms, ((Sql("logged_models AS l"), conditions),))
    orders = [
        (k.field_name, k.ascending, k.dataset_name, k.dataset_digest) for k in request.order_by
    ]
    datasets = [(each.dataset_name, each.dataset_digest) for each in request.datasets]
    query = (request.filter, orders, datasets, experiment_keys(request.experiment_ids))
    size = request.max_results or _DEFAULT_SIZE
    return find_page(reader, [phase], size, query, request.page_token)


def _keys(request: SearchLoggedModels) -> list[OrderKey]:
    check_count(len(request.order_by))
    keys: list[OrderKey] = []
    for order in request.order_by:
        dataset = (order.dataset_name, order.dataset_digest)
        key = model_order(order.field_name, order.ascending, dataset, LOGGED_MODELS)
        if all((key.field, key.dataset) != (other.field, other.dataset) for other in keys):
            keys.append(key)
    if all(key.field != _NEWEST.field for key in keys):
        keys.append(_NEWEST)
    return keys


class _ModelFields:
    """Writes comparisons and order keys about the row `l` of logged_models."""

    def __init__(self, dialect: DialectName, request: SearchLoggedModels) -> None:
        self.dialect = dialect
        self._datasets = [
            _on_dataset(dataset.dataset_name, dataset.dataset_digest)
            for dataset in request.datasets
        ]
        kind = "CHAR" if self.dialect == "mysql" else "TEXT"
        self._experiment_id = Sql(f"CAST(l.experiment_key AS {kind})")

    def leaf(self, comparison: Comparison) -> Sql:
        """The condition of a comparison, never NULL."""
        entity = comparison.field.entity
        if entity == "attribute":
            return self._attribute(comparison)
        found = self._metric(comparison) if entity == "metric" else self._text(comparison)
        return negated(found) if comparison.operator == "IS NULL" else found

    def on_datasets(self) -> Sql:
        """Whether the model has a metric on one of the datasets asked for, if any are."""
        if not self._datasets:
            return TRUE
        own = [Sql("m.model_key = l.model_key"), any_of(self._datasets)]
        return exists("logged_model_metrics AS m", own, self.dialect)

    def terms(self, key: OrderKey) -> tuple[Term, ...]:
        """What an order key sorts by; missing values come last."""
        if key.field.entity == "metric":
            return self._metric_terms(key)
        column = self._column(key.field.key)
        if key.field.kind == "time":
            return (Term(column, "whole", key.ascending),)
        value = Term(Sql(f"COALESCE({column.text}, '')"), "text", key.ascending)
        return (missing(column.text), value) if key.field.key in _NULLABLE else (value,)

    def _column(self, key: str) -> Sql:
        return self._experiment_id if key == "experiment_id" else _COLUMNS[key]

    def _attribute(self, comparison: Comparison) -> Sql:
        key, operator, value = comparison.field.key, comparison.operator, comparison.value
        column = self._column(key)
        if value is None:
            if key in _NULLABLE:
                return Sql(f"{column.text} {operator}")
            return FALSE if operator == "IS NULL" else TRUE
        if comparison.field.kind == "time":
            return comparisons.number(column, operator, value)
        if key == "status":
            return self._status(comparison)
        return present(column, comparisons.text(column, operator, value, self.dialect))

    def _status(self, comparison: Comparison) -> Sql:
        """Compared here by its short name, and looked up by its stored one."""
        matching = [
            status.wire_name
            for status in LoggedModelStatus
            if text_matches(status.value, comparison.operator, _short(comparison.value))
        ]
        return joined(" IN ", [_COLUMNS["status"], listed(matching)]) if matching else FALSE

    def _text(self, comparison: Comparison) -> Sql:
        field, operator, value = comparison.field, comparison.operator, comparison.value
        own = [Sql("t.model_key = l.model_key"), Sql('t."key" = ?', (field.key,))]
        if is_numeric(value):
            number = Sql("t.number")
            own += [Sql("t.number IS NOT NULL"), comparisons.number(number, operator, value)]
        elif value is not None:
            own.append(comparisons.text(Sql("t.value"), operator, value, self.dialect))
        return exists(f"{_TABLES[field.entity]} AS t", own, self.dialect)

    def _metric(self, comparison: Comparison) -> Sql:
        field, operator, value = comparison.field, comparison.operator, comparison.value
        own = [Sql("m.model_key = l.model_key"), Sql('m."key" = ?', (field.key,))]
        if self._datasets:
            own.append(any_of(self._datasets))
        if value is not None:
            own.append(comparisons.metric("m", operator, value))
        return exists("logged_model_metrics AS m", own, self.dialect)

    def _metric_terms(self, key: OrderKey) -> tuple[Term, ...]:
        """By the latest point of the metric, on a dataset if one is given."""
        own = [Sql("m.model_key = l.model_key"), Sql('m."key" = ?', (key.field.key,))]
        if key.dataset != (None, None):
            own.append(_on_dataset(*key.dataset))
        where = all_of(own)
        latest = (
            f"FROM logged_model_metrics AS m WHERE {where.text} ORDER BY {_POINT_ORDER} LIMIT 1"
        )
        rank = "CASE WHEN m.special = 2 THEN 1 ELSE 0 END"
        return (
            Term(Sql(f"COALESCE((SELECT {rank} {latest}), 2)", where.params), "whole"),
            Term(
                Sql(f"COALESCE((SELECT m.value {latest}), 0)", where.params),
                "number",
                key.ascending,
            ),
            Term(
                Sql(f"COALESCE((SELECT m.special {latest}), 0)", where.params),
                "whole",
                key.ascending,
            ),
        )


def _short(value: Value) -> Value:
    """A status by its short name, which the protocol's name and number also mean."""
    if isinstance(value, tuple):
        return tuple(_SHORT_NAMES.get(str(each), str(each)) for each in value)
    return _SHORT_NAMES.get(str(value), value)


def _on_dataset(name: str | None, digest: str | None) -> Sql:
    """A point on a dataset; without a digest on any of the name."""
    parts = []
    if name is not None:
        parts.append(Sql("m.dataset_name = ?", (name,)))
    if digest is not None:
        parts.append(Sql("m.dataset_digest = ?", (digest,)))
    return all_of(parts)
