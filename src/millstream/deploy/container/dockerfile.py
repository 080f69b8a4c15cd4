"""The Dockerfiles of images that serve models: of one that is in it, and of any."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from millstream.deploy.container.service import Service, service_dockerfile

MODEL = "/opt/ml/model"
"""Where a model is in its image, as SageMaker wants it."""
PORT = 8080

_PORTS = ("SAGEMAKER_BIND_TO_PORT", "AIP_HTTP_PORT", "MILLSTREAM_PORT")
_PROBE = (
    "import os, urllib.request as u; "
    f"port = next(filter(None, map(os.environ.get, {_PORTS})), {PORT}); "
    "u.urlopen(f'http://127.0.0.1:{port}/ping', timeout=5)"
)
_VARIABLES = {
    "MILLSTREAM_MODEL_URI": MODEL,
    "MILLSTREAM_HOST": "0.0.0.0",  # noqa: S104  # what a container listens on is its own
    "MILLSTREAM_PORT": str(PORT),
    "MILLSTREAM_SERVER_ALLOWED_HOSTS": "*",  # the names of services are whatever is in front of it
}
_JAVA = """
RUN apt-get update \\
    && apt-get install --yes --no-install-recommends default-jre-headless \\
    && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/ldconfig/aux-cache
"""


_INSTALLING_SECONDS = 600
"""How long an image for any model may be silent: it installs what the model needs."""


class Recipe(msgspec.Struct, frozen=True):
    """What the Dockerfile of a model has to say beside what they all say.

    `base` is the image it is built on, which has `python3`. `labels` tell what is in it.
    """

    base: str
    labels: Mapping[str, str]
    install_java: bool = False


def dockerfile(recipe: Recipe) -> str:
    """The text. Where packages come from reaches the build as secrets, which no layer keeps."""
    service = msgspec.structs.replace(
        _service(recipe, "one model"),
        after=f"COPY model {MODEL}\n",
        variables={**_VARIABLES, "MILLSTREAM_ENV_MANAGER": "local"},
    )
    return service_dockerfile(service)


def generic_dockerfile(recipe: Recipe) -> str:
    """The text for an image that has no model, and installs at its start what its model needs."""
    service = msgspec.structs.replace(
        _service(recipe, "any model"), start_seconds=_INSTALLING_SECONDS
    )
    return service_dockerfile(service)


def _service(recipe: Recipe, serves: str) -> Service:
    return Service(
        about=f"Written by `millstream models generate-dockerfile`: an image that serves {serves}.",
        base=recipe.base,
        labels=recipe.labels,
        before=_JAVA if recipe.install_java else "",
        after="",
        variables=_VARIABLES,
        folder=MODEL,
        port=PORT,
        probe=_PROBE,
        entrypoint=["millstream", "models"],
        command=["serve"],
    )
