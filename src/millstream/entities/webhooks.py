"""Webhooks: addresses that are told of the registry's events, and the log of what was told."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Literal, Self

import msgspec

from millstream.entities.entity import Entity
from millstream.errors import InvalidParameter

# The first names of each list are MLflow's, in the order of their numbers in its protocol.
EntityName = Literal[
    "REGISTERED_MODEL",
    "MODEL_VERSION",
    "MODEL_VERSION_TAG",
    "MODEL_VERSION_ALIAS",
    "PROMPT",
    "PROMPT_VERSION",
    "PROMPT_TAG",
    "PROMPT_VERSION_TAG",
    "PROMPT_ALIAS",
    "BUDGET_POLICY",
    "REGISTERED_MODEL_TAG",
    "MODEL_VERSION_STAGE",
    "TRANSITION_REQUEST",
]
ActionName = Literal["CREATED", "UPDATED", "DELETED", "SET", "EXCEEDED"]
StatusName = Literal["ACTIVE", "DISABLED"]
DeliveryStatusName = Literal["PENDING", "DELIVERED", "DEAD"]


class WebhookEntity(enum.StrEnum):
    """What an event is about; the names are those of the wire."""

    REGISTERED_MODEL = "REGISTERED_MODEL"
    MODEL_VERSION = "MODEL_VERSION"
    MODEL_VERSION_TAG = "MODEL_VERSION_TAG"
    MODEL_VERSION_ALIAS = "MODEL_VERSION_ALIAS"
    PROMPT = "PROMPT"
    PROMPT_VERSION = "PROMPT_VERSION"
    PROMPT_TAG = "PROMPT_TAG"
    PROMPT_VERSION_TAG = "PROMPT_VERSION_TAG"
    PROMPT_ALIAS = "PROMPT_ALIAS"
    BUDGET_POLICY = "BUDGET_POLICY"
    REGISTERED_MODEL_TAG = "REGISTERED_MODEL_TAG"
    MODEL_VERSION_STAGE = "MODEL_VERSION_STAGE"
    TRANSITION_REQUEST = "TRANSITION_REQUEST"


class WebhookAction(enum.StrEnum):
    """What happened; the names are those of the wire."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    DELETED = "DELETED"
    SET = "SET"
    EXCEEDED = "EXCEEDED"


class WebhookStatus(enum.StrEnum):
    """Whether a webhook is told of events."""

    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"


class WebhookEvent(Entity):
    """A kind of events: what they are about and what happened. Names may be given in lower case."""

    entity: EntityName
    action: ActionName

    def __post_init__(self) -> None:
        self.entity = self.entity.upper()  # type: ignore[assignment]  # a store refuses others
        self.action = self.action.upper()  # type: ignore[assignment]  # as above

    @classmethod
    def from_str(cls, event_str: str) -> Self:
        """The event that is written as `model_version.created`."""
        entity, dot, action = event_str.partition(".")
        if not dot:
            raise InvalidParameter(
                f"Invalid event string format: {event_str}. Expected format: 'entity.action' "
                "(e.g., 'registered_model.created')"
            )
        return cls(entity, action)  # type: ignore[arg-type]  # a store refuses others

    def __str__(self) -> str:
        return f"{self.entity}.{self.action}".lower()


class Webhook(Entity):
    """An address that is told of events. Times are ms since 1970-01-01 UTC.

    On the wire, events that MLflow does not know have a list of their own, since MLflow's client
    refuses a webhook that has one. The secret is never given back; `signed` says whether there is
    one.
    """

    webhook_id: str
    name: str
    url: str
    event_list: list[WebhookEvent] = msgspec.field(name="events")
    creation_timestamp: int
    last_updated_timestamp: int
    description: str | None = None
    status: StatusName = "ACTIVE"
    signed: bool = False
    own_event_list: list[WebhookEvent] = msgspec.field(name="own_events", default_factory=list)
    workspace: str | None = None

    @property
    def events(self) -> list[WebhookEvent]:
        """All that it is told of."""
        return [*self.event_list, *self.own_event_list]

    @property
    def secret(self) -> None:
        """Always None: a secret never leaves the store."""
        return

    def _shown(self) -> Iterable[str]:
        return [name for name in self.__struct_encode_fields__ if name != "own_events"]


class CreateWebhook(Entity):
    """Tell `url` of these events; with a `secret`, what is sent is signed with it."""

    name: str
    url: str
    events: list[WebhookEvent]
    description: str | None = None
    secret: str | None = None
    status: StatusName | None = None

    def __repr__(self) -> str:
        return f"<CreateWebhook: name={self.name!r}, url={self.url!r}>"


class WebhookId(Entity):
    """Names one webhook."""

    webhook_id: str


class ListWebhooks(Entity):
    """Ask for webhooks, in the order of their creation; `max_results` is 1 to 1,000.

    Those that have none of MLflow's events, which MLflow's client could not read, are left out
    unless `include_own` is true.
    """

    max_results: int = 100
    page_token: str | None = None
    include_own: bool = False


class WebhookPage(Entity):
    """One page of webhooks; the token is absent on the last page."""

    webhooks: list[Webhook] = []
    next_page_token: str | None = None


class UpdateWebhook(Entity):
    """Change a webhook; what is absent stays. An empty secret removes the secret."""

    webhook_id: str
    name: str | None = None
    description: str | None = None
    url: str | None = None
    events: list[WebhookEvent] = []
    secret: str | None = None
    status: StatusName | None = None

    def __repr__(self) -> str:
        return f"<UpdateWebhook: webhook_id={self.webhook_id!r}>"


class TestWebhook(Entity):
    """Send a sample of an event, or of the webhook's first, once and at once."""

    __test__ = False  # no test case, whatever its name looks like to pytest

    webhook_id: str
    event: WebhookEvent | None = None


class WebhookTestResult(Entity):
    """What came of a sample: the status and the beginning of the body, or why there is none."""

    success: bool
    response_status: int | None = None
    response_body: str | None = None
    error_message: str | None = None


class WebhookDelivery(Entity):
    """One event on its way to one webhook. Times are ms since 1970-01-01 UTC.

    PENDING will be tried at `due_timestamp`; DEAD was given up and waits to be replayed. The
    response is that of the last attempt, its body cut. `payload` is the JSON text that is sent.
    """

    delivery_id: str
    webhook_id: str
    event: WebhookEvent
    status: DeliveryStatusName
    creation_timestamp: int
    payload: str
    attempts: int = 0
    due_timestamp: int | None = None
    last_attempt_timestamp: int | None = None
    response_status: int | None = None
    response_body: str | None = None
    error_message: str | None = None


class SearchWebhookDeliveries(Entity):
    """The log of a webhook, newest first; `max_results` is 1 to 1,000."""

    webhook_id: str
    statuses: list[DeliveryStatusName] = []
    max_results: int = 100
    page_token: str | None = None


class WebhookDeliveryPage(Entity):
    """One page of the log; the token is absent on the last page."""

    deliveries: list[WebhookDelivery] = []
    next_page_token: str | None = None


class ReplayWebhookDeliveries(Entity):
    """Send again: the delivery that is named, or all dead ones of the webhook."""

    webhook_id: str
    delivery_id: str | None = None


class WebhookDeliveriesReplayed(Entity):
    """How many deliveries are on their way again."""

    count: int
