"""The source that is kept of a run."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import msgspec
import pytest

from millstream.capture import source
from millstream.capture.source import (
    DIFFERENCE,
    FILES,
    TREE,
    Tree,
    captured,
    is_source,
    masked_patch,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    for words in (["init", "--quiet"], ["config", "user.name", "a"], ["config", "user.email", "a"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    (folder / "train.py").write_text("import net\n")
    subprocess.run(["git", "add", "."], cwd=folder, check=True)
    subprocess.run(["git", "commit", "--quiet", "-m", "first"], cwd=folder, check=True)
    return folder


def kept(script: Path | None, folder: Path) -> dict[str, bytes]:
    """What is kept of a working tree but for what is known of the tree itself."""
    found = dict(captured(script, folder))
    assert msgspec.json.decode(found.pop(TREE), type=Tree).folder == str(folder)
    return found


def tree(folder: Path) -> Tree:
    """What is known of a tree."""
    return msgspec.json.decode(dict(captured(None, folder))[TREE], type=Tree)


def test_of_a_clean_tree_nothing_is_kept(folder: Path) -> None:
    assert kept(folder / "train.py", folder) == {}


def test_changes_and_untracked_sources_are_kept(folder: Path) -> None:
    (folder / "train.py").write_text("import net, loss\nTOKEN = 'hunter2hunter2'\n")
    (folder / "lib").mkdir()
    (folder / "lib" / "net.py").write_text("password='secret'\nlayers = 3\n")
    (folder / "weights.pt").write_bytes(b"\0" * 100)
    (folder / ".env").write_text("KEY=1")
    (folder / "api_token.txt").write_text("abc")
    found = kept(folder / "train.py", folder)
    assert sorted(found) == [f"{FILES}/lib/net.py", DIFFERENCE]
    assert found[f"{FILES}/lib/net.py"] == b"password='***'\nlayers = 3\n"
    assert b"+import net, loss" in found[DIFFERENCE]
    assert b"hunter2" not in found[DIFFERENCE]


def test_a_script_that_git_ignores_is_kept(folder: Path) -> None:
    (folder / ".gitignore").write_text("local*.py\n")
    (folder / "local.py").write_text("x = 1\n")
    (folder / "local2.py").write_text("x = 2\n")
    found = kept(folder / "local.py", folder)
    assert found == {f"{FILES}/local.py": b"x = 1\n"}


def test_outside_of_git_the_script_alone_is_kept(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("x = 1\n")
    (tmp_path / "other.py").write_text("x = 2\n")
    assert dict(captured(tmp_path / "train.py", tmp_path)) == {f"{FILES}/train.py": b"x = 1\n"}
    assert dict(captured(None, tmp_path)) == {}
    (tmp_path / "console-script").write_bytes(b"\x7fELF")
    assert dict(captured(tmp_path / "console-script", tmp_path)) == {}


def test_links_pipes_and_large_files_are_left_out(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text("x")
    (folder / "link.py").symlink_to(tmp_path / "outside.py")
    os.mkfifo(folder / "pipe.py")
    (folder / "large.py").write_bytes(b"#" * (source.MOST_OF_FILE + 1))
    (folder / "small.py").write_text("x")
    assert list(kept(None, folder)) == [f"{FILES}/small.py"]


def test_all_together_are_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in range(6):
        (folder / f"m{place}.py").write_text("x" * 10)
    (folder / "z.py").write_text("script")
    monkeypatch.setattr(source, "MOST_OF_FILES", 36)
    found = list(kept(folder / "z.py", folder))
    assert found == [f"{FILES}/{name}.py" for name in ("z", "m0", "m1", "m2")]
    monkeypatch.setattr(source, "MOST_FILES", 2)
    assert list(kept(folder / "z.py", folder)) == found[:2]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.py", True),
        ("deep/er/A.PY", True),
        ("Dockerfile", True),
        ("conf/x.yaml", True),
        ("data.csv", False),
        (".env", False),
        (".ssh/config.txt", False),
        ("credentials.json", False),
        ("noextension", False),
    ],
)
def test_names_of_sources(name: str, expected: bool) -> None:
    assert is_source(name) is expected


def test_binary_parts_of_a_patch_stay_as_they_are() -> None:
    text = b"diff --git a/x b/x\n+api_key = 'abcdefgh1'\n"
    binary = b"diff --git a/y b/y\nGIT binary patch\nliteral 3\nKcmZ password='abc1234567'\n"
    masked = masked_patch(text + binary + text)
    assert masked.count(b"api_key = '***'") == 2
    assert binary in masked


def test_what_was_not_kept_as_it_was_is_known(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tree(folder) == Tree(str(folder))
    (folder / "train.py").write_text("PASSWORD = 'hunter2hunter2'\n")
    (folder / "lib.py").write_text("api_key = 'abcdefgh1'\n")
    (folder / "large.py").write_text("x" * 600_000)
    assert tree(folder) == Tree(
        str(folder), masked=[DIFFERENCE, f"{FILES}/lib.py"], left_out=["large.py"]
    )
    monkeypatch.setattr(source, "MOST_OF_DIFFERENCE", 100)
    assert tree(folder).is_cut


def test_a_patch_has_the_usual_prefixes(folder: Path) -> None:
    (folder / "train.py").write_text("x = 1\n")
    usual = kept(None, folder)
    for name in ("diff.noprefix", "diff.mnemonicPrefix"):
        subprocess.run(["git", "config", name, "true"], cwd=folder, check=True)
    assert kept(None, folder) == usual
