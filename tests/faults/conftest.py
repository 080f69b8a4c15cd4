"""What the fault tests share: a script that undergoes a fault, or the reason why it cannot here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.faults.cases import NOTHING, Fault
from tests.faults.privileges import NotHere
from tests.faults.trial import Outcome, millstream, undergo

Trial = Callable[..., Outcome]
EXIT_WAIT = 1.0
STEPS = 2_000
AT_ONCE = 4
"""How many trials are under way together: most of a trial is waiting."""


@pytest.fixture(scope="session")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What comes of the script without any trouble, on this machine as busy as it is."""
    return undergo(millstream(EXIT_WAIT), NOTHING, tmp_path_factory.mktemp("calm"), steps=STEPS)


@pytest.fixture(scope="module")
def trials(
    request: pytest.FixtureRequest, calm: Outcome, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Outcome]]]:
    """Scripts of ours that undergo the faults of this module's tests, by the names of those."""
    assert calm.exit_code == 0, calm.errors
    with ThreadPoolExecutor(AT_ONCE) as pool:

        def begin(chosen: Mapping[str, Any]) -> Future[Outcome]:
            """Begin the trial of a test's parameters: a fault, and perhaps a moment."""
            folder = tmp_path_factory.mktemp("trial")
            return pool.submit(undergo, millstream(EXIT_WAIT), folder=folder, steps=STEPS, **chosen)

        yield {
            item.name: begin(item.callspec.params)
            for item in request.session.items
            if isinstance(item, pytest.Function)
            and item.module is request.module
            and "outcome" in item.fixturenames
        }
        pool.shutdown(cancel_futures=True)


@pytest.fixture
def outcome(
    trials: dict[str, Future[Outcome]],
    request: pytest.FixtureRequest,
    fault: Fault,  # it is what the trial of that name undergoes
) -> Outcome:
    """What came of the trial of a test; skips, with the reason, what this machine forbids."""
    try:
        return trials[request.node.name].result()
    except NotHere as reason:
        pytest.skip(str(reason))


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """Runs a script of ours through a fault, alone; skips what this machine forbids."""

    def run(fault: Fault, moment: str = "middle", exit_wait: float | None = EXIT_WAIT) -> Outcome:
        try:
            return undergo(millstream(exit_wait), fault, tmp_path, moment=moment, steps=STEPS)
        except NotHere as reason:
            pytest.skip(str(reason))

    return run
