"""The saved views of a server as requests."""

from __future__ import annotations

from millstream.entities import views as v
from millstream.rest.caller import Caller
from millstream.store.pending import Pending


class RemoteViews:
    """The saved views of a server."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def create(self, request: v.CreateView) -> Pending[v.View]:
        """Save."""
        return self._caller.write("views.create", request, v.View)

    def get(self, request: v.ViewId) -> v.View:
        """Get by id."""
        return self._caller.read("views.get", request, v.View)

    def list(self, request: v.ListViews) -> v.ViewList:
        """The views of an experiment, or of none, by name."""
        return self._caller.read("views.list", request, v.ViewList)

    def update(self, request: v.UpdateView) -> Pending[v.View]:
        """Change what is given."""
        return self._caller.write("views.update", request, v.View)

    def delete(self, request: v.ViewId) -> Pending[None]:
        """Delete for good."""
        return self._caller.command("views.delete", request)
