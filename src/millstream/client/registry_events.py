"""The history of the model registry, as scripts and the client see it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime

from millstream.client.paging import PagedList
from millstream.client.session import RegistryConnection
from millstream.entities.registry_events import (
    EventKind,
    GetRegistryState,
    RegistryEvent,
    RegistryState,
    RollBack,
    SearchRegistryEvents,
)
from millstream.errors import EndpointNotFound, NotSupported

Moment = int | datetime
"""Milliseconds since 1970-01-01 UTC, or a datetime; one without a zone is in local time."""


class RegistryEventMethods(RegistryConnection):
    """What a client can ask the history of the registry, and how to go back in it."""

    def search_registry_events(
        self,
        name: str | None = None,
        version: str | int | None = None,
        kinds: Sequence[EventKind] = (),
        user_id: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        oldest_first: bool = False,
        max_results: int = 100,
        page_token: str | None = None,
    ) -> PagedList[RegistryEvent]:
        """One page of the events of a model, under all names it had, or of all; newest first.

        `since` and `until` are included.
        """
        request = SearchRegistryEvents(
            name=name,
            version=None if version is None else str(version),
            kinds=list(kinds),
            user_id=user_id,
            since=_milliseconds(since),
            until=_milliseconds(until),
            oldest_first=oldest_first,
            max_results=max_results,
            page_token=page_token,
        )
        with _history():
            page = self._registry.registry_events.search(request)
        return PagedList(page.events, page.next_page_token)

    def get_registry_state(
        self, name: str, timestamp: Moment | None = None, stage: str | None = None
    ) -> RegistryState:
        """The versions that a model had at a moment, with their stages and aliases; without, now.

        `stage` keeps only those that were in that stage.
        """
        request = GetRegistryState(name, _milliseconds(timestamp), stage)
        with _history():
            return self._registry.registry_events.get_state(request)

    def roll_back_stage(
        self, name: str, stage: str, *, comment: str | None = None
    ) -> list[RegistryEvent]:
        """Undo the last change of who is in a stage; gives the events that this added."""
        request = RollBack(name, stage=stage, user_id=self._user, comment=comment)
        with _history():
            return self._registry.registry_events.roll_back(request).result().events

    def roll_back_alias(
        self, name: str, alias: str, *, comment: str | None = None
    ) -> list[RegistryEvent]:
        """Let an alias point to where it pointed before; gives the events that this added."""
        request = RollBack(name, alias=alias, user_id=self._user, comment=comment)
        with _history():
            return self._registry.registry_events.roll_back(request).result().events


@contextlib.contextmanager
def _history() -> Iterator[None]:
    try:
        yield
    except EndpointNotFound as error:
        raise NotSupported(
            "This registry keeps no history: it belongs to another server than Millstream's, such "
            "as MLflow's."
        ) from error


def _milliseconds(moment: Moment | None) -> int | None:
    return round(moment.timestamp() * 1_000) if isinstance(moment, datetime) else moment
