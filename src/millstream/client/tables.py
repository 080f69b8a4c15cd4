"""Tables of runs: one JSON or Parquet file that grows with each call."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from millstream.client import frames
from millstream.client.active import active_run
from millstream.client.artifacts import ArtifactMethods, client_for
from millstream.client.experiments import active_experiment_id
from millstream.client.extras import load
from millstream.client.session import SESSION
from millstream.entities.runs import Run, RunId, SearchRuns, SetTag
from millstream.errors import InvalidParameter, NotFound

LOGGED_ARTIFACTS = "mlflow.loggedArtifacts"
PAGE = 1_000

Rows = list[list[Any]]


class TableMethods(ArtifactMethods):
    """What a client can do with tables."""

    def log_table(self, run_id: str, data: Any, artifact_file: str) -> None:
        """Append rows to the table `artifact_file`: a dictionary of columns, or a DataFrame.

        Files that end with .json need nothing else; .parquet needs pandas and pyarrow.
        """
        parquet = _is_parquet(artifact_file)
        store = self._of_run(run_id)
        try:
            before = b"".join(store.read(artifact_file))
        except NotFound:
            before = b""
        content = _grown_parquet(before, data) if parquet else _grown_json(before, data)
        store.write(artifact_file, [content])
        known = self._store.runs.get(RunId(run_id)).data.tags.get(LOGGED_ARTIFACTS, "[]")
        entry = {"path": artifact_file, "type": "table"}
        logged = json.loads(known)
        if entry not in logged:
            text = json.dumps([*logged, entry])
            self._store.runs.set_tag(SetTag(run_id, LOGGED_ARTIFACTS, text)).result()

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
        request = SearchRuns(
            experiment_ids=[str(experiment_id)],
            filter=f"tags.`{LOGGED_ARTIFACTS}` LIKE '%table%'",
            max_results=PAGE,
        )
        found: list[Run] = []
        while True:
            page = self._fresh.runs.search(request)
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
        pandas = load("pandas", "loading a table")
        content = b"".join(self._of_run(run_id).read(artifact_file))
        if _is_parquet(artifact_file):
            return pandas.read_parquet(io.BytesIO(content))
        table = json.loads(content)
        return pandas.DataFrame(table["data"], columns=table["columns"])


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


def _is_parquet(artifact_file: str) -> bool:
    if not artifact_file.endswith((".json", ".parquet")):
        raise ValueError(
            f"Invalid artifact file path '{artifact_file}'. Please ensure the file you are trying "
            "to log as a table has a file name with either '.json' or '.parquet' extension."
        )
    return artifact_file.endswith(".parquet")


def _grown_json(before: bytes, data: Any) -> bytes:
    columns, rows = _table(data)
    if before:
        table = json.loads(before)
        known: list[str] = table["columns"]
        every = known + [column for column in columns if column not in known]
        rows = _widened(known, table["data"], every) + _widened(columns, rows, every)
        columns = every
    text = json.dumps({"columns": columns, "data": rows}, default=_plain, separators=(",", ":"))
    return text.encode()


def _grown_parquet(before: bytes, data: Any) -> bytes:
    pandas = load("pandas", "a table in Parquet")
    if isinstance(data, Mapping):
        columns, rows = _table(data)
        data = pandas.DataFrame(rows, columns=columns)
    elif not hasattr(data, "to_parquet"):
        _table(data)
    if before:
        data = pandas.concat([pandas.read_parquet(io.BytesIO(before)), data], ignore_index=True)
    content = io.BytesIO()
    data.to_parquet(content, index=False)
    return content.getvalue()


def _table(data: Any) -> tuple[list[str], Rows]:
    """Columns and rows of a dictionary, in which single values are columns of one row."""
    if isinstance(data, Mapping):
        columns = [_column(value) for value in data.values()]
        lengths = {len(column) for column in columns}
        if len(lengths) > 1:
            raise InvalidParameter(
                f"the columns of a table must be of one length, but have {sorted(lengths)} rows"
            )
        return [str(name) for name in data], [list(row) for row in zip(*columns, strict=True)]
    if hasattr(data, "to_json") and hasattr(data, "columns"):
        table = json.loads(data.to_json(orient="split", index=False, date_format="iso"))
        return table["columns"], table["data"]
    raise InvalidParameter("data must be a pandas.DataFrame or a dictionary")


def _column(value: Any) -> list[Any]:
    if hasattr(value, "tolist") and getattr(value, "ndim", True):
        value = value.tolist()
    items = list(value) if isinstance(value, list | tuple) else [value]
    return [None if isinstance(item, float) and not math.isfinite(item) else item for item in items]


def _widened(columns: Sequence[str], rows: Rows, every: Sequence[str]) -> Rows:
    places = {column: index for index, column in enumerate(columns)}
    return [[row[places[column]] if column in places else None for column in every] for row in rows]


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)
