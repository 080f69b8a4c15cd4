"""The page with a form for each model, and the OpenAPI document it is made from."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from millstream.asgi.guard import PAGE_POLICY
from millstream.asgi.replies import HTML, Headers, as_json
from millstream.errors import MillstreamError
from millstream.serving.app import Handler, Route
from millstream.serving.body_schema import json_schema
from millstream.serving.exchange import Exchange, mlflow_form
from millstream.serving.forms import form
from millstream.serving.served import Served
from millstream.serving.slot import Slot
from millstream.version import VERSION

_FOLDER = Path(__file__).parent / "documentation"
_POLICY = [(b"content-security-policy", PAGE_POLICY)]
_FILES = {
    "form.js": b"text/javascript; charset=utf-8",
    "style.css": b"text/css; charset=utf-8",
    "icon.svg": b"image/svg+xml",
}
_ERROR = {
    "type": "object",
    "properties": {
        "error_code": {"type": "string"},
        "message": {"type": "string"},
        "stack_trace": {"type": "string"},
    },
}
_REASONS = {
    "400": "The input does not fit, or the model raised an error.",
    "413": "The body is too large.",
    "503": "The model is being loaded, or too many requests wait.",
}


def documentation(slots: Sequence[Slot]) -> dict[str, Route]:
    """The handlers by path."""
    routes = {
        "/docs": Route(_file("index.html", HTML, _POLICY)),
        "/openapi.json": Route(_Described(slots)),
    }
    return routes | {
        f"/docs/{name}": Route(_file(name, kind, _POLICY)) for name, kind in _FILES.items()
    }


def document(models: Sequence[Served]) -> dict[str, Any]:
    """The OpenAPI document of models that are loaded; `x-models` is what the page shows."""
    paths: dict[str, Any] = {
        path: {"get": _operation(text, {"200": {"description": "It is."}})}
        for path, text in _PROBES.items()
    }
    for number, model in enumerate(models):
        described = json_schema(model.model, model.example())
        named = f"/models/{model.name}/invocations"
        for path in ("/invocations", named) if number == 0 else (named,):
            paths[path] = {"post": _prediction(model, described)}
    return {
        "openapi": "3.1.0",
        "info": {"title": ", ".join(model.name for model in models), "version": VERSION},
        "paths": paths,
        "x-models": [_shown(model, first=model is models[0]) for model in models],
    }


_PROBES = {
    "/ping": "Whether all models are ready",
    "/health": "Whether all models are ready",
    "/version": "The version of MLflow whose behaviour this is",
    "/metrics": "Counts and times for Prometheus",
    "/v2/health/live": "Whether the server is alive",
    "/v2/health/ready": "Whether all models are ready",
}


class _Described:
    """The document, made when it is first asked for after the models were loaded or replaced."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self._slots = slots
        self._made_of: list[weakref.ref[Served]] = []
        self._made = b""

    async def __call__(self, exchange: Exchange) -> None:
        """Answer with it as JSON."""
        try:
            models = [slot.model for slot in self._slots]
            for model in models:
                if not model.is_loaded:
                    await model.until_loaded()
            body = self._body(models)
        except MillstreamError as error:
            await exchange.fail(error, mlflow_form)
        else:
            await exchange.reply(body)

    def _body(self, models: Sequence[Served]) -> bytes:
        if [one() for one in self._made_of] != models:
            self._made = as_json(document(models))
            self._made_of = [weakref.ref(model) for model in models]
        return self._made


def _prediction(model: Served, described: dict[str, Any]) -> dict[str, Any]:
    answers: dict[str, Any] = {"200": _content("The predictions.", described["response"])}
    for status, reason in _REASONS.items():
        answers[status] = _content(reason, _ERROR)
    operation = _operation(f"Predictions of {model.name}", answers)
    request = _content("One of the fields that carry data, and params.", described["request"])
    return {**operation, "requestBody": {"required": True, **request}}


def _operation(summary: str, answers: dict[str, Any]) -> dict[str, Any]:
    return {"summary": summary, "responses": answers}


def _content(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _shown(model: Served, *, first: bool) -> dict[str, Any]:
    metadata = model.model.metadata
    own = [name for name in metadata.flavors if name != "python_function"]
    kind = own[0] if own else "Python"
    saved = f", saved on {metadata.utc_time_created[:10]}" if metadata.utc_time_created else ""
    return {
        "name": model.name,
        "about": f"A {kind} model{saved}.",
        "path": "invocations" if first else f"models/{model.name}/invocations",
        "form": form(model.model, model.example()),
    }


def _file(name: str, kind: bytes, more: Headers) -> Handler:
    body = (_FOLDER / name).read_bytes()

    async def answer(exchange: Exchange) -> None:
        await exchange.reply(body, kind, more=more)

    return answer
