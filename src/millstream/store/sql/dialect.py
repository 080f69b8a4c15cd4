"""Where the SQL of SQLite, PostgreSQL and MySQL differs.

Statements are written once, with `?` for parameters and `"double quotes"` around the names that
some database reserves (`"key"`, `"keys"`, `"schema"`). Connections to MySQL run in ANSI_QUOTES,
PIPES_AS_CONCAT and NO_BACKSLASH_ESCAPES mode, so that such text means the same everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Literal

import msgspec

DialectName = Literal["sqlite", "postgresql", "mysql"]

_MARKS = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|[?%]")
_TRANSLATED = {"?": "%s", "%": "%%"}


class Dialect(msgspec.Struct, frozen=True):
    """The differences as text, to be put into statements when modules or stores are built."""

    name: DialectName

    def insert_new(self, table: str, columns: str, key: str) -> str:
        """An INSERT that leaves a row with the same key as it is.

        Here and below, `columns` and those of the `key` are separated by spaces.
        """
        if self.name == "mysql":
            first = _names(key.split()[:1])
            end = f"ON DUPLICATE KEY UPDATE {first} = {first}"
        else:
            end = f"ON CONFLICT ({_names(key.split())}) DO NOTHING"
        return f"{insert(table, columns)} {end}"

    def insert_or_replace(self, table: str, columns: str, key: str, replaced: str) -> str:
        """An INSERT that gives a row with the same key new values in the `replaced` columns."""
        assignments = {column: self.new(column) for column in replaced.split()}
        return self.insert_or_merge(table, columns, key, assignments)

    def insert_or_merge(
        self, table: str, columns: str, key: str, assignments: dict[str, str]
    ) -> str:
        """An INSERT that assigns expressions to the columns of a row with the same key.

        MySQL assigns one after the other and later expressions see what was assigned; the
        expressions have to be ordered for that. `new(column)` names the value to be inserted.
        """
        changes = ", ".join(f'"{column}" = {value}' for column, value in assignments.items())
        if self.name == "mysql":
            end = f"ON DUPLICATE KEY UPDATE {changes}"
        else:
            end = f"ON CONFLICT ({_names(key.split())}) DO UPDATE SET {changes}"
        return f"{insert(table, columns)} {end}"

    def new(self, column: str) -> str:
        """In `insert_or_merge`: the value that would have been inserted."""
        return f'VALUES("{column}")' if self.name == "mysql" else f'excluded."{column}"'

    def seek(self, columns: str, table: str, column: str, chosen: str) -> str:
        """A SELECT from `table` (as m) of the rows whose `column` is among the places chosen.

        `chosen` is a SELECT of one column named place, few of them; each becomes one seek in the
        index instead of a scan. Further conditions have to be appended.
        """
        if self.name == "mysql":
            places = f"(SELECT DISTINCT place FROM ({chosen}) x) c"
            return (
                f"SELECT {columns} FROM {places} {self.join_in_order} {table} m "
                f"ON m.{column} = c.place WHERE"
            )
        return f"SELECT {columns} FROM {table} m WHERE m.{column} IN ({chosen}) AND"

    def after(self, columns: str) -> str:
        """The condition that a row comes after another one; see `after_params`.

        `columns`, separated by spaces, lead an index, in which all databases seek.
        """
        names = columns.split()
        if self.name != "mysql":
            return f"({', '.join(names)}) > ({placeholders(len(names))})"
        cases = []
        for place, name in enumerate(names):
            equal = "".join(f"{earlier} = ? AND " for earlier in names[:place])
            cases.append(f"({equal}{name} > ?)")
        return f"({' OR '.join(cases)})"

    def after_params(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """The parameters of `after` for a row."""
        if self.name != "mysql":
            return tuple(row)
        return tuple(value for length in range(len(row)) for value in row[: length + 1])

    @property
    def join_in_order(self) -> str:
        """The JOIN that reads its left side first, where planners may be told so."""
        return {"sqlite": "CROSS JOIN", "postgresql": "JOIN", "mysql": "STRAIGHT_JOIN"}[self.name]

    @property
    def whole_division(self) -> str:
        """The operator that divides integers into an integer."""
        return "DIV" if self.name == "mysql" else "/"

    @property
    def milliseconds(self) -> str:
        """The time by the database's clock, in ms since 1970-01-01 UTC."""
        return {
            "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
            "postgresql": "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
            "mysql": "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)",
        }[self.name]

    @property
    def groups_by_sorting(self) -> bool:
        """Whether a GROUP BY of an expression sorts all rows; the others put them into buckets."""
        return self.name == "sqlite"

    @property
    def for_update(self) -> str:
        """The end of a SELECT whose rows stay locked; SQLite has one writer anyway."""
        return "" if self.name == "sqlite" else "FOR UPDATE"

    @property
    def for_update_at_once(self) -> str:
        """The same, which fails where it would have to wait."""
        return "" if self.name == "sqlite" else "FOR UPDATE NOWAIT"

    @property
    def for_share(self) -> str:
        """The same, but others may lock the rows so too; nobody changes them meanwhile."""
        return {"sqlite": "", "postgresql": "FOR SHARE", "mysql": "LOCK IN SHARE MODE"}[self.name]


SQLITE = Dialect("sqlite")
POSTGRESQL = Dialect("postgresql")
MYSQL = Dialect("mysql")


def per_dialect(build: Callable[[Dialect], str]) -> dict[DialectName, str]:
    """A statement as each dialect writes it, by the dialect's name."""
    return {dialect.name: build(dialect) for dialect in (SQLITE, POSTGRESQL, MYSQL)}


def insert(table: str, columns: str) -> str:
    """An INSERT of one row; `columns` are separated by spaces."""
    names = columns.split()
    return f'INSERT INTO "{table}" ({_names(names)}) VALUES ({placeholders(len(names))})'


def placeholders(count: int) -> str:
    """`count` parameters separated by commas."""
    return ",".join("?" * count)


@lru_cache(maxsize=2048)
def translate(sql: str) -> str:
    """The statement in the format style of psycopg and PyMySQL: `%s` for `?`, `%%` for `%`."""
    return _MARKS.sub(_translated, sql)


def _translated(match: re.Match[str]) -> str:
    text = match.group()
    return _TRANSLATED.get(text) or text.replace("%", "%%")


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)
