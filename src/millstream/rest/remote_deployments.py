"""The record of a server's deployments as requests."""

from __future__ import annotations

from millstream.entities import deployments as d
from millstream.entities.asking import Asking
from millstream.rest.caller import Caller
from millstream.store.pending import Pending


class RemoteDeployments:
    """The deployments that a server knows of."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def record(self, request: d.RecordDeployment) -> Pending[d.Deployment]:
        """Record what runs now."""
        return self._caller.write("deployments.record", request, d.Deployment)

    def end(self, request: d.EndDeployment) -> Pending[d.Deployment]:
        """Record that it runs no more."""
        return self._caller.write("deployments.end", request, d.Deployment)

    def get(self, request: d.DeploymentId, asking: Asking | None = None) -> d.Deployment:
        """Get by id."""
        return self._caller.read("deployments.get", request, d.Deployment, asking)

    def search(
        self, request: d.SearchDeployments, asking: Asking | None = None
    ) -> d.DeploymentPage:
        """The deployments that match."""
        return self._caller.read("deployments.search", request, d.DeploymentPage, asking)
