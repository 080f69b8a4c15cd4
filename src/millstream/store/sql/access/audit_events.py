"""The audit log in SQL: read, exported and verified."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from millstream.entities import audit_events as ae
from millstream.entities import users as u
from millstream.entities import validation
from millstream.entities.decoding import json_decoder
from millstream.errors import InvalidParameter
from millstream.store.pending import Pending
from millstream.store.sql.access import chain
from millstream.store.sql.access.context import AccessContext
from millstream.store.sql.connections import Row
from millstream.store.sql.dialect import placeholders
from millstream.store.sql.reader import Reader
from millstream.store.sql.search.fragment import TRUE, Sql
from millstream.store.sql.search.paging import Phase, Term, find_page
from millstream.store.sql.transaction import Transaction

_SELECT_END = "SELECT sequence, hash FROM audit_chain WHERE chain_key = 1"
_SELECT_ALL = f"SELECT {chain.COLUMNS} FROM audit_events ORDER BY sequence"
_SELECT_FROM = f"SELECT {chain.COLUMNS} FROM audit_events WHERE sequence >= ? ORDER BY sequence"
_SELECT = f"SELECT {chain.COLUMNS} FROM audit_events WHERE sequence IN ({{}})"
_HASH = re.compile(r"[0-9a-f]{64}")
_MOST_RESULTS = 1_000
_SLICE = 1_000


class SqlAudit:
    """The audit log of a database."""

    def __init__(self, context: AccessContext) -> None:
        self._database = context.database
        self._clock = context.clock

    def append(self, record: ae.AuditRecord, by: u.Actor) -> Pending[ae.AuditEvent]:
        """Add an entry; texts that are too long for the log are cut."""
        return self._database.write(_append, record, by, self._clock())

    def search(self, request: ae.SearchAuditEvents) -> ae.AuditEventPage:
        """Entries, newest first."""
        validation.check_max_results(request.max_results, _MOST_RESULTS)
        return self._database.read(_search, request)

    def export(self, request: ae.ExportAudit) -> Iterator[list[ae.AuditEvent]]:
        """Entries, oldest first, in slices of at most 1,000, in constant memory."""
        sql, params = _SELECT_FROM, [request.first_sequence]
        if request.max_results is not None:
            if request.max_results < 1:
                raise InvalidParameter(
                    f"Invalid value {request.max_results} for parameter 'max_results': it must be "
                    "at least 1."
                )
            sql, params = f"{sql} LIMIT ?", [*params, request.max_results]
        with self._database.own_reader() as reader:
            for rows in reader.iterate(sql, params, _SLICE):
                yield [_event(row) for row in rows]

    def verify(self, request: ae.VerifyAudit) -> ae.AuditVerification:
        """Hold every entry against its hash and the one before; the first broken one is named."""
        walk = _Walk(_anchor(request))
        with self._database.own_reader() as reader:
            # Read first: what is added meanwhile lies behind this end.
            ends = reader.execute(_SELECT_END)
            if not ends:
                return walk.broken("the row that holds the end of the log is gone")
            walk.expect(int(ends[0][0]), str(ends[0][1]), "the end that the database keeps")
            for rows in reader.iterate(_SELECT_ALL, (), _SLICE):
                for row in rows:
                    problem = walk.step(row)
                    if problem is not None:
                        return walk.broken(problem)
        return walk.finish()


class _Walk:
    """Goes along the chain from its beginning, and knows hashes that have to be met."""

    def __init__(self, anchor: tuple[int, str] | None) -> None:
        self._events = 0
        self._hash = ae.FIRST_HASH
        self._expected: dict[int, list[tuple[str, str]]] = {}
        if anchor is not None:
            self.expect(*anchor, "the entry that was kept")

    def expect(self, sequence: int, digest: str, whose: str) -> None:
        self._expected.setdefault(sequence, []).append((digest, whose))

    def step(self, row: Row) -> str | None:
        """Go on by one entry; the answer is what is wrong with it."""
        if row[0] != self._events + 1:
            return f"it is missing; entry {row[0]} follows entry {self._events}"
        try:
            event = _event(row)
        except msgspec.MsgspecError as error:
            return f"its details cannot be read: {error}"
        found = event.hashed_after(self._hash)
        if found != event.hash:
            return f"its hash is {event.hash}, but its fields and the entry before make {found}"
        for digest, whose in self._expected.pop(event.sequence, ()):
            if found != digest:
                return f"its hash is {found}, but {whose} has {digest}"
        self._events, self._hash = event.sequence, found
        return None

    def finish(self) -> ae.AuditVerification:
        self._expected.pop(0, None)
        for sequence, (first, *_) in sorted(self._expected.items()):
            return self.broken(f"it is missing; {first[1]} is entry {sequence}")
        return ae.AuditVerification(True, self._events, self._hash)

    def broken(self, problem: str) -> ae.AuditVerification:
        return ae.AuditVerification(False, self._events, self._hash, self._events + 1, problem)


def _anchor(request: ae.VerifyAudit) -> tuple[int, str] | None:
    if request.sequence is None and request.hash is None:
        return None
    if request.sequence is None or request.hash is None or request.sequence < 1:
        raise InvalidParameter(
            "Give both the sequence, from 1, and the hash of the entry that was kept; these are "
            f"{request.sequence!r} and {request.hash!r}."
        )
    if _HASH.fullmatch(request.hash) is None:
        raise InvalidParameter(
            f"Invalid hash {request.hash!r}: a hash is 64 hexadecimal digits in lower case."
        )
    return request.sequence, request.hash


def _append(
    transaction: Transaction, record: ae.AuditRecord, by: u.Actor, moment: int
) -> ae.AuditEvent:
    return chain.begin(transaction, by, moment).append(record)


def _search(reader: Reader, request: ae.SearchAuditEvents) -> ae.AuditEventPage:
    named = (("actor", request.actor), ("action", request.action))
    conditions = [Sql(f"a.{name} = ?", (value,)) for name, value in named if value is not None]
    terms = (Term(Sql("a.sequence"), "whole", ascending=False),)
    branch = (Sql("audit_events AS a"), tuple(conditions) or (TRUE,))
    phase = Phase("a.sequence", (), terms, (branch,))
    query = ("audit_events", request.actor, request.action)
    found = find_page(reader, [phase], request.max_results, query, request.page_token)
    if not found.keys:
        return ae.AuditEventPage([])
    rows = reader.execute(_SELECT.format(placeholders(len(found.keys))), found.keys)
    events = {row[0]: _event(row) for row in rows}
    return ae.AuditEventPage([events[key] for key in found.keys], found.next_page_token)


def _event(row: Row) -> ae.AuditEvent:
    values = (*row[:9], json_decoder(dict[str, str]).decode(row[9]), row[10])
    return ae.AuditEvent(*values)
