"""In which order the rows of the table stand."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.entities.run_tables import ColumnOrder
from millstream.store.sql.reader import Reader
from millstream.store.sql.search.fragment import Sql, joined
from millstream.store.sql.search.paging import Term, missing
from millstream.store.sql.search.run_fields import NO_KEY, TABLES
from millstream.store.sql.table.attributes import attribute, tag_of

NEWEST = ColumnOrder("attribute", "start_time", ascending=False)


class Order:
    """The joins that an order needs beside the row `r` of runs, and its terms, never NULL."""

    def __init__(self, reader: Reader, keys: Sequence[ColumnOrder]) -> None:
        self.joins: list[Sql] = []
        self.terms: list[Term] = []
        key_ids = reader.key_ids(tag_of(key).key for key in keys if tag_of(key).kind != "attribute")
        for place, key in enumerate(map(tag_of, keys)):
            if key.kind == "attribute":
                self._attribute(key)
                continue
            alias = f"k{place}"
            table = TABLES[key.kind]
            self.joins.append(
                Sql(
                    f"LEFT JOIN {table} AS {alias}"
                    f" ON {alias}.run_key = r.run_key AND {alias}.key_id = ?",
                    (key_ids.get(key.key, NO_KEY),),
                )
            )
            self.terms += _metric(key, alias) if key.kind == "metric" else _text(key, alias)
        self.terms.append(Term(Sql("r.run_key"), "whole", keys[-1].ascending))

    @property
    def clause(self) -> Sql:
        """The ORDER BY clause."""
        terms = [
            Sql(f"{term.sql.text} {'ASC' if term.ascending else 'DESC'}", term.sql.params)
            for term in self.terms
        ]
        return joined(" ", [Sql("ORDER BY"), joined(", ", terms)])

    def _attribute(self, key: ColumnOrder) -> None:
        found = attribute(key.key)
        expression = f"({found.expression})"
        if key.key in ("run_id", "run_name", "experiment_id", "status", "user_id"):
            self.terms.append(Term(Sql(expression), "text", key.ascending))
            return
        rest = "0" if found.is_number else "''"
        value = Term(Sql(f"COALESCE({expression}, {rest})"), "number", key.ascending)
        self.terms += [missing(expression), value]


def _metric(key: ColumnOrder, alias: str) -> list[Term]:
    if key.aggregate != "last":
        column = f"{alias}.{key.aggregate}_value"
        return [missing(column), Term(Sql(f"COALESCE({column}, 0)"), "number", key.ascending)]
    rank = f"CASE WHEN {alias}.run_key IS NULL THEN 2 WHEN {alias}.special = 2 THEN 1 ELSE 0 END"
    return [
        Term(Sql(rank), "whole"),
        Term(Sql(f"COALESCE({alias}.value, 0)"), "number", key.ascending),
        Term(Sql(f"COALESCE({alias}.special, 0)"), "whole", key.ascending),
    ]


def _text(key: ColumnOrder, alias: str) -> list[Term]:
    if key.kind == "tag":
        head = Term(Sql(f"COALESCE({alias}.head, '')"), "text", key.ascending)
        return [missing(f"{alias}.run_key"), head]
    number = f"{alias}.number"
    text = f"CASE WHEN {number} IS NULL THEN COALESCE({alias}.head, '') ELSE '' END"
    head = Term(Sql(text), "text", key.ascending)
    rank = f"CASE WHEN {alias}.run_key IS NULL THEN 2 WHEN {number} IS NULL THEN 1 ELSE 0 END"
    value = Term(Sql(f"COALESCE({number}, 0)"), "number", key.ascending)
    return [Term(Sql(rank), "whole"), value, head]
