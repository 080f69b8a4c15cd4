"""What webhooks may be called and be told of; a breach raises `InvalidParameter`."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.entities import validation
from millstream.entities.webhooks import ActionName, EntityName, WebhookEvent
from millstream.errors import InvalidParameter

LONGEST_NAME = 256
LONGEST_DESCRIPTION = 1_000
LONGEST_SECRET = 1_000
MOST_RESULTS = 1_000

ACTIONS: dict[EntityName, tuple[ActionName, ...]] = {
    "REGISTERED_MODEL": ("CREATED", "UPDATED", "DELETED"),
    "MODEL_VERSION": ("CREATED", "UPDATED", "DELETED"),
    "MODEL_VERSION_TAG": ("SET", "DELETED"),
    "MODEL_VERSION_ALIAS": ("CREATED", "DELETED"),
    "REGISTERED_MODEL_TAG": ("SET", "DELETED"),
    "MODEL_VERSION_STAGE": ("UPDATED",),
    "TRANSITION_REQUEST": ("CREATED", "UPDATED"),
}

MLFLOW_EVENTS: tuple[tuple[EntityName, ActionName], ...] = (
    ("REGISTERED_MODEL", "CREATED"),
    ("MODEL_VERSION", "CREATED"),
    ("MODEL_VERSION_TAG", "SET"),
    ("MODEL_VERSION_TAG", "DELETED"),
    ("MODEL_VERSION_ALIAS", "CREATED"),
    ("MODEL_VERSION_ALIAS", "DELETED"),
)
"""The events that MLflow knows too."""


def check_name(name: str) -> None:
    """Check the name of a webhook: 1 to 256 characters, not all blank."""
    if not name.strip():
        raise InvalidParameter("Webhook name cannot be empty or just whitespace")
    validation.check_length(name, "name", LONGEST_NAME)


def check_texts(description: str | None, secret: str | None) -> None:
    """Check the lengths of a description and a secret."""
    validation.check_length(description, "description", LONGEST_DESCRIPTION)
    if secret is not None and len(secret) > LONGEST_SECRET:
        raise InvalidParameter(
            f"'secret' exceeds the maximum length of {LONGEST_SECRET} characters: it has "
            f"{len(secret)}."
        )


def check_events(events: Sequence[WebhookEvent]) -> None:
    """Check that there are events, and that each is one that happens here."""
    if not events:
        raise InvalidParameter("Webhook must be subscribed to at least one event")
    for event in events:
        check_event(event)


def check_event(event: WebhookEvent) -> None:
    """Check that an event is one that happens here."""
    actions = ACTIONS.get(event.entity)
    if actions is None:
        raise InvalidParameter(
            f"Events of '{event.entity.lower()}' do not happen here. Known are those of "
            f"{', '.join(entity.lower() for entity in ACTIONS)}."
        )
    if event.action not in actions:
        valid = [action.lower() for action in actions]
        raise InvalidParameter(
            f"Invalid action '{event.action.lower()}' for entity '{event.entity.lower()}'. "
            f"Valid actions are: {valid}"
        )
