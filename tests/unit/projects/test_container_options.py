"""Arguments for the program that runs containers stay single words, and have names of options."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.errors import InvalidParameter
from millstream.projects.container_options import container_options


def test_names_and_values_become_words() -> None:
    said = {"gpus": "all", "m": "4g", "init": True, "tty": False, "cpus": 2}
    words = container_options(said, build=False, auth=None).words()
    assert words == ["--gpus=all", "-m4g", "--init", "--cpus=2"]


@given(st.text())
def test_a_value_is_one_word_whatever_it_says(value: str) -> None:
    assert container_options({"label": value}, build=False, auth=None).words() == [
        f"--label={value}"
    ]


@given(st.text().filter(lambda name: not name.replace("-", "").isalnum() or name[0] == "-"))
def test_a_name_that_is_no_option_is_refused(name: str) -> None:
    with pytest.raises(InvalidParameter, match="no name of an option"):
        container_options({name: "value"}, build=False, auth=None)


@pytest.mark.parametrize("auth", [{"username": "ada"}, {"username": "a", "password": "b", "c": ""}])
def test_signing_in_takes_a_name_and_a_password(auth: dict[str, str]) -> None:
    with pytest.raises(InvalidParameter, match="docker_auth"):
        container_options(None, build=False, auth=auth)
