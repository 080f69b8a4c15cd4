"""Deployments: which model runs where, since when and from which image; and their requests."""

from __future__ import annotations

from typing import Literal

import msgspec

from millstream.entities.entity import Entity

DeploymentState = Literal["live", "replaced", "ended"]


class Deployment(Entity):
    """One revision of a deployment, as it was recorded. Times are ms since 1970-01-01 UTC.

    `target` is the URI of where it was deployed to and `name` its name there; `endpoint` is the
    target's own grouping of deployments, if it has one. Revisions of the three are numbered from 1
    in each workspace. `model_uri` is what was asked for, `model_name` and `model_version` what that
    was in the registry. `address` is where it answers. `config` says how it was deployed. Nothing
    of it holds a secret: what looks like one is masked before it is kept.

    A revision is `live` until a later one takes its place, which leaves it `replaced`, or until it
    is `ended`; both have an `end_time`.
    """

    deployment_id: str
    target: str
    name: str
    revision: int
    model_uri: str
    state: DeploymentState
    creation_time: int
    endpoint: str | None = None
    model_name: str | None = None
    model_version: str | None = None
    run_id: str | None = None
    model_id: str | None = None
    flavor: str | None = None
    image: str | None = None
    image_digest: str | None = None
    address: str | None = None
    config: dict[str, str] = msgspec.field(default_factory=dict)
    user_id: str | None = None
    end_time: int | None = None


class RecordDeployment(Entity):
    """Record what runs now at a name of a target, in the place of what ran there before.

    `model_version` needs `model_name`; the run and the logged model of a registered version are
    filled in where they are absent. A server that knows who calls puts that name in the place of
    `user_id`.
    """

    target: str
    name: str
    model_uri: str
    endpoint: str | None = None
    model_name: str | None = None
    model_version: str | None = None
    run_id: str | None = None
    model_id: str | None = None
    flavor: str | None = None
    image: str | None = None
    image_digest: str | None = None
    address: str | None = None
    config: dict[str, str] = msgspec.field(default_factory=dict)
    user_id: str | None = None


class EndDeployment(Entity):
    """Record that what ran at a name of a target runs there no more."""

    target: str
    name: str
    endpoint: str | None = None


class DeploymentId(Entity):
    """Names one revision."""

    deployment_id: str


class SearchDeployments(Entity):
    """Deployments that have all that is given, newest first. `max_results` is 1 to 1,000.

    `model_version` needs `model_name`. An empty `endpoint` is for those without one.
    """

    model_name: str | None = None
    model_version: str | None = None
    target: str | None = None
    name: str | None = None
    endpoint: str | None = None
    state: DeploymentState | None = None
    max_results: int = 100
    page_token: str | None = None


class DeploymentPage(Entity):
    """One page of deployments; the token is absent on the last page."""

    deployments: list[Deployment] = msgspec.field(default_factory=list)
    next_page_token: str | None = None
