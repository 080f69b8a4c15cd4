"""Searches among many runs without the wire: the median time of each, and the plan SQLite chose.

Run as `python -m benchmarks.search_plans [runs]`; 100,000 by default.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from benchmarks import own_corpus
from millstream.entities.runs import SearchRuns
from millstream.store.sql.database import Database
from millstream.store.sql.reader import Reader
from millstream.store.sql.search import find_runs

ROUNDS = 21
SEARCHES: list[tuple[str, list[str]]] = [
    ("", []),
    ("metrics.acc > 0.999", []),
    ("metrics.acc > 0.98", []),
    ("metrics.acc > 0.5", []),
    ("params.optimizer = 'adam' AND metrics.acc > 0.9", []),
    ("params.optimizer = 'adam' AND metrics.acc > 0.99", []),
    ("params.lr < 0.00002", []),
    ("params.seed = '7' OR metrics.acc > 0.9995", []),
    ("params.seed IN ('7', '9', '11')", []),
    ("metrics.acc > 0.5 AND params.seed = 'none'", []),
    ("params.optimizer RLIKE '^ada'", []),
    ("run_name = 'run-55'", []),
    ("", ["start_time ASC"]),
    ("", ["metrics.acc DESC"]),
    ("", ["metrics.acc ASC"]),
    ("params.optimizer = 'adam'", ["metrics.acc DESC"]),
    ("", ["params.lr ASC"]),
    ("", ["metrics.acc.max DESC"]),
    ("", ["end_time DESC"]),
]


class Watching:
    """A reader that keeps the plans of its statements."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.dialect = reader.dialect
        self.key_id = reader.key_id
        self.plans: list[str] = []

    def execute(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Explain a statement, then run it."""
        plan = self.reader.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        self.plans.append("; ".join(row[3] for row in plan))
        return self.reader.execute(sql, params)


def measure(reader: Reader, request: SearchRuns) -> tuple[float, int]:
    """The median time in ms, and how many runs were found."""
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        found = find_runs(reader, request)
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1e3, len(found.keys)


def page_fifty(reader: Reader) -> str | None:
    """The token of the fiftieth page."""
    token = None
    for _ in range(49):
        token = find_runs(
            reader, SearchRuns(["0"], max_results=100, page_token=token)
        ).next_page_token
    return token


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.db"
        database = Database(f"sqlite:///{path}")
        own_corpus.fill_runs(path, count)
        with database.reader() as reader:
            requests = [
                SearchRuns(["0"], text, max_results=100, order_by=order) for text, order in SEARCHES
            ]
            requests.append(SearchRuns(["0"], max_results=100, page_token=page_fifty(reader)))
            for request in requests:
                median, found = measure(reader, request)
                page = "page 50" if request.page_token else ""
                print(f"{median:8.2f} ms {found:4d}  {request.filter or page} {request.order_by}")
                watching = Watching(reader)
                find_runs(cast("Reader", watching), request)
                for plan in watching.plans:
                    print(f"                 {plan}")
        database.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
