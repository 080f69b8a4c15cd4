"""Run by the fault tests: logs metrics into a run and says which were acknowledged.

Arguments: URI of the database, id of the run, metric, number of points (0: until killed).
"""

from __future__ import annotations

import itertools
import sys

from millstream.entities.metrics import LogMetric
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore


def main(uri: str, run_id: str, key: str, count: int) -> None:
    store = SqlStore(Database(uri), "/artifacts")
    for step in itertools.count() if count == 0 else range(count):
        store.metrics.log(LogMetric(run_id, key, step / 7, step, step)).result()
        print(step, flush=True)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
