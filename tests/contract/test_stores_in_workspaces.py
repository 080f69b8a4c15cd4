"""A store that is confined to a workspace keeps the contract of stores on every database."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from millstream.artifacts.confined import Confined
from millstream.artifacts.interface import ArtifactStore
from millstream.artifacts.local import LocalArtifacts
from millstream.entities import registered_models as rm
from millstream.entities import users as u
from millstream.entities import workspaces as ws
from millstream.errors import PermissionDenied
from millstream.rest.model_files import StoredModels
from millstream.store.interface import Store
from millstream.store.sql.access.store import SqlAccess
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore
from millstream.testing.attempts import AttemptsContract
from millstream.testing.batches import BatchesContract
from millstream.testing.console import ConsoleContract
from millstream.testing.deployments import DeploymentsContract
from millstream.testing.experiments import ExperimentsContract
from millstream.testing.forks import ForksContract
from millstream.testing.gates import GatesContract
from millstream.testing.lifecycle import LifecycleContract
from millstream.testing.many_runs import ManyRunsContract
from millstream.testing.metrics import MetricsContract
from millstream.testing.model_versions import ModelVersionsContract
from millstream.testing.models import ModelsContract
from millstream.testing.protection import ProtectionContract
from millstream.testing.reaping import ReapingContract
from millstream.testing.registered_models import RegisteredModelsContract
from millstream.testing.registry_events import RegistryEventsContract
from millstream.testing.run_groups import RunGroupsContract
from millstream.testing.run_leases import RunLeasesContract
from millstream.testing.run_moves import RunMovesContract
from millstream.testing.run_names import RunNamesContract
from millstream.testing.run_tables import RunTablesContract
from millstream.testing.runs import RunsContract
from millstream.testing.transition_requests import TransitionRequestsContract
from millstream.testing.views import ViewsContract
from millstream.testing.webhooks import WebhooksContract
from millstream.testing.workspaces import WorkspacesContract, check_confined, fill

ROOT = "mlflow-artifacts:/"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> ArtifactStore:
    return LocalArtifacts(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def whole(database_uri: str, served: ArtifactStore) -> Iterator[SqlStore]:
    whole = SqlStore(
        Database(database_uri), ROOT, open_files=lambda: StoredModels(Confined(_nowhere, served))
    )
    access = SqlAccess(whole.database, ROOT)
    for name in ("team", "others"):
        access.workspaces.create(ws.CreateWorkspace(name), u.Actor()).result()
    yield whole
    whole.close()


@pytest.fixture(scope="module")
def store(whole: SqlStore) -> Store:
    return whole.in_workspace("team")


@pytest.fixture(scope="module")
def stores(whole: SqlStore, store: Store) -> tuple[Store, Store]:
    return store, whole.in_workspace("others")


def _nowhere(uri: str) -> ArtifactStore:
    raise PermissionDenied(f"no test reads {uri}")


class TestRuns(RunsContract):
    """Runs."""


class TestRunGroups(RunGroupsContract):
    """Groups of runs that have the same values."""


class TestManyRuns(ManyRunsContract):
    """Many runs changed at once."""


class TestRunMoves(RunMovesContract):
    """Moving runs to another experiment."""


class TestRunNames(RunNamesContract):
    """Finding runs by ID or name."""


class TestRunTables(RunTablesContract):
    """The table of runs."""


class TestBatches(BatchesContract):
    """Batches."""


class TestRunLeases(RunLeasesContract):
    """Heartbeats."""


class TestReaping(ReapingContract):
    """Runs whose processes are gone."""


class TestAttempts(AttemptsContract):
    """Going on from an earlier step."""


class TestForks(ForksContract):
    """Runs that begin with what another one logged."""


class TestMetrics(MetricsContract):
    """Points and series of metrics."""


class TestModels(ModelsContract):
    """Logged models."""


class TestLifecycle(LifecycleContract):
    """What deletes and restores."""


class TestRegisteredModels(RegisteredModelsContract):
    """Registered models."""


class TestModelVersions(ModelVersionsContract):
    """Versions of registered models."""


class TestRegistryEvents(RegistryEventsContract):
    """The history of the registry."""


class TestTransitionRequests(TransitionRequestsContract):
    """Requests for moves."""


class TestProtection(ProtectionContract):
    """Protected stages."""


class TestDeployments(DeploymentsContract):
    """The record of deployments."""


class TestGates(GatesContract):
    """Gates."""


class TestWebhooks(WebhooksContract):
    """Webhooks and the log of their deliveries."""


class TestConsole(ConsoleContract):
    """Console output."""


class TestViews(ViewsContract):
    """Saved views."""


class TestExperiments(ExperimentsContract):
    """Experiments, in the workspace that has one named Default."""

    @pytest.fixture
    def store(self, whole: SqlStore) -> Store:
        return whole.in_workspace("default")


class TestWorkspaces(WorkspacesContract):
    """Two workspaces of one database."""

    def test_the_contract_bites(self, whole: SqlStore, stores: tuple[Store, Store]) -> None:
        own, foreign = (fill(store, f"{uuid.uuid4().hex}") for store in stores)
        with pytest.raises(AssertionError):
            check_confined(whole, own, foreign)

    def test_without_borders_only_models_that_their_names_find_are_listed(
        self, whole: SqlStore, stores: tuple[Store, Store]
    ) -> None:
        name = f"same-{uuid.uuid4().hex}"
        for store in (*stores, whole.in_workspace("default")):
            store.registered_models.create(rm.CreateRegisteredModel(name)).result()
        listed = whole.registered_models.search(rm.SearchRegisteredModels(f"name = '{name}'"))
        assert [model.workspace for model in listed.registered_models] == ["default"]
        assert whole.registered_models.get(rm.GetRegisteredModel(name)).workspace == "default"
