"""Shares of requests, whatever they were before."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from millstream.deploy.vertex.traffic import scaled, split, with_share
from millstream.errors import InvalidParameter

SHARES = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 100), max_size=6)


@given(SHARES, st.integers(0, 100))
def test_shares_make_their_sum_and_nobody_is_off_by_one_percent(
    shares: dict[str, int], total: int
) -> None:
    had = sum(shares.values())
    found = scaled(shares, total)
    assert sum(found.values()) == (total if had else 0)
    for key, share in shares.items():
        assert abs(found.get(key, 0) - (share * total / had if had else 0)) < 1
    assert all(shares[key] and share for key, share in found.items())


@given(SHARES, st.integers(0, 100))
def test_a_share_is_given_and_the_rest_is_left(shares: dict[str, int], share: int) -> None:
    assume(any(shares.values()) or share == 100)
    found = with_share(shares, "new", share)
    assert sum(found.values()) == 100
    assert found.get("new", 0) == share
    rest = {key: one for key, one in found.items() if key != "new"}
    assert with_share(rest, "new", share) == found, "saying it again changes nothing"


def test_a_rest_that_nobody_takes_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="the other 90 percent"):
        with_share({"a": 0}, "new", 10)


def test_a_split_is_read() -> None:
    assert split("churn=90,other=10") == {"churn": 90, "other": 10}


@pytest.mark.parametrize("text", ["", "churn", "churn=90", "churn=90,churn=10", "a=x,b=1", "=100"])
def test_a_split_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="'traffic' is"):
        split(text)
