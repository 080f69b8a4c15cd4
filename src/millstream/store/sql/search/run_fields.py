"""The fields of a run in SQL: as conditions and as terms to sort by."""

from __future__ import annotations

from millstream.query.ordering import OrderKey
from millstream.query.tree import Comparison, Field, is_numeric
from millstream.store.sql.dialect import DialectName
from millstream.store.sql.locations import ArtifactRoot
from millstream.store.sql.reader import Reader
from millstream.store.sql.search import comparisons
from millstream.store.sql.search.compile import exists, present
from millstream.store.sql.search.fragment import FALSE, TRUE, Sql, all_of, listed, negated
from millstream.store.sql.search.paging import Term, missing
from millstream.store.sql.values import HEAD_LENGTH

NO_KEY = -1
TABLES = {"metric": "latest_metrics", "param": "params", "tag": "tags"}

_COLUMNS = {
    "run_id": Sql("r.run_id"),
    "run_name": Sql("r.name"),
    "status": Sql("r.status"),
    "user_id": Sql("r.user_id"),
    "start_time": Sql("r.start_time"),
    "end_time": Sql("r.end_time"),
}
_NULLABLE = ("start_time", "end_time")
_SUMMARIES = {
    "min": "min_value",
    "max": "max_value",
    "min_step": "min_step",
    "max_step": "max_step",
}
_DATASET_COLUMNS = {"name": Sql("d.name"), "digest": Sql("d.digest"), "context": Sql("t.value")}
_CONTEXT = "mlflow.data.context"


class RunFields:
    """Writes comparisons and order keys about the row `r` of runs."""

    def __init__(self, reader: Reader, root: ArtifactRoot | None) -> None:
        self.reader = reader
        self.dialect = reader.dialect.name
        head, _, tail = root.expand("./\0").partition("\0") if root is not None else ("./", "", "")
        self._artifact_uri = Sql(
            "CASE WHEN substr(r.artifact_uri, 1, 2) = './'"
            " THEN ? || substr(r.artifact_uri, 3) || ? ELSE r.artifact_uri END",
            (head, tail),
        )

    def leaf(self, comparison: Comparison) -> Sql:
        """The condition of a comparison, never NULL."""
        field = comparison.field
        if field.entity == "attribute":
            return self._attribute(comparison)
        if field.entity == "dataset":
            return self._dataset(comparison)
        key_id = self.reader.key_id(field.key)
        if key_id is None:
            return TRUE if comparison.operator == "IS NULL" else FALSE
        own = Sql("x.run_key = r.run_key AND x.key_id = ?", (key_id,))
        found = exists(
            f"{TABLES[field.entity]} AS x", [own, *self.row_conditions(comparison)], self.dialect
        )
        return negated(found) if comparison.operator == "IS NULL" else found

    def row_conditions(self, comparison: Comparison) -> list[Sql]:
        """What the row `x` of the metric, param or tag has to meet."""
        field, operator, value = comparison.field, comparison.operator, comparison.value
        if field.aspect != "value":
            column = Sql(f"x.{_SUMMARIES[field.aspect]}")
            given = Sql(f"{column.text} IS NOT NULL")
            if value is None:
                return [given]
            return [given, comparisons.number(column, operator, value)]
        if value is None:
            return []
        if field.entity == "metric":
            return [comparisons.metric("x", operator, value)]
        if is_numeric(value):
            number = Sql("x.number")
            given = Sql("x.number IS NOT NULL")
            return [given, comparisons.number(number, operator, value)]
        return [_by_head(comparison, self.dialect)]

    def terms(self, key: OrderKey, alias: str) -> tuple[Sql | None, tuple[Term, ...]]:
        """The join that an order key needs, and its terms; missing values come last."""
        field = key.field
        if field.entity == "attribute":
            return None, self._attribute_terms(field, key.ascending)
        key_id = self.reader.key_id(field.key)
        join = Sql(
            f"LEFT JOIN {TABLES[field.entity]} AS {alias}"
            f" ON {alias}.run_key = r.run_key AND {alias}.key_id = ?",
            (NO_KEY if key_id is None else key_id,),
        )
        if field.entity == "metric":
            return join, _metric_terms(field, alias, key.ascending)
        return join, (
            missing(f"{alias}.run_key"),
            Term(Sql(f"COALESCE({alias}.head, '')"), "text", key.ascending),
            Term(Sql(f"COALESCE({alias}.value, '')"), "text", key.ascending),
        )

    def _attribute_terms(self, field: Field, ascending: bool) -> tuple[Term, ...]:
        column = self._column(field.key)
        if field.key in _NULLABLE:
            value = Term(Sql(f"COALESCE({column.text}, 0)"), "whole", ascending)
            return missing(column.text), value
        return (Term(column, "text", ascending),)

    def _column(self, key: str) -> Sql:
        return self._artifact_uri if key == "artifact_uri" else _COLUMNS[key]

    def _attribute(self, comparison: Comparison) -> Sql:
        field, operator, value = comparison.field, comparison.operator, comparison.value
        column = self._column(field.key)
        if value is None:
            if field.key in _NULLABLE:
                return Sql(f"{column.text} {operator}")
            return FALSE if operator == "IS NULL" else TRUE
        if field.kind == "time":
            return present(column, comparisons.number(column, operator, value))
        return comparisons.text(column, operator, value, self.dialect)

    def _dataset(self, comparison: Comparison) -> Sql:
        key, operator, value = comparison.field.key, comparison.operator, comparison.value
        column = _DATASET_COLUMNS[key]
        if key == "context":
            table = "dataset_input_tags AS t"
            own = [Sql("t.run_key = r.run_key"), Sql('t."key" = ?', (_CONTEXT,))]
        else:
            table = "dataset_inputs AS i JOIN datasets AS d ON d.dataset_key = i.dataset_key"
            own = [Sql("i.run_key = r.run_key")]
        if value is not None:
            own.append(comparisons.text(column, operator, value, self.dialect))
        found = exists(table, own, self.dialect)
        return negated(found) if operator == "IS NULL" else found


def _metric_terms(field: Field, alias: str, ascending: bool) -> tuple[Term, ...]:
    if field.aspect != "value":
        column = f"{alias}.{_SUMMARIES[field.aspect]}"
        return missing(column), Term(Sql(f"COALESCE({column}, 0)"), "number", ascending)
    rank = f"CASE WHEN {alias}.run_key IS NULL THEN 2 WHEN {alias}.special = 2 THEN 1 ELSE 0 END"
    return (
        Term(Sql(rank), "whole"),
        Term(Sql(f"COALESCE({alias}.value, 0)"), "number", ascending),
        Term(Sql(f"COALESCE({alias}.special, 0)"), "whole", ascending),
    )


def _by_head(comparison: Comparison, dialect: DialectName) -> Sql:
    """A text comparison; equality begins with the indexed first characters."""
    operator, value = comparison.operator, comparison.value
    if operator == "=" and isinstance(value, str):
        head = Sql("x.head = ?", (value[:HEAD_LENGTH],))
        return head if len(value) < HEAD_LENGTH else all_of([head, Sql("x.value = ?", (value,))])
    if operator == "IN" and isinstance(value, tuple):
        texts = [str(each) for each in value]
        heads = listed(sorted({text[:HEAD_LENGTH] for text in texts}))
        head = Sql(f"x.head IN {heads.text}", heads.params)
        if all(len(text) < HEAD_LENGTH for text in texts):
            return head
        return all_of([head, comparisons.text(Sql("x.value"), operator, value, dialect)])
    return comparisons.text(Sql("x.value"), operator, value, dialect)
