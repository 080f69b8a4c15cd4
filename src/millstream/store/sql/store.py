"""The store in SQL: all nouns on one database."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from millstream.settings import Settings
from millstream.store.model_files import ModelFiles
from millstream.store.promptness import Seconds
from millstream.store.sql.attempts import SqlAttempts
from millstream.store.sql.confined_database import ConfinedDatabase
from millstream.store.sql.confinement import Workspace
from millstream.store.sql.console import SqlConsole
from millstream.store.sql.database import Database
from millstream.store.sql.deployments import SqlDeployments
from millstream.store.sql.experiments import SqlExperiments
from millstream.store.sql.gates import SqlGates
from millstream.store.sql.health import SqlHealth
from millstream.store.sql.locations import ArtifactRoot
from millstream.store.sql.metrics import SqlMetrics
from millstream.store.sql.model_versions import SqlModelVersions
from millstream.store.sql.models import SqlModels
from millstream.store.sql.news import SqlNews
from millstream.store.sql.outbox.deliveries import SqlOutbox
from millstream.store.sql.prompt_database import PromptDatabase
from millstream.store.sql.reaping import SqlReaping
from millstream.store.sql.registered_models import SqlRegisteredModels
from millstream.store.sql.registry.evidence import Files, JudgedWrites
from millstream.store.sql.registry.protected_files import SqlProtectedFiles
from millstream.store.sql.registry_events import SqlRegistryEvents
from millstream.store.sql.run_leases import SqlRunLeases
from millstream.store.sql.runs import SqlRuns
from millstream.store.sql.shared_database import SharedDatabase
from millstream.store.sql.stages import SqlStages
from millstream.store.sql.transition_requests import SqlTransitionRequests
from millstream.store.sql.views import SqlViews
from millstream.store.sql.webhooks import SqlWebhooks

_LOCATION_MAX_LENGTH = 2_048


class SqlStore:
    """A `Store` on a database.

    `artifact_root` is the URI below which this process sees the artifacts; locations are stored
    relative to it. `location_max_length` limits the locations that experiments may choose, and
    `source_pattern`, a regular expression, the sources of registered versions. `settings` say
    which addresses webhooks may call. `any_source` takes sources that are not of a version's run
    or model.
    `open_files` gives what gates ask about files; without it, gates about files refuse.
    """

    def __init__(
        self,
        database: Database,
        artifact_root: str,
        location_max_length: int = _LOCATION_MAX_LENGTH,
        source_pattern: str | None = None,
        settings: Settings | None = None,
        open_files: Callable[[], ModelFiles] | None = None,
        *,
        any_source: bool = False,
    ) -> None:
        root = ArtifactRoot(artifact_root)
        self._options: dict[str, Any] = {
            "artifact_root": artifact_root,
            "location_max_length": location_max_length,
            "source_pattern": source_pattern,
            "settings": settings,
            "open_files": open_files,
            "any_source": any_source,
        }
        self._sharing: weakref.WeakSet[SqlStore] = weakref.WeakSet()
        self.database = database
        self.artifact_root = artifact_root
        self.experiments = SqlExperiments(database, root, location_max_length)
        self.runs = SqlRuns(database, root)
        self.run_leases = SqlRunLeases(database)
        self.attempts = SqlAttempts(database, root)
        self.console = SqlConsole(database)
        self.metrics = SqlMetrics(database)
        self.models = SqlModels(database, root)
        self._judged = JudgedWrites(database, Files(root, open_files))
        self.registered_models = SqlRegisteredModels(database, self._judged)
        self.model_versions = SqlModelVersions(
            database, root, self._judged, source_pattern, any_source=any_source
        )
        self.registry_events = SqlRegistryEvents(database, self._judged)
        self.stages = SqlStages(database)
        self.transition_requests = SqlTransitionRequests(database, self._judged)
        self.gates = SqlGates(database, self._judged)
        self.deployments = SqlDeployments(database)
        self.views = SqlViews(database)
        self.webhooks = SqlWebhooks(database, settings or Settings())
        self.outbox = SqlOutbox(database)
        self.reaping = SqlReaping(database)
        self.news = SqlNews(database)
        self.health = SqlHealth(database)
        self.protected_files = SqlProtectedFiles(database, root)

    def in_workspace(self, name: str, *, owning: bool = False) -> SqlStore:
        """The same store as those in a workspace see it, as if nothing else existed.

        It shares all connections, and costs no more than its objects. Closing it leaves the
        database open, unless it is `owning`. Nothing can be created in an absent workspace.
        """
        return self._shared(ConfinedDatabase(self.database, Workspace(name), owning=owning))

    def answering_within(self, seconds: Seconds) -> SqlStore:
        """The same store, which raises `Unavailable` if what is read does not come in time.

        It shares all connections, and costs a thread for the moment of each read.
        """
        return self._shared(PromptDatabase(self.database, seconds))

    def close(self) -> None:
        """Commit what was handed over, then release connections. Idempotent."""
        for store in list(self._sharing):
            store.close()
        self._judged.close()
        self.database.close()

    def _shared(self, database: SharedDatabase) -> SqlStore:
        store = SqlStore(database, **self._options)
        self._sharing.add(store)
        return store
