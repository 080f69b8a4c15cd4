"""When to try again: bounds that hold for every attempt and every chance."""

from __future__ import annotations

import email.utils
import time

from hypothesis import given
from hypothesis import strategies as st

from millstream.outbound.backoff import (
    FIRST_SECONDS,
    LONGEST_SECONDS,
    LONGEST_WISH_SECONDS,
    pause,
    retry_after,
)
from millstream.settings import Settings

ATTEMPTS = st.integers(1, 10**9)
CHANCES = st.floats(0, 1)


@given(ATTEMPTS, CHANCES)
def test_a_pause_lies_between_half_and_all_of_its_time(attempts: int, chance: float) -> None:
    whole = pause(attempts, 0)
    assert FIRST_SECONDS <= whole <= LONGEST_SECONDS
    assert whole / 2 <= pause(attempts, chance) <= whole
    assert whole == min(FIRST_SECONDS * 2 ** min(attempts - 1, 60), LONGEST_SECONDS)


@given(ATTEMPTS, CHANCES)
def test_pauses_grow_with_the_attempts_and_shrink_with_chance(attempts: int, chance: float) -> None:
    assert pause(attempts, chance) <= pause(attempts + 1, chance)
    assert pause(attempts, 1) <= pause(attempts, chance)


@given(ATTEMPTS, CHANCES, st.floats(0, 1e12))
def test_a_wish_lengthens_and_never_shortens(attempts: int, chance: float, wish: float) -> None:
    found = pause(attempts, chance, wish)
    assert found >= pause(attempts, chance)
    assert found >= min(wish, LONGEST_WISH_SECONDS)
    assert found <= max(LONGEST_WISH_SECONDS, LONGEST_SECONDS)


def test_the_retries_of_the_settings_take_hours() -> None:
    retries = range(1, Settings().webhook_request_max_retries + 1)
    assert sum(pause(n, 1) for n in retries) / 3_600 > 1.5
    assert 4 < sum(pause(n, 0) for n in retries) / 3_600 < 5


@given(st.integers(0, 10**30))
def test_a_number_of_seconds_is_understood(seconds: int) -> None:
    assert retry_after(str(seconds)) == min(seconds, LONGEST_WISH_SECONDS)


def test_a_date_is_understood() -> None:
    soon = retry_after(email.utils.formatdate(time.time() + 100, usegmt=True))
    assert soon is not None
    assert 90 < soon <= 100
    assert retry_after(email.utils.formatdate(0, usegmt=True)) == 0


@given(st.one_of(st.none(), st.text(max_size=40)))
def test_anything_else_is_no_wish(text: str | None) -> None:
    found = retry_after(text)
    assert found is None or found >= 0
