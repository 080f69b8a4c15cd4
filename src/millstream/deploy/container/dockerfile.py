"""The Dockerfile of an image that serves a model."""

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
    "MILLSTREAM_ENV_MANAGER": "local",
    "MILLSTREAM_SERVER_ALLOWED_HOSTS": "*",  # the names of services are whatever is in front of it
}
_JAVA = """
RUN apt-get update \\
    && apt-get install --yes --no-install-recommends default-jre-headless \\
    && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/ldconfig/aux-cache
"""


class Recipe(msgspec.Struct, frozen=True):
    """What the Dockerfile of a model has to say beside what they all say.

    `base` is the image it is built on, which has `python3`. `labels` tell what is in it.
    """

    base: str
    labels: Mapping[str, str]
    install_java: bool = False


def dockerfile(recipe: Recipe) -> str:
    """The text. Where packages come from reaches the build as secrets, which no layer keeps."""
    return service_dockerfile(
        Service(
            about="Written by `millstream models generate-dockerfile`: an image that serves one "
            "model.",
            base=recipe.base,
            labels=recipe.labels,
            before=_JAVA if recipe.install_java else "",
            after=f"COPY model {MODEL}\n",
            variables=_VARIABLES,
            folder=MODEL,
            port=PORT,
            probe=_PROBE,
            entrypoint=["millstream", "models"],
            command=["serve"],
        )
    )
