"""How runs record the load of the machine; a choice made here is for the runs started after it."""

from __future__ import annotations

from millstream import settings
from millstream.errors import InvalidParameter


def enable_system_metrics_logging() -> None:
    """Let all runs record the machine's load, which they do unless they were told otherwise."""
    settings.export("ENABLE_SYSTEM_METRICS_LOGGING", "true")


def disable_system_metrics_logging() -> None:
    """Let runs record the machine's load only if their start asks for it."""
    settings.export("ENABLE_SYSTEM_METRICS_LOGGING", "false")


def set_system_metrics_sampling_interval(interval: float | None) -> None:
    """Take a sample every so many seconds; None means every 10."""
    _set("SYSTEM_METRICS_SAMPLING_INTERVAL", "interval", interval)


def set_system_metrics_samples_before_logging(samples: int | None) -> None:
    """Log the mean of so many samples; None means each one."""
    _set("SYSTEM_METRICS_SAMPLES_BEFORE_LOGGING", "samples", samples)


def set_system_metrics_node_id(node_id: str | None) -> None:
    """Name this machine in a run of several: its metrics are `system/<node_id>/…`."""
    settings.export("SYSTEM_METRICS_NODE_ID", node_id or "")


def _set(name: str, word: str, value: float | None) -> None:
    if value is not None and not value > 0:
        raise InvalidParameter(f"Invalid {word} {value}: it must be greater than 0.")
    settings.export(name, "" if value is None else str(value))
