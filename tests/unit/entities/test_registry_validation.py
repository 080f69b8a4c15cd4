"""What the registry takes as sources."""

from __future__ import annotations

import pytest

from millstream.entities import registry_validation as rules
from millstream.errors import InvalidParameter


def test_without_a_pattern_any_source_will_do() -> None:
    rules.check_source("ftp://anywhere", None)


def test_a_source_has_to_match_the_pattern() -> None:
    rules.check_source("s3://models/7", "^s3://models/")
    with pytest.raises(InvalidParameter, match=r"'s3://other/7'.*match '\^s3://models/'"):
        rules.check_source("s3://other/7", "^s3://models/")


def test_a_pattern_that_is_none_is_named() -> None:
    with pytest.raises(InvalidParameter, match=r"is no regular expression: '\(' \("):
        rules.check_source("s3://models/7", "(")


@pytest.mark.parametrize(
    ("version", "number"), [("1", 1), ("01", 1), ("0", -1), ("-1", -1), (str(10**30), -1)]
)
def test_version_numbers(version: str, number: int) -> None:
    assert rules.version_number(version) == number
