"""The audit log: who did what to which resource from where, chained by hashes."""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from millstream.entities.entity import Entity

AuditResult = Literal["success", "denied", "failure"]

FIRST_HASH = "0" * 64


class AuditRecord(Entity):
    """What happened, before it has a place in the log. `details` never hold a secret."""

    action: str
    resource_type: str | None = None
    resource_id: str | None = None
    result: AuditResult = "success"
    details: dict[str, str] = {}


class AuditEvent(Entity):
    """An entry of the log. `sequence` counts from 1 without gaps; `timestamp` is in ms since 1970.

    `hash` is the SHA-256, in hexadecimal, of the 32 bytes of the hash before (zeros for the first)
    and all other fields as JSON: keys sorted, no spaces, UTF-8, no field left out.
    """

    sequence: int
    timestamp: int
    actor: str | None
    token_id: str | None
    address: str | None
    action: str
    resource_type: str | None
    resource_id: str | None
    result: AuditResult
    details: dict[str, str]
    hash: str = ""

    def hashed_after(self, previous: str) -> str:
        """The hash that this event has after an event of that hash."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__ if name != "hash"}
        text = msgspec.json.encode(fields, order="sorted")
        return hashlib.sha256(bytes.fromhex(previous) + text).hexdigest()


class SearchAuditEvents(Entity):
    """A page of the log, newest first, of at most 1,000; of one actor or action if given."""

    actor: str | None = None
    action: str | None = None
    max_results: int = 100
    page_token: str | None = None


class AuditEventPage(Entity):
    """Entries of the log, newest first."""

    events: list[AuditEvent]
    next_page_token: str | None = None


class ExportAudit(Entity):
    """All entries from one on, oldest first, or at most so many."""

    first_sequence: int = 1
    max_results: int | None = None


class VerifyAudit(Entity):
    """Hold the log against itself and, if given, against an entry that was kept elsewhere."""

    sequence: int | None = None
    hash: str | None = None


class AuditVerification(Entity):
    """Whether the log is whole, how many entries were right, and what the first broken one is."""

    intact: bool
    events: int
    hash: str
    broken_sequence: int | None = None
    problem: str | None = None
