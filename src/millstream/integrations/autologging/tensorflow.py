"""Automatic logging of TensorFlow: the trainings of Keras, by the names of MLflow's TensorFlow."""

from __future__ import annotations

from types import ModuleType

from millstream.integrations.autologging.keras import patch_fit

FLAVOR = "tensorflow"


def install(_: ModuleType) -> None:
    """Have the trainings of Keras logged."""
    patch_fit(FLAVOR, "opt_")
