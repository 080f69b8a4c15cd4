"""Options of saving and logging that do not exist."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypedDict

import pytest

import millstream
from millstream.integrations.option_names import known_options
from millstream.model_format.flavors import FLAVORS

MODULES = [*FLAVORS, "pyfunc"]


class Shared(TypedDict, total=False):
    signature: str


@known_options(Shared, "further")
def write(model: Any, *, level: int = 0, **options: Any) -> tuple[Any, ...]:
    """Write it."""
    return model, level, options


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    millstream.set_tracking_uri(tmp_path / "runs")
    yield
    millstream.end_run()
    millstream.set_tracking_uri("")


def test_known_options_pass_through() -> None:
    assert write(1, level=2, further=3, signature="s") == (1, 2, {"further": 3, "signature": "s"})
    assert write(model=1) == (1, 0, {})
    assert (write.__name__, write.__doc__) == ("write", "Write it.")
    assert list(inspect.signature(write).parameters) == ["model", "level", "options"]


def test_an_unknown_option_is_refused_with_the_nearest() -> None:
    with pytest.raises(TypeError) as failure:
        write(1, lvel=2)
    assert str(failure.value) == (
        "write() got an unexpected keyword argument 'lvel'. Did you mean 'level'?"
    )
    with pytest.raises(TypeError, match=r"'zzz'\. It takes further, level, model, signature\.$"):
        write(1, zzz=2)


@pytest.mark.parametrize("name", MODULES)
def test_no_framework_takes_a_misspelt_option(name: str, tmp_path: Path) -> None:
    module = importlib.import_module(f"millstream.integrations.{name}")
    for option, meant in (("signatur", "signature"), ("code_path", "code_paths")):
        with pytest.raises(TypeError, match=rf"'{option}'\. Did you mean '{meant}'\?"):
            module.save_model(None, path=tmp_path / "model", **{option: None})
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("name", MODULES)
def test_nothing_is_logged_with_a_misspelt_option(name: str, runs: None) -> None:
    module = importlib.import_module(f"millstream.integrations.{name}")
    log = module.log_explainer if name == "shap" else module.log_model
    with pytest.raises(TypeError, match=r"'input_exampel'\. Did you mean 'input_example'\?"):
        log(None, input_exampel=None)
    assert millstream.active_run() is None
    assert millstream.search_logged_models(output_format="list") == []
