"""Who predicts when, and that nobody waits or fails because of somebody else."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import numpy as np
import pytest

from millstream.errors import BadRequest
from millstream.serving.limits import Abandoned, Overloaded, TimedOut
from millstream.serving.request import Request
from millstream.serving.scheduling import Rules, Scheduler
from millstream.serving.threads import ModelThreads


class Counted:
    def __init__(self) -> None:
        self.predictions: list[tuple[int, int]] = []

    def predicted(self, requests: int, rows: int, seconds: float) -> None:
        assert seconds >= 0
        self.predictions.append((requests, rows))


class Model:
    """Doubles its input; can be held, and remembers how it was asked."""

    def __init__(self, *, held: bool = False) -> None:
        self.gate = threading.Event()
        if not held:
            self.gate.set()
        self.asked: list[tuple[int, Any]] = []
        self.threads: list[threading.Thread] = []
        self.at_once = self.most_at_once = 0

    def __call__(self, data: Any, params: dict[str, Any] | None) -> Any:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.asked.append((len(data), params))
        self.threads.append(threading.current_thread())
        assert self.gate.wait(30)
        self.at_once -= 1
        if -1 in data:
            raise BadRequest("-1 is not a number I like")
        return data * 2


def request(*values: float, params: dict[str, Any] | None = None, kind: Any = "floats") -> Request:
    return Request(np.array(values), params, len(values), kind=kind)


async def stay() -> None:
    await asyncio.Event().wait()


def build(model: Any, **rules: Any) -> Scheduler:
    threads = ModelThreads("test", rules.get("threads", 1))
    return Scheduler("m", model, Rules(**rules), threads, Counted())


def ask(scheduler: Scheduler, *requests: Request) -> list[Any]:
    async def together() -> list[Any]:
        tasks = [scheduler.predict(one, stay) for one in requests]
        return await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(together())


def values(outcomes: list[Any]) -> list[Any]:
    return [o if isinstance(o, Exception) else o.tolist() for o in outcomes]


def test_unknown_models_predict_on_their_thread_and_fast_ones_on_the_spot() -> None:
    model = Model()
    scheduler = build(model)

    async def one_after_the_other() -> None:
        for _ in range(12):
            assert (await scheduler.predict(request(1), stay)).tolist() == [2]

    asyncio.run(one_after_the_other())
    assert model.threads[0] is not threading.main_thread()
    assert model.threads[-1] is threading.main_thread()


def test_code_of_the_user_never_runs_on_the_loop() -> None:
    model = Model()
    scheduler = build(model, inline=False)

    async def one_after_the_other() -> None:
        for _ in range(12):
            await scheduler.predict(request(1), stay)

    asyncio.run(one_after_the_other())
    assert threading.main_thread() not in model.threads


@pytest.mark.parametrize("threads", [1, 3])
def test_no_more_predictions_at_a_time_than_the_model_bears(threads: int) -> None:
    model = Model(held=True)
    scheduler = build(model, threads=threads)

    async def together() -> None:
        tasks = [asyncio.create_task(scheduler.predict(request(n), stay)) for n in range(9)]
        while len(model.asked) < threads:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
        assert len(model.asked) == threads
        model.gate.set()
        assert values(await asyncio.gather(*tasks)) == [[2 * n] for n in range(9)]

    asyncio.run(together())
    assert model.most_at_once == threads


def test_without_batching_each_request_is_predicted_alone() -> None:
    model = Model()
    ask(build(model), *[request(n) for n in range(5)])
    assert [rows for rows, _ in model.asked] == [1] * 5


def test_what_arrives_together_is_predicted_together() -> None:
    model = Model()
    outcomes = ask(build(model, max_batch=64), request(1), request(2, 3), request(4))
    assert values(outcomes) == [[2], [4, 6], [8]]
    assert [rows for rows, _ in model.asked] == [4]


def test_a_model_fast_enough_for_the_loop_is_asked_together_as_well() -> None:
    model = Model()
    scheduler = build(model, max_batch=100)

    async def first_alone_then_together() -> list[Any]:
        for _ in range(12):
            await scheduler.predict(request(1), stay)
        assert model.threads[-1] is threading.main_thread()
        model.asked.clear()
        return await asyncio.gather(*[scheduler.predict(request(n), stay) for n in range(8)])

    assert values(asyncio.run(first_alone_then_together())) == [[2 * n] for n in range(8)]
    assert [rows for rows, _ in model.asked] == [8]


def test_what_queues_up_while_the_model_is_busy_is_predicted_together() -> None:
    model = Model(held=True)
    scheduler = build(model, max_batch=64, max_wait=30.0)

    async def in_two_steps() -> list[Any]:
        first = asyncio.create_task(scheduler.predict(request(1), stay))
        while not model.asked:
            await asyncio.sleep(0.001)
        others = [asyncio.create_task(scheduler.predict(request(n), stay)) for n in (2, 3, 4)]
        await asyncio.sleep(0)
        model.gate.set()
        return await asyncio.gather(first, *others)

    assert values(asyncio.run(in_two_steps())) == [[2], [4], [6], [8]]
    assert [rows for rows, _ in model.asked] == [1, 3]


def test_a_batch_has_no_more_rows_than_said_and_keeps_the_order() -> None:
    model = Model()
    outcomes = ask(build(model, max_batch=4), *[request(n, n) for n in range(5)])
    assert values(outcomes) == [[2 * n, 2 * n] for n in range(5)]
    assert [rows for rows, _ in model.asked] == [4, 4, 2]


def test_a_request_of_more_rows_than_a_batch_goes_alone() -> None:
    model = Model()
    ask(build(model, max_batch=4), request(1), request(*range(9)), request(2))
    assert sorted(rows for rows, _ in model.asked) == [2, 9]


def test_only_requests_of_one_kind_and_with_equal_params_are_joined() -> None:
    model = Model()
    asked = [
        request(1, params={"a": 1}),
        request(2, kind="others"),
        request(3, params={"a": 1}),
        request(4, params={"a": 2}),
        request(5, kind=None),
        request(6, kind=None),
    ]
    outcomes = ask(build(model, max_batch=64), *asked)
    assert values(outcomes) == [[2], [4], [6], [8], [10], [12]]
    assert model.asked[0] == (2, {"a": 1})
    assert [rows for rows, _ in model.asked[1:]] == [1, 1, 1, 1]


def test_a_bad_request_does_not_fail_its_neighbours() -> None:
    outcomes = ask(build(Model(), max_batch=64), request(1), request(-1), request(3))
    assert values([outcomes[0], outcomes[2]]) == [[2], [6]]
    assert isinstance(outcomes[1], BadRequest)


def test_predictions_that_do_not_belong_to_rows_switch_batching_off(
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked: list[int] = []

    def total(data: Any, _params: Any) -> Any:
        asked.append(len(data))
        return data.sum(keepdims=True)

    scheduler = build(total, max_batch=64)
    assert values(ask(scheduler, request(1, 2), request(3))) == [[3], [3]]
    assert values(ask(scheduler, request(4), request(5, 6))) == [[4], [11]]
    assert asked == [3, 2, 1, 1, 2]
    assert [record.message for record in caplog.records] == [
        "Batching is off for the model 'm': The model answers 3 rows with 1 predictions."
    ]


def test_a_request_that_takes_too_long_is_told_so_and_the_next_is_answered() -> None:
    model = Model(held=True)
    scheduler = build(model, timeout=0.05)

    async def held_up() -> None:
        with pytest.raises(TimedOut, match=r"^Request processing time exceeded limit$"):
            await scheduler.predict(request(1), stay)
        with pytest.raises(TimedOut):  # it waits for the first, whose prediction goes on
            await scheduler.predict(request(2), stay)
        assert scheduler.waiting == 0
        model.gate.set()
        while model.at_once:
            await asyncio.sleep(0.001)
        assert (await scheduler.predict(request(3), stay)).tolist() == [6]

    asyncio.run(held_up())
    assert [rows for rows, _ in model.asked] == [1, 1]  # the second was not predicted in vain


def test_more_than_may_wait_are_sent_away_at_once() -> None:
    model = Model(held=True)
    scheduler = build(model, max_queue=2)

    async def crowded() -> None:
        waiting = [asyncio.create_task(scheduler.predict(request(n), stay)) for n in (1, 2)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded, match="'m' has 2 requests waiting") as refused:
            await scheduler.predict(request(3), stay)
        assert refused.value.status == 503
        assert refused.value.retry_after >= 1
        model.gate.set()
        assert values(await asyncio.gather(*waiting)) == [[2], [4]]
        assert (await scheduler.predict(request(3), stay)).tolist() == [6]

    asyncio.run(crowded())


def test_requests_whose_clients_have_left_are_not_predicted() -> None:
    model = Model(held=True)
    scheduler = build(model)

    async def impatient() -> None:
        first = asyncio.create_task(scheduler.predict(request(1), stay))
        while not model.asked:
            await asyncio.sleep(0.001)
        left = asyncio.Event()

        async def gone() -> None:
            await left.wait()

        second = asyncio.create_task(scheduler.predict(request(2), gone))
        third = asyncio.create_task(scheduler.predict(request(3), stay))
        await asyncio.sleep(0)
        left.set()
        with pytest.raises(Abandoned):
            await second
        model.gate.set()
        assert values(await asyncio.gather(*[first, third])) == [[2], [6]]

    asyncio.run(impatient())
    assert len(model.asked) == 2


@pytest.mark.parametrize("fast", [True, False])
def test_surprises_reach_whoever_waits(fast: bool) -> None:
    broken = False

    def surprising(data: Any, _params: Any) -> Any:
        if broken:
            raise KeyError("not an error that a model is allowed to raise")
        return data

    scheduler = build(surprising, max_batch=8, inline=fast)
    for _ in range(12):
        ask(scheduler, request(1), request(2))
    broken = True
    outcomes = ask(scheduler, request(1), request(2))
    assert [type(outcome) for outcome in outcomes] == [KeyError, KeyError]
