"""The commands that show registered models and their versions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from millstream.bundles.side import Side, folder_of_version, open_side, read_manifest
from millstream.cli.models_named import VERSION_HELP, find_version, name_option
from millstream.cli.options import example, json_option, tracking_uri_option
from millstream.cli.output import as_date, print_fields, print_json, print_rows
from millstream.client.paging import PagedList, collect
from millstream.entities.model_versions import ModelVersion, SearchModelVersions
from millstream.entities.registered_models import (
    GetRegisteredModel,
    RegisteredModel,
    SearchRegisteredModels,
)
from millstream.errors import NotFound
from millstream.model_format.signature import ModelSignature

PAGE = 1_000


@example(
    "millstream models list",
    "millstream models list --filter \"name LIKE 'churn%' AND tags.team = 'blue'\"",
)
@click.command("list")
@click.option("--filter", "filter_string", help="Which, e.g. \"name LIKE 'churn%'\".")
@click.option("--order-by", multiple=True, help='Order, e.g. "name DESC"; repeatable.')
@click.option(
    "--max-results", type=click.IntRange(min=1), help="Show at most so many (default: all)."
)
@json_option
@tracking_uri_option
def list_models(
    filter_string: str | None,
    order_by: tuple[str, ...],
    max_results: int | None,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """List the registered models."""
    registry = open_side(tracking_uri).registry

    def page(size: int, token: str | None) -> PagedList[RegisteredModel]:
        found = registry.registered_models.search(
            SearchRegisteredModels(filter_string, size, list(order_by), token)
        )
        return PagedList(found.registered_models, found.next_page_token)

    found = collect(page, max_results, PAGE)
    if as_json:
        print_json([model.to_dictionary() for model in found])
        return
    print_rows(
        ["Name", "Latest versions", "Aliases", "Updated"],
        [
            (
                model.name,
                _latest(model.latest_versions),
                model.aliases,
                as_date(model.last_updated_timestamp),
            )
            for model in found
        ],
        "There is no such registered model.",
    )


@example(
    "millstream models describe --name churn",
    "millstream models describe --name churn --version Production",
)
@click.command()
@name_option
@click.option("-v", "--version", metavar="VERSION", help=f"Only this version: {VERSION_HELP}")
@json_option
@tracking_uri_option
def describe(name: str, version: str | None, as_json: bool, tracking_uri: str | None) -> None:
    """Show a registered model with its versions, or one version."""
    side = open_side(tracking_uri)
    if version is not None:
        _describe_version(side, find_version(side, name, version), as_json=as_json)
        return
    model = side.registry.registered_models.get(GetRegisteredModel(name))
    versions = versions_of(side, name)
    if as_json:
        shown = [one.to_dictionary() for one in versions]
        print_json({**model.to_dictionary(), "versions": shown})
        return
    print_fields(
        {
            "name": model.name,
            "description": model.description,
            "created": as_date(model.creation_timestamp),
            "updated": as_date(model.last_updated_timestamp),
            "tags": model.tags,
            "aliases": model.aliases,
        }
    )
    click.echo()
    print_rows(
        ["Version", "Stage", "Aliases", "Created", "Run"],
        [
            (
                one.version,
                one.current_stage,
                ", ".join(one.aliases),
                as_date(one.creation_timestamp),
                one.run_id,
            )
            for one in versions
        ],
        f"The model {name} has no versions.",
    )


def versions_of(side: Side, name: str) -> list[ModelVersion]:
    """All versions of a registered model, the highest first."""
    quote = '"' if "'" in name else "'"

    def page(size: int, token: str | None) -> PagedList[ModelVersion]:
        found = side.registry.model_versions.search(
            SearchModelVersions(
                f"name = {quote}{name}{quote}", size, ["version_number DESC"], token
            )
        )
        return PagedList(found.model_versions, found.next_page_token)

    return collect(page, None, PAGE)


def signature_of(side: Side, version: ModelVersion) -> ModelSignature | None:
    """What a version takes and gives; None if it does not say, or its files are not there."""
    try:
        return read_manifest(folder_of_version(side, version)).signature
    except NotFound:
        return None


def fields_of_signature(signature: ModelSignature | None) -> dict[str, str]:
    """The parts of a signature as texts."""
    if signature is None:
        return {"inputs": "", "outputs": "", "params": ""}
    parts = {"inputs": signature.inputs, "outputs": signature.outputs, "params": signature.params}
    return {name: str(part or "") for name, part in parts.items()}


def _describe_version(side: Side, version: ModelVersion, *, as_json: bool) -> None:
    signature = signature_of(side, version)
    if as_json:
        parts = signature.to_dict() if signature else {}
        shown = {name: json.loads(part) for name, part in parts.items() if part}
        print_json({**version.to_dictionary(), "signature": shown or None})
        return
    fields: dict[str, Any] = {
        "name": version.name,
        "version": version.version,
        "stage": version.current_stage,
        "aliases": ", ".join(version.aliases),
        "description": version.description,
        "tags": version.tags,
        "created": as_date(version.creation_timestamp),
        "updated": as_date(version.last_updated_timestamp),
        "user": version.user_id,
        "run_id": version.run_id,
        "model_id": version.model_id,
        "source": version.source,
        "status": version.status,
    }
    print_fields({**fields, **fields_of_signature(signature)})


def _latest(versions: Sequence[ModelVersion]) -> str:
    return ", ".join(f"{one.current_stage}: {one.version}" for one in versions)
