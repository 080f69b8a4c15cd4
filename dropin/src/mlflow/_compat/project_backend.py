"""MLflow's class for backends of projects that come in packages of their own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from millstream.projects.submitted_run import SubmittedRun


class AbstractBackend(ABC):
    """A backend, which its package names in the entry point group `mlflow.project_backend`."""

    @abstractmethod
    def run(
        self,
        project_uri: str,
        entry_point: str,
        params: Mapping[str, Any],
        version: str | None,
        backend_config: Mapping[str, Any],
        tracking_uri: str,
        experiment_id: str,
    ) -> SubmittedRun:
        """Carry out a project, and say how it goes."""
