"""Commands about webhooks."""

from __future__ import annotations

from typing import get_args

import click

from millstream.cli.options import Decorated, example, json_option, tracking_uri_option
from millstream.cli.output import as_date, print_fields, print_json, print_rows, report
from millstream.client.paging import PagedList, collect
from millstream.client.tracking import MillstreamClient
from millstream.entities.webhooks import (
    DeliveryStatusName,
    Webhook,
    WebhookDelivery,
    WebhookStatus,
)

PAGE = 1_000
_EVENTS_HELP = "What to tell of, as in model_version.created; may be given several times."
_SECRET_HELP = "What to sign with. Better given by its variable, since others see command lines."  # noqa: S105  # help, no secret


def _webhook_id_option(command: Decorated) -> Decorated:
    return click.option("--webhook-id", required=True, metavar="ID", help="ID of the webhook.")(
        command
    )


def _secret_option(command: Decorated) -> Decorated:
    return click.option("--secret", envvar="MILLSTREAM_WEBHOOK_SECRET", help=_SECRET_HELP)(command)


def _status_option(command: Decorated) -> Decorated:
    return click.option(
        "--status",
        type=click.Choice([status.value for status in WebhookStatus], case_sensitive=False),
        help="Whether it is told of events.",
    )(command)


@example(
    "millstream webhooks create -n releases --url https://ml.example.com/hook \\",
    "    --event model_version_stage.updated",
    "millstream webhooks deliveries --webhook-id 3f0e… --status DEAD",
)
@click.group()
def webhooks() -> None:
    """Tell other services of what happens in the model registry."""


