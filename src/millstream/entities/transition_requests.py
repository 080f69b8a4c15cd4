"""Requests to move a version to a stage, or an alias to a version, which somebody else approves."""

from __future__ import annotations

from typing import Literal

import msgspec

from millstream.entities.entity import Entity
from millstream.entities.registry_events import RegistryChange

TransitionRequestStatus = Literal["PENDING", "APPROVED", "REJECTED", "CANCELLED"]


class TransitionRequest(Entity):
    """A request and what became of it. Times are ms since 1970-01-01 UTC.

    It is about a stage, or about an alias: then without `version` it asks to remove the alias.
    `from_stage` and `from_version` say what stood there when it was made, `user_id` and `comment`
    who asked and why, `decided_by` and `decision_comment` who ended it and why. `stale` says of a
    pending one that the version or alias was moved since, so that it cannot be approved any more.
    """

    request_id: str
    name: str
    status: TransitionRequestStatus
    creation_timestamp: int
    version: str | None = None
    from_stage: str | None = None
    stage: str | None = None
    archive_existing_versions: bool = False
    alias: str | None = None
    from_version: str | None = None
    user_id: str | None = None
    comment: str | None = None
    decided_by: str | None = None
    decision_comment: str | None = None
    decision_timestamp: int | None = None
    stale: bool = False


class CreateTransitionRequest(RegistryChange):
    """Ask for a move: of `version` to `stage`, or of `alias` to `version`; give one of both.

    An alias without a version asks to remove the alias.
    """

    name: str
    version: str | None = None
    stage: str | None = None
    archive_existing_versions: bool = False
    alias: str | None = None


class TransitionRequestId(Entity):
    """Names one request."""

    request_id: str


class ApproveTransitionRequest(RegistryChange):
    """Approve a pending request, which performs the move."""

    request_id: str


class RejectTransitionRequest(RegistryChange):
    """Refuse a pending request."""

    request_id: str


class CancelTransitionRequest(RegistryChange):
    """Take a pending request back."""

    request_id: str


class SearchTransitionRequests(Entity):
    """Requests of a model, or of all, newest first. `max_results` is 1 to 1,000."""

    name: str | None = None
    version: str | None = None
    status: TransitionRequestStatus | None = None
    max_results: int = 100
    page_token: str | None = None


class TransitionRequestPage(Entity):
    """One page of requests; the token is absent on the last page."""

    transition_requests: list[TransitionRequest] = msgspec.field(default_factory=list)
    next_page_token: str | None = None
