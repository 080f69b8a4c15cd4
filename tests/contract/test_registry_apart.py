"""A registry in a database of its own knows of runs what one in the same database knows."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from millstream.artifacts.confined import Confined
from millstream.artifacts.interface import ArtifactStore
from millstream.artifacts.local import LocalArtifacts
from millstream.entities import experiments as e
from millstream.entities import gates as g
from millstream.entities import metrics as m
from millstream.entities import model_versions as mv
from millstream.entities import models as lm
from millstream.entities import registered_models as rm
from millstream.entities import runs as r
from millstream.errors import InvalidParameter, NotFound, NotSupported, PermissionDenied
from millstream.rest.model_files import StoredModels
from millstream.server.stores import Stores
from millstream.store.interface import Store
from millstream.store.sql.database import Database
from millstream.store.sql.gc import find_garbage
from millstream.store.sql.kept import Kept
from millstream.store.sql.store import SqlStore
from millstream.testing.databases import empty_database
from millstream.testing.deployments import deploy, found, numbered
from millstream.testing.fixtures import get_run, new_experiment, new_run
from millstream.testing.model_versions import move, stages
from millstream.testing.protected_files import Registered, refusal, register
from millstream.testing.protection import ProtectionContract
from millstream.testing.registered_models import new_registered_model
from millstream.testing.registry_events import RegistryEventsContract
from millstream.testing.stages import StagesContract
from millstream.testing.transition_requests import TransitionRequestsContract, protect_production

ROOT = "mlflow-artifacts:/"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> ArtifactStore:
    return LocalArtifacts(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def stores(
    database_uri: str, served: ArtifactStore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stores]:
    with empty_database("sqlite", tmp_path_factory.mktemp("tracking")) as uri:
        tracking = SqlStore(Database(uri), ROOT)
        registry = SqlStore(
            Database(database_uri), ROOT, open_files=lambda: StoredModels(Confined(_no, served))
        )
        tracking.database.keep_registry_in(registry.database)
        both = Stores(tracking, registry)
        yield both
        both.close()


def _no(uri: str) -> ArtifactStore:
    raise AssertionError(f"{uri} was opened")


@pytest.fixture
def store(stores: Stores) -> Store:
    return stores.registry


class TestProtection(ProtectionContract):
    """Protection asks for nothing of runs."""


class TestStages(StagesContract):
    """Stages."""


class TestTransitionRequests(TransitionRequestsContract):
    """Requests for moves."""


class TestRegistryEvents(RegistryEventsContract):
    """The history."""


@pytest.fixture
def run_id(stores: Stores) -> str:
    return new_run(stores.tracking, new_experiment(stores.tracking))


def _logged(stores: Stores, run_id: str) -> lm.LoggedModelInfo:
    experiment = get_run(stores.tracking, run_id).info.experiment_id
    request = lm.CreateLoggedModel(experiment, "tree", source_run_id=run_id)
    return stores.tracking.models.create(request).result().info


def _create(
    stores: Stores, source: str, run_id: str | None = None, model_id: str | None = None
) -> mv.ModelVersion:
    name = new_registered_model(stores.registry)
    request = mv.CreateModelVersion(name, source, run_id, model_id=model_id)
    return stores.registry.model_versions.create(request).result()


def test_sources_stay_inside_their_run(stores: Stores, run_id: str) -> None:
    home = get_run(stores.tracking, run_id).info.artifact_uri
    for source in (f"{home}/model", f"runs:/{run_id}/model"):
        assert _create(stores, source, run_id=run_id).source == source
    for source, of in (
        (f"{home}/model", new_run(stores.tracking, new_experiment(stores.tracking))),
        ("mlflow-artifacts:/elsewhere", run_id),
        ("/etc", run_id),
    ):
        with pytest.raises(InvalidParameter, match="Invalid model version source"):
            _create(stores, source, run_id=of)


def test_a_logged_model_is_followed_and_keeps_a_note(stores: Stores, run_id: str) -> None:
    model = _logged(stores, run_id)
    made = _create(stores, f"models:/{model.model_id}")
    assert (made.run_id, made.model_id) == (run_id, model.model_id)
    asked = mv.GetModelVersion(made.name, "1")
    found = stores.registry.model_versions.get_download_uri(asked)
    assert found.artifact_uri == model.artifact_uri
    tags = stores.tracking.models.get(lm.GetLoggedModel(model.model_id)).tags
    assert json.loads(tags["mlflow.modelVersions"]) == [{"name": made.name, "version": 1}]
    with pytest.raises(NotFound, match="not found"):
        _create(stores, "s3://b/1", model_id="m-" + "0" * 32)


def test_gates_read_metrics_of_runs(stores: Stores, run_id: str) -> None:
    made = _create(stores, f"runs:/{run_id}/model", run_id=run_id)
    gate = g.Gate(
        "good", "metric_threshold", ["Production"], metric="auc", comparison=">=", threshold=0.9
    )
    stores.registry.gates.set(g.SetGate(made.name, gate)).result()
    with pytest.raises(InvalidParameter, match="good"):
        move(stores.registry, made.name, "1", "Production")
    points = [m.Metric("auc", 0.95, 1, 0)]
    stores.tracking.runs.log_batch(r.LogBatch(run_id, points)).result()
    move(stores.registry, made.name, "1", "Production")
    assert stages(stores.registry, made.name) == {"1": "Production"}
    move(stores.registry, made.name, "1", "Archived")


def test_files_of_protected_versions_stay(stores: Stores, run_id: str) -> None:
    model = _logged(stores, run_id)
    register(stores.registry, Registered(f"runs:/{run_id}/tree", run_id, model.artifact_uri))
    protect_production(stores.registry)
    assert refusal(stores.registry, f"{model.artifact_uri}/MLmodel") is not None
    assert refusal(stores.registry, f"{model.artifact_uri}2/MLmodel") is None
    with pytest.raises(PermissionDenied, match="in the protected stage"):
        _logged(stores, run_id)
    with pytest.raises(PermissionDenied, match="in the protected stage"):
        stores.tracking.models.delete(lm.LoggedModelId(model.model_id)).result()


def test_a_dataset_is_no_way_to_versions(stores: Stores) -> None:
    request = mv.SearchModelVersions("dataset.name = 'd'")
    with pytest.raises(NotSupported, match="Search the runs that read the dataset"):
        stores.registry.model_versions.search(request)


def test_gc_leaves_what_the_registry_needs(stores: Stores, run_id: str) -> None:
    made = _create(stores, f"runs:/{run_id}/model", run_id=run_id)
    key = get_run(stores.tracking, run_id).info.experiment_id
    stores.tracking.experiments.delete(e.ExperimentId(key)).result()
    assert isinstance(stores.tracking, SqlStore)
    assert isinstance(stores.registry, SqlStore)
    database, registry = stores.tracking.database, stores.registry.database
    with pytest.raises(InvalidParameter, match=f"models:/{made.name}/1"):
        find_garbage(database, ROOT, registry=registry, run_ids=[run_id])
    found = find_garbage(database, ROOT, registry=registry)
    assert Kept("run", run_id, f"models:/{made.name}/1") in found.kept
    assert run_id not in found.run_ids
    request = rm.DeleteRegisteredModel(made.name)
    stores.registry.registered_models.delete(request).result()
    assert run_id in find_garbage(database, ROOT, registry=registry).run_ids


def test_deployments_are_of_experiments_in_the_other_database(stores: Stores, run_id: str) -> None:
    target = f"local://{run_id}"
    model = _logged(stores, run_id)
    assert deploy(stores.registry, target, run_id=run_id).revision == 1
    assert deploy(stores.registry, target, model_id=model.model_id).revision == 2
    with pytest.raises(NotFound, match="not found"):
        deploy(stores.registry, target, run_id="0" * 32)
    assert numbered(found(stores.registry, target=target)) == [(2, "live"), (1, "replaced")]
