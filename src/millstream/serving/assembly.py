"""The parts of one process that serves models, put together from its options."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Mapping, Sequence

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
from millstream.serving.metrics import KIND, Instruments, ModelMetrics
from millstream.serving.options import ServedModel, ServingOptions
from millstream.serving.scheduling import Rules
from millstream.serving.served import Served

_TICK_SECONDS = 1.0
_POST = ("POST",)

Failed = Callable[[MillstreamError], None]
"""Called when a model cannot be loaded, and nothing can be served."""


def assemble(options: ServingOptions, failed: Failed) -> Application:
    """The ASGI application, which begins to load the models when the server listens."""
    instruments = Instruments(together=options.workers > 1)
    counts = {model.name: ModelMetrics(instruments, model.name) for model in options.models}
    rules = _rules(options)
    models = [Served(named, rules, counts[named.name]) for named in options.models]
    guard = Guard(
        options.allowed_hosts,
        options.cors_allowed_origins,
        options.x_frame_options,
        enabled=not options.disable_security_middleware,
    )

    async def start() -> None:
        await _load(options, models, failed)
        while options.workers > 1:  # another process may be the one that is asked for the counts
            instruments.look(models)
            await asyncio.sleep(_TICK_SECONDS)

    routes = {
        **_of_the_process(models),
        "/metrics": Route(_metrics(instruments, models)),
        **_invocations(models, counts, options.max_body),
        **inference_routes(models, counts, options.max_body),
        **documentation(models),
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


def _of_the_process(models: Sequence[Served]) -> dict[str, Route]:
    ready = Route(readiness(models, b"\n"), is_open=True)
    return {
        "/ping": ready,
        "/health": ready,
        "/version": Route(version(), is_open=True),
    }


def _invocations(
    models: Sequence[Served], counts: Mapping[str, Counts], most_body: int
) -> dict[str, Route]:
    invocations = Invocations(most_body)
    asked = [Route(Asked(model, counts[model.name], invocations), _POST) for model in models]
    paths = [f"/models/{model.name}/invocations" for model in models]
    return {"/invocations": asked[0], **dict(zip(paths, asked, strict=True))}


def _metrics(instruments: Instruments, models: Sequence[Served]) -> Handler:
    async def answer(exchange: Exchange) -> None:
        await exchange.reply(instruments.text(models), KIND)

    return answer


async def _load(options: ServingOptions, models: Sequence[Served], failed: Failed) -> None:
    """One after the other: libraries do not bear to be imported on several threads at once."""
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
            return
    memory.settle()


def _cannot_load(model: ServedModel, error: BaseException) -> str:
    why = f"The model {model.name!r} in {model.path} cannot be loaded: {error}"
    if isinstance(error, MillstreamError):
        return why
    return f"{why}\n{''.join(traceback.format_exception(error))}"
