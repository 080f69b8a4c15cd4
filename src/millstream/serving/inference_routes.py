"""The routes of the Open Inference Protocol V2."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence

from millstream.asgi.replies import JSON, as_json
from millstream.errors import BadRequest, MillstreamError
from millstream.serving.app import Asked, Counts, Handler, Route, fixed, readiness
from millstream.serving.exchange import Exchange
from millstream.serving.inference_protocol import (
    InferenceDecoder,
    encode_inference,
    inference_error,
    model_metadata,
)
from millstream.serving.limits import ModelFailed
from millstream.serving.served import Served
from millstream.serving.slot import Slot
from millstream.version import VERSION

VERSION_1 = "1"
"""What a model's version is called here: a server has one of each."""

_POST = ("POST",)
_BINARY = b"application/octet-stream"
_SERVER = {
    "name": "millstream",
    "version": VERSION,
    "extensions": ["binary_tensor_data"],
}


def inference_routes(
    models: Sequence[Slot], counts: Mapping[str, Counts], most_body: int
) -> dict[str, Route]:
    """The handlers by path."""
    routes = {
        "/v2": Route(fixed(as_json(_SERVER))),
        "/v2/health/live": Route(fixed(b'{"live":true}'), is_open=True),
        "/v2/health/ready": Route(_ready(models, b'{"ready":true}'), is_open=True),
    }
    for model in models:
        asked = Asked(model, counts[model.name], Infer(most_body), error_form)
        for path in (f"/v2/models/{model.name}", f"/v2/models/{model.name}/versions/{VERSION_1}"):
            told = as_json({"name": model.name, "ready": True})
            routes[path] = Route(_metadata(model))
            routes[f"{path}/ready"] = Route(_ready([model], told), is_open=True)
            routes[f"{path}/infer"] = Route(asked, _POST)
    return routes


class Infer:
    """Predictions in the form of the protocol."""

    def __init__(self, most_body: int) -> None:
        self._most_body = most_body
        self._decoders: weakref.WeakKeyDictionary[Served, InferenceDecoder]
        self._decoders = weakref.WeakKeyDictionary()

    async def __call__(self, model: Served, exchange: Exchange) -> None:
        """Read, predict, answer."""
        decoder = self._decoders.get(model)
        if decoder is None:
            decoder = self._decoders[model] = InferenceDecoder(model.model, model.decoder)
        if exchange.encoding not in (b"", b"identity"):
            raise BadRequest("Compressed bodies are not read: send it uncompressed.")
        body = await exchange.body(self._most_body)
        asked = decoder.decode(body, exchange.json_length)
        predictions = await model.predict(asked.request, exchange.gone)
        answer, head = encode_inference(predictions, asked, model.name, VERSION_1)
        if head is None:
            await exchange.reply(answer)
        else:
            more = [(b"inference-header-content-length", b"%d" % head)]
            await exchange.reply(answer, _BINARY, more=more)


def error_form(error: MillstreamError) -> tuple[bytes, bytes]:
    """An error as the protocol writes it."""
    if isinstance(error, ModelFailed):
        error = MillstreamError(f"{error.message}\n{error.stack_trace}")
    return inference_error(error), JSON


def _ready(models: Sequence[Slot], body: bytes) -> Handler:
    return readiness(models, body, error_form)


def _metadata(slot: Slot) -> Handler:
    async def answer(exchange: Exchange) -> None:
        model = slot.model
        try:
            if not model.is_loaded:
                await model.until_loaded()
        except MillstreamError as error:
            await exchange.fail(error, error_form)
            return
        described = model_metadata(model.model, model.name, [VERSION_1])
        await exchange.reply(as_json(described))

    return answer
