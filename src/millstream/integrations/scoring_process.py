"""A model that predicts in a process of its own environment, one for each worker of Spark."""

from __future__ import annotations

import contextlib
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, cast

import msgspec

from millstream import settings
from millstream.environments.preparation import Prepared
from millstream.environments.specification import EnvManager
from millstream.errors import MillstreamError
from millstream.integrations import scoring_messages as messages
from millstream.integrations.model_environment import prepare
from millstream.integrations.worker_model import WorkerModel

_PACKAGES = ("pandas", "pyarrow")  # what rows cross with


class Elsewhere(msgspec.Struct, frozen=True):
    """Another environment than the worker's; `at_hand` if it is on the machine of the worker."""

    manager: EnvManager
    at_hand: Prepared | None


class ScoringProcess:
    """The process. It ends when this one does, whose end of the pipe is closed then."""

    def __init__(self, prepared: Prepared, directory: Path, model: WorkerModel) -> None:
        command = [str(prepared.python), "-P", "-m", "millstream.integrations.scoring_loop"]
        self._process = subprocess.Popen(  # noqa: S603 a list of words, no shell
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=prepared.variables({**settings.process_variables(), **model.variables}),
        )
        self._ask, self._hear = cast("tuple[IO[bytes], IO[bytes]]", self._pipes())
        with contextlib.suppress(BrokenPipeError):  # `predict` says that it has ended
            messages.write(self._ask, messages.Start(str(directory), model))

    def predict(self, frame: Any) -> Any:
        """The answers to the rows of a DataFrame, as one; raises what the model raises."""
        sent = messages.batch(frame)
        try:
            messages.write(self._ask, sent)
            answer = messages.read(self._hear)
        except BrokenPipeError:
            answer = None
        if isinstance(answer, messages.Failure):
            raise MillstreamError(answer.message, answer.error_code)
        if not isinstance(answer, messages.Batch):
            raise MillstreamError(
                "the process that predicts in the environment of the model ended with exit code "
                f"{self._process.wait()}; its messages are in the log of Spark's worker"
            )
        return messages.frame(answer)

    @property
    def has_ended(self) -> bool:
        """Whether it cannot be asked any more."""
        return self._process.poll() is not None

    def _pipes(self) -> tuple[Any, Any]:
        return self._process.stdin, self._process.stdout


def elsewhere(directory: Path, manager: EnvManager, shares_files: bool) -> Elsewhere | None:
    """The environment of a model, made on this machine if need be; None if it is the present one.

    Workers that share this machine's files use the same; others make one on theirs.
    """
    prepared = prepare([directory], manager, also=_PACKAGES)
    if prepared.is_present:
        return None
    return Elsewhere(prepared.manager, prepared if shares_files else None)


def predict_elsewhere(place: Elsewhere, directory: Path, model: WorkerModel, frame: Any) -> Any:
    """The answers of a model in its environment, by the process that this worker has for it."""
    told = msgspec.msgpack.encode(model)
    process = _process(place, str(directory), told)
    if process.has_ended:
        _process.cache_clear()
        process = _process(place, str(directory), told)
    return process.predict(frame)


@lru_cache(maxsize=4)
def _process(place: Elsewhere, directory: str, told: bytes) -> ScoringProcess:
    folder = Path(directory)
    prepared = place.at_hand or prepare([folder], place.manager, also=_PACKAGES)
    return ScoringProcess(prepared, folder, msgspec.msgpack.decode(told, type=WorkerModel))
