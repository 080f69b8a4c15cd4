"""Several clients that ask a model all the time, and say at the end what they were answered.

Arguments: the address, and how many clients. They end when the standard input does, and print JSON:
how often each answer came, and what failed.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter

import urllib3

_PAUSE = 0.01  # s; the machine has other things to do as well
_BODY = json.dumps({"inputs": [[1.0, 1.0, 1.0]]})


def ask(url: str, over: threading.Event, answers: Counter[str], failures: list[str]) -> None:
    """Ask until it is over, each time on the same connection, and never a second time."""
    pool = urllib3.PoolManager(retries=False, timeout=30)
    while not over.wait(_PAUSE):
        try:
            found = pool.request(
                "POST", url, body=_BODY, headers={"Content-Type": "application/json"}
            )
            if found.status == 200:
                answers[f"{json.loads(found.data)['predictions'][0]:.0f}"] += 1
            else:
                failures.append(f"{found.status} {found.data[:200]!r}")
        except urllib3.exceptions.HTTPError as error:
            failures.append(repr(error))


def main() -> None:
    """Ask until the standard input ends."""
    url, count = sys.argv[1], int(sys.argv[2])
    over, failures = threading.Event(), list[str]()
    counts = [Counter[str]() for _ in range(count)]
    threads = [threading.Thread(target=ask, args=(url, over, one, failures)) for one in counts]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    over.set()
    for thread in threads:
        thread.join()
    answers = sum(counts, Counter[str]())
    print(json.dumps({"answers": answers, "failures": failures}))


if __name__ == "__main__":
    main()
