from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from millstream.client.journal import Journal, read
from millstream.entities.metrics import Metric
from millstream.entities.runs import UpdateRun
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
    journal.append_end(UpdateRun("run1", "FINISHED", 9))
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
    (tmp_path / "y").write_bytes(b"MSJRNL1\n")
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


def test_a_full_disk_leaves_a_readable_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = journal_in(tmp_path)
    journal.append([Metric("a", 1.0, 1, 1)])
    write = os.write
    calls = []

    def half_then_full(output: int, content: bytes) -> int:
        calls.append(output)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return write(output, content[: len(content) // 2])

    monkeypatch.setattr(os, "write", half_then_full)
    with pytest.raises(OSError, match="No space left"):
        journal.append([Metric("b", 1.0, 1, 1)])
    monkeypatch.undo()
    journal.append([Metric("c", 1.0, 1, 1)])
    assert [m.key for m in journal.take(10) if isinstance(m, Metric)] == ["a", "c"]
    journal.close()
