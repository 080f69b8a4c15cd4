"""A cluster that does not answer for a while is asked again, and not for ever."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from millstream.entities.runs import RunStatusName
from millstream.errors import InvalidParameter, Unavailable
from millstream.projects.launch.polling import check_interval, poll


def looks(*answers: RunStatusName | None) -> Callable[[], RunStatusName]:
    """Answers one after the other; none is a cluster that is away."""
    left = iter(answers)

    def look() -> RunStatusName:
        answer = next(left)
        if answer is None:
            raise Unavailable("away")
        return answer

    return look


def test_it_looks_until_it_is_over(capfd: pytest.CaptureFixture[str]) -> None:
    seen: list[RunStatusName] = []
    look = looks("SCHEDULED", None, None, "RUNNING", None, "RUNNING", "KILLED", "FINISHED")
    assert poll(look, 0.001, seen.append) == "KILLED"
    assert seen == ["SCHEDULED", "RUNNING", "RUNNING"]
    assert capfd.readouterr().err.count("away") == 2


def test_patience_has_an_end() -> None:
    with pytest.raises(Unavailable, match="away"):
        poll(looks("RUNNING", *[None] * 1000), 0.001, lambda _: None, patience=0.05)


@pytest.mark.parametrize("seconds", [0, -1, 0.1, 1e9, float("nan")])
def test_intervals_have_bounds(seconds: float) -> None:
    with pytest.raises(InvalidParameter, match="poll-interval"):
        check_interval(seconds)
