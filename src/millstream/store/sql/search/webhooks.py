"""Finding webhooks and their deliveries, page by page."""

from __future__ import annotations

from millstream.entities import validation
from millstream.entities.webhook_validation import MLFLOW_EVENTS, MOST_RESULTS
from millstream.entities.webhooks import ListWebhooks, SearchWebhookDeliveries
from millstream.store.sql.reader import Reader
from millstream.store.sql.search.fragment import TRUE, Sql, joined, listed
from millstream.store.sql.search.limits import of_workspace
from millstream.store.sql.search.paging import Found, Phase, Term, find_page

_PAIR = "(s.entity = ? AND s.action = ?)"
_KNOWN_TO_MLFLOW = Sql(
    "EXISTS (SELECT 1 FROM webhook_subscriptions s WHERE s.webhook_key = w.webhook_key "
    f"AND ({' OR '.join([_PAIR] * len(MLFLOW_EVENTS))}))",
    tuple(name for pair in MLFLOW_EVENTS for name in pair),
)


def find_webhooks(reader: Reader, request: ListWebhooks) -> Found:
    """The keys of one page of webhooks, in the order of their creation."""
    validation.check_max_results(request.max_results, MOST_RESULTS)
    terms = (Term(Sql("w.webhook_key"), "whole"),)
    condition = TRUE if request.include_own else _KNOWN_TO_MLFLOW
    conditions = (condition, of_workspace(reader, "w.workspace"))
    phase = Phase("w.webhook_key", (), terms, ((Sql("webhooks AS w"), conditions),))
    query = ("webhooks", request.include_own)
    return find_page(reader, [phase], request.max_results, query, request.page_token)


def find_deliveries(reader: Reader, webhook_key: int, request: SearchWebhookDeliveries) -> Found:
    """The keys of one page of a webhook's deliveries, newest first."""
    validation.check_max_results(request.max_results, MOST_RESULTS)
    conditions = [Sql("d.webhook_key = ?", (webhook_key,))]
    if request.statuses:
        conditions.append(joined(" IN ", [Sql("d.status"), listed(request.statuses)]))
    terms = (Term(Sql("d.delivery_key"), "whole", ascending=False),)
    source = Sql("webhook_deliveries AS d")
    phase = Phase("d.delivery_key", (), terms, ((source, tuple(conditions)),))
    query = ("webhook_deliveries", request.webhook_id, request.statuses)
    return find_page(reader, [phase], request.max_results, query, request.page_token)
