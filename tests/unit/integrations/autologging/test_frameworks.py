from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.unit.integrations.autologging.conftest import runs

from millstream.integrations.autologging import frameworks, versions
from millstream.integrations.autologging.configuration import (
    AUTOLOGGING_INTEGRATIONS,
    get_autologging_config,
)
from millstream.integrations.autologging.frameworks import FRAMEWORKS, autolog, turn_off, turn_on
from millstream.integrations.autologging.patches import is_patched, safe_patch

Load = Callable[[], ModuleType]


@pytest.fixture
def integration(toy: Load, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """The framework with an integration of ours: its public module, and the one that patches."""
    public, patching = ModuleType("toy"), ModuleType("toy")

    def own(depth: int = 1, disable: bool = False, silent: bool = False) -> None:
        turn_on("toy", locals())

    def call(original: Callable[..., Any], *arguments: Any) -> Any:
        return original(*arguments)

    def install(module: ModuleType) -> None:
        safe_patch("toy", module.Estimator, "fit", call, manage_run=True)

    vars(public)["autolog"] = own
    vars(patching)["install"] = install
    monkeypatch.setitem(sys.modules, "millstream.integrations.toy", public)
    monkeypatch.setitem(sys.modules, "millstream.integrations.autologging.toy", patching)
    monkeypatch.setattr(frameworks, "FRAMEWORKS", {"toy": ("toy_framework.models",)})
    yield toy
    turn_off("toy")


def test_turned_on_before_or_after_the_import(integration: Load) -> None:
    for before in (True, False):
        if before:
            autolog()
        kind = integration().Estimator
        if not before:
            autolog()
        kind().fit([1])
        assert len(runs()) == (1 if before else 2)
        assert is_patched("toy", kind, "fit")
        turn_off("toy")
        assert not is_patched("toy", kind, "fit")
        kind().fit([1])
    assert len(runs()) == 2


def test_calling_it_again_changes_the_options_only(integration: Load) -> None:
    kind = integration().Estimator
    autolog()
    after = kind.fit
    autolog(silent=True)
    assert kind.fit is after
    assert get_autologging_config("toy", "silent")
    autolog(disable=True)
    kind().fit([1])
    assert runs() == []


def test_what_was_said_to_a_framework_itself_counts_more(integration: Load) -> None:
    sys.modules["millstream.integrations.toy"].autolog(depth=7)
    autolog(disable=True)
    assert get_autologging_config("toy", "depth") == 7
    integration().Estimator().fit([1])
    assert len(runs()) == 1


def test_a_framework_may_be_left_out(integration: Load) -> None:
    autolog(exclude_flavors=["toy"])
    integration().Estimator().fit([1])
    assert runs() == []
    assert "toy" not in AUTOLOGGING_INTEGRATIONS


def test_a_framework_turned_off_is_not_touched(integration: Load) -> None:
    sys.modules["millstream.integrations.toy"].autolog(disable=True)
    kind = integration().Estimator
    assert not is_patched("toy", kind, "fit")
    sys.modules["millstream.integrations.toy"].autolog()
    assert is_patched("toy", kind, "fit")


def test_versions_beyond_the_known_ones_log_unless_that_is_not_wanted(
    integration: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = integration().Estimator
    autolog()
    for specifier, strict, expected in (
        ("<1", False, 1),
        ("<1", True, 1),
        (">=1", True, 2),
    ):
        monkeypatch.setitem(versions.SUPPORTED, "toy", ("pytest", specifier))
        AUTOLOGGING_INTEGRATIONS["toy"]["disable_for_unsupported_versions"] = strict
        kind().fit([1])
        assert len(runs()) == expected
    monkeypatch.setitem(versions.SUPPORTED, "toy", ("no-such-distribution", ">=1"))
    assert not versions.is_autolog_supported("toy")


def test_the_range_of_versions() -> None:
    assert versions.get_min_max_version_and_pip_release("sklearn") == ("1.1", "2", "scikit-learn")
    with pytest.raises(KeyError, match="no versions are known of 'none'"):
        versions.get_min_max_version_and_pip_release("none")


def test_turning_all_on_imports_no_framework(tmp_path: Path) -> None:
    program = (
        "import sys, millstream; millstream.autolog();"
        f"print(*set(sys.modules) & {{'numpy', 'pandas', *{[*FRAMEWORKS]}}})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.strip() == ""
