"""What became of a run is said on it, unless the code itself did."""

from __future__ import annotations

from millstream.client.runs import RunMethods
from millstream.entities.runs import RunStatus, RunStatusName


def settle(run_id: str, outcome: RunStatusName) -> None:
    """Make a run FINISHED, FAILED or KILLED, as its command ended.

    A run that the code itself ended otherwise stays so if the command succeeded. Raises
    `MillstreamError` if the store cannot be told.
    """
    client = RunMethods()
    status = client.get_run(run_id).info.status
    ended = RunStatus.is_terminated(RunStatus.from_string(status))
    if status != outcome and (outcome != "FINISHED" or not ended):
        client.set_terminated(run_id, outcome)
