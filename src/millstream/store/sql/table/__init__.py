"""The table of runs: matches as sets that indexes give, and their values as columns."""

from millstream.store.sql.table.completion import list_values
from millstream.store.sql.table.groups import get_groups
from millstream.store.sql.table.rows import get_table
from millstream.store.sql.table.summaries import list_columns

__all__ = ["get_groups", "get_table", "list_columns", "list_values"]
