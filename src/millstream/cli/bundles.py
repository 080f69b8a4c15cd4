"""The commands that carry a version from one server to another, as a file."""

from __future__ import annotations

from pathlib import Path

import click

from millstream import connect
from millstream.bundles import archive
from millstream.bundles.arrival import Arrival, Wish, bring
from millstream.bundles.live import LiveBundle
from millstream.bundles.side import Side, open_side
from millstream.cli.models_named import change, comment_option
from millstream.cli.options import Decorated, example, json_option, tracking_uri_option
from millstream.cli.output import report
from millstream.client.model_uris import registry_name, version_named
from millstream.entities.model_versions import ModelVersion
from millstream.entities.stages import NO_STAGE
from millstream.errors import InvalidParameter, NotSupported
from millstream.masking import shown

SUFFIX = ".zip"


def arrival_options(command: Decorated) -> Decorated:
    """`--experiment-name` and its like: how a version arrives."""
    return click.option(
        "--experiment-name", help="Experiment of the runs there (default: that they are in)."
    )(command)


def run_artifacts_option(command: Decorated) -> Decorated:
    """`--run-artifacts`: how much is taken along."""
    return click.option(
        "--run-artifacts", is_flag=True, help="Take along all artifacts of the run, too."
    )(command)


@example(
    "millstream export models:/churn/3",
    "millstream export models:/churn@champion -o champion.zip",
)
@click.command("export")
@click.argument("model_uri", metavar="MODEL_URI")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file (default: name and number of the version, .zip).",
)
@click.option("--overwrite", is_flag=True, help="Replace the file if it exists.")
@run_artifacts_option
@json_option
@tracking_uri_option
def export_bundle(
    model_uri: str,
    output: Path | None,
    overwrite: bool,
    run_artifacts: bool,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Write a model version with all that belongs to it into one file.

    The file holds the model, its run with params, metrics, tags and datasets, signature, stage,
    aliases, history, and the SHA-256 of everything. `millstream import` reads it.
    """
    side = open_side(tracking_uri)
    version = version_at(side, model_uri)
    path = output or Path(f"{version.name}-{version.version}{SUFFIX}")
    if path.exists() and not overwrite:
        raise InvalidParameter(f"'{path}' exists; --overwrite replaces it.")
    bundle = LiveBundle(side, version, with_run_artifacts=run_artifacts)
    contents = archive.write(bundle, path)
    size = path.stat().st_size
    report(
        f"Wrote version {version.version} of {version.name} to {path}: {len(contents.files)} "
        f"files, {size:,} bytes.",
        {
            "path": str(path),
            "name": version.name,
            "version": version.version,
            "identity": contents.origin.identity,
            "files": len(contents.files),
            "size": size,
        },
        as_json=as_json,
    )


@example(
    "millstream import churn-3.zip",
    "millstream import churn-3.zip --tracking-uri http://127.0.0.1:5000",
)
@click.command("import")
@click.argument("source", metavar="FILE")
@click.option("-n", "--name", help="Name of the registered model there (default: that it has).")
@arrival_options
@comment_option
@json_option
@tracking_uri_option
def import_bundle(
    source: str,
    name: str | None,
    experiment_name: str | None,
    comment: str | None,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Register a model version from a file that `millstream export` wrote.

    Every file is checked before anything is written. Importing twice changes nothing, and an import
    that was cut off goes on. The version arrives in stage None and without aliases: move it with
    `millstream models promote`.
    """
    with archive.ZipBundle(_bundle_file(source)) as bundle:
        bundle.verify()
        wish = Wish(name, experiment_name, **change(comment))
        arrival = bring(bundle, open_side(tracking_uri), wish)
        contents = bundle.contents
    say_arrival(arrival, contents.version, as_json=as_json)


def version_at(side: Side, uri: str) -> ModelVersion:
    """The version that `models:/name/version` or `models:/name@alias` names."""
    named = registry_name(uri)
    if named is None or named.path:
        raise InvalidParameter(
            f"'{uri}' names no version of a registered model; write models:/NAME/VERSION (a "
            "number, a stage or latest) or models:/NAME@ALIAS."
        )
    return version_named(named, side.registry)


def say_arrival(arrival: Arrival, origin: ModelVersion, *, as_json: bool) -> None:
    """Print what arrived, and where it was before."""
    version = arrival.version
    told = "Registered" if arrival.created else "Nothing to do: it is there already,"
    was = ""
    if origin.current_stage != NO_STAGE or origin.aliases:
        named = f" and has the aliases {', '.join(origin.aliases)}" if origin.aliases else ""
        was = f" Where it comes from it is in {origin.current_stage}{named}."
    report(
        f"{told} version {version.version} of {version.name}, in {version.current_stage}.{was}",
        {**version.to_dictionary(), "created": arrival.created},
        as_json=as_json,
    )


def _bundle_file(source: str) -> Path:
    path = Path(source)
    if path.is_dir() or connect.local_folder(source) is None:
        raise NotSupported(
            f"'{shown(source)}' is a store and no file. `millstream import` reads files "
            "that `millstream export` wrote; whole stores of MLflow cannot be imported yet."
        )
    if not path.exists():
        raise InvalidParameter(f"There is no file '{source}'.")
    return path
