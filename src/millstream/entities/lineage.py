"""Where a version of a registered model comes from."""

from __future__ import annotations

from millstream.entities.entity import Entity
from millstream.entities.experiments import Experiment
from millstream.entities.model_versions import ModelVersion
from millstream.entities.models import LoggedModel
from millstream.entities.runs import DatasetInput, Run


class Code(Entity):
    """The code that made a version, as far as its run noted it."""

    source_name: str | None = None
    source_type: str | None = None
    git_commit: str | None = None
    git_branch: str | None = None
    git_repo_url: str | None = None


class Lineage(Entity):
    """The walk from a version back to what it was made of; what is unknown or gone is absent.

    `copied_from` are the versions it was copied from, the nearest first. `artifact_uri` is where
    its files are. `requirements` are the lines of the requirements.txt among them, and
    `environment_files` the paths, below `artifact_uri`, of all that describe its environment.
    """

    version: ModelVersion
    artifact_uri: str
    copied_from: list[ModelVersion] = []
    model: LoggedModel | None = None
    run: Run | None = None
    experiment: Experiment | None = None
    code: Code | None = None
    datasets: list[DatasetInput] = []
    requirements: list[str] = []
    environment_files: list[str] = []
