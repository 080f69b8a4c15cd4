"""What a deliverer asks of a store: whose turn it is, what to send, and to note what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

from millstream.entities.webhooks import DeliveryStatusName
from millstream.outbound.letters import Letter, Outcome


class Claim(NamedTuple):
    """The right to send to one webhook, which nobody else has until it ends or is given back."""

    webhook_key: int
    claim_id: str


class Due(NamedTuple):
    """A delivery whose time has come, and how often it was tried in vain."""

    delivery_key: int
    attempts: int
    letter: Letter


class Settlement(NamedTuple):
    """What an attempt leads to: delivered, dead, or pending until `due_timestamp` (in ms)."""

    status: DeliveryStatusName
    due_timestamp: int
    outcome: Outcome


class Outbox(Protocol):
    """The deliveries of a store, for however many deliverers. Times and leases are in ms.

    A delivery is written in the same transaction as the event that it tells of.
    """

    def claim(self, most: int, lease: int) -> list[Claim]:
        """Claim up to `most` webhooks that something is due for, each for a lease from now on."""

    def next_due(self, claim: Claim, lease: int) -> Due | None:
        """The oldest delivery that is due, with the lease begun anew; None if the claim is lost."""

    def settle(self, claim: Claim, due: Due, settlement: Settlement, lease: int) -> Due | None:
        """Note an attempt, and answer as `next_due` does.

        A success always counts, anything else only while the claim holds.
        """

    def release(self, claim: Claim) -> None:
        """Give a claim back; one that is lost is no error."""

    def next_timestamp(self) -> int | None:
        """When the next delivery becomes due that is not due yet."""

    def remove_before(self, timestamp: int) -> int:
        """Remove up to 1,000 finished deliveries last tried before that time, and count them."""

    def when_posted(self, call: Callable[[], None]) -> None:
        """Call after each commit in this process that may have made something due."""


@runtime_checkable
class HasOutbox(Protocol):
    """A store whose webhooks can be delivered from this process."""

    @property
    def outbox(self) -> Outbox:
        """The deliveries."""
