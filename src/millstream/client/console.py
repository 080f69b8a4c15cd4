"""The console output of a run on its way: to the store, or into a file where stores keep none."""

from __future__ import annotations

from millstream import connect
from millstream.capture.console import MOST_APART, MOST_LINES, process_name
from millstream.client.session import SESSION
from millstream.client.spool import write
from millstream.entities.console import ConsoleLine, LogConsole
from millstream.errors import EndpointNotFound, MillstreamError

FILE = "console.log"


class RunConsole:
    """What one process writes while a run is active; lines that cannot go now go with the next.

    To a server of MLflow, which has no place for it, it goes as a file when the run ends.
    """

    def __init__(
        self,
        place: str,
        run_id: str,
        artifact_uri: str,
        rank: int = 0,
    ) -> None:
        self._place = place
        self._run_id = run_id
        self._artifact_uri = artifact_uri
        self._rank = rank
        self._process = process_name()
        self._waiting: dict[int, ConsoleLine] = {}
        self._is_file = False

    def deliver(self, lines: list[ConsoleLine], is_last: bool) -> None:
        """Take lines that changed; raises what the store refuses, and at the end if it is away."""
        self._waiting.update((line.number, line) for line in lines)
        while self._waiting and not self._is_file:
            batch = self._batch()
            try:
                self._log(batch)
            except EndpointNotFound:
                self._is_file = True
            except MillstreamError as error:
                if is_last or (error.status < 500 and error.status != 429):
                    self._waiting.clear()
                    raise
                return
            else:
                for line in batch:
                    del self._waiting[line.number]
        if is_last and self._is_file and self._waiting:
            self._save()

    def _batch(self) -> list[ConsoleLine]:
        numbers = sorted(self._waiting)[:MOST_LINES]
        near = [number for number in numbers if number - numbers[0] < MOST_APART]
        return [self._waiting[number] for number in near]

    def _log(self, lines: list[ConsoleLine]) -> None:
        request = LogConsole(self._run_id, self._process, lines, self._rank)
        write(self._place, self._run_id, request).result()

    def _save(self) -> None:
        files = connect.open_artifacts(
            self._artifact_uri, SESSION.settings(), tracking_uri=self._place
        )
        name = f"rank-{self._rank}.{FILE}" if self._rank else FILE
        text = "".join(f"{self._waiting[number].text}\n" for number in sorted(self._waiting))
        files.write(name, [text.encode("utf-8", "replace")])
