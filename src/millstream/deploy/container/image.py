"""Building an image, and pushing it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from millstream import settings
from millstream.containers import engines
from millstream.containers.box import checked_image
from millstream.containers.manner import Manner
from millstream.deploy.container.context import ImageOptions, write_context
from millstream.deploy.container.generic import write_generic_context
from millstream.deploy.container.index_secrets import index_secrets


class Built(msgspec.Struct, frozen=True):
    """An image: what it is called, its id here, and its digest in the registry it was pushed to."""

    name: str
    image_id: str
    digest: str | None = None


def build_image(
    model: Path, name: str, options: ImageOptions, title: str, *, push: bool = False
) -> Built:
    """Build an image that serves the model in a folder, with whichever engine is here.

    `name` is that of the image, with the registry and a tag if it is to have them, and `title` what
    the model is called in its labels. Raises `NotFound` if no engine is here, and
    `MillstreamError` if building or pushing fails.
    """

    def write(folder: Path) -> None:
        write_context(model, folder, options, title)

    return _build(name, options, write, push=push)


def build_generic_image(name: str, options: ImageOptions, *, push: bool = False) -> Built:
    """Build an image that serves whichever model is put into it; the rest is as for one model."""

    def write(folder: Path) -> None:
        write_generic_context(folder, options)

    return _build(name, options, write, push=push)


def _build(name: str, options: ImageOptions, write: Callable[[Path], None], *, push: bool) -> Built:
    checked_image(name)
    engine = engines.find(
        "A model becomes an image", "or write a Dockerfile with models generate-dockerfile"
    )
    return build(engine, name, options.platform, write, push=push)


def build(
    engine: engines.Engine,
    name: str,
    platform: str,
    write: Callable[[Path], None],
    *,
    push: bool,
) -> Built:
    """Build an image from the folder that `write` fills, with the indexes of this machine."""
    with tempfile.TemporaryDirectory(prefix="millstream-image-") as temporary:
        context, secrets = Path(temporary, "context"), Path(temporary, "secrets")
        write(context)
        secrets.mkdir(mode=0o700)
        known = index_secrets(settings.process_variables(), secrets)
        manner = Manner(known, platform, timeless=True)
        engine.build(name, context / "Dockerfile", context, manner)
    return Built(name, engine.image_id(name), engine.push(name) if push else None)