@example(
    "export MILLSTREAM_WEBHOOK_SECRET=…",
    "millstream webhooks create -n ci --url https://ci.example.com/hook \\",
    "    --event model_version.created --event model_version_alias.created",
)
@webhooks.command()
@click.option("-n", "--name", required=True, help="Name of the new webhook.")
@click.option("--url", required=True, help="The https address that is told.")
@click.option("--event", "events", multiple=True, required=True, help=_EVENTS_HELP)
@click.option("--description", help="What it is for.")
@_secret_option
@_status_option
@json_option
@tracking_uri_option
def create(
    name: str,
    url: str,
    events: tuple[str, ...],
    description: str | None,
    secret: str | None,
    status: str | None,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Create a webhook."""
    made = MillstreamClient(tracking_uri).create_webhook(
        name, url, events, description, secret, status
    )
    report(
        f"Created webhook '{name}' with id {made.webhook_id}",
        made.to_dictionary(),
        as_json=as_json,
    )


@example("millstream webhooks list --json")
@webhooks.command("list")
@click.option(
    "--max-results", type=click.IntRange(min=1), help="Show at most so many (default: all)."
)
@json_option
@tracking_uri_option
def list_webhooks(max_results: int | None, as_json: bool, tracking_uri: str | None) -> None:
    """List webhooks, in the order of their creation."""
    found = collect(MillstreamClient(tracking_uri).list_webhooks, max_results, PAGE)
    if as_json:
        print_json([webhook.to_dictionary() for webhook in found])
        return
    print_rows(
        ["Webhook Id", "Name", "Status", "Signed", "Events", "URL"],
        [_row(webhook) for webhook in found],
        "There is no webhook.",
    )


@example("millstream webhooks update --webhook-id 3f0e… --status DISABLED")
@webhooks.command()
@_webhook_id_option
@click.option("-n", "--name", help="Its new name.")
@click.option("--url", help="Its new address.")
@click.option("--event", "events", multiple=True, help=f"{_EVENTS_HELP} Replaces those it had.")
@click.option("--description", help="Its new description.")
@_secret_option
@_status_option
@json_option
@tracking_uri_option
def update(
    webhook_id: str,
    name: str | None,
    url: str | None,
    events: tuple[str, ...],
    description: str | None,
    secret: str | None,
    status: str | None,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Change a webhook where something is given; an empty --secret removes the secret."""
    given = (name, url, events or None, description, secret, status)
    if all(value is None for value in given):
        raise click.UsageError("There is nothing to change: give at least one option.")
    changed = MillstreamClient(tracking_uri).update_webhook(
        webhook_id, name, description, url, events, secret, status
    )
    report(f"Updated webhook '{changed.name}'", changed.to_dictionary(), as_json=as_json)


@example("millstream webhooks delete --webhook-id 3f0e…")
@webhooks.command()
@_webhook_id_option
@json_option
@tracking_uri_option
def delete(webhook_id: str, as_json: bool, tracking_uri: str | None) -> None:
    """Delete a webhook, with its deliveries, sent or not."""
    MillstreamClient(tracking_uri).delete_webhook(webhook_id)
    report(f"Deleted webhook {webhook_id}", {"webhook_id": webhook_id}, as_json=as_json)


@example("millstream webhooks test --webhook-id 3f0e… --event model_version.created")
@webhooks.command()
@_webhook_id_option
@click.option("--event", help="Which event to send a sample of (default: its first).")
@json_option
@tracking_uri_option
@click.pass_context
def test(
    context: click.Context,
    webhook_id: str,
    event: str | None,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Send a sample and show what came of it; the exit code is 1 if it was not taken."""
    result = MillstreamClient(tracking_uri).test_webhook(webhook_id, event)
    if as_json:
        print_json(result.to_dictionary())
    else:
        print_fields(
            {
                "Delivered": "yes" if result.success else "no",
                "Status": result.response_status,
                "Answer": result.response_body,
                "Error": result.error_message,
            }
        )
    context.exit(0 if result.success else 1)


@example("millstream webhooks deliveries --webhook-id 3f0e… --status DEAD --json")
@webhooks.command()
@_webhook_id_option
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice(get_args(DeliveryStatusName), case_sensitive=False),
    help="Only those that wait, arrived or were given up; may be given several times.",
)
@click.option(
    "--max-results",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Show at most so many.",
)
@json_option
@tracking_uri_option
def deliveries(
    webhook_id: str,
    statuses: tuple[DeliveryStatusName, ...],
    max_results: int,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Show what a webhook was told, or will be; newest first."""
    client = MillstreamClient(tracking_uri)

    def page(size: int, token: str | None) -> PagedList[WebhookDelivery]:
        return client.search_webhook_deliveries(webhook_id, statuses, size, token)

    found = collect(page, max_results, PAGE)
    if as_json:
        print_json([delivery.to_dictionary() for delivery in found])
        return
    print_rows(
        ["Delivery Id", "Event", "Status", "Attempts", "Created", "Answer", "Error"],
        [
            (
                delivery.delivery_id,
                str(delivery.event),
                delivery.status,
                delivery.attempts,
                as_date(delivery.creation_timestamp),
                delivery.response_status,
                delivery.error_message,
            )
            for delivery in found
        ],
        "There is no such delivery.",
    )


@example(
    "millstream webhooks replay --webhook-id 3f0e…",
    "millstream webhooks replay --webhook-id 3f0e… --delivery-id 77aa…",
)
@webhooks.command()
@_webhook_id_option
@click.option("--delivery-id", metavar="ID", help="Which one (default: all that were given up).")
@json_option
@tracking_uri_option
def replay(
    webhook_id: str, delivery_id: str | None, as_json: bool, tracking_uri: str | None
) -> None:
    """Send deliveries again, under the ids they had."""
    count = MillstreamClient(tracking_uri).replay_webhook_deliveries(webhook_id, delivery_id)
    report(
        f"{count} {'delivery is' if count == 1 else 'deliveries are'} on the way again",
        {"webhook_id": webhook_id, "count": count},
        as_json=as_json,
    )


def _row(webhook: Webhook) -> tuple[object, ...]:
    return (
        webhook.webhook_id,
        webhook.name,
        webhook.status,
        "yes" if webhook.signed else "no",
        ", ".join(map(str, webhook.events)),
        webhook.url,
    )
