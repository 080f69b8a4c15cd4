"""The image of the tracking server, with every database, cloud and provider that it knows of."""

from __future__ import annotations

from pathlib import Path

import msgspec

from millstream import settings
from millstream.containers import engines
from millstream.containers.box import checked_image
from millstream.deploy.container.folder import check_empty, fill, settle
from millstream.deploy.container.image import Built, build
from millstream.deploy.container.lock import Target, check_platform, compiled, ours, tool_lock
from millstream.deploy.container.service import BASE_IMAGE, USER, Service, service_dockerfile
from millstream.environments import pythons
from millstream.environments.own_wheel import OwnWheel, own_wheels
from millstream.environments.specification import minor
from millstream.errors import NotSupported
from millstream.version import VERSION

EXTRAS = ("postgresql", "mysql", "cloud", "webhooks", "oidc")
"""What a server may be asked for, whichever of it is in use."""
DATA = "/var/lib/millstream"
"""Where it keeps facts and files when no database and no bucket is named."""
PORT = 5000

_PAGES = "millstream/server/static/index.html"
_PROBE = (
    "import os, ssl, urllib.request as u; e = os.environ; "
    "s = 'https' if e.get('MILLSTREAM_SSL_CERTFILE') else 'http'; "
    # Whose certificate it is does not matter: it is its own.
    "u.urlopen(s + '://127.0.0.1:' + e['MILLSTREAM_PORT'] + '/health', timeout=5, "
    "context=ssl._create_unverified_context())"
)
_VARIABLES = {
    "MILLSTREAM_BACKEND_STORE_URI": DATA,
    "MILLSTREAM_HOST": "0.0.0.0",  # noqa: S104  # what a container listens on is its own
    "MILLSTREAM_PORT": str(PORT),
}


class ServerImageOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What can be chosen of the image.

    `base_image` is what it is built on instead of Python's own slim image; it has `python3` of the
    version that runs this. `platform` is one of `PLATFORMS`.
    """

    base_image: str | None = None
    platform: str = "linux/amd64"


def write_server_context(folder: Path, options: ServerImageOptions) -> None:
    """Write what the image is built from into a folder that is empty or absent.

    The same version and the same index give the same bytes. `NotSupported` is raised where this
    package has no pages, as in a checkout in which they were never built.
    """
    check_platform(options.platform)
    check_empty(folder)
    wheel = _with_pages(own_wheels()[0])
    python = pythons.present().version
    target = Target(minor(python), options.platform, settings.load().allow_pickle)
    variables = settings.process_variables()
    texts = {
        "requirements.txt": compiled(ours(EXTRAS), (), target, variables),
        "tools.txt": tool_lock(target, variables),
        "Dockerfile": server_dockerfile(options.base_image or BASE_IMAGE.format(python=python)),
    }
    fill(folder, texts, [wheel])
    settle(folder)


def server_dockerfile(base: str) -> str:
    """The Dockerfile of an image on that base."""
    return service_dockerfile(
        Service(
            about="Written by `millstream server-files`: an image of the tracking server.",
            base=base,
            labels={
                "org.opencontainers.image.title": "millstream",
                "org.opencontainers.image.version": VERSION,
            },
            after=f"RUN mkdir -p {DATA} && chown {USER}:{USER} {DATA}\n",
            variables=_VARIABLES,
            folder=DATA,
            port=PORT,
            probe=_PROBE,
            entrypoint=["millstream"],
            command=["server"],
        )
    )


def build_server_image(name: str, options: ServerImageOptions, *, push: bool = False) -> Built:
    """Build the image with whichever engine is here.

    `name` is that of the image, with the registry and a tag if it is to have them. Raises
    `NotFound` if no engine is here, and `MillstreamError` if building or pushing fails.
    """
    checked_image(name)
    engine = engines.find("The server becomes an image", "or write a Dockerfile with server-files")

    def write(folder: Path) -> None:
        write_server_context(folder, options)

    return build(engine, name, options.platform, write, push=push)


def _with_pages(wheel: OwnWheel) -> OwnWheel:
    if all(name != _PAGES for name, _ in wheel.files):
        raise NotSupported(
            "The web pages are not built here, and the image would be without them: run "
            "`make ui` in the source folder, or install a release."
        )
    return wheel
