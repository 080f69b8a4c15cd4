"""The contract of console output."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from millstream.entities import console as c
from millstream.entities import runs as r
from millstream.errors import InvalidParameter, NotFound
from millstream.store.interface import Store
from millstream.testing.fixtures import Contract, new_experiment, new_run


def _log(
    store: Store, run_id: str, *texts: str, first: int = 0, process: str = "p", revision: int = 0
) -> None:
    lines = [
        c.ConsoleLine(first + place, text, timestamp=5, revision=revision)
        for place, text in enumerate(texts)
    ]
    store.console.log(c.LogConsole(run_id, process, lines)).result()


def _texts(store: Store, run_id: str) -> list[str]:
    return [line.text for line in store.console.list(c.ListConsole(run_id)).lines]


class ConsoleContract(Contract):
    """What every store promises about console output."""

    def test_lines_are_listed_with_all_that_is_known(self, store: Store, run_id: str) -> None:
        colours = "\x1b[31mred\x1b[0m é ✓"
        lines = [
            c.ConsoleLine(0, colours, "stdout", 1_700_000_000_000),
            c.ConsoleLine(1, "trouble", "stderr", 1_700_000_000_001, 3),
        ]
        store.console.log(c.LogConsole(run_id, "host-7", lines, rank=2)).result()
        page = store.console.list(c.ListConsole(run_id))
        assert page.total == 2
        assert page.lines == [
            c.PlacedLine(0, colours, "stdout", 1_700_000_000_000, 2, "host-7", 0, 0),
            c.PlacedLine(1, "trouble", "stderr", 1_700_000_000_001, 2, "host-7", 1, 3),
        ]

    def test_a_run_that_wrote_nothing(self, store: Store, run_id: str) -> None:
        assert store.console.list(c.ListConsole(run_id)) == c.ConsolePage([], 0)
        assert store.console.search(c.SearchConsole(run_id, "x")) == c.ConsoleHits([], 0)
        store.console.log(c.LogConsole(run_id, "p", [])).result()
        assert store.console.list(c.ListConsole(run_id)) == c.ConsolePage([], 0)

    def test_the_same_again_changes_nothing(self, store: Store, run_id: str) -> None:
        _log(store, run_id, "a", "b")
        _log(store, run_id, "a", "b")
        _log(store, run_id, "b", "c", first=1)
        assert _texts(store, run_id) == ["a", "b", "c"]

    def test_a_rewritten_line_keeps_its_place(self, store: Store, run_id: str) -> None:
        _log(store, run_id, "10 %", "after")
        _log(store, run_id, "20 %", revision=2)
        _log(store, run_id, "15 %", revision=1)
        _log(store, run_id, "10 %", "after")
        assert _texts(store, run_id) == ["20 %", "after"]

    def test_the_last_revision_of_a_request_counts(self, store: Store, run_id: str) -> None:
        lines = [c.ConsoleLine(0, text, revision=place) for place, text in enumerate("abc")]
        store.console.log(c.LogConsole(run_id, "p", lines)).result()
        assert _texts(store, run_id) == ["c"]

    def test_processes_are_told_apart(self, store: Store, run_id: str) -> None:
        _log(store, run_id, "a0", process="a")
        _log(store, run_id, "b0", process="b")
        _log(store, run_id, "a1", first=1, process="a")
        assert _texts(store, run_id) == ["a0", "b0", "a1"]

    def test_runs_are_told_apart(self, store: Store, experiment_id: str, run_id: str) -> None:
        _log(store, run_id, "mine")
        other = new_run(store, experiment_id)
        _log(store, other, "others")
        assert _texts(store, run_id) == ["mine"]
        assert _texts(store, other) == ["others"]

    def test_pages_in_both_directions(self, store: Store, run_id: str) -> None:
        _log(store, run_id, *(str(place) for place in range(10)))

        def page(position: int, size: int) -> list[str]:
            found = store.console.list(c.ListConsole(run_id, position, size))
            assert found.total == 10
            return [line.text for line in found.lines]

        assert page(0, 3) == ["0", "1", "2"]
        assert page(8, 3) == ["8", "9"]
        assert page(10, 3) == []
        assert page(1_000, 3) == []
        assert page(-3, 3) == ["7", "8", "9"]
        assert page(-3, 2) == ["7", "8"]
        assert page(-100, 2) == ["0", "1"]

    def test_searching(self, store: Store, run_id: str) -> None:
        _log(
            store, run_id, "loss 1", "\x1b[31mLo\x1b[1mSS\x1b[0m 2", "gain", "100% loss_3", "Ärger"
        )

        def found(text: str, position: int = 0, most: int = 100) -> tuple[list[int], int | None]:
            hits = store.console.search(c.SearchConsole(run_id, text, position, most))
            assert hits.total == 5
            return [line.position for line in hits.lines], hits.next_position

        assert found("loss") == ([0, 1, 3], None)
        assert found("LOSS", position=1) == ([1, 3], None)
        assert found("loss", most=2) == ([0, 1], 2)
        assert found("ärger") == ([4], None)
        assert found("ärger", most=1) == ([4], None)
        assert found("%") == ([3], None)  # as text, not as a pattern
        assert found("_") == ([3], None)
        assert found("31m") == ([], None)
        assert found("nothing") == ([], None)
        assert found("loss", position=99) == ([], None)

    def test_what_databases_find_hard_is_kept(self, store: Store, run_id: str) -> None:
        _log(store, run_id, "a\0b", "", "x" * 16_384, "\\n 'quoted' \"twice\" %s ?")
        kept = ["a\ufffdb", "", "x" * 16_384, "\\n 'quoted' \"twice\" %s ?"]
        assert _texts(store, run_id) == kept

    def test_threads_leave_no_gap_and_lose_nothing(self, store: Store, run_id: str) -> None:
        def write(process: str) -> None:
            for number in range(10):
                _log(store, run_id, f"{process}{number}", first=number, process=process)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(write, "abcd"))
        lines = store.console.list(c.ListConsole(run_id)).lines
        assert [line.position for line in lines] == list(range(40))
        for process in "abcd":
            own = [line.text for line in lines if line.process == process]
            assert own == [f"{process}{number}" for number in range(10)]

    @pytest.mark.parametrize("cuts", [[1, 1], [3, 2], [5, 4, 1], [6, 3, 6]])
    def test_any_prefix_any_number_of_times_then_all(
        self, store: Store, run_id: str, cuts: list[int]
    ) -> None:
        requests = [("a", 0, 0), ("b", 1, 0), ("A", 0, 1), ("c", 2, 0), ("AA", 0, 2), ("B", 1, 1)]
        for cut in [*cuts, len(requests)]:
            for text, number, revision in requests[:cut]:
                _log(store, run_id, text, first=number, revision=revision)
        assert _texts(store, run_id) == ["AA", "B", "c"]

    def test_of_absent_and_deleted_runs(self, store: Store, run_id: str) -> None:
        asks: list[Callable[[], object]] = [
            lambda: store.console.list(c.ListConsole("absent")),
            lambda: store.console.search(c.SearchConsole("absent", "x")),
            lambda: store.console.log(c.LogConsole("absent", "p", [])).result(),
        ]
        for ask in asks:
            with pytest.raises(NotFound, match="Run with id=absent not found"):
                ask()
        _log(store, run_id, "kept")
        store.runs.delete(r.RunId(run_id)).result()
        assert _texts(store, run_id) == ["kept"]
        with pytest.raises(InvalidParameter, match="must be in the 'active' state"):
            _log(store, run_id, "more", first=1)

    def test_a_run_moves_with_its_console(self, store: Store, run_id: str) -> None:
        _log(store, run_id, "a")
        store.runs.move(r.MoveRuns([run_id], new_experiment(store))).result()
        assert _texts(store, run_id) == ["a"]

    @pytest.mark.parametrize(
        ("request_", "message"),
        [
            (c.LogConsole("{}", " ", []), "Invalid process ' '"),
            (c.LogConsole("{}", "p" * 101, []), "process"),
            (c.LogConsole("{}", "p", [], rank=-1), "Invalid rank -1"),
            (c.LogConsole("{}", "p", [c.ConsoleLine(-1, "")]), "Invalid number -1"),
            (c.LogConsole("{}", "p", [c.ConsoleLine(1 << 31, "")]), "Invalid number 2147483648"),
            (c.LogConsole("{}", "p", [c.ConsoleLine(0, "", revision=-1)]), "Invalid revision -1"),
            (c.LogConsole("{}", "p", [c.ConsoleLine(0, "", timestamp=-1)]), "Invalid timestamp"),
            (c.LogConsole("{}", "p", [c.ConsoleLine(0, "x" * 16_385)]), "text"),
            (
                c.LogConsole("{}", "p", [c.ConsoleLine(0, "") for _ in range(1_001)]),
                "Invalid number of lines 1001: it must be from 0 to 1000",
            ),
            (
                c.LogConsole("{}", "p", [c.ConsoleLine(0, ""), c.ConsoleLine(10_000, "")]),
                "Lines 0 and 10000 are too far apart",
            ),
        ],
    )
    def test_what_cannot_be_logged(
        self, store: Store, run_id: str, request_: c.LogConsole, message: str
    ) -> None:
        request_.run_id = run_id
        with pytest.raises(InvalidParameter, match=message):
            store.console.log(request_).result()
        assert _texts(store, run_id) == []

    @pytest.mark.parametrize("size", [0, -1, 5_001])
    def test_pages_are_bounded(self, store: Store, run_id: str, size: int) -> None:
        with pytest.raises(InvalidParameter, match=f"Invalid max_lines {size}"):
            store.console.list(c.ListConsole(run_id, 0, size))

    def test_searches_are_bounded(self, store: Store, run_id: str) -> None:
        for request, message in (
            (c.SearchConsole(run_id, ""), "text"),
            (c.SearchConsole(run_id, "x" * 501), "text"),
            (c.SearchConsole(run_id, "x", -1), "Invalid position -1"),
            (c.SearchConsole(run_id, "x", 0, 1_001), "Invalid max_hits 1001"),
        ):
            with pytest.raises(InvalidParameter, match=message):
                store.console.search(request)
