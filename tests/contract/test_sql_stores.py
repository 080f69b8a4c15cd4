"""The SQL store keeps the contract of stores on every database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from millstream.artifacts.confined import Confined
from millstream.artifacts.interface import ArtifactStore
from millstream.artifacts.local import LocalArtifacts
from millstream.errors import PermissionDenied
from millstream.rest.model_files import StoredModels
from millstream.store.interface import Store
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore
from millstream.testing.attempts import AttemptsContract
from millstream.testing.batches import BatchesContract
from millstream.testing.console import ConsoleContract
from millstream.testing.deployments import DeploymentsContract
from millstream.testing.experiments import ExperimentsContract
from millstream.testing.forks import ForksContract
from millstream.testing.gates import GatesContract
from millstream.testing.journals import JournalsContract
from millstream.testing.lifecycle import LifecycleContract
from millstream.testing.many_runs import ManyRunsContract
from millstream.testing.metrics import MetricsContract
from millstream.testing.model_versions import ModelVersionsContract
from millstream.testing.models import ModelsContract
from millstream.testing.protected_files import ProtectedFilesContract
from millstream.testing.protection import ProtectionContract
from millstream.testing.reaping import ReapingContract
from millstream.testing.registered_models import RegisteredModelsContract
from millstream.testing.registry_events import RegistryEventsContract
from millstream.testing.registry_races import RegistryRacesContract
from millstream.testing.run_groups import RunGroupsContract
from millstream.testing.run_leases import RunLeasesContract
from millstream.testing.run_moves import RunMovesContract
from millstream.testing.run_names import RunNamesContract
from millstream.testing.run_tables import RunTablesContract
from millstream.testing.runs import RunsContract
from millstream.testing.stages import StagesContract
from millstream.testing.transition_requests import TransitionRequestsContract
from millstream.testing.views import ViewsContract
from millstream.testing.webhooks import WebhooksContract


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> ArtifactStore:
    return LocalArtifacts(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def store(database_uri: str, served: ArtifactStore) -> Iterator[Store]:
    opened: Store = SqlStore(
        Database(database_uri),
        "mlflow-artifacts:/",
        open_files=lambda: StoredModels(Confined(_nowhere, served)),
    )
    yield opened
    opened.close()


def _nowhere(uri: str) -> ArtifactStore:
    raise PermissionDenied(f"no test reads {uri}")


class TestExperiments(ExperimentsContract):
    pass


class TestRuns(RunsContract):
    pass


class TestRunGroups(RunGroupsContract):
    """Groups of runs."""


class TestManyRuns(ManyRunsContract):
    """Many runs changed at once."""


class TestRunMoves(RunMovesContract):
    """Moving runs to another experiment."""


class TestRunNames(RunNamesContract):
    """Finding runs by ID or name."""


class TestRunTables(RunTablesContract):
    """The table of runs."""


class TestBatches(BatchesContract):
    pass


class TestRunLeases(RunLeasesContract):
    """Heartbeats."""


class TestReaping(ReapingContract):
    """Runs whose processes are gone."""


class TestAttempts(AttemptsContract):
    """Going on from an earlier step."""


class TestForks(ForksContract):
    """Runs that begin with what another one logged."""


class TestMetrics(MetricsContract):
    pass


class TestModels(ModelsContract):
    pass


class TestLifecycle(LifecycleContract):
    pass


class TestRegisteredModels(RegisteredModelsContract):
    """Registered models."""


class TestModelVersions(ModelVersionsContract):
    """Versions of registered models."""


class TestRegistryEvents(RegistryEventsContract):
    """The history of the registry."""


class TestWebhooks(WebhooksContract):
    """Webhooks and the log of their deliveries."""


class TestRegistryRaces(RegistryRacesContract):
    """Many threads at once."""


class TestStages(StagesContract):
    """Stages."""


class TestTransitionRequests(TransitionRequestsContract):
    """Requests for moves."""


class TestProtection(ProtectionContract):
    """Protected stages and aliases."""


class TestProtectedFiles(ProtectedFilesContract):
    """The files of versions in protected stages."""


class TestDeployments(DeploymentsContract):
    """The record of deployments."""


class TestGates(GatesContract):
    """Gates."""


class TestConsole(ConsoleContract):
    """Console output."""


class TestViews(ViewsContract):
    """Saved views."""


class TestJournals(JournalsContract):
    """Journals applied often and once."""
