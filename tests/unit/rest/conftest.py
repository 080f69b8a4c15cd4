from __future__ import annotations

from typing import Any

import msgspec
import pytest

from millstream.entities import experiments as e
from millstream.entities import metrics as m
from millstream.rest.dispatch import Answer, Dispatcher
from millstream.rest.endpoints import ENDPOINTS, Effort
from millstream.store.pending import Pending


class Recorder:
    """A backend that remembers what it was asked and answers what it was told to."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, Any]] = []
        self.answers: dict[str, Any] = {}
        for noun in ("experiments", "runs", "metrics", "models", "artifacts"):
            setattr(self, noun, _Noun(self, noun))

    def perform(self, operation: str, request: Any) -> Any:
        self.requests.append((operation, request))
        answer = self.answers.get(operation)
        effort = {row.operation: row.effort for row in ENDPOINTS}.get(operation)
        if effort is not Effort.WRITE:
            if isinstance(answer, Exception):
                raise answer
            return answer
        pending: Pending[Any] = Pending()
        if isinstance(answer, Exception):
            pending.fail(answer)
        else:
            pending.succeed(answer)
        return pending


class _Noun:
    def __init__(self, recorder: Recorder, noun: str) -> None:
        self._recorder = recorder
        self._noun = noun

    def __getattr__(self, method: str) -> Any:
        if method.startswith("__"):
            raise AttributeError(method)
        return lambda request, *_told: self._recorder.perform(f"{self._noun}.{method}", request)


class Wire:
    """Sends requests to a dispatcher over a recorder."""

    def __init__(self) -> None:
        self.backend = Recorder()
        self.dispatcher = Dispatcher(self.backend)

    def answers(self, operation: str, answer: Any) -> None:
        self.backend.answers[operation] = answer

    def post(
        self, path: str, body: bytes | str, kind: bytes | None = b"application/json"
    ) -> Answer:
        return self.send("POST", path, body, kind)

    def get(self, path: str, query: str = "") -> Answer:
        return self.dispatcher.answer("GET", _full(path), query.encode(), None, b"")

    def send(
        self, method: str, path: str, body: bytes | str, kind: bytes | None = b"application/json"
    ) -> Answer:
        raw = body.encode() if isinstance(body, str) else body
        return self.dispatcher.answer(method, _full(path), b"", kind, raw)

    @property
    def last(self) -> dict[str, Any]:
        """The last request, without what was not given."""
        request = self.backend.requests[-1][1]
        values: dict[str, Any] = msgspec.to_builtins(request)
        values.pop("run_uuid", None)
        return values


def _full(path: str) -> str:
    return path if path.startswith("/") else f"/api/2.0/mlflow/{path}"


@pytest.fixture
def wire() -> Wire:
    made = Wire()
    made.answers("metrics.log", None)
    made.answers("experiments.create", e.ExperimentCreated("7"))
    made.answers("metrics.get_history", m.MetricPage())
    return made


class Message:
    """Reads the error in an answer."""

    def __call__(self, answer: Answer) -> str:
        values = msgspec.json.decode(answer.body)
        assert set(values) >= {"error_code", "message", "sqlstate", "error_class"}
        return str(values["message"])


@pytest.fixture
def message() -> Message:
    return Message()
