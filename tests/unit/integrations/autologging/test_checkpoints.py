"""Which checkpoints are written, and what is told where none can be."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import millstream
from millstream.errors import InvalidParameter, NotFound
from millstream.integrations.autologging.checkpoints import (
    CheckpointOptions,
    Checkpoints,
    check_frequency,
    check_options,
    download_checkpoint,
)

LOSSES = st.lists(st.one_of(st.floats(-10, 10), st.just(math.nan)), max_size=12)


class Written(Checkpoints):
    """Notes which epochs it would write."""

    def __init__(self, **options: Any) -> None:
        super().__init__("run", CheckpointOptions(**options), ".pth")
        self.epochs: list[int] = []

    def _log(self, epoch: int, *_: Any) -> None:
        self.epochs.append(epoch)


def write(path: str, _: bool) -> None:
    Path(path).write_text(Path(path).name)


@given(losses=LOSSES, mode=st.sampled_from(["min", "max"]))
def test_the_best_so_far_are_written(losses: list[float], mode: str) -> None:
    written = Written(mode=mode)
    for epoch, loss in enumerate(losses):
        written.after_epoch(epoch, epoch, lambda loss=loss: {"val_loss": loss}, write)  # type: ignore[misc]  # mypy sees no type
    better = min if mode == "min" else max
    expected, best = [], None
    for epoch, loss in enumerate(losses):
        if not math.isnan(loss) and (best is None or (loss != best and better(loss, best) == loss)):
            expected.append(epoch)
            best = loss
    assert written.epochs == expected


def test_steps_count_where_they_are_asked_for() -> None:
    written = Written(save_freq=3, save_best_only=False)
    for step in range(1, 8):
        written.after_step(step, step, dict, write)
        written.after_epoch(100, step, dict, write)
    assert written.epochs == [3, 6]


def test_a_chosen_metric_that_is_missing_is_told_of_once() -> None:
    written = Written(monitor="accuracy")
    with pytest.raises(InvalidParameter, match=r"'accuracy'.*\(val_loss\)"):
        written.after_epoch(0, 1, lambda: {"val_loss": 1.0}, write)
    written.after_epoch(1, 2, lambda: {"val_loss": 1.0}, write)
    assert written.epochs == []


def test_the_usual_metric_may_be_missing() -> None:
    written = Written()
    written.after_epoch(0, 1, dict, write)
    assert written.epochs == []


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"checkpoint_mode": "best"}, "checkpoint_mode"),
        ({"checkpoint_save_freq": 0}, "checkpoint_save_freq"),
        ({"checkpoint_save_freq": "step"}, "checkpoint_save_freq"),
        ({"checkpoint_monitor": ""}, "checkpoint_monitor"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: dict[str, Any], name: str) -> None:
    with pytest.raises(InvalidParameter, match=name):
        check_options(options)


@pytest.mark.parametrize(("by_epoch", "steps"), [(True, 5), (False, None)])
def test_metrics_come_by_epochs_or_by_steps(by_epoch: bool, steps: int | None) -> None:
    with pytest.raises(InvalidParameter, match="log_every_n_steps"):
        check_frequency(by_epoch, steps)
    check_frequency(by_epoch, None if by_epoch else 5)


class TestInARun:
    def test_each_one_has_a_folder_and_comes_back(self, tmp_path: Path) -> None:
        with millstream.start_run() as run:
            kept = Checkpoints(run.info.run_id, CheckpointOptions(save_best_only=False), ".pth")
            for epoch in range(2):
                kept.after_epoch(epoch, epoch * 10, lambda: {"loss": 1.0}, write)
            latest = download_checkpoint(None, None, None, str(tmp_path))
        assert Path(latest).read_text() == "checkpoint.pth"
        first = download_checkpoint(run.info.run_id, 0, None, str(tmp_path))
        assert Path(first).is_file()
        place = f"runs:/{run.info.run_id}/checkpoints/epoch_1/checkpoint_metrics.json"
        facts = millstream.artifacts.load_dict(place)
        assert facts == {"loss": 1.0, "epoch": 1, "global_step": 10}

    def test_the_best_one_replaces_the_one_before(self, tmp_path: Path) -> None:
        with millstream.start_run() as run:
            options = CheckpointOptions(save_weights_only=True)
            kept = Checkpoints(run.info.run_id, options, ".h5")
            for epoch, loss in enumerate([2.0, 1.0, 3.0]):
                kept.after_epoch(epoch, 0, lambda loss=loss: {"val_loss": loss}, write)  # type: ignore[misc]  # mypy sees no type
        path = download_checkpoint(run.info.run_id, None, None, str(tmp_path))
        assert Path(path).name == "latest_checkpoint.weights.h5"
        place = f"runs:/{run.info.run_id}/checkpoints/latest_checkpoint_metrics.json"
        assert millstream.artifacts.load_dict(place)["epoch"] == 1

    def test_what_is_not_there_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidParameter, match="run_id"):
            download_checkpoint(None, None, None, str(tmp_path))
        with millstream.start_run() as run, pytest.raises(NotFound, match=run.info.run_id):
            download_checkpoint(None, None, None, str(tmp_path))
        with pytest.raises(InvalidParameter, match="not both"):
            download_checkpoint(run.info.run_id, 1, 2, str(tmp_path))
