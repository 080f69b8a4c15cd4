"""What an event of the registry's history is called outside, and what is told of it.

MLflow's events carry MLflow's data. Those that MLflow does not have say in addition who and why.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from millstream.entities.model_versions import CreateModelVersion, ModelVersionTag
from millstream.entities.registered_models import CreateRegisteredModel
from millstream.entities.registry_events import EventKind, RegistryChange, RegistryEvent
from millstream.entities.webhooks import WebhookEvent

_NAMES: dict[EventKind, str] = {
    "MODEL_CREATED": "registered_model.created",
    "MODEL_RENAMED": "registered_model.updated",
    "MODEL_DESCRIBED": "registered_model.updated",
    "MODEL_DELETED": "registered_model.deleted",
    "MODEL_TAG_SET": "registered_model_tag.set",
    "MODEL_TAG_DELETED": "registered_model_tag.deleted",
    "VERSION_CREATED": "model_version.created",
    "VERSION_DESCRIBED": "model_version.updated",
    "VERSION_DELETED": "model_version.deleted",
    "VERSION_TAG_SET": "model_version_tag.set",
    "VERSION_TAG_DELETED": "model_version_tag.deleted",
    "STAGE_CHANGED": "model_version_stage.updated",
    "ALIAS_SET": "model_version_alias.created",
    "ALIAS_DELETED": "model_version_alias.deleted",
    "TRANSITION_REQUESTED": "transition_request.created",
    "TRANSITION_APPROVED": "transition_request.updated",
    "TRANSITION_REJECTED": "transition_request.updated",
    "TRANSITION_CANCELLED": "transition_request.updated",
}
EVENTS = {kind: WebhookEvent.from_str(name) for kind, name in _NAMES.items()}
_CREATED = ("MODEL_CREATED", "VERSION_CREATED")


def outside(event: RegistryEvent, request: RegistryChange) -> WebhookEvent | None:
    """What webhooks know an event as; None if they do not.

    What a new model or version is born with is told with its creation, and not once more.
    """
    born = isinstance(request, CreateRegisteredModel | CreateModelVersion)
    if born and event.kind not in _CREATED:
        return None
    return EVENTS.get(event.kind)


def payload(
    told: WebhookEvent, timestamp: int, data: dict[str, Any], workspace: str | None = None
) -> str:
    """The JSON text that is sent; `timestamp` is in ms since 1970-01-01 UTC.

    `workspace` is named where a server has several.
    """
    moment = datetime.fromtimestamp(timestamp / 1000, UTC).isoformat()
    body: dict[str, Any] = {
        "entity": told.entity.lower(),
        "action": told.action.lower(),
        "timestamp": moment,
        "data": data,
    }
    if workspace is not None:
        body["workspace"] = workspace
    return msgspec.json.encode(body).decode()


def data_of(event: RegistryEvent, request: RegistryChange) -> dict[str, Any]:
    """What is told of an event."""
    name, version = event.name, event.version
    match event.kind:
        case "MODEL_CREATED":
            return {"name": name, **_born_with(request)}
        case "VERSION_CREATED":
            facts = msgspec.json.decode(event.to_value or "{}", type=dict[str, Any])
            origin = {"source": facts.get("source"), "run_id": facts.get("run_id")}
            return {"name": name, "version": version, **origin, **_born_with(request)}
        case "VERSION_TAG_SET":
            return {"name": name, "version": version, "key": event.subject, "value": event.to_value}
        case "VERSION_TAG_DELETED":
            return {"name": name, "version": version, "key": event.subject}
        case "ALIAS_SET":
            return {"name": name, "alias": event.subject, "version": version}
        case "ALIAS_DELETED":
            return {"name": name, "alias": event.subject}
    return _own(event)


def sample(told: WebhookEvent, timestamp: int) -> str:
    """A payload as such an event has it, about things that do not exist."""
    kind = next(kind for kind, event in EVENTS.items() if event == told)
    request = CreateModelVersion(
        "sample-model",
        "s3://sample-bucket/sample-model",
        run_id="0" * 32,
        tags=[ModelVersionTag("sample-key", "sample-value")],
        description="a sample",
    )
    facts = msgspec.json.encode({"source": request.source, "run_id": request.run_id}).decode()
    event = RegistryEvent(
        event_id=0,
        change_id="0" * 32,
        timestamp=timestamp,
        kind=kind,
        name=request.name,
        version="1",
        subject="sample-key",
        to_value=facts if kind == "VERSION_CREATED" else "sample-value",
        user_id="sample-user",
        comment="a sample",
    )
    return payload(told, timestamp, data_of(event, request))


def _born_with(request: RegistryChange) -> dict[str, Any]:
    tags = getattr(request, "tags", [])
    description = getattr(request, "description", None)
    return {"tags": {tag.key: tag.value for tag in tags}, "description": description}


def _own(event: RegistryEvent) -> dict[str, Any]:
    values = {
        "name": event.name,
        "version": event.version,
        "kind": event.kind.lower(),
        "subject": event.subject,
        "from_value": event.from_value,
        "to_value": event.to_value,
        "user_id": event.user_id,
        "comment": event.comment,
    }
    return {name: value for name, value in values.items() if value is not None}
