"""Checkpoints of a training in its run: when one is due, where it is kept, and the way back."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from millstream.client.active import active_run
from millstream.client.tracking import MillstreamClient
from millstream.errors import InvalidParameter, NotFound

FOLDER = "checkpoints"
LATEST = "mlflow.latest_checkpoint_artifact"

Metrics = Callable[[], Mapping[str, float]]
"""What is measured by now, which is only asked for where a checkpoint may be due."""
Save = Callable[[str, bool], None]
"""Writes a checkpoint to a path; whether of the weights alone is the second argument."""


class CheckpointOptions(msgspec.Struct, frozen=True, kw_only=True):
    """When a checkpoint is written, and of what.

    `save_freq` is "epoch" or a number of training steps. With `save_best_only` there is one
    checkpoint, replaced whenever the metric `monitor` is better: lower with the `mode` "min",
    higher with "max". With `save_weights_only` it holds the weights alone.
    """

    monitor: str = "val_loss"
    mode: str = "min"
    save_best_only: bool = True
    save_weights_only: bool = False
    save_freq: str | int = "epoch"

    def __post_init__(self) -> None:
        if self.mode not in ("min", "max"):
            raise InvalidParameter(f"`checkpoint_mode` is 'min' or 'max', not {self.mode!r}")
        steps = isinstance(self.save_freq, int) and self.save_freq > 0
        if self.save_freq != "epoch" and not steps:
            raise InvalidParameter(
                f"`checkpoint_save_freq` is 'epoch' or a number of steps, not {self.save_freq!r}"
            )
        if self.save_best_only and not self.monitor:
            raise InvalidParameter(
                "with `checkpoint_save_best_only` there must be a `checkpoint_monitor`: the name "
                "of the metric that says which checkpoint is best"
            )


def options_of(option: Callable[[str, Any], Any]) -> CheckpointOptions:
    """The options of an integration, in which each begins with `checkpoint_`."""
    usual = CheckpointOptions()
    names = CheckpointOptions.__struct_fields__
    return CheckpointOptions(
        **{name: option(f"checkpoint_{name}", getattr(usual, name)) for name in names}
    )


def check_options(options: Mapping[str, Any]) -> None:
    """Raise `InvalidParameter` for options of checkpoints that cannot be meant."""
    options_of(lambda name, default: options.get(name, default))


def check_frequency(log_every_epoch: bool, log_every_n_steps: int | None) -> None:
    """Raise `InvalidParameter` unless metrics are logged by the epoch, or else every few steps."""
    if log_every_epoch == (log_every_n_steps is not None):
        raise InvalidParameter(
            "metrics are logged after every epoch (`log_every_epoch=True`), or every so many steps "
            "(`log_every_epoch=False, log_every_n_steps=100`), not with "
            f"log_every_epoch={log_every_epoch} and log_every_n_steps={log_every_n_steps}"
        )


class Checkpoints:
    """The checkpoints of one training, written into its run as MLflow does.

    `suffix` is what their files end with. Without the metric to monitor there is no checkpoint; if
    somebody chose that metric, `InvalidParameter` says so the first time.
    """

    def __init__(self, run_id: str, options: CheckpointOptions, suffix: str) -> None:
        self._run_id = run_id
        self._options = options
        self._suffix = suffix
        self._best: float | None = None
        self._said = False

    def after_epoch(self, epoch: int, step: int, metrics: Metrics, save: Save) -> None:
        """An epoch is over: have `save` write a checkpoint if one is due."""
        if self._options.save_freq == "epoch" and self._is_wanted(metrics()):
            self._log(epoch, step, metrics(), save)

    def after_step(self, epoch: int, step: int, metrics: Metrics, save: Save) -> None:
        """The same after a step of training, numbered from 1."""
        every = self._options.save_freq
        if isinstance(every, int) and step > 0 and step % every == 0 and self._is_wanted(metrics()):
            self._log(epoch, step, metrics(), save)

    def _is_wanted(self, metrics: Mapping[str, float]) -> bool:
        if not self._options.save_best_only:
            return True
        value = metrics.get(self._options.monitor)
        if value is None:
            self._miss(metrics)
            return False
        if math.isnan(value) or not self._is_better(value):
            return False
        self._best = value
        return True

    def _is_better(self, value: float) -> bool:
        if self._best is None:
            return True
        return value < self._best if self._options.mode == "min" else value > self._best

    def _miss(self, metrics: Mapping[str, float]) -> None:
        if self._said or self._options.monitor == CheckpointOptions().monitor:
            return
        self._said = True
        known = ", ".join(sorted(metrics)) or "none yet"
        raise InvalidParameter(
            f"no checkpoint is logged: the metric {self._options.monitor!r}, which says which one "
            f"is best, is not among those of the training ({known}). Name one of them with "
            "`checkpoint_monitor`, or log every checkpoint with `checkpoint_save_best_only=False`, "
            "or none with `checkpoint=False`."
        )

    def _log(self, epoch: int, step: int, metrics: Mapping[str, float], save: Save) -> None:
        folder, prefix = self._place(epoch, step)
        weights = ".weights" if self._options.save_weights_only else ""
        name = f"{prefix}checkpoint{weights}{self._suffix}"
        client = MillstreamClient()
        with tempfile.TemporaryDirectory(prefix="millstream-checkpoint-") as here:
            path = Path(here, name)
            save(str(path), self._options.save_weights_only)
            client.log_artifact(self._run_id, str(path), folder)
        facts = {**metrics, "epoch": epoch, "global_step": step}
        client.log_dict(self._run_id, facts, f"{folder}/{prefix}checkpoint_metrics.json")
        client.set_tag(self._run_id, LATEST, f"{folder}/{name}")

    def _place(self, epoch: int, step: int) -> tuple[str, str]:
        """The folder of a checkpoint, and what its names begin with."""
        if self._options.save_best_only:
            return FOLDER, "latest_"
        if self._options.save_freq == "epoch":
            return f"{FOLDER}/epoch_{epoch}", ""
        return f"{FOLDER}/global_step_{step}", ""


def download_checkpoint(
    run_id: str | None, epoch: int | None, global_step: int | None, folder: str
) -> str:
    """Fetch a checkpoint of a run (by default the active one) into a folder; gives its path.

    Without `epoch` and `global_step`, of which one may be given, it is the latest.
    """
    if epoch is not None and global_step is not None:
        raise InvalidParameter(
            f"a checkpoint has a number of an epoch or of a step: give `epoch` ({epoch}) or "
            f"`global_step` ({global_step}), not both"
        )
    if run_id is None:
        run = active_run()
        if run is None:
            raise InvalidParameter("there is no active run; say with `run_id` whose checkpoint")
        run_id = run.info.run_id
    client = MillstreamClient()
    latest = client.get_run(run_id).data.tags.get(LATEST)
    if latest is None:
        raise NotFound(f"run {run_id} has no checkpoint that automatic logging left")
    name = latest.rpartition("/")[2]
    if epoch is not None:
        latest = f"{FOLDER}/epoch_{epoch}/{name}"
    if global_step is not None:
        latest = f"{FOLDER}/global_step_{global_step}/{name}"
    return client.download_artifacts(run_id, latest, folder)
