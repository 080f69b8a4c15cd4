from __future__ import annotations

import warnings
from typing import Any

import pytest

from millstream.integrations.autologging.configuration import (
    AUTOLOGGING_INTEGRATIONS,
    autologging_integration,
    autologging_is_disabled,
    disable_autologging,
    get_autologging_config,
)


def test_arguments_become_the_options() -> None:
    called: list[Any] = []

    @autologging_integration("toy")
    def autolog(depth: int = 1, disable: bool = False, silent: bool = False, **rest: Any) -> None:
        """Log."""
        called.append((depth, rest))

    assert AUTOLOGGING_INTEGRATIONS["toy"] == {}
    assert autologging_is_disabled("toy")
    autolog(3, other=4)
    assert called == [(3, {"other": 4})]
    assert AUTOLOGGING_INTEGRATIONS["toy"] == {
        "depth": 3,
        "disable": False,
        "silent": False,
        "other": 4,
    }
    assert get_autologging_config("toy", "depth") == 3
    assert get_autologging_config("toy", "absent", 5) == 5
    assert get_autologging_config("never", "depth", 6) == 6
    assert not autologging_is_disabled("toy")
    with disable_autologging():
        assert autologging_is_disabled("toy")
    autolog(disable=True)
    assert autologging_is_disabled("toy")
    assert get_autologging_config("toy", "depth") == 1
    assert autolog.__doc__ == "Log."
    assert vars(autolog)["integration_name"] == "toy"


def test_an_option_that_is_not_there_is_an_error() -> None:
    @autologging_integration("toy")
    def autolog(disable: bool = False, silent: bool = False) -> None: ...

    with pytest.raises(TypeError, match="depth"):
        autolog(depth=1)  # type: ignore[call-arg]  # that is the point


def test_a_function_that_cannot_be_turned_off_is_no_integration() -> None:
    with pytest.raises(TypeError, match="`silent=False`"):

        @autologging_integration("toy")
        def autolog(disable: bool = False) -> None: ...


@pytest.mark.parametrize("silent", [False, True])
def test_an_integration_that_cannot_be_turned_on_is_a_warning_at_most(silent: bool) -> None:
    @autologging_integration("toy")
    def autolog(disable: bool = False, silent: bool = False) -> None:
        raise RuntimeError("no patches here")

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        autolog(silent=silent)
    assert len(heard) == (0 if silent else 1)
