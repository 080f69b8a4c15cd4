"""Files of models: what lies on this machine is used where it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from millstream.errors import InvalidParameter, NotFound
from millstream.integrations.model_files import local_path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a model in it and a link to that."""
    (tmp_path / "models" / "price").mkdir(parents=True)
    (tmp_path / "current").symlink_to("models")
    monkeypatch.chdir(tmp_path)
    return tmp_path.resolve()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (".", ""),
        ("models", "models"),
        ("./models/price/", "models/price"),
        ("current", "current"),
        ("current/price", "models/price"),
        ("{folder}/models/price", "models/price"),
        ("file://{folder}/models/price", "models/price"),
    ],
)
def test_a_local_folder_is_used_where_it_is(folder: Path, text: str, found: str) -> None:
    assert local_path(text.format(folder=folder)) == folder / found


def test_a_folder_above_is_no_model(folder: Path) -> None:
    with pytest.raises(InvalidParameter, match="must stay below"):
        local_path("..")


def test_a_folder_that_is_absent_is_named_as_it_was_given(folder: Path) -> None:
    with pytest.raises(NotFound, match="No such artifact: 'models/absent'"):
        local_path("models/absent")


def test_what_is_wanted_elsewhere_is_copied(folder: Path) -> None:
    (folder / "models" / "price" / "MLmodel").write_text("x")
    copied = local_path("models/price", str(folder / "copies"))
    assert copied == folder / "copies" / "price"
    assert (copied / "MLmodel").read_text() == "x"
