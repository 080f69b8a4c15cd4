"""What gates learn of a model's files, whatever somebody has put there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from millstream.artifacts.local import LocalArtifacts
from millstream.errors import InvalidParameter, NotFound
from millstream.rest import model_files
from millstream.rest.model_files import StoredModels


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def model(folder: Path, files: Mapping[str, bytes], manifest: object = None) -> str:
    """A model directory; without a manifest, one that records all files."""
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    recorded = {"file_digests": {name: sha256(body) for name, body in files.items()}}
    folder.mkdir(exist_ok=True)
    (folder / "MLmodel").write_text(yaml.safe_dump(recorded if manifest is None else manifest))
    return str(folder)


@pytest.fixture
def models() -> StoredModels:
    return StoredModels(lambda uri: LocalArtifacts(Path(uri)))


def test_the_size_counts_all_files_however_deep(models: StoredModels, tmp_path: Path) -> None:
    uri = model(tmp_path / "m", {"a.bin": b"123", "data/deep/b.bin": b"45678"}, {"flavors": {}})
    manifest = (tmp_path / "m" / "MLmodel").stat().st_size
    assert models.size(uri) == 8 + manifest


def test_intact_files_and_those_that_stores_add_are_no_damage(
    models: StoredModels, tmp_path: Path
) -> None:
    uri = model(tmp_path / "m", {"a.bin": b"1", "code/lib/x.py": b"2"})
    (tmp_path / "m" / "beside.txt").write_text("added by a store")
    compiled = tmp_path / "m" / "code" / "lib" / "__pycache__"
    compiled.mkdir()
    (compiled / "x.pyc").write_bytes(b"compiled")
    assert models.damage(uri) == []


def test_each_kind_of_damage_is_named(models: StoredModels, tmp_path: Path) -> None:
    uri = model(tmp_path / "m", {"a": b"1", "b": b"2", "code/x.py": b"3"})
    (tmp_path / "m" / "a").unlink()
    (tmp_path / "m" / "b").write_bytes(b"other")
    (tmp_path / "m" / "code" / "y.py").write_bytes(b"joined")
    assert models.damage(uri) == [
        "the file 'a' is missing",
        "the file 'b' is not the one that was saved: its SHA-256 differs",
        "the file 'code/y.py' was not saved with the model",
    ]


@pytest.mark.parametrize("recorded", [None, {}, [], "text"])
def test_a_model_that_records_nothing_is_not_intact(
    models: StoredModels, tmp_path: Path, recorded: object
) -> None:
    uri = model(tmp_path / "m", {}, {"file_digests": recorded})
    assert models.damage(uri) == ["MLmodel records no digests (`file_digests`)"]


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "a\\b", "a/../../secret"])
def test_no_recorded_name_leads_out_of_the_model(
    models: StoredModels, tmp_path: Path, name: str
) -> None:
    (tmp_path / "secret").write_bytes(b"s")
    uri = model(tmp_path / "m", {}, {"file_digests": {name: sha256(b"s")}})
    (fault,) = models.damage(uri)
    assert fault.startswith(f"the file '{name}' cannot be read")


def test_many_faults_are_cut_short(models: StoredModels, tmp_path: Path) -> None:
    uri = model(tmp_path / "m", {}, {"file_digests": {f"f{n}": "" for n in range(1_000)}})
    assert len(models.damage(uri)) == 20


def test_no_manifest_no_answer(models: StoredModels, tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"1")
    for ask in (models.size, models.damage):
        with pytest.raises(NotFound, match="there is no MLmodel at"):
            ask(str(tmp_path))


@pytest.mark.parametrize("text", ["[1, 2]", "a: b: c", "!!python/object:os.system {}", "\0"])
def test_a_manifest_that_is_none(models: StoredModels, tmp_path: Path, text: str) -> None:
    (tmp_path / "MLmodel").write_text(text)
    with pytest.raises(InvalidParameter, match=r"is not YAML|holds no mapping"):
        models.size(str(tmp_path))


def test_bounds(models: StoredModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = model(tmp_path / "m", {f"f{n}": b"" for n in range(5)})
    monkeypatch.setattr(model_files, "_MOST_FILES", 5)
    with pytest.raises(InvalidParameter, match="more than 5 files"):
        models.size(uri)
    monkeypatch.setattr(model_files, "_MOST_MANIFEST", 10)
    with pytest.raises(InvalidParameter, match="more than 10 bytes"):
        models.damage(uri)


def test_signatures_are_compared(models: StoredModels, tmp_path: Path) -> None:
    with_input = {"signature": {"inputs": '[{"name": "a", "type": "long"}]'}}
    more = {"signature": {"inputs": '[{"name": "b", "type": "long"}]'}}
    first = model(tmp_path / "first", {}, with_input)
    assert models.mismatches(first, first) == []
    second = model(tmp_path / "second", {}, more)
    assert models.mismatches(first, second) == ["it requires the new input 'b'"]
    assert models.mismatches(first, model(tmp_path / "none", {}, {"signature": None})) == []
