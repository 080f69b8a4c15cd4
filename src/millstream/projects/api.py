"""What scripts use of projects: `millstream.projects`, and with the drop-in `mlflow.projects`."""

from __future__ import annotations

from millstream.errors import ExecutionException
from millstream.projects.reproduction.findings import Comparison, Finding
from millstream.projects.reproduction.repetition import Reproduction, diff, reproduce
from millstream.projects.running import run
from millstream.projects.submitted_run import SubmittedRun

__all__ = [
    "Comparison",
    "ExecutionException",
    "Finding",
    "Reproduction",
    "SubmittedRun",
    "diff",
    "reproduce",
    "run",
]
