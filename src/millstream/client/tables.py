"""Tables of runs: one JSON or Parquet file that grows with each call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from millstream.client import frames, table_content
from millstream.client.active import active_run, artifact_uri_of
from millstream.client.artifacts import ArtifactMethods, client_for
from millstream.client.experiments import active_experiment_id
from millstream.client.extras import load
from millstream.client.offline import made_meanwhile
from millstream.client.session import SESSION
from millstream.client.spool import attempt, is_kept, must_queue, write
from millstream.client.spooled_artifacts import artifacts_of_run, keep_rows
from millstream.client.table_merging import LOGGED_ARTIFACTS, content_of, listing
from millstream.entities.runs import Run, RunId, SearchRuns, SetTag
from millstream.errors import InvalidParameter, NotFound

PAGE = 1_000


class TableMethods(ArtifactMethods):
    """What a client can do with tables."""

    def log_table(self, run_id: str, data: Any, artifact_file: str) -> None:
        """Append rows to the table `artifact_file`: a dictionary of columns, or a DataFrame.

        Files that end with .json need nothing else; .parquet needs pandas and pyarrow.
        """
        rows = table_content.of_data(artifact_file, data)
        if must_queue(self._place, run_id):
            keep_rows(self._place, run_id, artifact_file, rows, None)
            return
        found: list[bytes] = []
        attempt(
            self._place,
            lambda: self._grow(run_id, artifact_file, rows, found),
            lambda _: keep_rows(
                self._place,
                run_id,
                artifact_file,
                rows,
                table_content.number_of_rows(artifact_file, found[0]) if found else None,
            ),
        )

    def _grow(self, run_id: str, artifact_file: str, rows: bytes, found: list[bytes]) -> None:
        """Append rows; `found` takes the table as it was once an attempt to replace it begins."""
        place = self._place
        store = SESSION.stores.prompt(place)
        artifacts = artifacts_of_run(
            place, run_id, artifact_uri_of(run_id, place), promptly=is_kept()
        )
        before = content_of(artifacts, artifact_file)
        run = store.runs.get(RunId(SESSION.delivery.target(place, run_id)))
        grown = table_content.joined(artifact_file, before, rows)
        found.append(before)
        artifacts.write(artifact_file, [grown])
        text = listing(run, artifact_file)
        if text is not None:
            write(place, run_id, SetTag(run_id, LOGGED_ARTIFACTS, text)).result()

    def load_table(
        self,
        experiment_id: str,
        artifact_file: str,
        run_ids: Sequence[str] | None = None,
        extra_columns: Sequence[str] | None = None,
    ) -> Any:
        """The tables of that name of an experiment's runs (or of some), one below the other.

        `extra_columns` are columns of `search_runs`, such as run_id, to repeat in each row.
        """
        pandas = load("pandas", "loading a table")
        found = []
        for run in self._runs_with(experiment_id, artifact_file, run_ids):
            table = self._read_table(run.info.run_id, artifact_file)
            row = frames.of_runs([run]).iloc[0] if extra_columns else {}
            for column in extra_columns or []:
                if column in table.columns:
                    raise InvalidParameter(
                        f"the table '{artifact_file}' has a column '{column}' of its own"
                    )
                table[column] = row.get(column)
            found.append(table)
        if not found:
            raise NotFound("No runs found with the corresponding table artifact.")
        return pandas.concat(found, ignore_index=True)

    def _runs_with(
        self, experiment_id: str, artifact_file: str, run_ids: Sequence[str] | None
    ) -> list[Run]:
        store = self._fresh
        request = SearchRuns(
            experiment_ids=[made_meanwhile(store, self._place, str(experiment_id))],
            filter=f"tags.`{LOGGED_ARTIFACTS}` LIKE '%table%'",
            max_results=PAGE,
        )
        found: list[Run] = []
        while True:
            page = store.runs.search(request)
            found += page.runs
            request.page_token = page.next_page_token
            if not page.next_page_token:
                break
        entry = {"path": artifact_file, "type": "table"}
        return [
            run
            for run in found
            if entry in json.loads(run.data.tags[LOGGED_ARTIFACTS])
            and (run_ids is None or run.info.run_id in run_ids)
        ]

    def _read_table(self, run_id: str, artifact_file: str) -> Any:
        content = b"".join(self._of_run(run_id).read(artifact_file))
        return table_content.frame(artifact_file, content)


def log_table(data: Any, artifact_file: str, run_id: str | None = None) -> None:
    """Append rows to a table of the active run: a dictionary of columns, or a DataFrame."""
    client, run_id = client_for(run_id)
    TableMethods(client.tracking_uri).log_table(run_id, data, artifact_file)


def load_table(
    artifact_file: str,
    run_ids: Sequence[str] | None = None,
    extra_columns: Sequence[str] | None = None,
) -> Any:
    """The tables of that name of the active experiment's runs as one DataFrame."""
    run = active_run()
    chosen = run.info.experiment_id if run else active_experiment_id(SESSION.place)
    return TableMethods().load_table(chosen, artifact_file, run_ids, extra_columns)
