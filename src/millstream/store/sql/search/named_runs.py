"""Runs of all experiments whose id begins with a text or whose name contains it."""

from __future__ import annotations

from millstream.entities.runs import FindRuns
from millstream.errors import InvalidParameter
from millstream.store.sql.confinement import confined
from millstream.store.sql.connections import Row
from millstream.store.sql.reader import Reader
from millstream.store.sql.search.comparisons import text
from millstream.store.sql.search.fragment import TRUE, Sql, all_of
from millstream.store.sql.whole_runs import INFO_COLUMNS

MOST_FOUND = 100
MOST_NAMES = 100_000
"""Names have no index: of a larger number of runs, those of the newest are looked at."""

_LAST = "\U0010ffff"
_NEWEST = "ORDER BY start_time DESC, run_id LIMIT"
_BY_ID = (
    f"SELECT {INFO_COLUMNS} FROM runs "
    "WHERE run_id >= ? AND run_id <= ? AND lifecycle_stage = 'active' AND {}"
)
_BY_ID_ORDER = " ORDER BY run_id LIMIT ?"
_BY_NAME = (
    f"SELECT {INFO_COLUMNS} FROM (SELECT run_key AS newest FROM runs "
    f"WHERE lifecycle_stage = 'active'{{}} {_NEWEST} {MOST_NAMES}) n "
    f"JOIN runs ON run_key = newest WHERE {{}} {_NEWEST} ?"
)


def find_named_runs(reader: Reader, request: FindRuns, readable: Sql = TRUE) -> list[Row]:
    """Rows of `INFO_COLUMNS`: those found by their id first, then the others, newest first.

    `readable` is the condition on `experiment_key` that a run may be read.
    """
    most, wanted = request.max_results, request.text.strip()
    if not 1 <= most <= MOST_FOUND:
        raise InvalidParameter(f"Invalid max_results {most}: it must be 1 to {MOST_FOUND}.")
    if not wanted:
        return []
    by_id = _BY_ID.format(readable.text)
    sql, params = confined(reader, by_id, (wanted, wanted + _LAST, *readable.params))
    first = reader.execute(sql + _BY_ID_ORDER, (*params, most))
    like = text(Sql("name", ()), "ILIKE", f"%{wanted}%", reader.dialect.name)
    found = all_of([like, readable])
    within, params = confined(reader, "", ())
    sql = _BY_NAME.format(within, found.text)
    named = reader.execute(sql, (*params, *found.params, most))
    return list({row[0]: row for row in (*first, *named)}.values())[:most]
