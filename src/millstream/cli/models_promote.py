"""The command that moves a version to a stage, here or on another server."""

from __future__ import annotations

import click

from millstream.bundles.side import Side, open_side
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


@example(
    "millstream models promote --name churn --version 3 --stage Production",
    "millstream models promote -n churn -v @challenger --stage Production "
    "--archive-existing-versions",
)
@click.command()
@name_option
@version_option
@click.option("--stage", required=True, help="Where to: a stage such as Staging or Production.")
@click.option(
    "--archive-existing-versions/--keep-existing-versions",
    "archive",
    default=False,
    show_default=True,
    help="Move what is in that stage to Archived, or leave it beside the new version, as MLflow "
    "does.",
)
@comment_option
@json_option
@tracking_uri_option
def promote(
    name: str,
    version: str,
    stage: str,
    archive: bool,
    comment: str | None,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Move a version to a stage."""
    side = open_side(tracking_uri)
    before = find_version(side, name, version)
    after = move(side, before, stage, archive=archive, comment=comment)
    report(
        f"Version {after.version} of {name} is in {after.current_stage}; it was in "
        f"{before.current_stage}.{_neighbours(side, after)}",
        {**after.to_dictionary(), "before": before.current_stage},
        as_json=as_json,
    )


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
