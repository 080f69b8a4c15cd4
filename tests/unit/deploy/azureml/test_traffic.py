"""How traffic is split: shares add up, and keep their proportion."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.deploy.azureml.traffic import scaled, shared, without
from millstream.errors import InvalidParameter

NAMES = st.text("abc-", min_size=1, max_size=3)
SHARES = st.dictionaries(NAMES, st.integers(1, 100), min_size=1, max_size=6)
SPLITS = SHARES.map(lambda shares: scaled(shares, 100))


@given(SHARES, st.integers(0, 100))
def test_shares_add_up_and_none_is_off_by_one(shares: dict[str, int], total: int) -> None:
    found, whole = scaled(shares, total), sum(shares.values())
    assert sum(found.values()) == total
    for name, share in shares.items():
        assert abs(found.get(name, 0) - share * total / whole) < 1


@given(SPLITS, st.integers(0, 100))
def test_a_share_is_what_was_said(split: dict[str, int], said: int) -> None:
    found = shared(split, "new", said)
    assert (found["new"], sum(found.values())) == (said, 100)
    assert sum(without(found, "new").values()) == (0 if said == 100 else 100)


@given(SPLITS)
def test_without_a_word_nothing_changes(split: dict[str, int]) -> None:
    name = next(iter(split))
    assert shared(split, name, None) == split
    assert shared(split, "new", None) == {"new": 0, **split}


def test_who_is_alone_has_all_or_nothing() -> None:
    assert shared({}, "blue", None) == {"blue": 100}
    assert shared({"blue": 0}, "blue", 0) == {"blue": 0}
    assert without({"blue": 100, "green": 0}, "blue") == {}
    with pytest.raises(InvalidParameter, match="nothing else behind the endpoint has a share"):
        shared({"blue": 100}, "blue", 40)
    with pytest.raises(InvalidParameter, match="0 to 100"):
        shared({}, "blue", 101)
