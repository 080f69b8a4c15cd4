"""Commands about the files of runs."""

from __future__ import annotations

from pathlib import Path

import click

from millstream.cli.options import (
    exactly_one,
    example,
    json_option,
    run_id_option,
    tracking_uri_option,
)
from millstream.cli.output import print_json, report
from millstream.client.artifacts import download_artifacts
from millstream.client.tracking import MillstreamClient

_path_option = click.option(
    "-a",
    "--artifact-path",
    help="The folder or file among the run's artifacts (default: their root).",
)


@example("millstream artifacts list --run-id 0123456789abcdef0123456789abcdef")
@click.group()
def artifacts() -> None:
    """Upload, list and download files of runs."""


@example(
    "millstream artifacts log-artifact -l roc.png -r 0123456789abcdef0123456789abcdef -a plots"
)
@artifacts.command("log-artifact")
@click.option(
    "-l",
    "--local-file",
    required=True,
    type=click.Path(exists=True),
    help="The file to upload.",
)
@run_id_option
@_path_option
@json_option
@tracking_uri_option
def log_artifact(
    local_file: str, run_id: str, artifact_path: str | None, as_json: bool, tracking_uri: str | None
) -> None:
    """Upload a file to a run."""
    MillstreamClient(tracking_uri).log_artifact(run_id, local_file, artifact_path)
    name = Path(local_file).name
    where = f"{artifact_path.rstrip('/')}/{name}" if artifact_path else name
    report(
        f"Logged artifact from local file {local_file} to artifact_path={artifact_path}",
        {"run_id": run_id, "path": where},
        as_json=as_json,
    )


@example("millstream artifacts log-artifacts -l plots -r 0123456789abcdef0123456789abcdef")
@artifacts.command("log-artifacts")
@click.option(
    "-l",
    "--local-dir",
    required=True,
    type=click.Path(exists=True, file_okay=False),
    help="The folder whose content to upload.",
)
@run_id_option
@_path_option
@json_option
@tracking_uri_option
def log_artifacts(
    local_dir: str, run_id: str, artifact_path: str | None, as_json: bool, tracking_uri: str | None
) -> None:
    """Upload what is in a folder to a run."""
    MillstreamClient(tracking_uri).log_artifacts(run_id, local_dir, artifact_path)
    report(
        f"Logged artifact from local dir {local_dir} to artifact_path={artifact_path}",
        {"run_id": run_id, "path": artifact_path or ""},
        as_json=as_json,
    )


@example("millstream artifacts list -r 0123456789abcdef0123456789abcdef -a plots")
@artifacts.command("list")
@run_id_option
@_path_option
@json_option
@tracking_uri_option
def list_artifacts(
    run_id: str,
    artifact_path: str | None,
    as_json: bool,  # noqa: ARG001 always JSON, as scripts expect
    tracking_uri: str | None,
) -> None:
    """List the files directly below a folder of a run, as JSON."""
    found = MillstreamClient(tracking_uri).list_artifacts(run_id, artifact_path)
    print_json(
        [
            {"path": file.path, "is_dir": file.is_dir}
            if file.is_dir
            else {"path": file.path, "is_dir": False, "file_size": file.file_size or 0}
            for file in found
        ]
    )


@example("millstream artifacts download -r 0123456789abcdef0123456789abcdef -a model -d here")
@artifacts.command()
@click.option("-r", "--run-id", help="ID of the run to download from.")
@_path_option
@click.option(
    "-u", "--artifact-uri", help="Address of a file or folder, instead of --run-id and its path."
)
@click.option(
    "-d",
    "--dst-path",
    type=click.Path(file_okay=False),
    help="Where to, created if absent (default: a temporary folder; local files stay in place).",
)
@json_option
@tracking_uri_option
def download(
    run_id: str | None,
    artifact_path: str | None,
    artifact_uri: str | None,
    dst_path: str | None,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Download a file or a folder, and print where it is."""
    exactly_one(run_id=run_id, artifact_uri=artifact_uri)
    if artifact_uri is not None and artifact_path is not None:
        raise click.UsageError("--artifact-path goes with --run-id; put it into --artifact-uri.")
    local = download_artifacts(artifact_uri, run_id, artifact_path, dst_path, tracking_uri)
    report(local, {"local_path": local}, as_json=as_json)
