"""The command that moves a version to a stage, here or on another server."""

from __future__ import annotations

from typing import Any

import click

from millstream.bundles.arrival import Arrival, Wish, bring
from millstream.bundles.live import LiveBundle
from millstream.bundles.side import Side, open_other_side, open_side
from millstream.cli.bundles import arrival_options, run_artifacts_option, say_arrival
from millstream.cli.models_list import versions_of
from millstream.cli.models_named import (
    change,
    comment_option,
    find_version,
    name_option,
    version_option,
)
from millstream.cli.options import example, json_option, tracking_uri_option
from millstream.cli.output import report
from millstream.entities.model_versions import (
    ModelVersion,
    TransitionModelVersionStage,
)
from millstream.entities.stages import ARCHIVED, NO_STAGE
from millstream.masking import shown


@example(
    "millstream models promote --name churn --version 3 --stage Production",
    "millstream models promote -n churn -v 3 --to http://127.0.0.1:5000",
)
@click.command()
@name_option
@version_option
@click.option("--stage", help="Where to: a stage such as Staging or Production.")
@click.option(
    "--archive-existing-versions/--keep-existing-versions",
    "archive",
    default=False,
    show_default=True,
    help="Move what is in that stage to Archived, or leave it beside the new version, as MLflow "
    "does.",
)
@click.option(
    "--to",
    "target_uri",
    metavar="URI",
    help="Copy the version to this server, folder or database first, with its run, model and "
    "history; --stage is then a stage there, and may be left out.",
)
@click.option("--to-name", help="With --to: name of the registered model there.")
@arrival_options
@run_artifacts_option
@comment_option
@json_option
@tracking_uri_option
def promote(
    name: str,
    version: str,
    stage: str | None,
    archive: bool,
    target_uri: str | None,
    comment: str | None,
    as_json: bool,
    tracking_uri: str | None,
    **arrival: Any,
) -> None:
    """Move a version to a stage, here or on another server.

    Promoting to a server where the version is already copies nothing.
    """
    side = open_side(tracking_uri)
    found = find_version(side, name, version)
    if target_uri is not None:
        arrived, side = _copied(side, found, target_uri, comment, **arrival)
        if stage is None or arrived.version.current_stage == stage:
            say_arrival(arrived, found, as_json=as_json)
            return
        found = arrived.version
    elif any(arrival.values()):
        raise click.UsageError("--to-name, --experiment-name and --run-artifacts go with --to.")
    elif stage is None:
        raise click.UsageError("Say where to: --stage, --to, or both.")
    after = move(side, found, stage, archive=archive, comment=comment)
    where = "" if target_uri is None else f" at {shown(target_uri)}"
    report(
        f"Version {after.version} of {after.name}{where} is in {after.current_stage}; it was in "
        f"{found.current_stage}.{_neighbours(side, after)}",
        {**after.to_dictionary(), "before": found.current_stage},
        as_json=as_json,
    )


def _copied(
    side: Side,
    version: ModelVersion,
    target_uri: str,
    comment: str | None,
    *,
    to_name: str | None,
    experiment_name: str | None,
    run_artifacts: bool,
) -> tuple[Arrival, Side]:
    """The version on another side, and that side."""
    target = open_other_side(target_uri)
    if target.registry_uri == side.registry_uri:
        raise click.UsageError(
            f"--to names the place where the version is ({shown(target.uri)}); to move it "
            "to another stage there, leave --to out."
        )
    bundle = LiveBundle(side, version, with_run_artifacts=run_artifacts)
    return bring(bundle, target, Wish(to_name, experiment_name, **change(comment))), target


def move(
    side: Side, version: ModelVersion, stage: str, *, archive: bool, comment: str | None
) -> ModelVersion:
    """Move a version to a stage, and on request whatever else is there to Archived."""
    wish = TransitionModelVersionStage(
        name=version.name,
        version=version.version,
        stage=stage,
        archive_existing_versions=archive,
        **change(comment),
    )
    return side.registry.model_versions.transition_stage(wish).result()


def _neighbours(side: Side, version: ModelVersion) -> str:
    """What else is in the stage that a version came to, as a sentence; nothing of None."""
    stage = version.current_stage
    others = [
        one.version
        for one in versions_of(side, version.name)
        if one.current_stage == stage and one.version != version.version
    ]
    if not others or stage in (NO_STAGE, ARCHIVED):
        return ""
    one = len(others) == 1
    return (
        f" Version{'' if one else 's'} {', '.join(others)} {'is' if one else 'are'} there too; "
        f"--archive-existing-versions would archive {'it' if one else 'them'}."
    )
