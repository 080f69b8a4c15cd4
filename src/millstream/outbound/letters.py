"""What is sent to a webhook's receiver, and what came of it."""

from __future__ import annotations

from typing import NamedTuple


class Letter(NamedTuple):
    """What is sent: `body` is JSON; the id is the same however often it is sent.

    The `secret` to sign it with is sealed, as `outbound.secrets` does it.
    """

    delivery_id: str
    url: str
    secret: str | None
    body: bytes


class Outcome(NamedTuple):
    """What came of one request; `again` says whether another one might fare better.

    `retry_after` is the pause that the receiver asked for, in seconds.
    """

    delivered: bool
    again: bool
    response_status: int | None = None
    response_body: str | None = None
    error_message: str | None = None
    retry_after: float | None = None
