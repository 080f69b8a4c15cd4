"""What a record of a deployment keeps, and what it never does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millstream.entities import deployment_validation as rules
from millstream.entities.deployments import EndDeployment, RecordDeployment, SearchDeployments
from millstream.errors import InvalidParameter

PIECES = st.sampled_from(
    [*"ab1:/@?&=#'\" ***", "://", "https://", "password=", "hunter22", "?token="]
)
WORDS = st.lists(PIECES, max_size=12).map("".join)
SETTINGS = st.dictionaries(st.sampled_from(["password", "replicas", "API_KEY", "token"]), WORDS)


@settings(max_examples=200)
@given(WORDS, WORDS, st.none() | WORDS, SETTINGS)
def test_masking_twice_is_the_same_as_once(
    target: str, model_uri: str, address: str | None, config: dict[str, str]
) -> None:
    request = RecordDeployment(target, "churn", model_uri, address=address, config=config)
    once = rules.without_secrets(request)
    assert rules.without_secrets(once) == once


@given(st.text("abcdefgh0123456789", min_size=8, max_size=30))
def test_passwords_are_masked_wherever_they_stand(password: str) -> None:
    place = f"https://ada:{password}x9@host/"
    request = RecordDeployment(
        place, "churn", place, address=place, config={"db_password": f"{password}x9", "at": place}
    )
    assert f"{password}x9" not in repr(rules.checked_record(request))


def test_one_place_has_one_name() -> None:
    asked = "https://ada:hunter22@host/"
    kept = "https://ada:***@host/"
    record = rules.checked_record(RecordDeployment(asked, "churn", "models:/m/1", endpoint=""))
    end = rules.checked_end(EndDeployment(asked, "churn", ""))
    search = rules.checked_search(SearchDeployments(target=asked, endpoint=""))
    assert record.target == end.target == search.target == kept
    assert (record.endpoint, end.endpoint, search.endpoint) == (None, None, "")


def test_a_long_text_is_not_shown_whole() -> None:
    request = RecordDeployment("local:", "churn", "models:/m/1", image_digest="x" * 100_000)
    with pytest.raises(InvalidParameter, match=r"'x{250}…': it must be 'sha256:'"):
        rules.checked_record(request)


def test_halves_of_characters_are_refused() -> None:
    with pytest.raises(InvalidParameter, match=r"must not hold the character '\\ud83d'"):
        rules.checked_end(EndDeployment("local:", "churn \ud83d"))
