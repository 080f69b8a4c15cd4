"""What a place where models run has to know of itself. The rest is the same for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, Protocol, runtime_checkable

import msgspec

from millstream.deploy.batch import BatchJob
from millstream.deploy.resources import Resource
from millstream.deploy.wish import Wish
from millstream.errors import MillstreamError

State = Literal["ready", "pending", "failed", "unknown"]


class Status(msgspec.Struct, frozen=True):
    """How a deployment is doing, in the words of where it is; `address` is where it answers."""

    state: State
    message: str = ""
    address: str | None = None
    details: dict[str, Any] = {}


class ChangeFailed(MillstreamError):
    """A change that had begun failed: something of it may be there, so it is taken back as well."""


class Target(Protocol):
    """A place where models run.

    It says what a deployment is made of, and makes, changes and removes one thing at a time; in
    which order, what is undone after a failure, and what is told of it is `applying`'s. Things that
    are not there raise `NotFound`, a place that does not answer `Unavailable`, what it refuses
    `InvalidParameter` or `PermissionDenied`, and what it began and could not do `ChangeFailed`.
    """

    @property
    def options(self) -> Mapping[str, str]:
        """What can be configured, and what each option means."""

    @property
    def takes_image(self) -> bool:
        """Whether what runs is an image, which may have to be built and pushed before."""

    def wanted(self, wish: Wish) -> Sequence[Resource]:
        """What the deployment is to be made of, each thing after those that it needs."""

    def present(self, name: str, endpoint: str | None) -> Sequence[Resource]:
        """What there is of a deployment, in the same order; empty if there is none."""

    def make(self, after: Resource, before: Resource | None) -> None:
        """Create a thing, or change the one that is there."""

    def remove(self, resource: Resource) -> None:
        """Remove a thing; one that is gone is no error."""

    def names(self, endpoint: str | None) -> Sequence[str]:
        """The deployments that are there."""

    def status(self, name: str, endpoint: str | None) -> Status:
        """How a deployment is doing. It is asked again and again until it is ready or failed."""

    def logs(self, name: str, endpoint: str | None, *, follow: bool) -> Iterator[str]:
        """The lines that it printed, with `follow` those to come."""

    def predict(self, name: str, endpoint: str | None, body: bytes) -> bytes:
        """What it answers to a body of JSON, which is of `POST /invocations`."""


@runtime_checkable
class ModelTarget(Protocol):
    """A place that takes an image, and runs a model as it is where nothing is said of one."""

    @property
    def runs_models(self) -> Literal[True]:
        """That it does."""


@runtime_checkable
class WritingTarget(Protocol):
    """A place whose things can be written as files, for others to apply."""

    @property
    def formats(self) -> Sequence[str]:
        """What the files can be; the first unless somebody says otherwise."""

    def written(self, wish: Wish, form: str) -> Mapping[str, str]:
        """The files of one of the formats: relative paths with `/`, and the text of each."""


@runtime_checkable
class EndpointTarget(Protocol):
    """A place whose deployments are behind endpoints that are made by themselves."""

    def create_endpoint(self, name: str, config: Mapping[str, Any]) -> dict[str, Any]:
        """Make an endpoint; gives what is known of it, `name` among that."""

    def update_endpoint(self, name: str, config: Mapping[str, Any]) -> dict[str, Any]:
        """Change an endpoint, such as how its traffic is split."""

    def delete_endpoint(self, name: str) -> None:
        """Remove an endpoint; one that is gone is no error."""

    def list_endpoints(self) -> list[dict[str, Any]]:
        """The endpoints that are there, each with its `name`."""

    def get_endpoint(self, name: str) -> dict[str, Any]:
        """What is known of one."""


@runtime_checkable
class BatchTarget(Protocol):
    """A place that can let a model score files."""

    @property
    def batch_options(self) -> Mapping[str, str]:
        """What of a job can be configured, and what each option means."""

    def start_batch(self, wish: Wish, job: BatchJob) -> None:
        """Start a job; what fails is taken back, and leaves nothing behind."""

    def batch_status(self, name: str) -> Status:
        """How a job is doing: ready when it is finished. Raises `NotFound` if there is none."""

    def stop_batch(self, name: str) -> None:
        """Stop a job and remove what was made for it; one that is gone is no error."""


@runtime_checkable
class ConfiguredTarget(Protocol):
    """A place of which options say more: where it is, or by another name what the frame knows."""

    def configured(self, config: Mapping[str, Any]) -> tuple[Target, dict[str, Any]]:
        """The place that a configuration means, and what that leaves to be said to it."""


@runtime_checkable
class RevisionTarget(Protocol):
    """A place that can keep what earlier revisions of a deployment were made of."""

    def of_revision(self, resource: Resource) -> bool:
        """Whether a thing belongs to one revision, and may stay when another one has taken over."""


@runtime_checkable
class RegistryTarget(Protocol):
    """A place with a registry of images that is reached with the permissions for the place."""

    def sign_in(self, image: str) -> None:
        """Let the engine that is here use the registry of an image, if it is the place's own."""

    def receiving(self, image: str) -> AbstractContextManager[None]:
        """Prepare the registry for an image that is pushed inside; take that back on failure."""
