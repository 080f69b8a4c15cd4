"""The commands that ask for moves, and that approve or refuse them."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import click

from millstream.cli.models_named import comment_option, name_option
from millstream.cli.options import Decorated, exactly_one, example, json_option, tracking_uri_option
from millstream.cli.output import as_date, print_json, print_rows, report
from millstream.client.paging import collect
from millstream.client.tracking import MillstreamClient
from millstream.entities.transition_requests import TransitionRequest, TransitionRequestStatus

PAGE = 1_000


def _request_id_argument(command: Decorated) -> Decorated:
    return click.argument("request_id", metavar="ID")(command)


@example(
    "millstream models request --name churn --version 3 --stage Production --comment 'see #7'",
    "millstream models request -n churn -v 3 --alias champion",
)
@click.command()
@name_option
@click.option("-v", "--version", metavar="VERSION", help="Number of the version to move.")
@click.option("--stage", help="The stage to move it to.")
@click.option("--archive-existing-versions", "archive", is_flag=True, help="Archive the others.")
@click.option("--alias", help="The alias to point to it; without --version, to remove.")
@comment_option
@json_option
@tracking_uri_option
def request(
    name: str,
    version: str | None,
    stage: str | None,
    archive: bool,
    alias: str | None,
    comment: str | None,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Ask for a move of a version to a stage, or of an alias, for somebody else to approve."""
    exactly_one(stage=stage, alias=alias)
    made = MillstreamClient(tracking_uri).create_transition_request(
        name, version, stage, archive, alias, comment=comment
    )
    sentence = f"Request {made.request_id} asks for: {_wish(made)}."
    report(sentence, made.to_dictionary(), as_json=as_json)


@example("millstream models approve 7 --comment 'looks good on last week'")
@click.command()
@_request_id_argument
@comment_option
@json_option
@tracking_uri_option
def approve(request_id: str, comment: str | None, as_json: bool, tracking_uri: str | None) -> None:
    """Approve a request, which performs the move."""
    client = MillstreamClient(tracking_uri)
    _decide(client.approve_transition_request, "approved", request_id, comment, as_json)


@example("millstream models reject 7 --comment 'the test set was too small'")
@click.command()
@_request_id_argument
@comment_option
@json_option
@tracking_uri_option
def reject(request_id: str, comment: str | None, as_json: bool, tracking_uri: str | None) -> None:
    """Refuse a request."""
    client = MillstreamClient(tracking_uri)
    _decide(client.reject_transition_request, "rejected", request_id, comment, as_json)


@example("millstream models cancel 7")
@click.command()
@_request_id_argument
@comment_option
@json_option
@tracking_uri_option
def cancel(request_id: str, comment: str | None, as_json: bool, tracking_uri: str | None) -> None:
    """Take a request back."""
    client = MillstreamClient(tracking_uri)
    _decide(client.cancel_transition_request, "cancelled", request_id, comment, as_json)


@example("millstream models requests", "millstream models requests --name churn --status PENDING")
@click.command()
@click.option("-n", "--name", help="Only those of this registered model.")
@click.option(
    "--status",
    type=click.Choice(get_args(TransitionRequestStatus), case_sensitive=False),
    help="Only those in this state.",
)
@json_option
@tracking_uri_option
def requests(
    name: str | None,
    status: TransitionRequestStatus | None,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """List the requests for moves, newest first."""
    client = MillstreamClient(tracking_uri)
    found = collect(
        lambda size, token: client.search_transition_requests(
            name, status=status, max_results=size, page_token=token
        ),
        None,
        PAGE,
    )
    if as_json:
        print_json([each.to_dictionary() for each in found])
        return
    rows = [
        (
            each.request_id,
            each.name,
            _wish(each),
            f"{each.status}, stale" if each.stale else each.status,
            each.user_id,
            as_date(each.creation_timestamp),
            each.comment,
            each.decided_by,
        )
        for each in found
    ]
    titles = ("id", "model", "move", "status", "asked by", "on", "comment", "decided by")
    print_rows(titles, rows, "There are no requests.")


def _decide(
    decide: Callable[..., TransitionRequest],
    done: str,
    request_id: str,
    comment: str | None,
    as_json: bool,
) -> None:
    decided = decide(request_id, comment=comment)
    sentence = f"Request {request_id} of {decided.name} is {done}: {_wish(decided)}."
    report(sentence, decided.to_dictionary(), as_json=as_json)


def _wish(each: TransitionRequest) -> str:
    """The move, as in `3: None -> Production`."""
    if each.stage is not None:
        archiving = ", archiving the others" if each.archive_existing_versions else ""
        return f"version {each.version} from {each.from_stage} to {each.stage}{archiving}"
    if each.version is None:
        return f"alias {each.alias} removed from version {each.from_version}"
    return f"alias {each.alias} to version {each.version}"
