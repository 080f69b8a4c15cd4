"""The command that removes for good what was deleted."""

from __future__ import annotations

import contextlib
from itertools import zip_longest
from pathlib import Path
from typing import cast

import click
import msgspec

from millstream import connect, settings
from millstream.cli.durations import duration
from millstream.cli.options import environment_names, example, json_option
from millstream.cli.output import print_json
from millstream.errors import InvalidParameter, NotFound, NotSupported
from millstream.masking import shown
from millstream.store.sql import address
from millstream.store.sql.gc import Garbage, find_garbage, remove_garbage
from millstream.store.sql.store import SqlStore


@example(
    "millstream gc --older-than 30d --dry-run",
    "millstream gc --backend-store-uri postgresql://user@host/database "
    "--artifacts-destination s3://bucket",
)
@click.command()
@click.option("--older-than", help="Only what was deleted at least so long ago, e.g. 30d or 1d12h.")
@click.option(
    "--backend-store-uri",
    envvar=environment_names("BACKEND_STORE_URI"),
    metavar="URI",
    help="The folder or database to clean (default: the tracking URI, or else ./mlruns).",
)
@click.option(
    "--registry-store-uri",
    envvar=environment_names("REGISTRY_STORE_URI"),
    metavar="URI",
    help="Where registered models are, if the server runs with this option: their files are left.",
)
@click.option(
    "--artifacts-destination",
    envvar=environment_names("ARTIFACTS_DESTINATION"),
    metavar="URI",
    help="Where files are, if the server runs with this option or with --default-artifact-root.",
)
@click.option("--run-ids", help="Only these runs, separated by commas.")
@click.option("--experiment-ids", help="Only these experiments, with all that is in them.")
@click.option("--logged-model-ids", help="Only these logged models.")
@click.option(
    "--tracking-uri",
    envvar=environment_names("TRACKING_URI"),
    metavar="URI",
    help="The server through which files are removed whose location is mlflow-artifacts:.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.option("--jobs", is_flag=True, help="Accepted because MLflow has it; there are no jobs.")
@click.option("--job-ids", help="Accepted because MLflow has it; there are no jobs.")
@json_option
def gc(
    older_than: str | None,
    backend_store_uri: str | None,
    registry_store_uri: str | None,
    artifacts_destination: str | None,
    run_ids: str | None,
    experiment_ids: str | None,
    logged_model_ids: str | None,
    tracking_uri: str | None,
    dry_run: bool,
    jobs: bool,  # noqa: ARG001 MLflow's
    job_ids: str | None,  # noqa: ARG001 MLflow's
    as_json: bool,
) -> None:
    """Remove for good what was deleted, files included.

    Without ids everything that is in the deleted stage goes. Names become free again. It works on
    the store itself, so start it where the server runs; the server may go on meanwhile. What a
    version of a registered model came from or has its files in is left.
    """
    environment = settings.load()
    uri = _backend(backend_store_uri, tracking_uri)
    root = artifacts_destination or connect.artifact_root(uri)
    minimum = duration(older_than) if older_than else 0
    runs, experiments = _ids("run", run_ids), _ids("experiment", experiment_ids)
    models = _ids("logged-model", logged_model_ids)
    with contextlib.ExitStack() as opened:
        store = connect.open_store(uri, environment, artifacts=root)
        opened.callback(store.close)
        if not isinstance(store, SqlStore):
            raise NotSupported(f"'{shown(uri)}' cleans up after itself.")
        registry = None
        if registry_store_uri is not None:
            _check_existing(registry_store_uri, "--registry-store-uri")
            apart = connect.open_registry(registry_store_uri, environment, store, artifacts=root)
            opened.callback(apart.close)
            registry = cast("SqlStore", apart).database
        garbage = find_garbage(
            store.database,
            root,
            registry=registry,
            older_than=minimum,
            experiment_ids=experiments,
            run_ids=runs,
            model_ids=models,
        )
        if not dry_run:
            _remove_files(garbage, environment, tracking_uri or uri)
            remove_garbage(store.database, garbage)
    _tell(garbage, dry_run=dry_run, as_json=as_json)


def _backend(backend_store_uri: str | None, tracking_uri: str | None) -> str:
    uri = backend_store_uri or tracking_uri or connect.DEFAULT_FOLDER
    if connect.is_remote(uri):
        raise NotSupported(
            f"gc does not work through the server at {shown(uri)}: start it where the "
            "server runs, with the server's --backend-store-uri."
        )
    _check_existing(uri, "--backend-store-uri")
    return uri


def _check_existing(uri: str, option: str) -> None:
    folder = connect.local_folder(uri)
    file = None if folder is None else Path(folder, connect.DATABASE)
    if uri.startswith("sqlite:"):
        file = Path(address.parse(uri).database)
    if file is not None and not file.exists():
        raise NotFound(f"There is no store in '{uri}'; name one with {option}.")


def _ids(kind: str, text: str | None) -> list[str]:
    if text is None:
        return []
    found = [word.strip() for word in text.split(",") if word.strip()]
    if not found:  # an empty variable in a script must not mean "everything"
        raise click.UsageError(f"--{kind}-ids names nothing; leave it out to remove everything.")
    return found


def _remove_files(garbage: Garbage, environment: settings.Settings, tracking_uri: str) -> None:
    owners = [*garbage.run_ids, *garbage.model_ids]
    for owner, uri in zip_longest(owners, garbage.artifact_uris):
        # The folder named after the run or model holds nothing else, and goes as well.
        place = uri.removesuffix("/artifacts") if uri.endswith(f"/{owner}/artifacts") else uri
        root, _, name = (place, "", "") if "?" in place else place.rpartition("/")
        try:
            connect.open_artifacts(root, environment, tracking_uri=tracking_uri).delete(name)
        except InvalidParameter as error:
            click.echo(f"Note: the files at {uri} are left: {error.message}", err=True)


def _tell(garbage: Garbage, *, dry_run: bool, as_json: bool) -> None:
    found = {
        "Run": garbage.run_ids,
        "Logged model": garbage.model_ids,
        "Experiment": garbage.experiment_ids,
    }
    if as_json:
        print_json(
            {
                "run_ids": garbage.run_ids,
                "logged_model_ids": garbage.model_ids,
                "experiment_ids": garbage.experiment_ids,
                "kept": [msgspec.structs.asdict(kept) for kept in garbage.kept],
                "dry_run": dry_run,
            }
        )
        return
    outcome = "would be permanently deleted" if dry_run else "has been permanently deleted"
    for kind, ids in found.items():
        for name in ids:
            click.echo(f"{kind} with ID {name} {outcome}.")
    for kept in garbage.kept:
        click.echo(
            f"Note: the {kept.kind} {kept.id} is left: '{kept.model_uri}' in the model registry "
            "needs it.",
            err=True,
        )
    if not any(found.values()):
        click.echo("There is nothing to remove.")
