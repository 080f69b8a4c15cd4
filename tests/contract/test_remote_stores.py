"""The remote store keeps the contract: by a function call, and over a socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn.config
import uvicorn.server

from millstream.artifacts.confined import Confined
from millstream.artifacts.interface import ArtifactStore
from millstream.artifacts.local import LocalArtifacts
from millstream.asgi.protocol import PromptProtocol
from millstream.errors import PermissionDenied
from millstream.rest.dispatch import Dispatcher
from millstream.rest.inprocess import DispatchTransport
from millstream.rest.model_files import StoredModels
from millstream.rest.remote import RemoteStore
from millstream.server.assembly import assemble
from millstream.server.options import ServerOptions
from millstream.settings import Settings
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
from millstream.testing.protection import ProtectionContract
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

KINDS = ("in-process", "socket")


class Listening:
    """A server on a thread of this process."""

    def __init__(self, folder: Path) -> None:
        options = ServerOptions(backend_store_uri=str(folder))
        config = uvicorn.config.Config(
            assemble(options), http=PromptProtocol, ws="none", lifespan="on", log_config=None
        )
        self._server = uvicorn.server.Server(config)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def end(self) -> None:
        self._server.should_exit = True
        self._thread.join()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("remote")


@pytest.fixture(scope="module")
def served(folder: Path) -> ArtifactStore:
    return LocalArtifacts(folder / "artifacts")


@pytest.fixture(scope="module", params=KINDS)
def store(request: pytest.FixtureRequest, folder: Path, served: ArtifactStore) -> Iterator[Store]:
    if request.param == "in-process":
        behind = SqlStore(
            Database(f"sqlite:///{folder / 'test.db'}"),
            "mlflow-artifacts:/",
            open_files=lambda: StoredModels(Confined(_nowhere, served)),
        )
        remote = RemoteStore("in-process", transport=DispatchTransport(Dispatcher(behind)))
        yield remote
        remote.close()
        behind.close()
        return
    server = Listening(folder)
    remote = RemoteStore(server.url, Settings(http_request_max_retries=0))
    yield remote
    remote.close()
    server.end()


def _nowhere(uri: str) -> ArtifactStore:
    raise PermissionDenied(f"no test reads {uri}")


class TestExperiments(ExperimentsContract):
    """Experiments."""


class TestLifecycle(LifecycleContract):
    """Deleting and restoring."""


class TestRuns(RunsContract):
    """Runs."""


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
    """Batches."""


class TestRunLeases(RunLeasesContract):
    """Heartbeats."""


class TestAttempts(AttemptsContract):
    """Going on from an earlier step."""


class TestForks(ForksContract):
    """Runs that begin with what another one logged."""


class TestMetrics(MetricsContract):
    """Metrics."""


class TestModels(ModelsContract):
    """Logged models."""


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
