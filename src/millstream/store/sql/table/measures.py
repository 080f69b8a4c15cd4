"""What columns are like in a group: count, mean, variance, lowest and highest."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.entities.run_tables import Column
from millstream.errors import InvalidParameter
from millstream.store.sql.reader import Reader
from millstream.store.sql.search.fragment import Sql
from millstream.store.sql.search.run_fields import NO_KEY
from millstream.store.sql.table.attributes import attribute, tag_of

MARKS = ("count", "mean", "deviation", "lowest", "highest")
_BEYOND = 1e150  # squares of greater numbers are too large for a database


class Measures:
    """The joins beside the row `r` of runs, and the marks of each measure in `selected`.

    What stands as deviation is the variance, which orders alike.
    """

    def __init__(self, reader: Reader, columns: Sequence[Column]) -> None:
        self._double = "DOUBLE" if reader.dialect.name == "mysql" else "DOUBLE PRECISION"
        self.joins: list[Sql] = []
        self.selected: list[str] = []
        kept = [_checked(column) for column in columns]
        key_ids = reader.key_ids(c.key for c in kept if c.kind != "attribute")
        for place, column in enumerate(kept):
            alias = f"m{place}"
            if column.kind != "attribute":
                table = "latest_metrics" if column.kind == "metric" else "params"
                self.joins.append(
                    Sql(
                        f"LEFT JOIN {table} AS {alias}"
                        f" ON {alias}.run_key = r.run_key AND {alias}.key_id = ?",
                        (key_ids.get(column.key, NO_KEY),),
                    )
                )
            self._select(alias, self._number(column, alias))

    def _select(self, alias: str, number: str) -> None:
        functions = ("COUNT", "AVG", "VAR_SAMP", "MIN", "MAX")
        for mark, function in zip(MARKS, functions, strict=True):
            self.selected.append(f"{function}({number}) AS {alias}_{mark}")

    def _number(self, column: Column, alias: str) -> str:
        """The value if it can be counted with, else NULL."""
        if column.kind == "attribute":
            return f"CAST({attribute(column.key).expression} AS {self._double})"
        name = "number" if column.kind == "param" else "value"
        if column.kind == "metric" and column.aggregate != "last":
            name = f"{column.aggregate}_value"
        value = f"{alias}.{name}"
        finite = f"{value} > {-_BEYOND!r} AND {value} < {_BEYOND!r}"
        if name == "value":
            finite = f"{alias}.special = 0 AND {finite}"
        return f"CASE WHEN {finite} THEN {value} END"


def _checked(column: Column) -> Column:
    column = tag_of(column)
    if column.kind == "tag" or (column.kind == "attribute" and not attribute(column.key).is_number):
        raise InvalidParameter(
            f"Invalid measure: {column.kind} {column.key!r} is no number. It must be a metric, a "
            "param, or one of the attributes start_time, end_time and duration."
        )
    return column
