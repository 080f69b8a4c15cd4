"""Follows a Trainer of PyTorch Lightning: its params, metrics and checkpoints go into a run."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from importlib import import_module
from typing import Any

import msgspec

from millstream.client.metrics import log_metrics
from millstream.client.tracking import MillstreamClient
from millstream.entities.runs import Param
from millstream.integrations.autologging.checkpoints import CheckpointOptions, Checkpoints, Save
from millstream.integrations.autologging.configuration import get_autologging_config
from millstream.integrations.autologging.reports import unfailing

_quietly = unfailing("pytorch", partial(get_autologging_config, "pytorch", "silent", False))
HEAD_ROWS = 5


class FollowerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Which run is written to, and how often: every so many epochs, and steps if any."""

    run_id: str
    model_id: str | None = None
    every_n_epoch: int = 1
    every_n_step: int | None = None
    checkpoints: CheckpointOptions | None = None
    wants_example: bool = False


def follower(package: str, options: FollowerOptions) -> Any:
    """A callback for the Trainer of `pytorch_lightning` or of `lightning.pytorch`.

    The two packages have classes of their own, of which neither takes the other's.
    """
    kind = type("MillstreamCallback", (Follower, import_module(package).Callback), {})
    return kind(package, options)


class Follower:
    """The hooks. On ranks other than the first they do nothing.

    Processes that a strategy starts get a copy by pickling, which begins anew. The metrics of an
    epoch are logged when the next one begins, since only then those are there that the module
    logs in its own `on_train_epoch_end`.
    """

    def __init__(self, package: str, options: FollowerOptions) -> None:
        super().__init__()
        self._package = package
        self._options = options
        self._by_step: set[str] = set()
        self._by_epoch: set[str] = set()
        self._ended_epoch: int | None = None
        self._hook: Any = None
        self.example: tuple[Any, Any] | None = None
        wanted = options.checkpoints
        self._checkpoints = None if wanted is None else Checkpoints(options.run_id, wanted, ".pth")

    def __reduce__(self) -> tuple[Any, ...]:
        return follower, (self._package, self._options)

    @_quietly
    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Log what is known by now of the training and its optimizer."""
        if not trainer.is_global_zero:
            return
        client, run_id = MillstreamClient(), self._options.run_id
        client.set_tag(run_id, "Mode", "training", synchronous=False)
        params = [Param(str(key), str(value)) for key, value in _params(trainer).items()]
        client.log_batch(run_id, params=params, synchronous=False)
        if self._options.wants_example:
            self._hook = pl_module.register_forward_hook(self._keep_example)

    @_quietly
    def on_train_batch_end(self, trainer: Any, pl_module: Any, *_batch: Any) -> None:  # noqa: ARG002  # Lightning's signature
        """Log what was logged on steps; a name that is also one of an epoch is left to that."""
        every, step = self._options.every_n_step, trainer.global_step
        if not trainer.is_global_zero:
            return
        if every:
            found = trainer.callback_metrics
            names = [n for n in found if n not in self._by_epoch and f"{n}_step" not in found]
            self._by_step.update(names)
            done = step // max(1, len(trainer.optimizers))
            if (done + 1) % every == 0:
                self._log(_numbers(found, names), step)
        if self._checkpoints is not None and _writes_alone(trainer):
            epoch, measured = trainer.current_epoch, partial(_numbers, trainer.callback_metrics)
            self._checkpoints.after_step(epoch, step, measured, _saving(trainer))

    @_quietly
    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002  # Lightning's signature
        """Log the epoch before this one."""
        self._finish_epoch(trainer)

    @_quietly
    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002  # Lightning's signature
        """Write a checkpoint if one is due."""
        self._ended_epoch = trainer.current_epoch
        if trainer.is_global_zero and self._checkpoints is not None and _writes_alone(trainer):
            self._checkpoints.after_epoch(
                trainer.current_epoch,
                trainer.global_step,
                partial(_numbers, trainer.callback_metrics),
                _saving(trainer),
            )

    @_quietly
    def on_train_end(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002  # Lightning's signature
        """Log the last epoch."""
        self._finish_epoch(trainer)
        self._let_go()

    @_quietly
    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:  # noqa: ARG002  # Lightning's signature
        """Log the last epoch that was whole."""
        self._finish_epoch(trainer)
        self._let_go()

    def _finish_epoch(self, trainer: Any) -> None:
        epoch, self._ended_epoch = self._ended_epoch, None
        if epoch is None or not trainer.is_global_zero:
            return
        found = trainer.callback_metrics
        names = [name for name in found if name not in self._by_step]
        self._by_epoch.update(names)
        if (epoch + 1) % self._options.every_n_epoch == 0:
            self._log(_numbers(found, names), epoch)

    def _log(self, metrics: Mapping[str, float], step: int) -> None:
        if metrics:
            options = self._options
            log_metrics(metrics, step, run_id=options.run_id, model_id=options.model_id)

    def _keep_example(self, module: Any, inputs: tuple[Any, ...], output: Any) -> None:  # noqa: ARG002  # PyTorch's signature
        """Keep the first rows of a batch, if the module makes one tensor of one."""
        self._let_go()
        if len(inputs) == 1 and hasattr(inputs[0], "detach") and hasattr(output, "detach"):
            self.example = (_head(inputs[0]), _head(output))

    def _let_go(self) -> None:
        if self._hook is not None:
            self._hook.remove()
            self._hook = None


def _params(trainer: Any) -> dict[str, Any]:
    """How long it trains, and the first optimizer with its options, by the names it gives them."""
    found: dict[str, Any] = {"epochs": trainer.max_epochs}
    if trainer.optimizers:
        optimizer = trainer.optimizers[0]
        inner = getattr(optimizer, "optimizer", optimizer)  # Lightning wraps some
        found["optimizer_name"] = type(inner).__name__
        found |= getattr(inner, "defaults", {})
    return found


def _numbers(metrics: Mapping[str, Any], names: list[str] | None = None) -> dict[str, float]:
    return {name: float(metrics[name]) for name in (metrics if names is None else names)}


def _head(tensor: Any) -> Any:
    rows = tensor[:HEAD_ROWS].detach().cpu()
    return (rows.float() if rows.is_floating_point() else rows).numpy()


def _writes_alone(trainer: Any) -> bool:
    """Whether one rank has the whole model; else writing it would wait for the other ranks."""
    return trainer.world_size == 1 or type(trainer.strategy).__name__ == "DDPStrategy"


def _saving(trainer: Any) -> Save:
    """A function that writes a checkpoint, on this rank alone.

    `Trainer.save_checkpoint` would wait for the other ranks, which do not come.
    """

    def save(path: str, weights_only: bool) -> None:
        content = trainer._checkpoint_connector.dump_checkpoint(weights_only)
        trainer.strategy.save_checkpoint(content, path)

    return save
