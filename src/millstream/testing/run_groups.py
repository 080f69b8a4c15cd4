"""The contract of runs by groups."""

from __future__ import annotations

import math

import msgspec
import pytest

from millstream.entities import run_tables as rt
from millstream.entities import runs as r
from millstream.errors import InvalidParameter
from millstream.store.interface import Store
from millstream.testing.fixtures import Contract, logged_run


class RunGroupsContract(Contract):
    """What every store promises about groups of runs with what is typical of them."""

    def test_groups_with_means_and_deviations(self, store: Store, experiment_id: str) -> None:
        for number, (lr, value) in enumerate(
            (("10", 1.0), ("10", 3.0), ("9", 5.0), ("9", math.nan), ("auto", math.inf), (None, 2.0))
        ):
            params = {} if lr is None else {"lr": lr}
            logged_run(store, experiment_id, str(number), params, {"m": [value, value]}, {}, number)

        def groups(*order: rt.GroupOrder, **asked: object) -> rt.RunGroups:
            request = rt.GetRunGroups([experiment_id], group_by=[rt.Column("param", "lr")])
            request.measures = [rt.Column("metric", "m")]
            request = msgspec.structs.replace(request, order_by=[*order], **asked)
            return store.runs.get_groups(request)

        found = groups(rt.GroupOrder("group"))
        assert (found.total, found.run_total) == (4, 6)
        assert found.columns[0].texts == ["9", "10", "auto", None]
        assert found.counts == [2, 2, 1, 1]
        measure = found.measures[0]
        assert (measure.kind, measure.key, measure.aggregate) == ("metric", "m", "last")
        assert measure.counts == [1, 2, 0, 1]
        assert measure.means == [5.0, 2.0, None, 2.0]
        assert measure.deviations == [None, pytest.approx(math.sqrt(2)), None, None]
        assert (measure.lowest, measure.highest) == ([5.0, 1.0, None, 2.0], [5.0, 3.0, None, 2.0])
        by_mean = groups(rt.GroupOrder("mean", ascending=False))
        assert by_mean.columns[0].texts == ["9", "10", None, "auto"]
        assert groups().columns[0].texts == ["9", "10", "auto", None]
        page = groups(rt.GroupOrder("group", ascending=False), offset=1, max_results=2)
        assert (page.total, page.columns[0].texts) == (4, ["9", "auto"])
        behind = groups(offset=9)
        assert (behind.total, behind.run_total, behind.counts) == (4, 6, [])
        few = groups(filter="metrics.m > 2", within=[rt.ColumnValue("param", "lr", text="10")])
        assert (few.total, few.counts) == (1, [1])
        assert groups(filter="metrics.m < -99").total == 0

    def test_groups_of_several_columns(self, store: Store, experiment_id: str) -> None:
        for name, tag, value in (("a", "x", 1.0), ("b", "x", math.nan), ("c", "y", 1.0)):
            run_id = logged_run(
                store, experiment_id, name, {"n": "4"}, {"m": [value]}, {"t": tag}, 100
            )
            store.runs.update(r.UpdateRun(run_id, "FINISHED", 100 + int(value == 1.0))).result()
        request = rt.GetRunGroups(
            [experiment_id],
            group_by=[
                rt.Column("tag", "t"),
                rt.Column("metric", "m"),
                rt.Column("attribute", "status"),
            ],
            measures=[rt.Column("attribute", "duration"), rt.Column("param", "n")],
            order_by=[rt.GroupOrder("group", 0), rt.GroupOrder("group", 1)],
        )
        found = store.runs.get_groups(request)
        assert (found.total, found.counts) == (3, [1, 1, 1])
        assert found.columns[0].texts == ["x", "x", "y"]
        assert [found.columns[1].numbers[0], found.columns[1].numbers[2]] == [1.0, 1.0]
        assert math.isnan(found.columns[1].numbers[1] or 0)
        assert found.columns[2].texts == ["FINISHED"] * 3
        assert [measure.means for measure in found.measures] == [[1.0, 0.0, 1.0], [4.0] * 3]

    def test_deviations_far_from_zero_keep_their_digits(
        self, store: Store, experiment_id: str
    ) -> None:
        for number in range(6):
            value = 1e9 + number % 3 if number < 3 else 5.0
            logged_run(store, experiment_id, str(number), {"g": str(number // 3)}, {"m": [value]})
        found = store.runs.get_groups(
            rt.GetRunGroups(
                [experiment_id],
                group_by=[rt.Column("param", "g")],
                measures=[rt.Column("metric", "m")],
                order_by=[rt.GroupOrder("deviation", ascending=False)],
            )
        )
        assert found.measures[0].deviations == [pytest.approx(1.0, rel=1e-3), 0.0]

    @pytest.mark.parametrize(
        ("asked", "message"),
        [
            ({"group_by": []}, r"Invalid number of columns in group_by 0: it must be 1 to 3\."),
            ({"measures": [rt.Column("tag", "t")]}, "tag 't' is no number"),
            ({"order_by": [rt.GroupOrder("mean", 0)]}, "Invalid place 0 in order_by"),
            ({"max_results": 0}, "Invalid max_results 0"),
        ],
    )
    def test_groups_that_cannot_be_are_refused(
        self, store: Store, experiment_id: str, asked: dict[str, object], message: str
    ) -> None:
        request = rt.GetRunGroups([experiment_id], group_by=[rt.Column("param", "p")])
        with pytest.raises(InvalidParameter, match=message):
            store.runs.get_groups(msgspec.structs.replace(request, **asked))
