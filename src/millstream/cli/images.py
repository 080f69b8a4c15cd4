"""What commands that build images share."""

from __future__ import annotations

import click
import msgspec

from millstream.cli.output import report
from millstream.deploy.container.image import Built
from millstream.deploy.container.lock import PLATFORMS

base_image_option = click.option(
    "--base-image",
    metavar="IMAGE",
    help="What to build on instead of Python's own slim image; it has python3.",
)
platform_option = click.option(
    "--platform",
    type=click.Choice(list(PLATFORMS)),
    default=next(iter(PLATFORMS)),
    show_default=True,
    help="What the image is for.",
)
push_option = click.option(
    "--push", is_flag=True, help="Push the image to the registry in its name."
)


def report_built(built: Built, *, as_json: bool) -> None:
    """Say what was built, and where it was pushed to."""
    where = f", pushed as {built.digest}" if built.digest else ""
    sentence = f"Built {built.name} ({built.image_id}){where}."
    report(sentence, msgspec.to_builtins(built), as_json=as_json)
