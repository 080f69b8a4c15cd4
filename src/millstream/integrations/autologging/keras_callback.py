"""Follows a training of Keras: its params, metrics and checkpoints go into a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import msgspec

from millstream.client.tracking import MillstreamClient
from millstream.integrations.autologging.checkpoints import CheckpointOptions, Checkpoints
from millstream.integrations.autologging.recording import Record
from millstream.integrations.autologging.training import Training


class FollowerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How often metrics are logged: after every epoch, or after every so many steps.

    `prefix` is what the names of the optimizer's params begin with.
    """

    every_n_steps: int | None = None
    checkpoints: CheckpointOptions | None = None
    prefix: str = "optimizer_"


def follower(training: Training, options: FollowerOptions) -> Follower:
    """The callback for these options.

    Only one that counts steps has a hook for batches: Keras waits for each batch if there is any.
    """
    checkpoints = options.checkpoints
    by_step = checkpoints is not None and checkpoints.save_freq != "epoch"
    kind = StepFollower if options.every_n_steps or by_step else Follower
    return kind(training, options)


class Follower(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Logs at the beginning of a training, and after each epoch and evaluation."""

    def __init__(self, training: Training, options: FollowerOptions) -> None:
        super().__init__()
        self._training = training
        self._options = options
        self._epoch = 0
        self._measured: dict[str, float] = {}
        wanted = options.checkpoints
        suffix = ".h5" if wanted is not None and wanted.save_weights_only else ".keras"
        run_id = training.run_id
        self._checkpoints = None if wanted is None else Checkpoints(run_id, wanted, suffix)

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002  # Keras' signature
        """Log the optimizer and a summary of the model's layers."""
        self._training.do("params", self._log_optimizer)
        self._training.do("summary", self._log_summary)

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002  # Keras' signature
        """Note which epoch it is."""
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log what the epoch measured, and write a checkpoint if one is due."""
        self._training.do("metrics", self._log_epoch, epoch, logs)
        self._training.do("checkpoints", self._write_after_epoch, epoch)

    def on_test_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Log what an evaluation during the training measured."""
        self._training.do("metrics", self._log_evaluation, logs)

    def _log_optimizer(self) -> None:
        record = Record(self._training.run_id)
        optimizer = self.model.optimizer.get_config()
        record.params({f"{self._options.prefix}{name}": value for name, value in optimizer.items()})
        record.send()

    def _log_summary(self) -> None:
        lines: list[str] = []
        self.model.summary(print_fn=lambda line, *_, **__: lines.append(line))
        MillstreamClient().log_text(self._training.run_id, "\n".join(lines), "model_summary.txt")

    def _log_epoch(self, epoch: int, logs: Mapping[str, Any] | None) -> None:
        self._measured = _numbers(logs)
        if self._options.every_n_steps is None:
            self._training.log(self._measured, epoch)

    def _log_evaluation(self, logs: Mapping[str, Any] | None) -> None:
        measured = {f"validation_{name}": value for name, value in _numbers(logs).items()}
        by_epoch = self._options.every_n_steps is None
        self._training.log(measured, self._epoch if by_epoch else self._step())

    def _write_after_epoch(self, epoch: int) -> None:
        if self._checkpoints is not None:
            self._checkpoints.after_epoch(epoch, self._step(), self._known, self._save)

    def _step(self) -> int:
        return int(self.model.optimizer.iterations)

    def _known(self) -> Mapping[str, float]:
        return self._measured

    def _save(self, path: str, weights_only: bool) -> None:
        if weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)


class StepFollower(Follower):
    """The same, and logs after every so many steps."""

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002  # Keras' signature
        """Log what the epoch measured up to this batch, and write a checkpoint if one is due."""
        self._training.do("metrics", self._log_step, logs)
        self._training.do("checkpoints", self._write_after_step)

    def _log_step(self, logs: Mapping[str, Any] | None) -> None:
        every = self._options.every_n_steps
        if every and self._step() % every == 0:
            self._training.log(_numbers(logs), self._step())
        if self._checkpoints is not None:
            self._measured |= _numbers(logs)

    def _write_after_step(self) -> None:
        if self._checkpoints is not None:
            self._checkpoints.after_step(self._epoch, self._step(), self._known, self._save)


def _numbers(logs: Mapping[str, Any] | None) -> dict[str, float]:
    return {name: float(value) for name, value in (logs or {}).items()}
