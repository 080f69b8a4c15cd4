"""Run by the fault tests: makes one of the calls that read their store, and logs on.

Argument: the call. It says `ready` and waits for a line, makes the call, says `returned` and waits
for another line; then it logs the param `call` to the run that is active.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

import millstream
from millstream.entities.runs import LoggedModelOutput

EARLIER = "earlier"
"""The name of a run that is over when the call is made."""


def log_table(_: str) -> None:
    millstream.log_table({"row": [1]}, "table.json")


def set_experiment(_: str) -> None:
    millstream.set_experiment("lab")


def start_below(run_id: str) -> None:
    millstream.start_run(parent_run_id=run_id)


def resume(run_id: str) -> None:
    millstream.start_run(run_id=run_id)


def begin_model(_: str) -> None:
    model = millstream.initialize_logged_model("net")
    millstream.log_outputs([LoggedModelOutput(model.model_id, 3)])


CALLS: Mapping[str, Callable[[str], None]] = {
    call.__name__: call for call in (log_table, set_experiment, start_below, resume, begin_model)
}


def main(name: str) -> None:
    with millstream.start_run(run_name=EARLIER) as earlier:
        pass
    if name in (log_table.__name__, begin_model.__name__):
        millstream.start_run()
    say("ready")
    CALLS[name](earlier.info.run_id)
    say("returned")
    millstream.log_param("call", name)
    millstream.end_run()


def say(word: str) -> None:
    print(word, flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main(sys.argv[1])
