"""The contract of the table of runs."""

from __future__ import annotations

import math

import msgspec
import pytest

from millstream.entities import run_tables as rt
from millstream.entities import runs as r
from millstream.errors import InvalidParameter
from millstream.store.interface import Store
from millstream.testing.fixtures import Contract, logged_run, new_experiment, new_run, unique

_PARENT = "mlflow.parentRunId"
_LONG = "x" * 70


class RunTablesContract(Contract):
    """What every store promises about the table of runs."""

    def _names(
        self, store: Store, experiment_id: str, *order: rt.ColumnOrder, **asked: object
    ) -> list[str]:
        request = rt.GetRunTable([experiment_id], order_by=[*order])
        request = msgspec.structs.replace(request, **asked)
        return store.runs.get_table(request).run_names

    def test_rows_are_columns_of_what_was_asked_for(self, store: Store, experiment_id: str) -> None:
        tags = {"mlflow.source.name": "train.py", "mlflow.source.git.commit": "abc"}
        params, metrics = {"a.b:c": "0.1"}, {"loss": [3.0, 1.0, 2.0]}
        one = logged_run(store, experiment_id, "one", params, metrics, tags, 100)
        two = logged_run(store, experiment_id, "two", {}, {"loss": [math.nan]}, {}, 200)
        store.runs.update(r.UpdateRun(one, "FINISHED", 150)).result()
        asked = [
            rt.Column("metric", "loss"),
            rt.Column("metric", "loss", "min"),
            rt.Column("metric", "loss", "max"),
            rt.Column("param", "a.b:c"),
            rt.Column("tag", "nobody"),
            rt.Column("attribute", "source"),
            rt.Column("attribute", "commit"),
            rt.Column("attribute", "duration"),
            rt.Column("attribute", "user_id"),
        ]
        table = store.runs.get_table(rt.GetRunTable([experiment_id], columns=asked))
        assert (table.total, table.run_ids, table.run_names) == (2, [two, one], ["two", "one"])
        assert table.experiment_ids == [experiment_id] * 2
        assert table.statuses == ["RUNNING", "FINISHED"]
        assert (table.start_times, table.end_times) == ([200, 100], [None, 150])
        assert (table.lifecycle_stages, table.child_counts) == (["active"] * 2, [])
        last, *others = table.columns
        assert math.isnan(last.numbers[0] or 0)
        assert (last.numbers[1], last.texts) == (2.0, [])
        assert [column.numbers or column.texts for column in others] == [
            [None, 1.0],
            [None, 3.0],
            [None, "0.1"],
            [None, None],
            [None, "train.py"],
            [None, "abc"],
            [None, 50.0],
            ["ada", "ada"],
        ]
        assert [(c.kind, c.key, c.aggregate) for c in table.columns] == [
            (c.kind, c.key, c.aggregate) for c in asked
        ]

    def test_datasets_and_models_are_columns(self, store: Store, experiment_id: str) -> None:
        run_id = logged_run(store, experiment_id, "one")
        datasets = [r.DatasetInput(r.Dataset(n, "d1", "local", "s")) for n in ("iris", "digits")]
        store.runs.log_inputs(r.LogInputs(run_id, datasets)).result()
        asked = [rt.Column("attribute", "datasets"), rt.Column("attribute", "models")]
        order = [rt.ColumnOrder("attribute", "datasets")]
        request = rt.GetRunTable([experiment_id], columns=asked, order_by=order)
        table = store.runs.get_table(request)
        assert [column.texts for column in table.columns] == [["digits (d1), iris (d1)"], [None]]

    def test_any_row_can_be_the_first(self, store: Store, experiment_id: str) -> None:
        for number in range(7):
            logged_run(store, experiment_id, f"run {number}", {}, {}, {}, number)
        for offset in range(9):
            request = rt.GetRunTable([experiment_id], offset=offset, max_results=3)
            table = store.runs.get_table(request)
            expected = [f"run {number}" for number in range(6, -1, -1)]
            assert (table.total, table.run_names) == (7, expected[offset : offset + 3])

    def test_pages_of_an_order_hold_every_run_once(self, store: Store, experiment_id: str) -> None:
        for number in range(12):
            metrics = {"m": [float(number % 3)]} if number % 4 else {}
            logged_run(store, experiment_id, f"{number}", {}, metrics)
        for ascending in (True, False):
            order = [rt.ColumnOrder("metric", "m", ascending=ascending)]
            seen: list[str] = []
            for offset in range(0, 12, 5):
                request = rt.GetRunTable(
                    [experiment_id], order_by=order, offset=offset, max_results=5
                )
                seen += store.runs.get_table(request).run_names
            assert sorted(seen) == sorted(str(number) for number in range(12))
            assert {*seen[-3:]} == {"0", "4", "8"}

    def test_missing_values_are_last_and_nan_before_them(
        self, store: Store, experiment_id: str
    ) -> None:
        for name, values in (
            ("high", [1.0, 9.0]),
            ("low", [5.0, 2.0]),
            ("nan", [7.0, math.nan]),
            ("infinite", [math.inf]),
            ("none", []),
        ):
            logged_run(store, experiment_id, name, {}, {"m": values})
        metric = rt.ColumnOrder("metric", "m")
        up = self._names(store, experiment_id, metric)
        assert up == ["low", "high", "infinite", "nan", "none"]
        down = self._names(store, experiment_id, rt.ColumnOrder("metric", "m", ascending=False))
        assert down == ["infinite", "high", "low", "nan", "none"]
        least = rt.ColumnOrder("metric", "m", "min")
        assert self._names(store, experiment_id, least)[-1] == "none"
        assert self._names(store, experiment_id, least)[:3] == ["high", "low", "nan"]
        greatest = rt.ColumnOrder("metric", "m", "max", ascending=False)
        assert self._names(store, experiment_id, greatest)[:3] == ["infinite", "high", "nan"]

    def test_params_that_are_numbers_sort_as_numbers(
        self, store: Store, experiment_id: str
    ) -> None:
        for value in ("10", "9", "1e-3", "auto", "both"):
            logged_run(store, experiment_id, value, {"lr": value})
        logged_run(store, experiment_id, "none")
        up = self._names(store, experiment_id, rt.ColumnOrder("param", "lr"))
        assert up == ["1e-3", "9", "10", "auto", "both", "none"]
        down = self._names(store, experiment_id, rt.ColumnOrder("param", "lr", ascending=False))
        assert down == ["10", "9", "1e-3", "both", "auto", "none"]

    def test_several_columns_order_together(self, store: Store, experiment_id: str) -> None:
        for name, group, value in (("a", "x", 1.0), ("b", "y", 2.0), ("c", "x", 3.0)):
            logged_run(store, experiment_id, name, {}, {"m": [value]}, {"group": group})
        order = (rt.ColumnOrder("tag", "group"), rt.ColumnOrder("metric", "m", ascending=False))
        assert self._names(store, experiment_id, *order) == ["c", "a", "b"]

    def test_durations_order_too(self, store: Store, experiment_id: str) -> None:
        for name, length in (("long", 900), ("short", 5), ("running", None)):
            run_id = logged_run(store, experiment_id, name, {}, {}, {}, 100)
            if length is not None:
                store.runs.update(r.UpdateRun(run_id, "FINISHED", 100 + length)).result()
        by_duration = rt.ColumnOrder("attribute", "duration")
        assert self._names(store, experiment_id, by_duration) == ["short", "long", "running"]

    def test_the_whole_language_filters(self, store: Store, experiment_id: str) -> None:
        for name, lr, value in (("a", "0.1", 1.0), ("b", "0.2", 2.0), ("c", _LONG, 3.0)):
            logged_run(store, experiment_id, name, {"lr": lr}, {"m": [value]})
        for text, expected in (
            ("metrics.m > 1", ["b", "c"]),
            ("NOT metrics.m > 1", ["a"]),
            ("metrics.m > 1 AND (params.lr = '0.2' OR attributes.run_name = 'a')", ["b"]),
            (f"params.lr = '{_LONG}'", ["c"]),
            ("params.lr IS NULL", []),
            ("metrics.other IS NULL AND status = 'RUNNING'", ["a", "b", "c"]),
            ("params.lr LIKE '0._' AND metrics.m.max < 2", ["a"]),
        ):
            request = rt.GetRunTable([experiment_id], filter=text)
            table = store.runs.get_table(request)
            assert (sorted(table.run_names), table.total) == (expected, len(expected)), text
            order = rt.ColumnOrder("metric", "m")
            assert self._names(store, experiment_id, order, filter=text) == expected, text

    def test_deleted_runs_are_seen_on_request(self, store: Store, experiment_id: str) -> None:
        order = rt.ColumnOrder("metric", "m")
        for name in ("a", "b", "c"):
            run_id = logged_run(store, experiment_id, name, {"p": name}, {"m": [1.0]})
        store.runs.delete(r.RunId(run_id)).result()
        for view, expected in (
            ("ACTIVE_ONLY", ["a", "b"]),
            ("DELETED_ONLY", ["c"]),
            ("ALL", ["a", "b", "c"]),
        ):
            for ordered in (order, rt.ColumnOrder("param", "p")):
                names = self._names(store, experiment_id, ordered, run_view_type=view)
                assert names == expected

    def test_several_experiments(self, store: Store, experiment_id: str) -> None:
        other = new_experiment(store)
        logged_run(store, experiment_id, "here", {}, {"m": [1.0]})
        logged_run(store, other, "there", {}, {"m": [0.0]})
        request = rt.GetRunTable([experiment_id, other], order_by=[rt.ColumnOrder("metric", "m")])
        table = store.runs.get_table(request)
        assert (table.total, table.run_names) == (2, ["there", "here"])
        assert table.experiment_ids == [other, experiment_id]
        assert store.runs.get_table(rt.GetRunTable([])).total == 0

    def test_a_tree_has_roots_and_children(self, store: Store, experiment_id: str) -> None:
        top = logged_run(store, experiment_id, "top", {}, {"m": [1.0]})
        middle = logged_run(store, experiment_id, "middle", {}, {"m": [2.0]}, {_PARENT: top})
        logged_run(store, experiment_id, "leaf", {}, {"m": [3.0]}, {_PARENT: middle})
        logged_run(store, experiment_id, "orphan", {}, {"m": [4.0]}, {_PARENT: "gone"})
        logged_run(store, experiment_id, "alone")
        order = [rt.ColumnOrder("metric", "m")]

        def rows(parent: str, text: str | None = None) -> list[tuple[str, int]]:
            request = rt.GetRunTable(
                [experiment_id], order_by=order, parent_run_id=parent, filter=text
            )
            table = store.runs.get_table(request)
            assert table.total == len(table.run_ids)
            return list(zip(table.run_names, table.child_counts, strict=True))

        assert rows("") == [("top", 1), ("orphan", 0), ("alone", 0)]
        assert rows(top) == [("middle", 1)]
        assert rows(middle) == [("leaf", 0)]
        assert rows("", "metrics.m >= 2") == [("middle", 1), ("orphan", 0)]
        assert rows("", "metrics.m != 2 AND metrics.m < 4") == [("top", 0), ("leaf", 0)]

    def test_runs_that_are_each_others_parents_are_roots(
        self, store: Store, experiment_id: str
    ) -> None:
        ids = {name: unique(name * 8) for name in ("a", "b", "c", "own", "below")}
        ids["long"] = unique("p" * 70)
        ids["longer"] = unique("p" * 70)
        parents = {"a": "b", "b": "c", "c": "a", "own": "own", "below": "b"}
        parents |= {"long": "longer", "longer": "long"}
        for at, (name, run_id) in enumerate(ids.items()):
            tags = [r.RunTag(_PARENT, ids[parents[name]])]
            request = r.CreateRun(experiment_id, "ada", name, at, tags, run_id=run_id)
            store.runs.create(request).result()

        def rows(parent: str, text: str | None = None) -> dict[str, int]:
            found = []
            for order in ([], [rt.ColumnOrder("tag", "mlflow.runName")]):
                request = rt.GetRunTable(
                    [experiment_id], order_by=order, parent_run_id=parent, filter=text
                )
                table = store.runs.get_table(request)
                assert table.total == len(table.run_ids) == len(set(table.run_ids))
                found.append(dict(zip(table.run_names, table.child_counts, strict=True)))
            assert found[0] == found[1]
            return found[0]

        assert rows("") == {"a": 0, "b": 1, "c": 0, "own": 0, "long": 0, "longer": 0}
        below = {name: rows(run_id) for name, run_id in ids.items()}
        assert below == {name: {} for name in ids} | {"b": {"below": 0}}
        # Where one of a cycle does not match, the others stand below each other.
        assert rows("", "run_name IN ('a', 'b', 'below')") == {"b": 2}
        assert rows(ids["b"], "run_name IN ('a', 'b', 'below')") == {"a": 0, "below": 0}

    def test_a_parent_may_have_a_long_id(self, store: Store, experiment_id: str) -> None:
        parent = unique("p" * 70)
        other = unique("p" * 70)
        for run_id in (parent, other):
            new_run(store, experiment_id, run_id=run_id)
        child = logged_run(store, experiment_id, "child", {}, {"m": [1.0]}, {_PARENT: parent})
        lost = logged_run(store, experiment_id, "lost", {}, {}, {_PARENT: unique("p" * 70)})
        for order in ([], [rt.ColumnOrder("metric", "m")]):
            roots = rt.GetRunTable([experiment_id], order_by=order, parent_run_id="")
            table = store.runs.get_table(roots)
            assert sorted(table.run_ids) == sorted([parent, other, lost])
            assert (table.total, sum(table.child_counts)) == (3, 1)
            assert table.child_counts[table.run_ids.index(parent)] == 1
        below = rt.GetRunTable([experiment_id], parent_run_id=parent)
        assert store.runs.get_table(below).run_ids == [child]

    def test_members_of_a_group(self, store: Store, experiment_id: str) -> None:
        logged_run(store, experiment_id, "a", {"lr": "1"}, {"m": [math.nan]}, {"t": _LONG})
        logged_run(store, experiment_id, "b", {"lr": "1"}, {"m": [2.0, 3.0]}, {"t": _LONG + "y"})
        logged_run(store, experiment_id, "c", {}, {}, {})

        def names(*values: rt.ColumnValue) -> list[str]:
            return sorted(self._names(store, experiment_id, within=[*values]))

        assert names(rt.ColumnValue("param", "lr", text="1")) == ["a", "b"]
        assert names(rt.ColumnValue("param", "lr")) == ["c"]
        assert names(rt.ColumnValue("tag", "t", text=_LONG)) == ["a"]
        assert names(rt.ColumnValue("metric", "m", number=math.nan)) == ["a"]
        assert names(rt.ColumnValue("metric", "m", number=3.0)) == ["b"]
        assert names(rt.ColumnValue("metric", "m", "min", number=2.0)) == ["b"]
        assert names(rt.ColumnValue("metric", "m")) == ["c"]
        assert names(rt.ColumnValue("attribute", "run_name", text="b")) == ["b"]
        assert names(rt.ColumnValue("attribute", "duration")) == ["a", "b", "c"]
        assert names(rt.ColumnValue("tag", "nobody")) == ["a", "b", "c"]
        assert names(rt.ColumnValue("tag", "nobody", text="x")) == []
        both = (rt.ColumnValue("param", "lr", text="1"), rt.ColumnValue("metric", "m", number=3.0))
        assert names(*both) == ["b"]

    @pytest.mark.parametrize(
        ("asked", "message"),
        [
            ({"max_results": 0}, r"Invalid max_results 0: it must be 1 to 1,000\."),
            ({"max_results": 1001}, r"Invalid max_results 1001: it must be 1 to 1,000\."),
            ({"offset": -1}, "Invalid offset -1"),
            ({"columns": [rt.Column("attribute", "color")]}, "Invalid attribute 'color'"),
            ({"order_by": [rt.ColumnOrder("attribute", "x")]}, "Invalid attribute 'x'"),
            ({"filter": "metrics.m >"}, "Invalid"),
        ],
    )
    def test_what_cannot_be_is_refused(
        self, store: Store, experiment_id: str, asked: dict[str, object], message: str
    ) -> None:
        with pytest.raises(InvalidParameter, match=message):
            self._names(store, experiment_id, **asked)

    def test_columns_of_an_experiment(self, store: Store, experiment_id: str) -> None:
        numbers = {"m": [1.0, 3.0], "nan": [math.nan], "same": [2.0]}
        logged_run(store, experiment_id, "one", {"lr": "0.1", "mixed": "1"}, numbers, {"t": "x"})
        others = {"m": [math.inf], "nan": [0.0], "same": [2.0]}
        logged_run(store, experiment_id, "two", {"lr": "10", "mixed": "auto"}, others, {"t": "x"})
        logged_run(store, new_experiment(store), "elsewhere", {"other": "1"})
        found = store.experiments.list_columns(rt.ListColumns(experiment_id)).columns
        assert found == [
            rt.ColumnSummary("metric", "m", True, True, 3.0, 3.0),
            rt.ColumnSummary("metric", "nan", True, True, 0.0, 0.0),
            rt.ColumnSummary("metric", "same", False, True, 2.0, 2.0),
            rt.ColumnSummary("param", "lr", True, True, 0.1, 10.0),
            rt.ColumnSummary("param", "mixed", True, False, 1.0, 1.0),
            rt.ColumnSummary("tag", "mlflow.runName", True, False),
            rt.ColumnSummary("tag", "t", False, False),
        ]
        nothing = rt.ListColumns(new_experiment(store))
        assert store.experiments.list_columns(nothing).columns == []

    def test_values_that_begin_with_a_text(self, store: Store, experiment_id: str) -> None:
        for value in ("adam", "adamw", "Adam", "sgd", "adam", _LONG, _LONG + "y", ""):
            logged_run(store, experiment_id, f"run {value[:9]}", {"o": value})
        logged_run(store, new_experiment(store), "elsewhere", {"o": "adagrad"})

        def values(key: str, prefix: str = "", kind: str = "param", most: int = 50) -> list[str]:
            request = rt.ListColumnValues(experiment_id, "param", key, prefix, most)
            request = msgspec.structs.replace(request, kind=kind)
            return store.experiments.list_values(request).values

        assert values("o")[:5] == ["", "Adam", "adam", "adamw", "sgd"]
        assert values("o", "ada") == ["adam", "adamw"]
        assert values("o", "a", most=1) == ["adam"]
        assert values("o", _LONG[:66]) in ([_LONG], [_LONG + "y"])
        assert values("o", "z") == values("nobody") == []
        assert values("run_name", "run a", "attribute") == ["run adam", "run adamw"]
        assert values("status", "R", "attribute") == ["RUNNING"]
        assert values("origin", "", "tag") == []
        dataset = r.DatasetInput(r.Dataset("iris", "d", "local", "s"))
        run_id = logged_run(store, experiment_id, "last")
        store.runs.log_inputs(r.LogInputs(run_id, [dataset])).result()
        assert values("datasets", "i", "attribute") == ["iris"]
        with pytest.raises(InvalidParameter, match="Metric 'm' is a number"):
            values("m", kind="metric")
        with pytest.raises(InvalidParameter, match="Attribute 'duration' is a number"):
            values("duration", kind="attribute")
        with pytest.raises(InvalidParameter, match="Invalid max_results 51"):
            values("o", most=51)
