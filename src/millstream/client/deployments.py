"""The record of deployments, as the client sees it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from millstream.client.paging import PagedList
from millstream.client.session import RegistryConnection
from millstream.entities import deployments as d
from millstream.entities.deployment_validation import (
    checked_end,
    checked_search,
    without_secrets,
)
from millstream.errors import EndpointNotFound, NotSupported


class DeploymentMethods(RegistryConnection):
    """What a client can do with the record of deployments; nothing here deploys anything.

    All of it raises `NotSupported` where the registry is on another server than Millstream's.
    """

    def record_deployment(
        self,
        target: str,
        name: str,
        model_uri: str,
        *,
        endpoint: str | None = None,
        model_name: str | None = None,
        model_version: str | int | None = None,
        run_id: str | None = None,
        model_id: str | None = None,
        flavor: str | None = None,
        image: str | None = None,
        image_digest: str | None = None,
        address: str | None = None,
        config: Mapping[str, str] | None = None,
    ) -> d.Deployment:
        """Record what runs now at a name of a target; what was live there is replaced.

        Name a registered model with its version if it is one: its run and logged model are filled
        in. Else a run or logged model that is named must exist in this store. `image_digest` is
        `sha256:` and 64 hexadecimal digits. Secrets are masked before anything is sent: let
        `config` name them, never hold them.
        """
        request = d.RecordDeployment(
            target=target,
            name=name,
            model_uri=model_uri,
            endpoint=endpoint,
            model_name=model_name,
            model_version=None if model_version is None else str(model_version),
            run_id=run_id,
            model_id=model_id,
            flavor=flavor,
            image=image,
            image_digest=image_digest,
            address=address,
            config=dict(config or {}),
            user_id=self._user,
        )
        with _recorded():
            return self._registry.deployments.record(without_secrets(request)).result()

    def end_deployment(self, target: str, name: str, endpoint: str | None = None) -> d.Deployment:
        """Record that what was live at a name of a target runs no more; gives that revision.

        Where nothing was live it raises `NotFound`.
        """
        request = checked_end(d.EndDeployment(target, name, endpoint))
        with _recorded():
            return self._registry.deployments.end(request).result()

    def get_deployment(self, deployment_id: str) -> d.Deployment:
        """Get one revision of a deployment by its id."""
        with _recorded():
            return self._registry.deployments.get(d.DeploymentId(deployment_id))

    def search_deployments(
        self,
        model_name: str | None = None,
        model_version: str | int | None = None,
        *,
        target: str | None = None,
        name: str | None = None,
        endpoint: str | None = None,
        state: d.DeploymentState | None = None,
        max_results: int = 100,
        page_token: str | None = None,
    ) -> PagedList[d.Deployment]:
        """One page of the deployments that match all that is given, newest first.

        `max_results` is 1 to 1,000. An empty `endpoint` is for deployments without one.
        """
        request = d.SearchDeployments(
            model_name=model_name,
            model_version=None if model_version is None else str(model_version),
            target=target,
            name=name,
            endpoint=endpoint,
            state=state,
            max_results=max_results,
            page_token=page_token,
        )
        with _recorded():
            page = self._registry.deployments.search(checked_search(request))
        return PagedList(page.deployments, page.next_page_token)


@contextlib.contextmanager
def _recorded() -> Iterator[None]:
    try:
        yield
    except EndpointNotFound as error:
        raise NotSupported(
            "This registry keeps no record of deployments: it belongs to another server than "
            "Millstream's, such as MLflow's."
        ) from error
