"""No call that logs waits for tables that somebody keeps locked, and what it is about arrives."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.faults.locks import Lock, mysql_lock, postgresql_lock
from tests.faults.reading_call import CALLS, EARLIER
from tests.faults.server import PROGRAM, clean_environment

from millstream import connect
from millstream.entities.experiments import ExperimentId, SearchExperiments
from millstream.entities.models import LoggedModel, SearchLoggedModels
from millstream.entities.runs import Run, SearchRuns
from millstream.settings import Settings
from millstream.testing.databases import empty_database

HERE = Path(__file__).parent
LOCKS = {"postgresql": postgresql_lock, "mysql": mysql_lock}
HANGS = 60.0
"""Who says nothing for so long waits for the lock, however busy the machine is."""

WAITED = re.compile(r"has not answered within 5 s|was not committed within 5 s")
"""What is told of the locked tables, by a read of the call or by a write, whichever waits first."""


class Outcome(NamedTuple):
    """What came of a script and its call."""

    answer: str
    """What it said while the tables were locked."""
    exit_code: int
    errors: str
    run: Run
    """The run that was active when the call had returned."""
    experiment: str
    table: str
    models: list[LoggedModel]
    """The logged models of that run's experiment."""


class Caller:
    """A script that makes a call, in a process and with journals of its own."""

    def __init__(self, call: str, uri: str, folder: Path) -> None:
        self._call = call
        self._uri = uri
        self._folder = folder / call
        self._folder.mkdir()
        self._environment = clean_environment() | {
            "XDG_STATE_HOME": str(self._folder / "state"),
            "MLFLOW_TRACKING_URI": uri,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(HERE / "reading_call.py"), call],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def heard(self) -> str:
        """What it says next."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def go_on(self) -> None:
        """Let it do what it waits to be told."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def outcome(self, answer: str) -> Outcome:
        """Let it end, send what it left, and look what is there."""
        _, errors = self.process.communicate("\n", HANGS)
        subprocess.run([*PROGRAM, "sync"], cwd=self._folder, env=self._environment, check=True)
        run, experiment, models = self._run()
        table = self._folder / "mlartifacts" / run.info.experiment_id / run.info.run_id
        tables = [file.read_text() for file in table.rglob("table.json")]
        return Outcome(
            answer, self.process.returncode, errors, run, experiment, "".join(tables), models
        )

    def _run(self) -> tuple[Run, str, list[LoggedModel]]:
        store = connect.open_store(self._uri, Settings())
        try:
            experiments = store.experiments.search(SearchExperiments(max_results=10)).experiments
            ids = [experiment.experiment_id for experiment in experiments]
            (run,) = store.runs.search(SearchRuns(ids, f"params.call = '{self._call}'")).runs
            home = store.experiments.get(ExperimentId(run.info.experiment_id))
            models = store.models.search(SearchLoggedModels([home.experiment_id])).models
            return run, home.name, models
        finally:
            store.close()


def call_all(uri: str, lock: Lock, folder: Path) -> dict[str, Outcome]:
    """Make all calls, each in a script, while the tables are locked."""
    with ExitStack() as ends, ThreadPoolExecutor(len(CALLS)) as pool:
        callers = {call: Caller(call, uri, folder) for call in CALLS}
        for caller in callers.values():
            ends.enter_context(caller.process)
            ends.callback(caller.process.kill)
        assert {caller.heard() for caller in callers.values()} == {"ready"}
        lock.hold()
        try:
            answers = {call: pool.submit(caller.heard) for call, caller in callers.items()}
            for caller in callers.values():
                caller.go_on()
            said = {call: answer.result(HANGS) for call, answer in answers.items()}
        finally:
            lock.release()
        return {call: caller.outcome(said[call]) for call, caller in callers.items()}


@pytest.fixture(scope="module", params=LOCKS)
def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Outcome]]:
    kind: Any = request.param
    folder = tmp_path_factory.mktemp(kind)
    with empty_database(kind, folder) as uri:
        connect.open_store(uri, Settings()).close()  # the scripts wait for no tables to be created
        yield call_all(uri, LOCKS[kind](uri), folder)


@pytest.mark.parametrize("call", CALLS)
def test_a_call_returns_while_the_tables_are_locked(
    outcomes: Mapping[str, Outcome], call: str
) -> None:
    outcome = outcomes[call]
    assert outcome.answer == "returned"
    assert outcome.exit_code == 0, outcome.errors
    assert outcome.errors.count("Warning:") == 1
    assert WAITED.search(outcome.errors), outcome.errors
    assert outcome.run.info.status == "FINISHED"


def test_what_the_calls_were_about_is_there(outcomes: Mapping[str, Outcome]) -> None:
    assert '"data":[[1]]' in outcomes["log_table"].table.replace(" ", "")
    assert outcomes["set_experiment"].experiment == "lab"
    assert outcomes["resume"].run.info.run_name == EARLIER
    assert "mlflow.parentRunId" in outcomes["start_below"].run.data.tags
    begun = outcomes["begin_model"]
    (model,) = begun.models
    assert (model.name, model.source_run_id) == ("net", begun.run.info.run_id)
    (output,) = begun.run.outputs.model_outputs
    assert (output.model_id, output.step) == (model.model_id, 3)
