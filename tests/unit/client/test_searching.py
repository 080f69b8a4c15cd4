from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import millstream
from millstream.errors import InvalidParameter, NotSupported


def make(count: int) -> list[str]:
    found = []
    for number in range(count):
        with millstream.start_run(run_name=f"run{number}") as run:
            millstream.log_metric("score", number)
            if number:
                millstream.log_param("p", number)
        found.append(run.info.run_id)
    return found


def test_a_frame_has_a_row_for_each_run_and_a_column_for_each_thing(folder: Path) -> None:
    first, second = make(2)
    frame = millstream.search_runs(order_by=["metrics.score"])
    assert list(frame["run_id"]) == [first, second]
    assert list(frame.columns[:6]) == [
        "run_id",
        "experiment_id",
        "status",
        "artifact_uri",
        "start_time",
        "end_time",
    ]
    assert list(frame["metrics.score"]) == [0.0, 1.0]
    assert frame["params.p"].isna().tolist() == [True, False]
    assert str(frame["start_time"].dtype).startswith("datetime64[")
    assert str(frame["start_time"].dtype).endswith("UTC]")
    assert "tags.mlflow.runName" in frame.columns


def test_an_empty_frame_has_its_fixed_columns(folder: Path) -> None:
    frame = millstream.search_runs()
    assert len(frame) == 0
    assert list(frame.columns) == [
        "run_id",
        "experiment_id",
        "status",
        "artifact_uri",
        "start_time",
        "end_time",
    ]


def test_a_list_is_filtered_ordered_and_limited(folder: Path) -> None:
    ids = make(4)
    found = millstream.search_runs(
        filter_string="metrics.score > 0",
        order_by=["metrics.score DESC"],
        max_results=2,
        output_format="list",
    )
    assert [run.info.run_id for run in found] == [ids[3], ids[2]]


def test_experiments_are_named_by_id_by_name_or_are_all(folder: Path) -> None:
    millstream.set_experiment("a")
    (in_a,) = make(1)
    other = millstream.set_experiment("b").experiment_id
    (in_b,) = make(1)

    def ids(**how: Any) -> set[str]:
        return {run.info.run_id for run in millstream.search_runs(output_format="list", **how)}

    assert ids() == {in_b}
    assert ids(experiment_names=["a"]) == {in_a}
    assert ids(experiment_ids=[other]) == {in_b}
    assert ids(search_all_experiments=True) == {in_a, in_b}
    with pytest.warns(RuntimeWarning, match="no experiment named 'nope'"):
        assert ids(experiment_names=["nope"]) == set()
    with pytest.raises(InvalidParameter, match="not both"):
        ids(experiment_ids=["0"], experiment_names=["a"])
    with pytest.raises(ValueError, match="Unsupported output format: xml"):
        millstream.search_runs(output_format="xml")  # type: ignore[arg-type]  # that is the point


def test_pages_of_the_client_carry_a_token(client: millstream.MillstreamClient) -> None:
    ids = make(3)
    page = client.search_runs(["0"], max_results=2)
    assert isinstance(page, list)
    assert len(page) == 2
    rest = client.search_runs(["0"], max_results=2, page_token=page.token)
    assert [run.info.run_id for run in [*page, *rest]] == ids[::-1]
    assert not rest.token


def test_without_pandas_the_message_says_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(NotSupported, match=r"pip install millstream\[pandas\]"):
        millstream.search_runs()
