"""What travels of a project arrives as it was, and what cannot travel is said before it does."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.environments.specification import EnvManager
from millstream.errors import InvalidParameter
from millstream.projects import shipment
from millstream.projects.shipment import JOB_FOLDER, ShippedJob, pack, unpack


def job(**values: str) -> ShippedJob:
    return ShippedJob("1" * 32, 'python train.py "${A}"', values, EnvManager.AUTO, False)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    place = tmp_path / "target"
    place.mkdir()
    return place


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_it_arrives_as_it_was(project: Path, target: Path) -> None:
    script = project / "bin" / "start.sh"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    (project / ".gitignore").write_text("data.csv\n")
    (project / "data.csv").write_text("1,2\n")
    pack(job(A="1 $(x)"), project, [], target)
    assert unpack(target) == job(A="1 $(x)")
    assert files(target) - {f"{JOB_FOLDER}/job.json"} == files(project)
    assert (target / "bin" / "start.sh").stat().st_mode & stat.S_IXUSR
    assert (target / "data.csv").read_text() == "1,2\n"


@pytest.mark.parametrize("name", sorted(shipment.STAYS))
def test_what_other_programs_keep_stays(project: Path, target: Path, name: str) -> None:
    (project / "deep" / name).mkdir(parents=True)
    (project / "deep" / name / "file").touch()
    pack(job(), project, [], target)
    assert not (target / "deep" / name).exists()


def test_paths_are_those_over_there(project: Path, target: Path, tmp_path: Path) -> None:
    outside, folder = tmp_path / "rows of data.csv", tmp_path / "many"
    outside.write_text("rows")
    folder.mkdir()
    (folder / "part").write_text("a part")
    found = job(A=str(project / "train.py"), B=str(outside), C=str(folder), D=str(project))
    paths = [found.values[name] for name in "ABCD"]
    pack(found, project, paths, target)
    there = unpack(target).values
    assert there["A"] == "train.py"
    assert (target / there["B"]).read_text() == "rows"
    assert Path(there["B"]).name == "rows of data.csv"
    assert (target / there["C"] / "part").read_text() == "a part"
    assert (target / there["D"] / "train.py").is_file()


def test_what_is_no_path_stays_what_it_is(project: Path, target: Path) -> None:
    told = str(project / "train.py")
    pack(job(A=told), project, [], target)
    assert unpack(target).values == {"A": told}


def test_a_path_in_what_stays_travels_by_itself(project: Path, target: Path) -> None:
    kept = project / "mlruns" / "model"
    kept.mkdir(parents=True)
    (kept / "weights").write_text("w")
    pack(job(A=str(kept)), project, [str(kept)], target)
    assert (target / unpack(target).values["A"] / "weights").read_text() == "w"


def test_links_to_files_within_are_followed(project: Path, target: Path) -> None:
    (project / "again.py").symlink_to("train.py")
    pack(job(), project, [], target)
    assert (target / "again.py").read_text() == (project / "train.py").read_text()


@pytest.mark.parametrize("aim", ["/etc/hostname", "../elsewhere", "/etc", "inner"])
def test_other_links_are_refused(project: Path, target: Path, tmp_path: Path, aim: str) -> None:
    (tmp_path / "elsewhere").touch()
    (project / "inner").mkdir()
    (project / "link").symlink_to(aim)
    with pytest.raises(InvalidParameter, match="link"):
        pack(job(), project, [], target)


def test_too_much_is_refused(project: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipment, "MOST_SHIPPED", 1000)
    (project / "large").write_bytes(bytes(1001))
    with pytest.raises(InvalidParameter, match="1000 bytes"):
        pack(job(), project, [], target)


def test_pipes_stay(project: Path, target: Path) -> None:
    os.mkfifo(project / "pipe")
    pack(job(), project, [], target)
    assert not (target / "pipe").exists()


@given(variables=st.dictionaries(st.text(min_size=1), st.text()))
def test_variables_can_be_read_once_and_by_their_owner(
    variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("shipped")
    (folder / JOB_FOLDER).mkdir()
    shipment.put_variables(folder, variables)
    (file,) = (folder / JOB_FOLDER).iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert shipment.take_variables(folder) == variables
    assert shipment.take_variables(folder) == {}


def test_a_folder_without_a_job_is_none(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="nothing to carry out"):
        unpack(tmp_path)
