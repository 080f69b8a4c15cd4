"""The names in a large demo: families of models, users, params and metrics."""

from __future__ import annotations

import msgspec


class Family(msgspec.Struct, frozen=True):
    """Models of one kind. `best_rate` is log10 of the learning rate that suits them best."""

    name: str
    best_rate: float
    ceiling: float
    """The quality, from 0 to 1, that they reach with the best params."""
    depths: tuple[int, ...]
    width: int
    optimizers: tuple[str, ...]


FAMILIES = (
    Family("resnet", -2.0, 0.86, (18, 34, 50), 256, ("sgd", "adam")),
    Family("vision-transformer", -3.3, 0.9, (6, 12, 24), 768, ("adamw", "lion")),
    Family("convnext", -3.0, 0.89, (9, 18, 27), 384, ("adamw", "sgd")),
    Family("mixer", -3.1, 0.83, (8, 12, 16), 512, ("adam", "adamw")),
    Family("mobilenet", -1.8, 0.8, (13, 16, 19), 128, ("rmsprop", "sgd")),
)
USERS = ("ada", "grace", "katherine", "alan")

_PARAMS = (
    *("model", "learning_rate", "batch_size", "optimizer", "dropout", "depth", "width", "epochs"),
    *("seed", "weight_decay", "momentum", "beta1", "beta2", "epsilon", "warmup_steps"),
    *("schedule_power", "min_learning_rate", "clip_norm", "label_smoothing", "mixup_alpha"),
    *("cutmix_alpha", "crop_scale", "flip_rate", "rotation", "brightness", "contrast"),
    *("saturation", "hue", "erase_rate", "image_size", "patch_size", "stem_size", "kernel_size"),
    *("expansion", "drop_path", "layer_scale", "attention_dropout", "ema_decay", "ema_enabled"),
    *("amp_enabled", "compile_enabled", "num_workers", "prefetch_size", "eval_every"),
    *("log_every", "checkpoint_every", "shuffle_size", "drop_last", "class_weight_power"),
    *("distillation_temperature", "teacher_weight"),
)
_SPLITS = ("train", "val", "test")
_MEASURES = (
    *(("loss", "loss"), ("accuracy", "score"), ("f1", "score"), ("precision", "score")),
    *(("recall", "score"), ("auc", "score"), ("top5_accuracy", "score")),
)
_COSTS = (
    *(("time/epoch_seconds", "seconds"), ("time/data_seconds", "seconds")),
    *(("time/evaluation_seconds", "seconds"), ("system/gpu_utilization_percentage", "percent")),
    *(("system/gpu_memory_usage_percentage", "percent"), ("system/cpu_percentage", "percent")),
    *(("model/flops", "size"), ("model/parameters", "size")),
)


def param_names(count: int) -> list[str]:
    """So many names of params; after the usual ones come weights of a loss's parts."""
    more = (f"loss_weight_{number:03}" for number in range(count))
    return [*_PARAMS, *more][:count]


def metric_names(count: int) -> list[tuple[str, str]]:
    """So many names of metrics, each with its kind; after the usual ones come classes."""
    usual = [(f"{split}/{name}", kind) for name, kind in _MEASURES for split in _SPLITS]
    more = ((f"val/recall/class_{number:03}", "score") for number in range(count))
    return [*usual, *_COSTS, *more][:count]
