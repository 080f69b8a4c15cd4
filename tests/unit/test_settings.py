"""What the environment says: by which variables, which of two counts, and what is refused."""

from __future__ import annotations

import re
from typing import get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream import settings
from millstream.errors import InvalidParameter
from millstream.settings import Settings

TEXTS = [
    name
    for name, default in zip(Settings.__struct_fields__, Settings.__struct_defaults__, strict=True)
    if default is None and Settings.__annotations__[name] == "str | None"
]
VALUES = st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=5)


def test_an_empty_environment_says_nothing() -> None:
    assert settings.load({}) == Settings()
    assert settings.load({"PATH": "/bin", "MILLSTREAM_": "1", "RANK": "3"}) == Settings()


@given(
    own=st.dictionaries(st.sampled_from(TEXTS), VALUES),
    other=st.dictionaries(st.sampled_from(TEXTS), VALUES),
)
def test_our_variable_counts_before_the_other_and_an_empty_one_not_at_all(
    own: dict[str, str], other: dict[str, str]
) -> None:
    environ = {f"MILLSTREAM_{name.upper()}": value for name, value in own.items()}
    environ |= {settings.alias(name): value for name, value in other.items()}
    found = settings.load(environ)
    for name in TEXTS:
        assert getattr(found, name) == (own.get(name) or other.get(name) or None), name


@pytest.mark.parametrize("prefix", ["MILLSTREAM_", "MLFLOW_"])
def test_numbers_and_truths_are_read_as_such(prefix: str) -> None:
    found = settings.load({f"{prefix}EXIT_WAIT": "2.5", f"{prefix}NO_PROGRESS": "true"})
    assert (found.exit_wait, found.no_progress) == (2.5, True)


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("MILLSTREAM_EXIT_WAIT", "soon", "a number"),
        ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1.5", "a whole number"),
        ("MILLSTREAM_RANK", "first", "a whole number"),
        ("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "perhaps", "`true` or `false`"),
        ("MILLSTREAM_STORE_AWAY", "lose", "one of `raise`, `spool`, `warn`"),
        ("MILLSTREAM_CONTAINER_ENGINE", "lxc", "one of `buildah`, `docker`, `podman`"),
    ],
)
def test_what_cannot_be_understood_is_said_with_what_would_be(
    variable: str, value: str, expected: str
) -> None:
    message = f"the environment variable {variable} is '{value}'; expected {expected}"
    with pytest.raises(InvalidParameter, match=re.escape(message) + "$"):
        settings.load({"MLFLOW_NO_PROGRESS": "true", variable: value})


def test_every_setting_can_say_what_it_expects() -> None:
    hints = get_type_hints(Settings)
    for name in Settings.__struct_fields__:
        if str not in (hints[name], *get_args(hints[name])):
            with pytest.raises(InvalidParameter, match="; expected "):
                settings.load({f"MILLSTREAM_{name.upper()}": "?"})
