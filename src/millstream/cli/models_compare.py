"""The command that shows versions side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import click

from millstream.bundles.side import Side, open_side
from millstream.cli.models_list import fields_of_signature, signature_of
from millstream.cli.models_named import VERSION_HELP, find_version, name_option
from millstream.cli.options import example, json_option, tracking_uri_option
from millstream.cli.output import as_date, print_json, print_rows
from millstream.entities.model_versions import ModelVersion
from millstream.entities.models import GetLoggedModel
from millstream.entities.runs import RunId
from millstream.errors import NotFound


class Compared(NamedTuple):
    """A version with what its run and its logged model say, in named groups of fields."""

    version: ModelVersion
    groups: dict[str, dict[str, object]]


@example(
    "millstream models compare --name churn 2 3",
    "millstream models compare --name churn Production @challenger --differences",
)
@click.command(
    help="Show versions side by side: what they are, params, metrics, tags and signature.\n\n"
    f"Each VERSION is {VERSION_HELP} Give two or more.",
)
@name_option
@click.argument("versions", metavar="VERSION...", nargs=-1, required=True)
@click.option("--differences", is_flag=True, help="Show only what differs.")
@json_option
@tracking_uri_option
def compare(
    name: str,
    versions: tuple[str, ...],
    differences: bool,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Show versions side by side."""
    if len(versions) < 2:
        raise click.UsageError(f"Give two or more versions to compare, not only {versions[0]}.")
    side = open_side(tracking_uri)
    compared = [_compared(side, find_version(side, name, one)) for one in versions]
    rows = _rows(compared)
    differing = [label for label, cells in rows if len(set(map(str, cells))) > 1]
    if as_json:
        print_json(
            {
                "name": name,
                "versions": [{"version": one.version.version, **one.groups} for one in compared],
                "differences": differing,
            }
        )
        return
    print_rows(
        ["", *(f"Version {one.version.version}" for one in compared)],
        [
            (label, *("" if cell is None else cell for cell in cells))
            for label, cells in rows
            if not differences or label in differing
        ],
        "The versions do not differ.",
    )


def _compared(side: Side, version: ModelVersion) -> Compared:
    params: dict[str, object] = {}
    metrics: dict[str, object] = {}
    try:
        if version.run_id:
            data = side.tracking.runs.get(RunId(version.run_id)).data
            params, metrics = {**data.params}, {**data.metrics}
        if version.model_id:
            model = side.tracking.models.get(GetLoggedModel(version.model_id))
            params |= model.params
            metrics |= {metric.key: metric.value for metric in model.metrics}
    except NotFound:
        pass  # a version outlives its run and its model
    about = {
        "stage": version.current_stage,
        "aliases": ", ".join(version.aliases),
        "description": version.description,
        "created": as_date(version.creation_timestamp),
        "user": version.user_id,
        "run_id": version.run_id,
        "model_id": version.model_id,
        "source": version.source,
    }
    groups: dict[str, dict[str, object]] = {
        "about": {key: value or None for key, value in about.items()},
        "params": params,
        "metrics": metrics,
        "tags": {**version.tags},
        "signature": {**fields_of_signature(signature_of(side, version))},
    }
    return Compared(version, groups)


def _rows(compared: Sequence[Compared]) -> list[tuple[str, list[object]]]:
    """A label and the cell of each version; what belongs to a group is named after it."""
    rows = []
    for group in compared[0].groups:
        fields = [one.groups[group] for one in compared]
        keys = list(dict.fromkeys(key for one in fields for key in one))
        if group not in ("about", "signature"):
            keys.sort()
        label = "" if group == "about" else f"{group}."
        rows += [(f"{label}{key}", [one.get(key) for one in fields]) for key in keys]
    return rows
