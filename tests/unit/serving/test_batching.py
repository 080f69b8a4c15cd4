"""Batches: what one prediction for several requests gives, and how long it pays to wait."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression

from millstream.errors import BadRequest
from millstream.serving import merging
from millstream.serving.batching import Gathering, answer_each, answer_together
from millstream.serving.pace import Pace
from millstream.serving.request import Request

ROWS = st.lists(st.integers(0, 5), min_size=1, max_size=6)
RANDOM = np.random.default_rng(0)
FEATURES = RANDOM.normal(size=(300, 4))
TARGET = FEATURES @ [1.0, -2.0, 3.0, 0.5] + RANDOM.normal(size=300)
FOREST = RandomForestRegressor(20, random_state=0).fit(FEATURES, TARGET)
LINEAR = LinearRegression().fit(FEATURES, TARGET)


def requests_of(rows: list[int]) -> list[Request]:
    blocks = [RANDOM.normal(size=(n, 4)) for n in rows]
    return [Request(block, None, len(block), kind="x") for block in blocks]


def both_ways(predict: Any, requests: list[Request]) -> tuple[list[Any], list[Any]]:
    return answer_together(predict, requests), answer_each(predict, requests)


@pytest.mark.parametrize("rows", [[1] * 32, [3, 1, 7], [1]])
def test_forests_predict_the_same_together_as_alone(rows: list[int]) -> None:
    together, alone = both_ways(lambda data, _: FOREST.predict(data), requests_of(rows))
    for one, other in zip(together, alone, strict=True):
        assert one.tolist() == other.tolist()


@pytest.mark.parametrize("rows", [[1] * 32, [3, 1, 7], [1]])
def test_linear_models_predict_the_same_together_as_alone(rows: list[int]) -> None:
    together, alone = both_ways(lambda data, _: LINEAR.predict(data), requests_of(rows))
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


FORMS: dict[str, Any] = {
    "array": lambda block: block,
    "names": lambda block: {"a": block, "b": block[:, :1]},
    "list": lambda block: block.tolist(),
    "frame": lambda block: pd.DataFrame(block, columns=list("abcd")),
    "mixed frame": lambda block: pd.DataFrame(block, columns=list("abcd")).assign(
        when=pd.Timestamp("2020-01-01"), word="a", whole=np.int64(7)
    ),
}


@pytest.mark.parametrize("form", FORMS)
@given(rows=ROWS)
def test_joined_inputs_come_apart_as_they_were(form: str, rows: list[int]) -> None:
    inputs = [FORMS[form](np.arange(n * 4.0).reshape(n, 4)) for n in rows]
    parts = merging.split(merging.join(inputs), rows)
    assert len(parts) == len(inputs)
    for part, whole in zip(parts, inputs, strict=True):
        if isinstance(whole, pd.DataFrame):
            pd.testing.assert_frame_equal(part, whole)
        elif isinstance(whole, dict):
            assert {name: value.tolist() for name, value in part.items()} == {
                name: value.tolist() for name, value in whole.items()
            }
        else:
            assert np.array_equal(part, whole)


@pytest.mark.parametrize(
    ("predictions", "found"),
    [
        (np.zeros(2), "2 predictions"),
        ([1.0, 2.0], "2 predictions"),
        (np.float64(1), "a float64"),
        ("text", "a str"),
        ({"a": np.zeros(3), "b": np.zeros(2)}, "2 predictions"),
        (None, "a NoneType"),
    ],
)
def test_predictions_that_are_not_one_for_each_row_are_noticed(
    predictions: Any, found: str
) -> None:
    with pytest.raises(merging.Unsplittable, match=f"answers 3 rows with {found}"):
        merging.split(predictions, [1, 2])


def test_an_empty_dictionary_of_predictions_is_noticed() -> None:
    with pytest.raises(merging.Unsplittable, match="empty dictionary"):
        merging.split({}, [1, 2])


def test_tables_of_predictions_count_from_0_for_each_request() -> None:
    table = pd.DataFrame({"p": [1, 2, 3]})
    first, second = merging.split(table, [1, 2])
    assert first.index.tolist() == [0]
    assert second.index.tolist() == [0, 1]


def test_one_bad_request_gets_its_error_and_the_others_their_predictions() -> None:
    def predict(data: Any, _params: Any) -> Any:
        if np.isnan(data).any():
            raise BadRequest("NaN")
        return data.sum(axis=1)

    requests = requests_of([1, 2, 1])
    requests[1].data[0, 0] = np.nan
    first, bad, last = answer_together(predict, requests)
    assert isinstance(bad, BadRequest)
    assert first == requests[0].data.sum(axis=1)
    assert last == requests[2].data.sum(axis=1)


def test_inputs_that_turn_out_not_to_fit_together_are_predicted_alone() -> None:
    requests = [
        Request(np.zeros((1, 4)), None, 1, kind="x"),
        Request(np.zeros((1, 5)), None, 1, kind="x"),
    ]
    assert [part.shape for part in answer_together(lambda data, _: data, requests)] == [
        (1, 4),
        (1, 5),
    ]


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def batch(gathering: Gathering, size: int) -> None:
    gathering.took(size)
    gathering.ended()


def test_a_lone_request_never_waits(clock: Clock) -> None:
    gathering = Gathering(0.005)
    assert gathering.pause(1, clock.now, 0.02) == 0
    batch(gathering, 32)
    clock.now += 0.0051  # nobody has come back
    assert gathering.pause(1, clock.now, 0.02) == 0
    batch(gathering, 1)
    assert gathering.pause(1, clock.now, 0.02) == 0  # nor is anybody else expected from now on


def test_after_a_batch_it_waits_for_the_same_clients_until_they_are_back(clock: Clock) -> None:
    gathering = Gathering(0.005)
    batch(gathering, 32)
    clock.now += 0.001
    assert gathering.pause(1, clock.now, 0.02) == pytest.approx(0.004)
    assert gathering.pause(31, clock.now, 0.02) > 0
    assert gathering.pause(32, clock.now, 0.02) == 0


def test_a_large_batch_is_expected_again_after_a_small_one(clock: Clock) -> None:
    gathering = Gathering(0.005)
    batch(gathering, 31)
    batch(gathering, 1)
    assert gathering.pause(1, clock.now, 0.02) > 0
    batch(gathering, 1)
    assert gathering.pause(1, clock.now, 0.02) == 0


def test_it_never_waits_longer_than_half_a_prediction(clock: Clock) -> None:
    gathering = Gathering(0.005)
    batch(gathering, 8)
    assert gathering.pause(1, clock.now, 0.002) == pytest.approx(0.001)
    assert gathering.pause(1, clock.now, 0.0) == 0


def test_no_request_waits_longer_than_said(clock: Clock) -> None:
    gathering = Gathering(0.005)
    batch(gathering, 8)
    clock.now += 0.001
    assert gathering.pause(1, clock.now - 0.0045, 1.0) == pytest.approx(0.0005)
    assert gathering.pause(1, clock.now - 0.0051, 1.0) == 0


def record(pace: Pace, times: int, rows: int, seconds: float, busy: float, thread: bool) -> None:
    for _ in range(times):
        pace.record(rows, seconds, busy, on_thread=thread)


def test_a_size_is_fast_after_some_fast_predictions() -> None:
    pace = Pace()
    record(pace, 4, 1, 0.0001, 0.0001, thread=True)
    assert not pace.is_fast(1)
    record(pace, 1, 1, 0.0001, 0.0001, thread=True)
    assert pace.is_fast(1)
    assert not pace.is_fast(1_000)
    assert pace.seconds(1) == pytest.approx(0.0001)
    assert pace.seconds(1_000) == 0


@pytest.mark.parametrize(("seconds", "busy"), [(0.0015, 0.0015), (0.05, 0.0001)])
def test_a_size_that_works_or_waits_for_long_is_not(seconds: float, busy: float) -> None:
    pace = Pace()
    record(pace, 100, 32, seconds, busy, thread=True)
    assert not pace.is_fast(32)


def test_waiting_for_the_interpreter_does_not_make_a_model_slow() -> None:
    pace = Pace()
    record(pace, 5, 32, 0.012, 0.0001, thread=True)
    assert pace.is_fast(32)
    assert pace.seconds(32) == pytest.approx(0.012)


def fast() -> Pace:
    pace = Pace()
    record(pace, 5, 2, 0.0001, 0.0001, thread=True)
    assert pace.is_fast(3)  # the same class
    return pace


def test_waiting_for_other_processes_does_not_make_a_model_slow() -> None:
    pace = fast()
    for _ in range(100):
        record(pace, 1, 2, 0.03, 0.0002, thread=False)
        record(pace, 30, 2, 0.0002, 0.0002, thread=False)
    assert pace.is_fast(2)


def test_a_size_that_worked_long_once_stays_off_the_loop_for_long() -> None:
    pace = fast()
    record(pace, 1, 3, 5.0, 5.0, thread=False)
    record(pace, 1_004, 3, 0.0001, 0.0001, thread=True)
    assert not pace.is_fast(3)
    record(pace, 1, 3, 0.0001, 0.0001, thread=True)
    assert pace.is_fast(3)


def test_a_size_that_keeps_waiting_for_something_leaves_the_loop() -> None:
    pace = fast()
    record(pace, 50, 2, 0.01, 0.0001, thread=False)
    assert not pace.is_fast(2)


def test_a_hiccup_costs_little() -> None:
    pace = fast()
    record(pace, 1, 2, 0.002, 0.002, thread=False)
    assert not pace.is_fast(2)
    record(pace, 5, 2, 0.0001, 0.0001, thread=True)
    assert pace.is_fast(2)
