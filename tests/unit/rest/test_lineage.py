"""The walk from a version back to its sources."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from millstream.artifacts.confined import Confined
from millstream.artifacts.local import LocalArtifacts
from millstream.entities import experiments as e
from millstream.entities import model_versions as mv
from millstream.entities import models as lm
from millstream.entities import registered_models as rm
from millstream.entities import runs as r
from millstream.entities.asking import Asking
from millstream.errors import InvalidState, NotFound
from millstream.rest.lineage import Lineages
from millstream.store.sql.access.passwords import HashingCost
from millstream.store.sql.access.store import SqlAccess
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore
from millstream.testing.access import caller, grant, new_user

TAGS = {
    "mlflow.source.name": "train.py",
    "mlflow.source.type": "LOCAL",
    "mlflow.source.git.commit": "c0ffee",
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = SqlStore(Database(f"sqlite:///{tmp_path / 'x.db'}"), str(tmp_path / "artifacts"))
    yield opened
    opened.close()


@pytest.fixture
def lineages(store: SqlStore, tmp_path: Path) -> Lineages:
    confined = Confined(lambda uri: LocalArtifacts(uri), roots=[tmp_path / "artifacts"])
    return Lineages(store, store, confined)


def registered(store: SqlStore, home_of_run: str = "0") -> lm.LoggedModel:
    """A registered model `tree` whose version 1 comes from a logged model of a run with data."""
    tags = [r.RunTag(key, value) for key, value in TAGS.items()]
    run = store.runs.create(r.CreateRun(home_of_run, tags=tags)).result()
    dataset = r.Dataset("diabetes", "d1", "local", "{}")
    inputs = r.LogInputs(run.info.run_id, [r.DatasetInput(dataset)])
    store.runs.log_inputs(inputs).result()
    create = lm.CreateLoggedModel("0", "tree", source_run_id=run.info.run_id)
    model = store.models.create(create).result()
    store.registered_models.create(rm.CreateRegisteredModel("tree")).result()
    store.model_versions.create(
        mv.CreateModelVersion("tree", f"models:/{model.model_id}", model_id=model.model_id)
    ).result()
    return model


def test_the_whole_walk(store: SqlStore, lineages: Lineages) -> None:
    model = registered(store)
    folder = Path(model.artifact_location)
    folder.mkdir(parents=True)
    (folder / "requirements.txt").write_text("scikit-learn==1.5\nskops\n")
    (folder / "python_env.yaml").write_text("python: 3.11\n")
    found = lineages.get(mv.GetModelVersion("tree", "1"))
    assert found.artifact_uri == model.artifact_location
    assert found.model is not None
    assert found.model.model_id == model.model_id
    assert found.run is not None
    assert found.run.info.run_id == model.source_run_id
    assert found.experiment == store.experiments.get(e.ExperimentId("0"))
    assert found.code is not None
    assert (found.code.source_name, found.code.git_commit) == ("train.py", "c0ffee")
    assert [used.dataset.digest for used in found.datasets] == ["d1"]
    assert found.requirements == ["scikit-learn==1.5", "skops"]
    assert found.environment_files == ["python_env.yaml", "requirements.txt"]


def test_copies_are_followed_to_the_first(store: SqlStore, lineages: Lineages) -> None:
    registered(store)
    for name, source in (("second", "models:/tree/1"), ("third", "models:/second/1")):
        store.registered_models.create(rm.CreateRegisteredModel(name)).result()
        store.model_versions.create(mv.CreateModelVersion(name, source)).result()
    found = lineages.get(mv.GetModelVersion("third", "1"))
    assert [version.name for version in found.copied_from] == ["second", "tree"]
    assert found.run is not None


def test_what_may_not_be_read_is_left_out(
    store: SqlStore, lineages: Lineages, tmp_path: Path
) -> None:
    other = store.experiments.create(e.CreateExperiment("other")).result().experiment_id
    registered(store, other)
    for name, source in (("second", "models:/tree/1"), ("third", "models:/second/1")):
        store.registered_models.create(rm.CreateRegisteredModel(name)).result()
        store.model_versions.create(mv.CreateModelVersion(name, source)).result()
    cost = HashingCost(passes=1, memory=8, lanes=1)
    access = SqlAccess(store.database, str(tmp_path / "artifacts"), cost=cost)
    confined = Confined(lambda uri: LocalArtifacts(uri), roots=[tmp_path / "artifacts"])
    restricted = Lineages(store, store, confined, access.permissions)
    user = new_user(access)
    asking = Asking(user, caller(access, user))
    asked = mv.GetModelVersion("third", "1")
    whole = restricted.get(asked, asking)
    assert whole == lineages.get(asked)
    assert whole.model is not None
    assert whole.run is not None
    grant(access, user, "registered_model", "second", "DENY")
    found = restricted.get(asked, asking)
    assert [version.name for version in found.copied_from] == ["tree"]
    grant(access, user, "experiment", other, "DENY")
    found = restricted.get(asked, asking)
    assert (found.run, found.experiment, found.code, found.datasets) == (None, None, None, [])
    assert found.model == whole.model
    grant(access, user, "experiment", "0", "DENY")
    assert restricted.get(asked, asking).model is None
    assert restricted.get(asked, Asking("everybody")) == whole
    grant(access, user, "registered_model", "third", "DENY")
    refusals = []
    for version in ("1", "2"):
        with pytest.raises(NotFound) as refusal:
            restricted.get(mv.GetModelVersion("third", version), asking)
        refusals.append(refusal.value.message.replace(f"version={version}", "version="))
    assert refusals[0] == refusals[1]
    with pytest.raises(InvalidState, match=f"cannot be shown to '{user}'"):
        lineages.get(asked, asking)


def test_what_is_gone_or_elsewhere_is_absent(store: SqlStore, lineages: Lineages) -> None:
    store.registered_models.create(rm.CreateRegisteredModel("far")).result()
    version = mv.CreateModelVersion("far", "hdfs://elsewhere/model", "f" * 32)
    store.model_versions.create(version).result()
    found = lineages.get(mv.GetModelVersion("far", "1"))
    assert (found.model, found.run, found.code, found.experiment) == (None, None, None, None)
    assert (found.datasets, found.requirements, found.copied_from) == ([], [], [])
    with pytest.raises(NotFound, match=r"\(name=far, version=2\) not found"):
        lineages.get(mv.GetModelVersion("far", "2"))
