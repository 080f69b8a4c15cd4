"""Which parts are captured."""

from __future__ import annotations

import pytest

from millstream.capture.choice import PARTS, chosen
from millstream.errors import InvalidParameter


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("all", set(PARTS)),
        ("none", set()),
        ("", set()),
        ("console", {"console"}),
        (" Git , packages", {"git", "packages"}),
        ("all,-console", set(PARTS) - {"console"}),
        ("console,-all,git", {"git"}),
        (["machine", "git"], {"machine", "git"}),
    ],
)
def test_words_are_taken_from_left_to_right(text: str, expected: set[str]) -> None:
    assert chosen(text) == expected


def test_what_is_no_part_is_named_with_what_is() -> None:
    with pytest.raises(
        InvalidParameter, match=r"'consol' cannot be captured\. Choose from console"
    ):
        chosen("git,consol")
