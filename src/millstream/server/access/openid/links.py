"""Which account of the provider a user belongs to, as the audit log tells it.

A name at a provider may be given to somebody else one day, its subject never. So what a user is
linked with is the pair of issuer and subject: an entry of the log, which nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from millstream.entities.audit_events import AuditEvent, AuditRecord, SearchAuditEvents
from millstream.entities.users import Actor, User
from millstream.store.access import Audit

LINK = "user.link_openid"
UNLINK = "user.unlink_openid"
_SLICE = 1_000


class Account(NamedTuple):
    """Somebody at a provider, for ever."""

    issuer: str
    subject: str


class Links:
    """The links of users in the audit log. The first one counts until it is undone."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    def find(self, user: User) -> Account | None:
        """The account that a user belongs to; None if there is none."""
        links = [
            event
            for event in self._events(SearchAuditEvents(actor=user.username, action=LINK))
            if event.details.get("user_id") == str(user.id)
        ]
        if not links:
            return None
        undone = self._last_undone(user, links[-1].sequence)
        counting = [event for event in links if event.sequence > undone]
        if not counting:
            return None
        details = counting[-1].details
        return Account(details.get("issuer", ""), details.get("subject", ""))

    def link(self, user: User, account: Account, address: str | None) -> Account:
        """Link a user that is not linked yet; gives the account that it belongs to now.

        That may be another one, if two people do the same at the same moment.
        """
        details = {"user_id": str(user.id), "issuer": account.issuer, "subject": account.subject}
        record = AuditRecord(LINK, "user", user.username, details=details)
        self._audit.append(record, Actor(user.username, address)).result()
        return self.find(user) or account

    def unlink(self, user: User, by: Actor) -> None:
        """Let the user belong to nobody; whoever may be linked next is up to the settings."""
        details = {"user_id": str(user.id)}
        record = AuditRecord(UNLINK, "user", user.username, details=details)
        self._audit.append(record, by).result()

    def _last_undone(self, user: User, since: int) -> int:
        for event in self._events(SearchAuditEvents(action=UNLINK)):
            if event.sequence < since:
                break
            if event.details.get("user_id") == str(user.id):
                return event.sequence
        return 0

    def _events(self, request: SearchAuditEvents) -> Iterator[AuditEvent]:
        """Newest first."""
        request.max_results = _SLICE
        while True:
            page = self._audit.search(request)
            yield from page.events
            if page.next_page_token is None:
                return
            request.page_token = page.next_page_token
