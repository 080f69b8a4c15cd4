"""The commands about the gates of a registered model."""

from __future__ import annotations

from typing import Any, get_args

import click
import msgspec

from millstream.cli.models_named import comment_option, name_option
from millstream.cli.options import exactly_one, example, json_option, tracking_uri_option
from millstream.cli.output import print_json, print_rows, report
from millstream.client.tracking import MillstreamClient
from millstream.entities.gates import Comparison, Gate, GateRule

_ALWAYS = ("gate", "rule", "stages", "aliases")


@example("millstream models gates --name churn")
@click.command()
@name_option
@json_option
@tracking_uri_option
def gates(name: str, as_json: bool, tracking_uri: str | None) -> None:
    """List the gates of a registered model."""
    found = MillstreamClient(tracking_uri).list_gates(name)
    if as_json:
        print_json([msgspec.to_builtins(gate) for gate in found])
        return
    rows = [
        (
            gate.gate,
            gate.rule,
            ", ".join([*gate.stages, *(f"@{a}" for a in gate.aliases)]),
            _of(gate),
        )
        for gate in found
    ]
    print_rows(("gate", "rule", "before", "with"), rows, f"The model '{name}' has no gates.")


@example(
    "millstream models set-gate -n churn --gate accuracy --stage Production \\",
    "    --rule metric_threshold --metric accuracy --comparison '>=' --threshold 0.9",
    "millstream models set-gate -n churn --gate better --stage Production \\",
    "    --rule metric_against_champion --metric auc --least-improvement 0.005",
    "millstream models set-gate -n churn --gate intact --stage Production --rule digests_intact",
)
@click.command()
@name_option
@click.option("--gate", required=True, help="Name of the gate.")
@click.option("--rule", required=True, type=click.Choice(get_args(GateRule)), help="Its rule.")
@click.option("--stage", "stages", multiple=True, help="A stage that it guards.")
@click.option("--alias", "aliases", multiple=True, help="An alias that it guards.")
@click.option("--metric", help="Key of the metric.")
@click.option("--comparison", type=click.Choice(get_args(Comparison)), help="How it compares.")
@click.option("--threshold", type=float, help="What it compares with.")
@click.option(
    "--greater-is-better/--less-is-better", default=True, help="Which metric beats a champion."
)
@click.option("--least-improvement", type=float, default=0.0, help="By how much, at least.")
@click.option("--champion-alias", help="The champion, if it is not what is at the target.")
@click.option("--dataset-name", help="Only values on datasets of this name.")
@click.option("--dataset-digest", help="Only values on the dataset of this digest.")
@click.option("--most-bytes", type=int, help="Size of all files together, at most.")
@comment_option
@json_option
@tracking_uri_option
def set_gate(
    name: str, comment: str | None, as_json: bool, tracking_uri: str | None, **fields: Any
) -> None:
    """Give a registered model a gate, in the place of one of the same name."""
    fields["stages"], fields["aliases"] = list(fields["stages"]), list(fields["aliases"])
    made = MillstreamClient(tracking_uri).set_gate(name, Gate(**fields), comment=comment)
    before = ", ".join([*made.stages, *(f"the alias {alias}" for alias in made.aliases)])
    sentence = f"The gate {made.gate} ({made.rule}) of {name} guards {before}."
    report(sentence, msgspec.to_builtins(made), as_json=as_json)


@example("millstream models delete-gate --name churn --gate accuracy")
@click.command()
@name_option
@click.option("--gate", required=True, help="Name of the gate.")
@comment_option
@json_option
@tracking_uri_option
def delete_gate(
    name: str, gate: str, comment: str | None, as_json: bool, tracking_uri: str | None
) -> None:
    """Take a gate away."""
    MillstreamClient(tracking_uri).delete_gate(name, gate, comment=comment)
    report(f"The gate {gate} of {name} is gone.", {"name": name, "gate": gate}, as_json=as_json)


@example("millstream models check-gates --name churn --version 3 --stage Production")
@click.command()
@name_option
@click.option("-v", "--version", required=True, help="Number of the version.")
@click.option("--stage", help="The stage that it might move to.")
@click.option("--alias", help="The alias that it might get.")
@json_option
@tracking_uri_option
def check_gates(
    name: str,
    version: str,
    stage: str | None,
    alias: str | None,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Say what the gates would say to a move.

    Ends with status 1 if one is against it.
    """
    exactly_one(stage=stage, alias=alias)
    found = MillstreamClient(tracking_uri).check_gates(name, version, stage, alias)
    if as_json:
        print_json(msgspec.to_builtins(found))
    else:
        rows = [
            (each.gate, each.rule, "yes" if each.passed else "NO", each.expected, each.got)
            for each in found.findings
        ]
        print_rows(("gate", "rule", "passed", "expected", "got"), rows, "No gate guards this move.")
    if not found.passed:
        raise click.exceptions.Exit(1)


def _of(gate: Gate) -> str:
    """What the rule is told, as in `metric=accuracy, threshold=0.9`."""
    plain = Gate(gate.gate, gate.rule)
    told = ((key, getattr(gate, key)) for key in gate.__struct_fields__ if key not in _ALWAYS)
    return ", ".join(f"{key}={value}" for key, value in told if value != getattr(plain, key))
