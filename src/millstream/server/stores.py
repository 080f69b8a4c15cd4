"""Where a server keeps runs and registered models: one store, or one for each."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple, cast

from millstream import connect
from millstream.errors import NotSupported
from millstream.server.options import ServerOptions
from millstream.settings import Settings
from millstream.store.interface import Store
from millstream.store.news import Change, HasNews, News
from millstream.store.sql.store import SqlStore

_PROXY_ROOT = "mlflow-artifacts:/"


class Stores(NamedTuple):
    """The store of runs and the one of registered models, which may be the same."""

    tracking: Store
    registry: Store

    @property
    def news(self) -> News | None:
        """What changes in any of them, if they tell."""
        sources = [store.news for store in self._each() if isinstance(store, HasNews)]
        return JoinedNews(sources) if sources else None

    def in_workspace(self, name: str) -> Stores:
        """The same of what is in a workspace; raises `NotSupported` if they are no databases."""
        found = []
        for store in self:
            if not isinstance(store, SqlStore):
                raise NotSupported(
                    f"A {type(store).__name__} has no workspaces: --enable-workspaces needs a "
                    "folder, sqlite:///file.db, postgresql://… or mysql://…."
                )
            found.append(cast("Store", store.in_workspace(name)))
        return Stores(found[0], found[0] if self.registry is self.tracking else found[1])

    def close(self) -> None:
        """Close them. Idempotent."""
        for store in self._each():
            store.close()

    def _each(self) -> list[Store]:
        return [self.tracking] if self.registry is self.tracking else [self.registry, self.tracking]


class JoinedNews:
    """The news of several stores as those of one."""

    def __init__(self, sources: Collection[News]) -> None:
        self._sources = sources

    def when_changed(self, call: Callable[[Collection[Change]], None]) -> None:
        """Call after each commit of this process, on the thread of whichever writer it was."""
        for news in self._sources:
            news.when_changed(call)

    def look_elsewhere(self) -> bool | None:
        """Whether other processes have changed anything since the last look; None if maybe."""
        looks = [news.look_elsewhere() for news in self._sources]
        return True if True in looks else None if None in looks else False


def artifact_root(options: ServerOptions) -> str:
    """The URI below which the artifacts of new experiments are."""
    if options.default_artifact_root is not None:
        return options.default_artifact_root
    return (
        _PROXY_ROOT if options.serve_artifacts else connect.artifact_root(options.backend_store_uri)
    )


def open_stores(
    options: ServerOptions, environment: Settings, open_files: connect.Opener | None = None
) -> Stores:
    """Open what the options name; an absent `registry_store_uri` means the backend store."""
    root = artifact_root(options)
    tracking = connect.open_store(
        options.backend_store_uri, environment, artifacts=root, open_files=open_files
    )
    apart = options.registry_store_uri
    if apart is None or connect.canonical(apart) == connect.canonical(options.backend_store_uri):
        return Stores(tracking, tracking)
    try:
        registry = connect.open_registry(
            apart, environment, tracking, artifacts=root, open_files=open_files
        )
    except BaseException:
        tracking.close()
        raise
    return Stores(tracking, registry)
