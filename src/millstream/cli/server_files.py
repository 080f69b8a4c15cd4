"""Commands that take the tracking server elsewhere: its image, and the files that run it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from millstream.cli.images import base_image_option, platform_option, push_option, report_built
from millstream.cli.options import example, json_option
from millstream.cli.output import report
from millstream.deploy.server.deployment import write_deployment
from millstream.deploy.server.image import ServerImageOptions, build_server_image


@example(
    "millstream server-files -d deployment",
    "docker compose -f deployment/compose.yaml up --detach --wait",
    "helm install tracking deployment/chart --set image.repository=example.com/millstream",
)
@click.command("server-files")
@click.option(
    "-d",
    "--output-directory",
    type=click.Path(file_okay=False, path_type=Path),
    default="millstream-server",
    show_default=True,
    help="The folder to write; it has to be empty or absent.",
)
@base_image_option
@platform_option
@json_option
def server_files(output_directory: Path, as_json: bool, **chosen: Any) -> None:
    """Write what runs the server elsewhere: a Dockerfile, a Compose file, a Helm chart.

    The Compose file starts it with PostgreSQL and an object store, whose passwords are made anew.
    What the image installs is locked, with hashes.
    """
    write_deployment(output_directory, ServerImageOptions(**chosen))
    folder = str(output_directory)
    report(
        f"Wrote {folder}. Start it here: `docker compose -f {folder}/compose.yaml up --detach "
        f"--wait`. In Kubernetes: `helm install NAME {folder}/chart`.",
        {"folder": folder},
        as_json=as_json,
    )


@example("millstream server-image -n example.com/millstream:1 --push")
@click.command("server-image")
@click.option(
    "-n",
    "--name",
    default="millstream-server",
    show_default=True,
    metavar="IMAGE",
    help="What the image is called, with its registry and a tag if it is to have them.",
)
@push_option
@base_image_option
@platform_option
@json_option
def server_image(name: str, push: bool, as_json: bool, **chosen: Any) -> None:
    """Build an image of the tracking server, with docker, podman or buildah.

    It has the drivers of all databases and clouds. What it installs is locked, with hashes.
    """
    built = build_server_image(name, ServerImageOptions(**chosen), push=push)
    report_built(built, as_json=as_json)
