"""What becomes of a script whose store is in trouble, with us and with MLflow's client.

`python -m benchmarks.faults` runs the list of `tests/faults/cases.py` with each client, against the
same server of ours wherever there is one, so that only the clients differ; and it kills scripts at
random moments. The table goes into `docs/reliability.md`.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.faults.cases import FAULTS, NOTHING, Case, Fault, untroubled
from tests.faults.privileges import NotHere
from tests.faults.server import serving
from tests.faults.trial import NONE, Outcome, Product, Script, millstream, read_back, sync, undergo

from benchmarks.servers import MLFLOW

CLIENTS = (
    millstream(),
    Product("MLflow", str(MLFLOW.python), "mlflow"),
    Product(
        "MLflow, asynchronous",
        str(MLFLOW.python),
        "mlflow",
        {"MLFLOW_ENABLE_ASYNC_LOGGING": "true"},
    ),
)
LATEST_STEP = 100
"""Scripts that are killed have logged at most so many steps, and what they do until the kill."""
BEGIN = "<!-- written by benchmarks/faults.py -->"
END = "<!-- end -->"
DASH = "-"


def main() -> None:
    """Parse, measure, write."""
    options = _options()
    before, after = _around_table(options.output)
    MLFLOW.prepare()
    faults = [f for f in FAULTS if not options.only or any(x in f.name for x in options.only)]
    rows = [f"| trouble | {' | '.join(client.name for client in CLIENTS)} |"]
    rows.append(f"| --- {'| --- ' * len(CLIENTS)}|")
    calm = [_undergo(client, NOTHING, options) for client in CLIENTS]
    rows.append(_row(NOTHING.name, [_told(outcome, 0.0) for outcome in calm]))
    with ThreadPoolExecutor(1) as alone, ThreadPoolExecutor(options.at_once) as together:
        # Ours take seconds, and one at a time; the others wait for minutes, which disturbs nobody.
        pools = [alone if client.sync else together for client in CLIENTS]
        cells = [
            [
                pool.submit(_cell, client, fault, outcome.seconds, options)
                for pool, client, outcome in zip(pools, CLIENTS, calm, strict=True)
            ]
            for fault in faults
        ]
        for fault, outcomes in zip(faults, cells, strict=True):
            rows.append(_row(fault.name, [outcome.result() for outcome in outcomes]))
    title = f"script killed with SIGKILL, {options.kills} times"
    rows.append(_row(title, [_killed(client, options.kills) for client in CLIENTS]))
    options.output.write_text(f"{before}{BEGIN}\n" + "\n".join(rows) + f"\n{END}{after}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--only", nargs="*", help="words in the names of faults")
    parser.add_argument("--steps", type=int, default=200, help="of the script")
    parser.add_argument("--patience", type=float, default=300.0, help="with a script, in seconds")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--at-once", type=int, default=12, help="of the peers' scripts, which wait")
    parser.add_argument("--output", type=Path, default=Path("docs/reliability.md"))
    return parser.parse_args()


def _row(title: str, cells: list[str]) -> str:
    line = f"| {title} | {' | '.join(cells)} |"
    print(line, flush=True)
    return line


def _undergo(client: Product, fault: Fault, options: argparse.Namespace) -> Outcome:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        return undergo(client, fault, Path(name), steps=options.steps, patience=options.patience)


def _cell(client: Product, fault: Fault, calm: float, options: argparse.Namespace) -> str:
    if fault.of_journal and not client.sync:
        return DASH
    try:
        outcome = _undergo(client, fault, options)
    except (NotHere, pytest.skip.Exception) as reason:
        print(f"{fault.name}: {reason}", file=sys.stderr)
        return DASH
    return _told(outcome, max(0.0, outcome.seconds - calm))


def _told(outcome: Outcome, more: float) -> str:
    """The outcome in words: how the script ended, how much later, and what is missing."""
    if outcome.exit_code is None:
        end = f"**still waits after {outcome.seconds:.0f} s**"
    elif outcome.exit_code == 0:
        end = "ends well"
    else:
        end = f"**ends with {outcome.exit_code}**"
    parts = [end] if outcome.exit_code is None else [end, f"+{more:.1f} s"]
    lost = outcome.differences
    if lost == NONE:
        parts.append("all there")
    if lost.missing:
        parts.append(f"**{lost.missing} points lost**")
    if lost.repeated or lost.invented:
        parts.append(f"**{lost.repeated + lost.invented} points too many**")
    if lost.others:
        parts.append(f"**{len(lost.others)} params, tags and files lost**")
    if outcome.status != "FINISHED":
        parts.append(f"run {outcome.status}")
    return ", ".join(parts)


def _killed(client: Product, times: int) -> str:
    """What was lost of what scripts had logged that were killed at random moments."""
    chance = random.Random(times)  # noqa: S311  # it chooses when to kill
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with serving(folder / "server") as server:
            case = untroubled(server.url)
            lost = [
                _lost_in_life(client, case, folder / str(life), chance.randrange(LATEST_STEP))
                for life in range(times)
            ]
    if not any(lost):
        return "all there"
    lives = sum(count > 0 for count in lost)
    return f"**{sum(lost)} points lost in {lives} of {times} runs**"


def _lost_in_life(client: Product, case: Case, folder: Path, step: int) -> int:
    script = Script(client, case, folder, moment="never", steps=0)
    script.until(f"step {step}")
    script.kill()
    logged = int(script.value_of("step") or 0) + 1
    sync(client, case, script)
    found = read_back(client, case, script, script.value_of("run") or "")
    there = {number for number, _ in found["points"].get("loss", ())}
    return len(set(range(logged)) - there)


def _around_table(path: Path) -> tuple[str, str]:
    """A page's text before and after the marks of its table, read before anything is measured."""
    if not path.is_file():
        raise SystemExit(f"no page {path} to write the table into: copy docs/reliability.md there")
    before, _, rest = path.read_text().partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"{path} has no marks '{BEGIN}' and '{END}' for the table")
    return before, after


if __name__ == "__main__":
    main()
