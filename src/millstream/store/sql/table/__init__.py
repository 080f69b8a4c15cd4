"""The table of runs: matches as sets that indexes give, and their values as columns."""

from millstream.store.sql.table.rows import get_table

__all__ = ["get_table"]
