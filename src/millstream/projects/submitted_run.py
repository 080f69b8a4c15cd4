"""A run that was started from a project, wherever it is carried out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from millstream.entities.runs import RunStatusName
from millstream.environments.preparation import say


class SubmittedRun(Protocol):
    """What every backend gives back."""

    @property
    def run_id(self) -> str:
        """The run that it logs to."""

    def wait(self) -> bool:
        """Wait until it is over; whether it succeeded."""

    def get_status(self) -> RunStatusName:
        """Its status now."""

    def cancel(self) -> None:
        """End it, which makes the run KILLED; of no effect once it is over."""

    def logs(self, *, follow: bool = False) -> Iterator[str]:
        """The lines it has printed, with `follow` until it is over."""


def wait(submitted: SubmittedRun, *, attached: bool) -> bool:
    """Wait for a run; whether it succeeded. What interrupts the wait cancels the run.

    Of one that is not `attached`, what it prints goes to stderr.
    """
    try:
        if not attached and hasattr(submitted, "logs"):  # those of other packages have none
            for line in submitted.logs(follow=True):
                say(line)
        return submitted.wait()
    except BaseException:
        submitted.cancel()
        raise
