"""Run by the tests of races: registers versions and moves stages from many threads.

Arguments: URI of a database or a server, number of threads, rounds, names of models.
"""

from __future__ import annotations

import sys

from millstream.connect import open_store
from millstream.settings import Settings
from millstream.testing.registry_races import at_once, register_and_promote


def main(uri: str, threads: int, rounds: int, names: list[str]) -> None:
    store = open_store(uri, Settings())
    errors = at_once(threads, lambda number: register_and_promote(store, names, number, rounds))
    store.close()
    for error in errors:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    sys.exit(len(errors) > 0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
