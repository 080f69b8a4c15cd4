"""Jobs that let a model score files, at the targets that have such."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import msgspec

from millstream.deploy import waiting
from millstream.deploy.applying import DeploymentFailed
from millstream.deploy.batch import BatchJob
from millstream.deploy.chosen_model import choose
from millstream.deploy.plugin import BaseDeploymentClient
from millstream.deploy.target import BatchTarget, Status, Target
from millstream.deploy.wish import PATIENCE, Wish, checked_config, checked_name
from millstream.errors import MillstreamError, NotSupported

_DAY = 86_400.0
_WAITING: Mapping[str, str] = {
    "timeout_seconds": f"How long to wait until it is finished (default: {_DAY:.0f}, a day).",
    "synchronous": "false: do not wait until it is finished (default: true).",
}
_SHORTEST, _LONGEST = 0.2, 10.0
"""How long is waited between two looks at a job, in s: little at first."""


class BatchClient(BaseDeploymentClient):
    """Jobs at one target of ours."""

    def __init__(self, target_uri: str, target: Target) -> None:
        super().__init__(target_uri)
        self._target = target

    def batch_options(self) -> dict[str, str]:
        """What can be configured of a job here, and what each option means."""
        return {**self._batches().batch_options, **_WAITING}

    def start_batch(
        self,
        name: str,
        model_uri: str,
        input_uri: str,
        output_uri: str,
        flavor: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Let a model score files where the target is, and wait until it has.

        What was made for the job is removed then, whether it went well or raises
        `DeploymentFailed`. With `synchronous` false in the configuration nobody waits, and
        `stop_batch` removes it. Gives `name`, `state`, `message`, `address` and `details`.
        """
        target = self._batches()
        said = checked_config(config or {}, self.batch_options())
        patience, waits = waiting.patience(said, _DAY), waiting.waits(said)
        own = {key: value for key, value in said.items() if key not in _WAITING}
        job = BatchJob(name, input_uri, output_uri, own)
        model = choose(model_uri, flavor)
        step = min(patience, PATIENCE)
        wish = Wish(name, model.uri, model.path, {}, model.flavor, patience=step)
        target.start_batch(wish, job)
        found = _finished(target, name, patience) if waits else target.batch_status(name)
        return {"name": name, **msgspec.to_builtins(found)}

    def batch_status(self, name: str) -> Status:
        """How a job is doing, which is ready when it is finished; raises `NotFound`."""
        return self._batches().batch_status(checked_name(name, "job"))

    def stop_batch(self, name: str) -> None:
        """Stop a job and remove what was made for it; one that is gone is no error."""
        self._batches().stop_batch(checked_name(name, "job"))

    def _batches(self) -> BatchTarget:
        target: object = self._target
        if not isinstance(target, BatchTarget):
            raise NotSupported(
                f"The target '{self.target_uri}' has no jobs that score files: `millstream models "
                "predict` scores them on this machine, and the guide of batch scoring shows Spark."
            )
        return target


def _finished(target: BatchTarget, name: str, patience: float) -> Status:
    """Wait at most `patience` s for a job; in the end what was made for it is removed."""
    until, pause = time.monotonic() + patience, _SHORTEST
    try:
        while (found := target.batch_status(name)).state not in ("ready", "failed"):
            if time.monotonic() >= until:
                raise DeploymentFailed(
                    f"The job '{name}' was not finished within {patience:g} s: {found.message}."
                )
            time.sleep(min(pause, max(0.0, until - time.monotonic())))
            pause = min(pause * 1.5, _LONGEST)
        if found.state == "failed":
            raise DeploymentFailed(f"The job '{name}' failed: {found.message}.")
    except MillstreamError as error:
        raise DeploymentFailed(f"{error} {_tidied(target, name)}") from error
    except BaseException:  # somebody ends it
        target.stop_batch(name)
        raise
    return _without_what_was_made(target, name, found)


def _without_what_was_made(target: BatchTarget, name: str, found: Status) -> Status:
    try:
        target.stop_batch(name)
    except MillstreamError as error:
        raise DeploymentFailed(
            f"The job '{name}' is finished, and its predictions are there, but not all that was "
            f"made for it could be removed: {error} Stop the job to try again."
        ) from error
    return found


def _tidied(target: BatchTarget, name: str) -> str:
    try:
        target.stop_batch(name)
    except MillstreamError as error:
        return f"What was made for it could not be removed: {error} Stop the job to try again."
    return "What had been made for it was removed."
