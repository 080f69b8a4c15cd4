"""What the audit log is told of requests: what administers, and what was refused.

What changes users, roles, tokens and the like tells the log itself, in the transaction that does
it. What trains (runs, their metrics, tags and files) is in the tables and not in the log.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from millstream.entities.asking import Asking
from millstream.entities.audit_events import AuditRecord
from millstream.errors import MillstreamError, PermissionDenied
from millstream.rest.endpoints import Endpoint
from millstream.store.access import Audit

_LOG = logging.getLogger("millstream.access")
_ADMINISTERING = ("create", "delete", "approve", "manage")
_ADMINISTERED = ("deployment", "registered_model", "stages", "transition_request", "webhook")
_ALSO = ("experiments.update", "runs.move")
_NOT = ("models.create",)
_APART_SECONDS = 60.0
_MOST_REMEMBERED = 10_000


class Trail:
    """Writes entries into the audit log.

    The same refusal to the same caller is told once a minute, so that a loop cannot fill the log.
    """

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._refused: dict[tuple[str, str, str], float] = {}

    def keeps(self, endpoint: Endpoint) -> bool:
        """Whether the log is told when this was done."""
        permission = endpoint.permission
        if permission.action == "read" or endpoint.told in ("actor", "exchange"):
            return False
        if endpoint.operation in _NOT:
            return False
        return (
            permission.action in _ADMINISTERING
            or permission.resource in _ADMINISTERED
            or endpoint.operation in _ALSO
        )

    def done(self, endpoint: Endpoint, asking: Asking, request: Any) -> None:
        """Tell that something was done; that it was is true even if the log cannot be written."""
        self._append(_record(endpoint, request), asking)

    def denied(
        self, endpoint: Endpoint, asking: Asking, request: Any, error: MillstreamError
    ) -> None:
        """Tell that something was refused, if it was not told within the last minute."""
        self.refused(_record(endpoint, request), asking, error)

    def refused(self, record: AuditRecord, asking: Asking, error: MillstreamError) -> None:
        """The same of what is no row of the table."""
        record.result = "denied"
        if isinstance(error, PermissionDenied):
            record.details = {"reason": error.message}
        key = (asking.name, record.action, record.resource_id or "")
        now = time.monotonic()
        if now - self._refused.get(key, float("-inf")) < _APART_SECONDS:
            return
        if len(self._refused) >= _MOST_REMEMBERED:
            self._refused.clear()
        self._refused[key] = now
        self._append(record, asking)

    def _append(self, record: AuditRecord, asking: Asking) -> None:
        try:
            self._audit.append(record, asking.actor).result()
        except MillstreamError:
            _LOG.exception("the audit log could not be told of %s by %s", record, asking.name)


def _record(endpoint: Endpoint, request: Any) -> AuditRecord:
    noun, _, verb = endpoint.operation.partition(".")
    field = endpoint.permission.field
    value = None if field is None else getattr(request, field, None)
    if field is None:
        value = getattr(request, "name", None)
    shown = ", ".join(value) if isinstance(value, list) else value
    return AuditRecord(f"{noun.removesuffix('s')}.{verb}", endpoint.permission.resource, shown)
