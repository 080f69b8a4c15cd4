"""Journals have a folder, whatever the user's home is like."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from millstream.client import journal_folder as module
from millstream.client.journal_folder import journal_folder
from millstream.settings import Settings

SERVER = "http://host:5000"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    module._temporary.cache_clear()
    yield folder
    module._temporary.cache_clear()


@pytest.fixture
def homeless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is below a file can be made by nobody, not even by root."""
    (tmp_path / "home").write_text("no folder")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def test_a_folder_has_its_journals_in_it(tmp_path: Path, homeless: None) -> None:
    assert journal_folder(str(tmp_path / "runs"), Settings()) == tmp_path / "runs" / "journal"


def test_those_of_a_server_are_in_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    expected = tmp_path / ".local" / "state" / "millstream" / "journal"
    assert journal_folder(SERVER, Settings()) == expected
    assert not expected.exists()


def test_what_is_named_is_taken_at_its_word(tmp_path: Path, homeless: None) -> None:
    named = Settings(state_home=str(tmp_path / "home"))
    assert journal_folder(SERVER, named) == tmp_path / "home" / "millstream" / "journal"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="users have no numbers there")
def test_without_a_home_to_write_to_they_are_among_temporary_files(
    temporary: Path, homeless: None
) -> None:
    own = temporary / f"millstream-{os.getuid()}"
    assert journal_folder(SERVER, Settings()) == own / "journal"
    assert own.stat().st_mode & 0o777 == 0o700
    module._temporary.cache_clear()
    assert journal_folder(SERVER, Settings()) == own / "journal"


def test_a_user_in_no_list_has_no_home(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nowhere)
    assert temporary in journal_folder(SERVER, Settings()).parents


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="users have no numbers there")
@pytest.mark.parametrize("taken", ["open to others", "a link"])
def test_a_folder_that_others_can_write_to_is_not_used(
    temporary: Path, homeless: None, taken: str, tmp_path: Path
) -> None:
    own = temporary / f"millstream-{os.getuid()}"
    if taken == "a link":
        (tmp_path / "elsewhere").mkdir()
        own.symlink_to(tmp_path / "elsewhere")
    else:
        own.mkdir()
        own.chmod(0o777)
    found = journal_folder(SERVER, Settings())
    assert own not in found.parents
    assert temporary in found.parents
    assert found.parent.stat().st_mode & 0o777 == 0o700
    assert journal_folder(SERVER, Settings()) == found


def test_where_nothing_can_be_written_it_cannot_be_made(
    homeless: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def nowhere() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    monkeypatch.setattr(Path, "cwd", lambda: tmp_path / "home")
    with pytest.raises(OSError, match="Not a directory"):
        journal_folder(SERVER, Settings()).mkdir(parents=True)
