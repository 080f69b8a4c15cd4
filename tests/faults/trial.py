"""A script that undergoes a fault, and what came of it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from tests.faults.cases import Case, Fault
from tests.faults.server import PROGRAM, clean_environment
from tests.faults.training import SEVERAL

HERE = Path(__file__).parent
PARAMS = {"rate": "0.1", "layers": "3", "seed": "7"}
TAGS = {"early": "yes", "late": "yes"}
FILES = {"notes.txt": 11, "model/weights.bin": 4096}
ROWS = {"table.json": [[1], [2], [3], [4]]}
EXPERIMENT = {"last": "yes"}


class Product(NamedTuple):
    """A tracking client: the interpreter that has it, its module, what its environment says."""

    name: str
    python: str
    module: str
    variables: Mapping[str, str] = {}
    sync: tuple[str, ...] = ()
    """The command that sends what is left, if the product has one."""


def millstream(exit_wait: float | None = None) -> Product:
    """Ours; `exit_wait` are the seconds that a script waits at its end, if not those by default."""
    variables = {} if exit_wait is None else {"MILLSTREAM_EXIT_WAIT": f"{exit_wait:g}"}
    return Product("Millstream", sys.executable, "millstream", variables, (*PROGRAM, "sync"))


class Differences(NamedTuple):
    """What a store holds, held against what the script logged: numbers of points, and names."""

    missing: int
    repeated: int
    invented: int
    others: tuple[str, ...]
    """Params, tags, files, tables and tags of the experiment that are missing or wrong."""


NONE = Differences(0, 0, 0, ())


class Outcome(NamedTuple):
    """What came of a trial. `seconds` run from the beginning of the fault to the script's end."""

    exit_code: int | None
    """None: it was ended, since it still ran."""
    seconds: float
    said: list[str]
    errors: str
    synced: str
    """What the command said that sends the rest; empty if all went well."""
    status: str
    differences: Differences


class Script:
    """The training script in a process of its own."""

    def __init__(
        self, product: Product, case: Case, folder: Path, *, moment: str, steps: int
    ) -> None:
        self.environment = clean_environment() | {
            "XDG_STATE_HOME": str(folder / "state"),
            "MLFLOW_TRACKING_URI": case.uri,
            **product.variables,
            **case.variables,
        }
        self.folder = folder / "script"
        self.folder.mkdir(parents=True)
        self.said: list[str] = []
        self._log = (self.folder / "errors").open("wb")
        program = str(HERE / "training.py")
        self.process = subprocess.Popen(
            [*case.within, product.python, "-P", program, product.module, moment, str(steps)],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )

    @property
    def errors(self) -> str:
        """What it wrote to its standard error."""
        return (self.folder / "errors").read_text(errors="replace")

    def until(self, line: str) -> None:
        """Wait until it has said a line."""
        assert self.process.stdout is not None
        while not self.said or self.said[-1] != line:
            said = self.process.stdout.readline().decode()
            if not said:
                raise RuntimeError(f"the script ended before '{line}': {self.errors}")
            self.said.append(said.strip())

    def go_on(self, patience: float) -> int | None:
        """Let it go on, and wait for its end; None if it had to be ended."""
        assert self.process.stdin is not None
        with ThreadPoolExecutor(1) as pool:
            rest = pool.submit(self._rest)
            self.process.stdin.write(b"\n")
            self.process.stdin.close()
            try:
                return self.process.wait(patience)
            except subprocess.TimeoutExpired:
                self.process.kill()
                return None
            finally:
                self.said += rest.result()
                self.close()

    def kill(self) -> None:
        """End it at once; what it had said by then is kept."""
        self.process.kill()
        self.said += self._rest()
        self.process.wait()
        self.close()

    def close(self) -> None:
        """Release the pipes of a script that has ended."""
        for pipe in (self.process.stdin, self.process.stdout, self._log):
            if pipe is not None:
                pipe.close()

    def value_of(self, word: str) -> str | None:
        """What it said last with a word, if anything."""
        values = (line.split()[1] for line in reversed(self.said) if line.startswith(f"{word} "))
        return next(values, None)

    def _rest(self) -> list[str]:
        """Whole lines only: a line is said once its end is."""
        assert self.process.stdout is not None
        return [line.decode() for line in self.process.stdout.read().split(b"\n")[:-1]]


def undergo(
    product: Product,
    fault: Fault,
    folder: Path,
    *,
    moment: str = "middle",
    steps: int = 2_000,
    patience: float = 60.0,
) -> Outcome:
    """Run the script through the fault, end the fault, send what is left, look what is there."""
    with fault.prepare(folder) as case:
        script = Script(product, case, folder, moment=moment, steps=steps)
        script.until(f"reached {moment}")
        case.begin(script.process.pid)
        began = time.monotonic()
        over = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            end = pool.submit(_end_after, over, fault.lasts, case.end)
            try:
                exit_code = script.go_on(patience)
                seconds = time.monotonic() - began
            finally:
                over.set()
                end.result()
        synced = sync(product, case, script)
        run_id = script.value_of("run")
        found = None if run_id is None else read_back(product, case, script, run_id)
        return Outcome(
            exit_code,
            seconds,
            script.said,
            script.errors,
            synced,
            "absent" if found is None else found["status"],
            compare(found, steps),
        )


def sync(product: Product, case: Case, script: Script) -> str:
    """Send what is left; what the command said, if it failed."""
    if not product.sync:
        return ""
    done = subprocess.run(
        [*case.within, *product.sync, "--tracking-uri", case.uri],
        cwd=script.folder,
        env=script.environment,
        capture_output=True,
        text=True,
    )
    return "" if done.returncode == 0 else f"{done.stdout}{done.stderr}"


def compare(found: dict[str, Any] | None, steps: int) -> Differences:
    """Hold what a store has of a run against what the script logs in so many steps."""
    if found is None:
        found = {"params": {}, "tags": {}, "points": {}, "files": {}, "rows": {}, "experiment": {}}
    wanted = Counter(_points(steps))
    there = Counter(
        (key, step, value) for key, points in found["points"].items() for step, value in points
    )
    wanted_others: dict[str, dict[str, Any]] = {
        "params": PARAMS,
        "tags": TAGS,
        "files": FILES,
        "rows": ROWS,
        "experiment": EXPERIMENT,
    }
    others = [
        f"{kind} {name}"
        for kind, right in wanted_others.items()
        for name in right
        if found[kind].get(name) != right[name]
    ]
    return Differences(
        (wanted - there).total(),
        sum(count - 1 for count in there.values()),
        len(there.keys() - wanted.keys()),
        tuple(others),
    )


def _points(steps: int) -> list[tuple[str, int, float]]:
    several = range(0, steps, SEVERAL)
    return [
        *(("loss", step, 1 / (step + 1)) for step in range(steps)),
        *(("accuracy", step, step / 7) for step in several),
        *(("recall", step, step / 9) for step in several),
    ]


def _end_after(over: threading.Event, seconds: float | None, end: Callable[[], object]) -> None:
    over.wait(seconds)
    end()


def read_back(product: Product, case: Case, script: Script, run_id: str) -> Any:
    """What the store holds, as the product's own client tells it; None if it knows no such run."""
    program = str(HERE / "reading_back.py")
    command = [product.python, "-P", program, product.module, case.uri, run_id]
    done = subprocess.run(
        [*case.within, *command],
        cwd=script.folder,
        env=script.environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        if "RESOURCE_DOES_NOT_EXIST" in done.stderr or "NotFound" in done.stderr:
            return None
        raise RuntimeError(f"run {run_id} cannot be read: {done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])
