from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from millstream.client.journal import MAGIC, Contents, Journal, found_in, read, this_host
from millstream.client.records import (
    CODES,
    KINDS,
    BeginRun,
    Header,
    LogArtifact,
    Mark,
    Points,
    Record,
    packed,
)
from millstream.entities.metrics import Metric
from millstream.entities.runs import (
    CreateRun,
    DeleteTag,
    LogBatch,
    LogParam,
    Param,
    SetTag,
    UpdateRun,
)
from millstream.errors import InvalidParameter

points = st.builds(
    Metric,
    st.text(max_size=40),
    st.floats(allow_nan=False),
    st.integers(0, 2**63 - 1),
    st.integers(-(2**63), 2**63 - 1),
    st.none() | st.text(max_size=8),
)


def journal_in(folder: Path) -> Journal:
    return Journal(folder, "http://server", "run1")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), -0.0, 5e-324])
def test_every_number_survives(tmp_path: Path, value: float) -> None:
    journal = journal_in(tmp_path)
    journal.append([Metric("a", value, 1, 2)])
    (found,) = journal.take(10)
    assert isinstance(found, Metric)
    assert repr(found.value) == repr(value)
    journal.close()
    (again,) = read(journal.path).records
    assert repr(again) == repr(found)


def test_take_gives_in_order_what_was_appended_in_slices(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    journal.append([Metric("a", 1.0, 1, step) for step in range(5)])
    assert [m.step for m in journal.take(3) if isinstance(m, Metric)] == [0, 1, 2]
    assert journal.pending
    journal.append([Metric("a", 1.0, 1, 5)])
    journal.append([UpdateRun("run1", "FINISHED", 9)])
    *rest, end = journal.take(10)
    assert [m.step for m in rest if isinstance(m, Metric)] == [3, 4, 5]
    assert end == UpdateRun("run1", "FINISHED", 9)
    assert not journal.pending
    assert journal.take(10) == []
    journal.close()


def test_frames_larger_than_a_read_arrive(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    key = "k" * 400_000
    journal.append([Metric(key, 1.0, 1, 1), Metric("b", 2.0, 1, 1)])
    assert [m.key for m in journal.take(10) if isinstance(m, Metric)] == [key, "b"]
    journal.close()


def test_a_journal_says_where_it_belongs_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    journal = journal_in(folder)
    journal.close()
    header = read(journal.path).header
    assert (header.tracking_uri, header.run_id) == ("http://server", "run1")
    assert header.host == this_host()
    assert header.process_id == os.getpid()
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@given(st.lists(points, max_size=12), st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_torn_tail_costs_only_the_frame_it_is_in(
    tmp_path_factory: pytest.TempPathFactory, metrics: list[Metric], data: st.DataObject
) -> None:
    journal = journal_in(tmp_path_factory.mktemp("journal"))
    sizes = [journal.path.stat().st_size]
    for metric in metrics:
        journal.append([metric])
        sizes.append(journal.path.stat().st_size)
    journal.close()
    assert read(journal.path).records == metrics
    cut = data.draw(st.integers(sizes[0], sizes[-1]))
    os.truncate(journal.path, cut)
    found = read(journal.path)
    assert found.records == metrics[: sum(size <= cut for size in sizes[1:])]
    assert found.torn == (cut not in sizes)


@given(st.integers(0, 10**6), st.integers(1, 255))
@settings(max_examples=60, deadline=None)
def test_a_damaged_byte_never_yields_a_wrong_record(
    tmp_path_factory: pytest.TempPathFactory, place: int, change: int
) -> None:
    journal = journal_in(tmp_path_factory.mktemp("journal"))
    journal.append([Metric("a", float(step), 1, step) for step in range(20)])
    journal.close()
    content = bytearray(journal.path.read_bytes())
    before = read(journal.path).records
    content[place % len(content)] ^= change
    journal.path.write_bytes(content)
    try:
        after = read(journal.path).records
    except InvalidParameter:
        return
    assert after == before[: len(after)]
    assert len(after) < len(before)


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"hello")
    with pytest.raises(InvalidParameter, match="is not a journal"):
        read(tmp_path / "x")
    (tmp_path / "y").write_bytes(MAGIC)
    with pytest.raises(InvalidParameter, match="without its header"):
        read(tmp_path / "y")


def test_a_closed_journal_refuses_instead_of_writing_into_some_other_file(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    journal.append([Metric("a", 1.0, 1, 1)])
    assert not journal.retire(remove=True), "something was not read yet"
    journal.take(10)
    assert journal.retire(remove=True)
    assert not journal.path.exists()
    with pytest.raises(OSError, match="is closed"):
        journal.append([Metric("a", 1.0, 1, 1)])


def test_threads_may_append_at_once(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)

    def work(name: str) -> None:
        for step in range(200):
            journal.append([Metric(name, 1.0, 1, step), Metric(name, 2.0, 1, step)])

    threads = [threading.Thread(target=work, args=(str(n),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(journal.take(100_000)) == 8 * 200 * 2
    journal.close()


def fill_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the next write succeeds, and then there is no space left."""
    write = os.write
    calls = []

    def half_then_full(output: int, content: bytes) -> int:
        calls.append(output)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return write(output, content[: len(content) // 2])

    monkeypatch.setattr(os, "write", half_then_full)


def test_a_full_disk_leaves_a_readable_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = journal_in(tmp_path)
    journal.append([Metric("a", 1.0, 1, 1)])
    fill_the_disk(monkeypatch)
    with pytest.raises(OSError, match="No space left"):
        journal.append([Metric("b", 1.0, 1, 1)])
    monkeypatch.undo()
    journal.append([Metric("c", 1.0, 1, 1)])
    assert [m.key for m in journal.take(10) if isinstance(m, Metric)] == ["a", "c"]
    journal.close()


PLAIN = Metric("loss", 0.5, 7, 1)
OF_ALL_SORTS: list[Record] = [
    BeginRun(CreateRun("0", "ada", "first", 1, run_id="run1")),
    LogParam("run1", "lr", "0.1"),
    PLAIN,
    SetTag("run1", "k", "v"),
    Metric("loss", 0.25, 8, 2, "model"),
    Points("acc", packed("d", [0.1, 0.2]), packed("q", [1, 2]), packed("q", [5, 6])),
    LogBatch("run1", params=[Param("a", "b")]),
    DeleteTag("run1", "k"),
    LogArtifact("a/b.txt", "x1", 3, "00"),
    UpdateRun("run1", "FINISHED", 9),
]


def small(folder: Path) -> tuple[Path, list[int]]:
    """A journal with one record of many sorts, and where each ends."""
    journal = journal_in(folder)
    ends = []
    for record in OF_ALL_SORTS:
        if record == PLAIN:
            journal.append_point(("loss", 0.5, 7, 1))
        else:
            journal.append([record])
        ends.append(journal.size)
    journal.close()
    return journal.path, ends


def test_a_disk_without_room_for_the_header_keeps_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_the_disk(monkeypatch)
    with pytest.raises(OSError, match="No space left"):
        journal_in(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_records_of_all_sorts_come_back(tmp_path: Path) -> None:
    path, ends = small(tmp_path)
    found = read(path)
    assert found.records == OF_ALL_SORTS
    assert (found.end, found.damage, found.torn) == (ends[-1], 0, False)
    assert read(path, ends[3]).records == OF_ALL_SORTS[4:]


def test_a_journal_that_is_cut_off_at_any_byte_gives_what_precedes(tmp_path: Path) -> None:
    path, ends = small(tmp_path)
    content = path.read_bytes()
    for cut in range(len(content)):
        path.write_bytes(content[:cut])
        whole = [record for record, end in zip(OF_ALL_SORTS, ends, strict=True) if end <= cut]
        try:
            found = read(path)
        except InvalidParameter:
            assert whole == []
            continue
        assert found.records == whole
        last = max([end for end in ends if end <= cut], default=found.end)
        assert (found.end, found.damage) == (last, cut - last)


@pytest.mark.parametrize("change", [0x01, 0x80, 0xFF])
def test_any_byte_that_is_changed_costs_nothing_before_it_and_invents_nothing(
    tmp_path: Path, change: int
) -> None:
    path, ends = small(tmp_path)
    content = path.read_bytes()
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= change
        path.write_bytes(damaged)
        whole = [record for record, end in zip(OF_ALL_SORTS, ends, strict=True) if end <= place]
        found: Contents | None = None
        try:
            found = read(path)
        except InvalidParameter:
            assert place < ends[0], "only the magic and the header are asked for"
        if found is not None and place >= ends[0]:
            assert found.records == whole
            assert found.damage == len(content) - found.end > 0


def test_marks_tell_what_has_arrived_and_are_no_records(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    journal.append([SetTag("run1", "k", "1"), Metric("a", 1.0, 1, 1)])
    assert len(journal.take(10)) == 2
    journal.mark()
    journal.append([SetTag("run1", "k", "2")])
    assert journal.take(10) == [SetTag("run1", "k", "2")]
    assert not journal.pending
    found = read(journal.path)
    assert (len(found.records), found.applied) == (3, 2)
    journal.close()


@pytest.mark.parametrize("version", [1, 2])
def test_journals_of_earlier_versions_are_read(tmp_path: Path, version: int) -> None:
    journal = journal_in(tmp_path)
    journal.append([Metric("a", 1.0, 1, 1), UpdateRun("run1", "FAILED", 2)])
    journal.close()
    content = journal.path.read_bytes()
    journal.path.write_bytes(f"MSJRNL{version}\n".encode() + content[len(MAGIC) :])
    assert read(journal.path).records == [Metric("a", 1.0, 1, 1), UpdateRun("run1", "FAILED", 2)]


def test_columns_are_taken_by_the_number_of_their_points(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    numbers = list(range(600))
    column = Points(
        "a", packed("d", [float(n) for n in numbers]), packed("q", numbers), packed("q", numbers)
    )
    journal.append([column, column, column])
    assert len(journal.take(1_000)) == 2
    assert len(journal.take(1_000)) == 1
    assert [m.step for m in column.metrics()] == numbers
    journal.close()


def test_a_point_that_fits_only_in_part_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = journal_in(tmp_path)
    fill_the_disk(monkeypatch)
    with pytest.raises(OSError, match="No space left"):
        journal.append_point(("b", 1.0, 1, 1))
    monkeypatch.undo()
    journal.append_point(("c", 1.0, 1, 1))
    assert [m.key for m in read(journal.path).records if isinstance(m, Metric)] == ["c"]
    journal.close()


def test_files_go_with_their_journal(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    (tmp_path / "x.part").write_text("bytes")
    journal.adopt(tmp_path / "x.part")
    assert (journal.files / "x.part").read_text() == "bytes"
    assert journal.retire(remove=True)
    assert list(tmp_path.iterdir()) == []


def test_journals_are_found_oldest_first(tmp_path: Path) -> None:
    made = [journal_in(tmp_path / "journal") for _ in range(3)]
    for journal in made:
        journal.close()
    paths = [journal.path for journal in made]
    assert found_in(tmp_path) == found_in(tmp_path / "journal") == paths
    assert found_in(paths[1]) == [paths[1]]
    assert found_in(tmp_path / "absent") == []


def test_every_kind_has_a_code_of_its_own() -> None:
    assert len(CODES) == len(KINDS) == len({code.lower() + code for code in KINDS})
    assert {Header, Mark} <= set(CODES)
