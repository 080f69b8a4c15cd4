"""A place that does not answer is asked again at ever longer intervals, and told of once."""

from __future__ import annotations

import pytest

from millstream.client import away
from millstream.client.away import Places
from millstream.errors import Unavailable

PLACE = "http://127.0.0.1:1"
AWAY = Unavailable("it does not answer")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clock says, in s."""
    now = [100.0]
    monkeypatch.setattr("millstream.client.away.time.monotonic", lambda: now[0])
    return now


def first_try(places: Places, clock: list[float]) -> float:
    """After how many seconds it may be asked again."""
    began = clock[0]
    while not places.may_try(PLACE):
        clock[0] += 0.1
    return clock[0] - began


def test_intervals_grow_and_end_with_an_answer(clock: list[float]) -> None:
    places = Places()
    with pytest.warns(RuntimeWarning, match="cannot be reached"):
        places.note(PLACE, AWAY, "all is kept.")
    pauses = [first_try(places, clock)]
    for _ in range(7):  # a second warning would be an error
        places.note(PLACE, AWAY, "all is kept.")
        pauses.append(first_try(places, clock))
    assert pauses == sorted(pauses)
    assert pauses[-1] == pytest.approx(away.LONGEST_PAUSE, abs=0.2)
    places.note_answer(PLACE)
    assert places.error(PLACE) is None
    assert places.may_try(PLACE)


def test_what_takes_long_to_find_out_is_not_tried_at_every_call(clock: list[float]) -> None:
    places = Places()
    with pytest.warns(RuntimeWarning):
        places.note(PLACE, AWAY, "all is kept.", took=7.0)
    assert first_try(places, clock) == pytest.approx(7.0, abs=0.2)


def test_a_place_is_silent_since_it_was_asked_or_answered_another(clock: list[float]) -> None:
    places = Places()
    asked = clock[0]
    clock[0] += 3
    assert places.silent_since(PLACE, asked) == asked
    places.note_answer(PLACE)
    assert places.silent_since(PLACE, asked) == clock[0]
    assert places.silent_since("elsewhere", asked) == asked
    assert places.silent_since(PLACE, clock[0] + 1) == clock[0] + 1
