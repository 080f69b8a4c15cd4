"""By what runs are grouped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from millstream.entities.run_tables import Column
from millstream.store.sql.connections import Row
from millstream.store.sql.reader import Reader
from millstream.store.sql.search.fragment import Sql
from millstream.store.sql.search.run_fields import NO_KEY, TABLES
from millstream.store.sql.table.attributes import attribute, tag_of
from millstream.store.sql.values import extreme, meant


class Partition:
    """The joins beside the row `r` of runs, and what makes two runs of one group.

    A column takes two places in `selected`: its value, and what orders or completes it (a param's
    number, a metric's mark).
    """

    def __init__(self, reader: Reader, columns: Sequence[Column]) -> None:
        self.columns = [tag_of(column) for column in columns]
        self.width = 2 * len(self.columns)
        self.joins: list[Sql] = []
        self.selected: list[Sql] = []
        key_ids = reader.key_ids(c.key for c in self.columns if c.kind != "attribute")
        for place, column in enumerate(self.columns):
            self.selected += [
                Sql(f"{expression} AS g{place}_{part}")
                for part, expression in enumerate(_expressions(column, f"g{place}"))
            ]
            if column.kind != "attribute":
                self.joins.append(
                    Sql(
                        f"LEFT JOIN {TABLES[column.kind]} AS g{place}"
                        f" ON g{place}.run_key = r.run_key AND g{place}.key_id = ?",
                        (key_ids.get(column.key, NO_KEY),),
                    )
                )

    def order(self, place: int, direction: str) -> list[str]:
        """The terms that order groups by a column, those without a value last."""
        first, second = f"q.g{place}_0", f"q.g{place}_1"
        missing = f"CASE WHEN {first} IS NULL THEN 1 ELSE 0 END"
        column = self.columns[place]
        if column.kind == "param":
            is_text = f"CASE WHEN {second} IS NULL THEN 1 ELSE 0 END"
            number = f"COALESCE({second}, 0)"
            return [missing, is_text, f"{number} {direction}", f"{first} {direction}"]
        if column.kind == "metric":
            is_nan = f"CASE WHEN {second} = 2 THEN 1 ELSE 0 END"
            return [missing, is_nan, f"{first} {direction}", f"{second} {direction}"]
        return [missing, f"{first} {direction}"]

    def values(self, place: int, rows: Sequence[Row]) -> list[Any]:
        """The values of a column for each group."""
        column = self.columns[place]
        pairs = [row[2 * place : 2 * place + 2] for row in rows]
        if column.kind == "metric":
            if column.aggregate != "last":
                return [extreme(value) for value, _ in pairs]
            return [None if value is None else meant(value, mark) for value, mark in pairs]
        if column.kind == "attribute" and column.key == "experiment_id":
            return [str(value) for value, _ in pairs]
        return [value for value, _ in pairs]


def _expressions(column: Column, alias: str) -> tuple[str, str]:
    if column.kind == "attribute":
        return f"({attribute(column.key).expression})", "NULL"
    if column.kind == "param":
        return f"{alias}.value", f"{alias}.number"
    if column.kind == "tag":
        return f"{alias}.value", "NULL"
    if column.aggregate == "last":
        return f"{alias}.value", f"{alias}.special"
    return f"{alias}.{column.aggregate}_value", "NULL"
