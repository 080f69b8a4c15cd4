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
from millstream.errors import NotFound
from millstream.rest.lineage import Lineages
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore

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


def registered(store: SqlStore) -> lm.LoggedModel:
    """A registered model `tree` whose version 1 comes from a logged model of a run with data."""
    tags = [r.RunTag(key, value) for key, value in TAGS.items()]
    run = store.runs.create(r.CreateRun("0", tags=tags)).result()
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


def test_what_is_gone_or_elsewhere_is_absent(store: SqlStore, lineages: Lineages) -> None:
    store.registered_models.create(rm.CreateRegisteredModel("far")).result()
    version = mv.CreateModelVersion("far", "hdfs://elsewhere/model", "f" * 32)
    store.model_versions.create(version).result()
    found = lineages.get(mv.GetModelVersion("far", "1"))
    assert (found.model, found.run, found.code, found.experiment) == (None, None, None, None)
    assert (found.datasets, found.requirements, found.copied_from) == ([], [], [])
    with pytest.raises(NotFound, match=r"\(name=far, version=2\) not found"):
        lineages.get(mv.GetModelVersion("far", "2"))
