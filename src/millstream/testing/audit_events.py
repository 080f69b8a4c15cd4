"""The contract of the audit log."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise

import pytest

from millstream.entities import audit_events as ae
from millstream.entities import users as u
from millstream.errors import InvalidParameter
from millstream.store.access import Access
from millstream.testing.access import BY, Clock, last_event
from millstream.testing.fixtures import unique
from millstream.testing.registry_races import at_once


def whole_log(access: Access) -> list[ae.AuditEvent]:
    """All entries, oldest first."""
    return [event for part in access.audit.export(ae.ExportAudit()) for event in part]


def hashed_by_others(event: ae.AuditEvent, previous: str) -> str:
    """The hash of an entry, reckoned from its description with Python's own JSON."""
    fields = {name: getattr(event, name) for name in event.__struct_fields__ if name != "hash"}
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(bytes.fromhex(previous) + text.encode()).hexdigest()


def check_chain(events: list[ae.AuditEvent]) -> None:
    """Every entry is there, once, and fits to the one before."""
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    previous = ae.FIRST_HASH
    for event in events:
        assert event.hash == hashed_by_others(event, previous)
        previous = event.hash


class AuditContract:
    """What every store promises about its audit log."""

    def _append(self, access: Access, action: str = "run.delete") -> ae.AuditEvent:
        details = {"why": 'ünusual \u2028 "quoted" \\ \x7f \x01 \n text', "a": ""}
        record = ae.AuditRecord(action, "run", "abc", "denied", details)
        return access.audit.append(record, BY).result()

    def test_an_entry_is_added_and_found(self, access: Access, clock: Clock) -> None:
        before = self._append(access)
        added = self._append(access)
        assert added.sequence == before.sequence + 1
        assert (added.timestamp, added.actor, added.address) == (clock.time, *_ACTOR)
        assert (added.action, added.resource_type, added.resource_id) == (
            "run.delete",
            "run",
            "abc",
        )
        assert added.result == "denied"
        assert added.hash == hashed_by_others(added, before.hash)
        assert last_event(access) == added
        assert whole_log(access)[-2:] == [before, added]

    def test_the_log_is_whole(self, access: Access) -> None:
        added = [self._append(access) for _ in range(3)]
        check_chain(whole_log(access))
        found = access.audit.verify(ae.VerifyAudit())
        assert found == ae.AuditVerification(True, added[-1].sequence, added[-1].hash)
        kept = ae.VerifyAudit(added[0].sequence, added[0].hash)
        assert access.audit.verify(kept).intact

    def test_a_part_is_exported(self, access: Access) -> None:
        added = [self._append(access) for _ in range(3)]

        def exported(request: ae.ExportAudit) -> list[ae.AuditEvent]:
            return [event for part in access.audit.export(request) for event in part]

        first = added[0].sequence
        assert exported(ae.ExportAudit(first)) == added
        assert exported(ae.ExportAudit(first, 2)) == added[:2]
        assert exported(ae.ExportAudit(first + 3)) == []
        with pytest.raises(InvalidParameter, match="'max_results': it must be at least 1"):
            exported(ae.ExportAudit(first, 0))

    def test_an_entry_that_was_kept_tells_of_a_chain_made_anew(self, access: Access) -> None:
        added = self._append(access)
        kept = ae.VerifyAudit(added.sequence, "0" * 64)
        found = access.audit.verify(kept)
        assert (found.intact, found.broken_sequence) == (False, added.sequence)
        assert (
            found.problem == f"its hash is {added.hash}, but the entry that was kept has {'0' * 64}"
        )
        beyond = access.audit.verify(ae.VerifyAudit(added.sequence + 5, added.hash))
        assert (beyond.intact, beyond.broken_sequence) == (False, added.sequence + 1)
        for wrong in ((1, None), (None, added.hash), (0, added.hash), (1, "x"), (1, "A" * 64)):
            with pytest.raises(InvalidParameter, match="hash"):
                access.audit.verify(ae.VerifyAudit(*wrong))

    def test_pages(self, access: Access) -> None:
        action = unique("action")
        added = [self._append(access, action) for _ in range(5)]
        request = ae.SearchAuditEvents(action=action, max_results=2)
        found: list[ae.AuditEvent] = []
        while True:
            page = access.audit.search(request)
            assert len(page.events) <= 2
            found += page.events
            request.page_token = page.next_page_token
            if page.next_page_token is None:
                break
        assert found == added[::-1]
        by_nobody = ae.SearchAuditEvents(actor="nobody", action=action)
        assert access.audit.search(by_nobody).events == []
        first = access.audit.search(ae.SearchAuditEvents(max_results=1))
        with pytest.raises(InvalidParameter, match="another search"):
            access.audit.search(ae.SearchAuditEvents("a", page_token=first.next_page_token))
        with pytest.raises(InvalidParameter, match="max_results"):
            access.audit.search(ae.SearchAuditEvents(max_results=1_001))

    def test_no_entry_is_lost_for_an_odd_text(self, access: Access) -> None:
        odd = "\0 \ud800 \U0001f600" + "x" * 5_000
        record = ae.AuditRecord(odd, odd, odd, details={odd: odd})
        added = access.audit.append(record, u.Actor(odd, odd, odd)).result()
        assert last_event(access) == added
        assert added.resource_id == ("\ufffd ? \U0001f600" + "x" * 5_000)[:500]
        assert access.audit.verify(ae.VerifyAudit()).intact

    def test_many_at_once_make_one_chain(self, access: Access) -> None:
        before = self._append(access).sequence
        assert at_once(32, lambda number: _append_some(access, number)) == []
        events = whole_log(access)
        assert len(events) == before + 32 * 3
        check_chain(events)
        for earlier, later in pairwise(events):
            assert later.sequence == earlier.sequence + 1


_ACTOR = (BY.username, BY.address)


def _append_some(access: Access, number: int) -> None:
    for turn in range(3):
        access.audit.append(ae.AuditRecord(f"race.{number}.{turn}"), BY).result()
