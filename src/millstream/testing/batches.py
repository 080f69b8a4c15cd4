"""The contract of batches: metrics, params and tags of a run in one request."""

from __future__ import annotations

import re

import pytest

from millstream.entities import runs as r
from millstream.entities.metrics import Metric
from millstream.errors import InvalidParameter
from millstream.store.interface import Store
from millstream.testing.fixtures import Contract, get_run


class BatchesContract(Contract):
    """What every store promises about batches."""

    def test_a_batch_is_written_whole(self, store: Store, run_id: str) -> None:
        batch = r.LogBatch(
            run_id,
            [Metric("m", 1.0, 1, 1), Metric("m", 2.0, 2, 2), Metric("n", -1.0, 1)],
            [r.Param("p", "1"), r.Param("q", "2")],
            [r.RunTag("t", "1"), r.RunTag("t", "2")],
        )
        for _ in range(2):
            store.runs.log_batch(batch).result()
            data = get_run(store, run_id).data
            assert data.metrics == {"m": 2.0, "n": -1.0}
            assert data.params == {"p": "1", "q": "2"}
            assert data.tags["t"] == "2"
        store.runs.log_batch(r.LogBatch(run_id)).result()

    def test_a_conflict_aborts_the_whole_batch(self, store: Store, run_id: str) -> None:
        store.runs.log_param(r.LogParam(run_id, "p", "1")).result()
        batch = r.LogBatch(
            run_id, [Metric("m", 1.0, 1)], [r.Param("new", "1"), r.Param("p", "2")], []
        )
        message = (
            "Changing param values is not allowed. Params were already logged="
            f"'[{{'key': 'p', 'old_value': '1', 'new_value': '2'}}]' for run ID='{run_id}'."
        )
        with pytest.raises(InvalidParameter, match=re.escape(message)):
            store.runs.log_batch(batch).result()
        data = get_run(store, run_id).data
        assert (data.metrics, data.params) == ({}, {"p": "1"})

    def test_batches_are_limited(self, store: Store, run_id: str) -> None:
        metrics = [Metric("m", 1.0, 1, step) for step in range(1001)]
        message = (
            "A batch logging request can contain at most 1000 metrics. Got 1001 metrics. "
            "Please split up metrics across multiple requests and try again."
        )
        with pytest.raises(InvalidParameter, match=message):
            store.runs.log_batch(r.LogBatch(run_id, metrics)).result()
        params = [r.Param(f"p{place}", "v") for place in range(101)]
        with pytest.raises(InvalidParameter, match="at most 100 params"):
            store.runs.log_batch(r.LogBatch(run_id, params=params)).result()
        message = "at most 1000 metrics, params, and tags. Got 1010 metrics, params, and tags."
        with pytest.raises(InvalidParameter, match=message):
            store.runs.log_batch(r.LogBatch(run_id, metrics[:950], params[:60])).result()

    def test_duplicate_params_are_refused(self, store: Store, run_id: str) -> None:
        params = [r.Param("q", "1"), r.Param("p", "1"), r.Param("q", "1")]
        message = re.escape("Duplicate parameter keys have been submitted: ['q']. Please ensure")
        with pytest.raises(InvalidParameter, match=message):
            store.runs.log_batch(r.LogBatch(run_id, params=params)).result()
