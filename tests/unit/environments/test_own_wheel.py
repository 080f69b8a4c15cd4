"""The wheel of the running package is a wheel like any other."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import zipfile
from pathlib import Path

import pytest

import millstream
from millstream.environments import own_wheel
from millstream.environments.own_wheel import own_wheels
from millstream.errors import NotSupported

PACKAGE = Path(str(millstream.__file__)).parent


def test_it_has_every_file_of_the_package_and_what_installers_need(tmp_path: Path) -> None:
    (wheel, *_) = own_wheels()
    with zipfile.ZipFile(wheel.write(tmp_path)) as archive:
        names = set(archive.namelist())
        metadata = archive.read("millstream-0.1.0.dist-info/METADATA").decode()
    here = {f"millstream/{p.relative_to(PACKAGE).as_posix()}" for p in PACKAGE.rglob("*.py")}
    assert here <= names
    assert not [name for name in names if name.endswith(".pyc")]
    assert {name.partition("/")[2] for name in names if ".dist-info/" in name} == {
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
    }
    assert "Requires-Dist: msgspec" in metadata


def test_a_folder_of_it_is_left_out_alone(tmp_path: Path) -> None:
    (wheel, *_) = own_wheels()
    with zipfile.ZipFile(wheel.without("millstream/server").write(tmp_path)) as archive:
        names = archive.namelist()
        (record,) = [name for name in names if name.endswith("/RECORD")]
        listed = archive.read(record).decode()
    left = {name for name, _ in wheel.files} - set(names)
    assert left == {name for name, _ in wheel.files if name.startswith("millstream/server/")}
    assert "millstream/serving/process.py" in names
    assert "millstream/server/" not in listed


def test_its_record_is_right(tmp_path: Path) -> None:
    for wheel in own_wheels():
        with zipfile.ZipFile(wheel.write(tmp_path)) as archive:
            (record,) = [name for name in archive.namelist() if name.endswith("/RECORD")]
            rows = list(csv.reader(io.StringIO(archive.read(record).decode())))
            assert [row[0] for row in rows] == archive.namelist()
            for name, digest, size in rows[:-1]:
                content = archive.read(name)
                expected = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
                assert digest == f"sha256={expected.decode().rstrip('=')}"
                assert int(size) == len(content)
            assert rows[-1] == [record, "", ""]


def test_the_same_files_give_the_same_bytes_whenever_they_were_written(tmp_path: Path) -> None:
    written = []
    for time in (1_000_000_000, 1_700_000_000):
        folder = tmp_path / str(time)
        (folder / "inner").mkdir(parents=True)
        for name in ("b.py", "a.py", "inner/page.html"):
            (folder / name).write_text(name)
            os.utime(folder / name, (time, time))
        files = tuple(own_wheel._files(folder, "x"))
        written.append(own_wheel.OwnWheel("x", "1", files, (("METADATA", "m"),)).write(folder))
    assert written[0].read_bytes() == written[1].read_bytes()


def test_the_digest_changes_with_any_file(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    (tmp_path / "b.py").write_text("")

    def digest() -> str:
        files = tuple(own_wheel._files(tmp_path, "x"))
        return own_wheel.OwnWheel("x", "1", files, ()).digest

    seen = {digest()}
    for name, text in (("a.py", "2"), ("b.py", "2"), ("c.py", "")):
        (tmp_path / name).write_text(text)
        seen.add(digest())
    (tmp_path / "a.py").rename(tmp_path / "d.py")
    seen.add(digest())
    assert len(seen) == 5


def test_the_drop_in_comes_along_where_it_is_installed() -> None:
    names = [wheel.name for wheel in own_wheels()]
    assert names == ["millstream", "millstream-mlflow"]
    assert any(name == "mlflow/__init__.py" for name, _ in own_wheels()[1].files)


def test_mlflows_own_package_is_not_taken_for_the_drop_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_wheel, "_THE_DROP_IN", "no_such_module.py")
    assert [wheel.name for wheel in own_wheels()] == ["millstream"]


def test_a_package_that_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_wheel, "_PACKAGES", {"no-such-distribution": "millstream"})
    with pytest.raises(NotSupported, match="--env-manager local"):
        own_wheels()
