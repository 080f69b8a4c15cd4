"""The attempts and forks of the runs of a server as requests."""

from __future__ import annotations

from millstream.entities import attempts as a
from millstream.entities import runs as r
from millstream.rest.caller import Caller
from millstream.store.pending import Pending


class RemoteAttempts:
    """The attempts and forks of the runs of a server."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def start(self, request: a.StartAttempt) -> Pending[a.Attempt]:
        """Go on from a step."""
        return self._caller.write("attempts.start", request, a.Attempt)

    def list(self, request: r.RunId) -> a.AttemptList:
        """The attempts of a run, first to last."""
        return self._caller.read("attempts.list", request, a.AttemptList)

    def fork(self, request: a.ForkRun) -> Pending[r.RunInfo]:
        """Create a run that begins with what another one logged."""
        return self._caller.write("attempts.fork", request, r.RunInfo)
