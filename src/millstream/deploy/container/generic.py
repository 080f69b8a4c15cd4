"""The folder that a generic image is built from: one that serves whichever model is put into it.

The model is mounted into the folder of models, or named by its address (`MILLSTREAM_MODEL_URI`).
What it needs is installed when a container starts, by uv, which the image has.
"""

from __future__ import annotations

from pathlib import Path

from millstream import settings
from millstream.deploy.container.context import ImageOptions, serving_wheels
from millstream.deploy.container.dockerfile import Recipe, generic_dockerfile
from millstream.deploy.container.folder import check_empty, fill, settle
from millstream.deploy.container.lock import (
    Target,
    check_platform,
    compiled,
    ours,
    tool_lock,
    uv_requirement,
)
from millstream.deploy.container.service import BASE_IMAGE
from millstream.environments import pythons
from millstream.environments.specification import minor
from millstream.version import VERSION

_LABELS = {
    "org.opencontainers.image.title": "millstream models",
    "org.opencontainers.image.version": VERSION,
}


def write_generic_context(folder: Path, options: ImageOptions) -> None:
    """Write what a generic image is built from into a folder that is empty or absent.

    The same version and the same index give the same bytes. Unless `install_java` is false, it has
    a Java runtime, since its model may be one of Spark's.
    """
    check_platform(options.platform)
    check_empty(folder)
    python = pythons.present().version
    base = options.base_image or BASE_IMAGE.format(python=python)
    target = Target(minor(python), options.platform, settings.load().allow_pickle)
    variables = settings.process_variables()
    recipe = Recipe(base, _LABELS, options.install_java is not False)
    texts = {
        "requirements.txt": compiled([uv_requirement(variables), *ours()], (), target, variables),
        "tools.txt": tool_lock(target, variables),
        "Dockerfile": generic_dockerfile(recipe),
    }
    fill(folder, texts, serving_wheels())
    settle(folder)
