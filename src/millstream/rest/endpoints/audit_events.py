"""The rows about the audit log."""

from __future__ import annotations

from millstream.entities import audit_events as ae
from millstream.rest.endpoints.row import OWN, Effort, Endpoint, Permission

_AUDIT = f"{OWN}/audit-events"
_READ = Permission("read", "audit")

AUDIT_EVENTS = (
    Endpoint(
        methods=("GET",),
        path=_AUDIT,
        request=ae.SearchAuditEvents,
        operation="audit.search",
        answer=ae.AuditEventPage,
        effort=Effort.SCAN,
        permission=_READ,
        summary="Search the audit log, newest first",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{_AUDIT}/export",
        request=ae.ExportAudit,
        operation="audit.export",
        answer=ae.AuditEvent,
        effort=Effort.SCAN,
        permission=_READ,
        lines=True,
        summary="Export the audit log as lines of JSON, oldest first",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{_AUDIT}/verify",
        request=ae.VerifyAudit,
        operation="audit.verify",
        answer=ae.AuditVerification,
        effort=Effort.SCAN,
        permission=_READ,
        summary="Hold the audit log against its hashes",
    ),
)
