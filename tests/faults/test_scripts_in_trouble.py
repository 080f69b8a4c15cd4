"""Whatever happens to its store, a script ends well and soon, and all that it logged arrives."""

from __future__ import annotations

import pytest
from tests.faults.cases import (
    CUT_OFF,
    DATABASE_LOCKED,
    FAULTS,
    FROZEN,
    KILLED,
    TABLES_LOCKED,
    UNAVAILABLE,
    Fault,
)
from tests.faults.conftest import STEPS, Trial
from tests.faults.trial import NONE, Outcome

MOST_SECONDS = 10.0
"""That a script takes longer than without trouble: the promise itself, for a machine at rest."""
HANGS = 30.0
"""What takes longer waits for the store, however busy the machine is."""
MOST_WARNINGS = 2

EVERYWHERE = [KILLED, FROZEN, UNAVAILABLE, DATABASE_LOCKED, TABLES_LOCKED]
ELSEWHERE = [
    pytest.param(fault, moment, id=f"{fault.name}-{moment}")
    for fault in FAULTS
    for moment in ("begin", "late")
    if fault not in EVERYWHERE
]


def judge(outcome: Outcome, calm: Outcome, most: float = HANGS) -> None:
    assert outcome.exit_code == 0, outcome.errors
    assert outcome.said[-1] == "ended yes"
    assert outcome.seconds - calm.seconds < most
    assert outcome.synced == ""
    assert outcome.differences == NONE, outcome.errors
    assert outcome.status == "FINISHED"
    assert outcome.errors.count("Warning:") <= MOST_WARNINGS, outcome.errors


def test_a_script_without_trouble(calm: Outcome) -> None:
    judge(calm, calm)
    assert calm.errors == ""
    assert len([line for line in calm.said if line.startswith("step")]) == STEPS


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_script_in_trouble(outcome: Outcome, calm: Outcome) -> None:
    judge(outcome, calm)


@pytest.mark.parametrize("moment", ["begin", "late"])
@pytest.mark.parametrize("fault", EVERYWHERE, ids=lambda fault: fault.name)
@pytest.mark.usefixtures("moment")
def test_trouble_at_other_moments(outcome: Outcome, calm: Outcome) -> None:
    judge(outcome, calm)


@pytest.mark.soak
@pytest.mark.parametrize(("fault", "moment"), ELSEWHERE)
def test_any_trouble_at_other_moments(
    trial: Trial, calm: Outcome, fault: Fault, moment: str
) -> None:
    judge(trial(fault, moment), calm, MOST_SECONDS)


@pytest.mark.soak
@pytest.mark.parametrize("moment", ["begin", "middle"])
@pytest.mark.parametrize("fault", [*EVERYWHERE, CUT_OFF], ids=lambda fault: fault.name)
def test_trouble_with_the_wait_that_is_the_default(
    trial: Trial, calm: Outcome, fault: Fault, moment: str
) -> None:
    judge(trial(fault, moment, exit_wait=None), calm, MOST_SECONDS)
