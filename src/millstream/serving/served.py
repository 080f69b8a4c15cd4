"""A model that is served: loading, whether it is ready, and its predictions."""

from __future__ import annotations

import asyncio
import functools
import logging
from pathlib import Path
from typing import Any

from millstream.errors import InvalidParameter, MillstreamError, Unavailable
from millstream.model_format.flavors import FLAVORS
from millstream.model_format.params import ParamSchema
from millstream.model_format.pyfunc import PyFuncModel
from millstream.serving import loading, payloads
from millstream.serving.batching import answer_each, answer_together
from millstream.serving.limits import ModelFailed, Overloaded, TimedOut
from millstream.serving.merging import Unsplittable
from millstream.serving.options import ServedModel
from millstream.serving.request import Request
from millstream.serving.scheduling import Counts, Gone, Rules, Scheduler
from millstream.serving.threads import ModelThreads

_LOG = logging.getLogger(__name__)
_JSON = "application/json"
_NO_PARAMS = ParamSchema([])

# Libraries whose models run no code of the user's, which may not bear to run on an event loop.
_OF_LIBRARIES = {flavor.loader_module for flavor in FLAVORS.values()}


class Served:
    """A model under its name.

    It is loaded by `load`, on the thread that predicts. Requests that come before wait for it.
    `model`, `decoder` and `scheduler` are there once `is_loaded`; `reason` says why it is not
    ready, and is None when it is.
    """

    model: PyFuncModel
    decoder: payloads.Decoder
    scheduler: Scheduler

    def __init__(self, named: ServedModel, rules: Rules, counts: Counts) -> None:
        self.name = named.name
        self.in_flight = 0
        self.reason: str | None = f"The model {named.name!r} is being loaded."
        self._path = Path(named.path)
        self._rules = rules
        self._counts = counts
        self._threads = ModelThreads(f"model-{named.name}", rules.threads)
        self.is_loaded = False
        self._settled = asyncio.Event()
        self._early = 0

    @property
    def queue_length(self) -> int:
        """How many requests wait for the model, or for its prediction."""
        return self._early + (self.scheduler.waiting if self.is_loaded else 0)

    async def load(self, allow_pickle: bool, config: dict[str, Any] | None) -> None:
        """Load it, and have it predict its own example; it is ready if it can.

        Raises what loading raises.
        """
        load = functools.partial(loading.load, self._path, allow_pickle, config)
        self.model, self.decoder = await self._threads.call(load)
        inline = self.model.loader_module in _OF_LIBRARIES
        self.scheduler = Scheduler(
            self.name, self._ask, self._rules._replace(inline=inline), self._threads, self._counts
        )
        self.is_loaded = True
        self._settled.set()
        try:
            await self._threads.call(self._try_example)
        except Exception as error:  # noqa: BLE001  # whatever it is: it says that it is not ready
            self.reason = f"The model {self.name!r} cannot predict its own input example: {error}"
            _LOG.error("%s", self.reason)
        else:
            self.reason = None

    def give_up(self, reason: str) -> None:
        """It will never be loaded: nobody has to wait for it."""
        self.reason = reason
        self._settled.set()

    def end(self) -> None:
        """It is asked no more: its threads may end."""
        self._threads.end()

    def example(self) -> str | None:
        """The body of a request with the model's own example; None if it has none."""
        return self.model.metadata.get_serving_input(str(self._path))

    async def until_loaded(self) -> None:
        """Wait for it.

        Raises `TimedOut`, `Overloaded` if too many wait already, `Unavailable` if it is given up.
        """
        if self._early >= self._rules.max_queue:
            raise Overloaded(self.name, self._early, 1.0)
        self._early += 1
        try:
            async with asyncio.timeout(self._rules.timeout or None):
                await self._settled.wait()
        except TimeoutError as error:
            raise TimedOut from error
        finally:
            self._early -= 1
        if not self.is_loaded:
            raise Unavailable(self.reason)

    async def predict(self, request: Request, gone: Gone) -> Any:
        """The predictions; see `Scheduler.predict` for what it raises."""
        if request.params is not None:
            self._check(request.params)
        return await self.scheduler.predict(request, gone)

    def _check(self, params: Any) -> None:
        schema = self.model.metadata.get_params_schema()
        try:
            (_NO_PARAMS if schema is None else schema).fill(params)
        except InvalidParameter as error:
            message = f"Failed to predict data with the given params. \nError: {error.message}"
            raise InvalidParameter(message) from error

    def _ask(self, data: Any, params: dict[str, Any] | None) -> Any:
        """What the model says; whatever its code raises is a `MillstreamError`."""
        try:
            return self.model.infer(data, params)
        except MillstreamError:
            raise
        except BaseException as error:  # its code may even ask Python to exit
            raise ModelFailed(error) from error

    def _try_example(self) -> None:
        """On the model's thread. Also what costs time at the first prediction is then done."""
        body = self.example()
        if body is None:
            return
        request = self.decoder.decode(_JSON, body.encode())
        (predictions,) = answer_each(self._ask, [request])
        if isinstance(predictions, MillstreamError):
            raise predictions
        payloads.encode(predictions, request)
        if self.scheduler.batches and request.kind is not None:
            try:
                answer_together(self._ask, [request, request])
            except Unsplittable as error:
                self.scheduler.give_up_batching(error.message)
