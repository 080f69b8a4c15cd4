"""The command that shows the stages, and changes them."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from millstream.cli.models_named import comment_option
from millstream.cli.options import example, json_option, tracking_uri_option
from millstream.cli.output import print_json, print_rows
from millstream.client.tracking import MillstreamClient
from millstream.entities.stages import StagePolicy, canonical_stage
from millstream.errors import InvalidParameter


@example(
    "millstream models stages",
    "millstream models stages --protect Production --protect-alias champion",
    "millstream models stages --json > stages.json",
    "millstream models stages --set stages.json --comment 'a stage for shadow traffic'",
)
@click.command()
@click.option(
    "--set",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Replace all stages by those in a JSON file, of the form that --json prints.",
)
@click.option("--protect", multiple=True, metavar="STAGE", help="Protect this stage.")
@click.option("--unprotect", multiple=True, metavar="STAGE", help="Do not protect it any more.")
@click.option("--protect-alias", multiple=True, metavar="ALIAS", help="Protect this alias.")
@click.option("--unprotect-alias", multiple=True, metavar="ALIAS", help="Do not any more.")
@comment_option
@json_option
@tracking_uri_option
def stages(
    path: Path | None,
    protect: tuple[str, ...],
    unprotect: tuple[str, ...],
    protect_alias: tuple[str, ...],
    unprotect_alias: tuple[str, ...],
    comment: str | None,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Show the stages, the moves between them and what is protected; or change them.

    Protected stages and aliases change by approved requests only: see `millstream models request`.
    """
    client = MillstreamClient(tracking_uri)
    policy = client.get_stage_policy() if path is None else _read(path)
    for name, wanted in (*((n, True) for n in protect), *((n, False) for n in unprotect)):
        policy.stage(canonical_stage(name, policy.names)).protected = wanted
    aliases = {*policy.protected_aliases, *protect_alias} - {*unprotect_alias}
    if path is not None or protect or unprotect or protect_alias or unprotect_alias:
        policy = client.set_stage_policy(policy.stages, sorted(aliases), comment=comment)
    if as_json:
        print_json(msgspec.to_builtins(policy))
        return
    rows = [
        (stage.name, _protection(stage.protected, stage.self_approval), _moves(policy, stage.name))
        for stage in policy.stages
    ]
    print_rows(("stage", "protected", "moves to"), rows, "There are no stages.")
    if policy.protected_aliases:
        click.echo(f"Protected aliases: {', '.join(policy.protected_aliases)}")


def _read(path: Path) -> StagePolicy:
    try:
        return msgspec.json.decode(path.read_bytes(), type=StagePolicy)
    except msgspec.DecodeError as error:
        raise InvalidParameter(
            f"{path} does not describe stages as `millstream models stages --json` does: {error}"
        ) from error


def _protection(protected: bool, self_approval: bool) -> str:
    if not protected:
        return "no"
    return "yes, whoever asks may approve" if self_approval else "yes"


def _moves(policy: StagePolicy, name: str) -> str:
    allowed = policy.allowed_from(name)
    return "any" if len(allowed) == len(policy.stages) - 1 else ", ".join(allowed) or "none"
