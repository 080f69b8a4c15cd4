"""Whether a value is in a set that a SELECT gives, written so that no planner can go far astray.

Planners that know nothing of new rows yet join two sets by trying all pairs. So nothing here may
become a join: SQLite and MySQL build the set once and look values up in it. PostgreSQL chooses
between that and an index for each value, and the set may be larger than its memory.
"""

from __future__ import annotations

from millstream.store.sql.dialect import DialectName
from millstream.store.sql.search.compile import exists
from millstream.store.sql.search.fragment import Sql, all_of, joined, select


def among(dialect: DialectName, value: str, column: str, source: Sql, where: Sql) -> Sql:
    """Whether a value is in a column of the rows of a source that meet a condition; never NULL."""
    if dialect == "postgresql":
        equal = all_of([Sql(f"{column} = {value}"), where])
        return joined("", [Sql("(EXISTS ("), select(Sql("1"), source, equal), Sql(")) IS TRUE")])
    return joined("", [Sql(f"{value} IN ("), select(Sql(column), source, where), Sql(")")])


def among_few(dialect: DialectName, value: str, found: Sql) -> Sql:
    """Whether a value is in a set that is small enough for the memory of any database."""
    opened, closed = ("(", ") IS TRUE") if dialect == "postgresql" else ("", "")
    return joined("", [Sql(f"{opened}{value} IN ("), found, Sql(f"){closed}")])


def run_meets(dialect: DialectName, column: str, value: str, where: Sql) -> Sql:
    """Whether the run `r` that has a value in a column, which is unique, meets a condition."""
    if dialect != "postgresql":
        return exists("runs AS r", [Sql(f"r.{column} = {value}"), where], dialect)
    # Behind the fence only the column's own index can be chosen.
    fenced = Sql(f"(SELECT * FROM runs WHERE {column} = {value} OFFSET 0) AS r")
    return joined("", [Sql("(EXISTS ("), select(Sql("1"), fenced, where), Sql(")) IS TRUE")])
