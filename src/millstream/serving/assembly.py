"""The parts of one process that serves models, put together from its options."""

from __future__ import annotations

import asyncio
import importlib
import traceback
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from millstream import settings
from millstream.asgi import memory
from millstream.asgi.guard import Guard
from millstream.errors import InvalidState, MillstreamError
from millstream.serving.app import (
    Application,
    Asked,
    Counts,
    Handler,
    Invocations,
    Route,
    readiness,
    version,
)
from millstream.serving.docs import documentation
from millstream.serving.exchange import Exchange
from millstream.serving.inference_routes import inference_routes
from millstream.serving.metrics import KIND, FollowedMetrics, Instruments, ModelMetrics
from millstream.serving.options import INVOCATIONS, PROBES, ServedModel, ServingOptions
from millstream.serving.scheduling import Rules
from millstream.serving.served import Served
from millstream.serving.slot import Slot

_TICK_SECONDS = 1.0
_POST = ("POST",)

Failed = Callable[[MillstreamError], None]
"""Called when a model cannot be loaded, and nothing can be served."""


def assemble(options: ServingOptions, failed: Failed) -> Application:
    """The ASGI application, which begins to load the models when the server listens."""
    instruments = Instruments(together=options.workers > 1)
    counts = {model.name: ModelMetrics(instruments, model.name) for model in options.models}
    rules = _rules(options)

    def make(named: ServedModel) -> Served:
        return Served(named, rules, counts[named.name])

    slots = [Slot(make(named)) for named in options.models]
    guard = Guard(
        options.allowed_hosts,
        options.cors_allowed_origins,
        options.x_frame_options,
        enabled=not options.disable_security_middleware,
    )

    async def start() -> None:
        if not await _load(options, [slot.model for slot in slots], failed):
            return
        tasks = _follow(options, slots, make, instruments)
        if options.workers > 1:
            tasks.append(_look(instruments, slots))
        await asyncio.gather(*tasks)

    routes = {
        **_of_the_process(slots, options.health_route),
        "/metrics": Route(_metrics(instruments, slots)),
        **inference_routes(slots, counts, options.max_body),
        **documentation(slots),
        **_invocations(slots, counts, options),
    }
    return Application(routes, guard, start)


def _rules(options: ServingOptions) -> Rules:
    return Rules(
        threads=options.threads,
        timeout=options.timeout,
        max_batch=options.max_batch,
        max_wait=options.max_wait_ms / 1_000,
        max_queue=options.max_queue,
    )


def _of_the_process(models: Sequence[Slot], health_route: str | None) -> dict[str, Route]:
    ready = Route(readiness(models, b"\n"), is_open=True)
    return {
        "/version": Route(version(), is_open=True),
        **dict.fromkeys((*PROBES, health_route or PROBES[0]), ready),
    }


def _invocations(
    models: Sequence[Slot], counts: Mapping[str, Counts], options: ServingOptions
) -> dict[str, Route]:
    invocations = Invocations(options.max_body)
    asked = [Route(Asked(model, counts[model.name], invocations), _POST) for model in models]
    paths = [f"/models/{model.name}/invocations" for model in models]
    first = (INVOCATIONS, options.predict_route or INVOCATIONS)
    return {**dict.fromkeys(first, asked[0]), **dict(zip(paths, asked, strict=True))}


async def _look(instruments: Instruments, slots: Sequence[Slot]) -> None:
    """Note the counts now and then: another process may be the one that is asked for them."""
    while True:
        instruments.look(slots)
        await asyncio.sleep(_TICK_SECONDS)


def _follow(
    options: ServingOptions,
    slots: Sequence[Slot],
    make: Callable[[ServedModel], Served],
    instruments: Instruments,
) -> list[Coroutine[Any, Any, None]]:
    """What keeps the models that follow the registry at its versions."""
    if not any(named.followed for named in options.models):
        return []
    # Late, since the client of the registry comes with it.
    following = importlib.import_module("millstream.serving.following")
    allow_pickle = settings.load().allow_pickle

    async def load(model: Served) -> None:
        await model.load(allow_pickle, options.model_config)

    making = following.Making(make, load, asyncio.Lock())
    return [
        following.Follower(
            slot, named, named.followed, making, FollowedMetrics(instruments, named.name)
        ).run()
        for slot, named in zip(slots, options.models, strict=True)
        if named.followed is not None
    ]


def _metrics(instruments: Instruments, models: Sequence[Slot]) -> Handler:
    async def answer(exchange: Exchange) -> None:
        await exchange.reply(instruments.text(models), KIND)

    return answer


async def _load(options: ServingOptions, models: Sequence[Served], failed: Failed) -> bool:
    """One after the other: libraries do not bear to be imported on several threads at once.

    The answer is whether all were loaded.
    """
    allow_pickle = settings.load().allow_pickle
    for model, named in zip(models, options.models, strict=True):
        try:
            await model.load(allow_pickle, options.model_config)
        except BaseException as error:  # code of the user's may even ask to exit
            if isinstance(error, asyncio.CancelledError):
                raise
            reason = _cannot_load(named, error)
            for waited_for in models:
                waited_for.give_up(reason)
            failed(InvalidState(reason))
            return False
    memory.settle()
    return True


def _cannot_load(model: ServedModel, error: BaseException) -> str:
    why = f"The model {model.name!r} in {model.path} cannot be loaded: {error}"
    if isinstance(error, MillstreamError):
        return why
    return f"{why}\n{''.join(traceback.format_exception(error))}"
