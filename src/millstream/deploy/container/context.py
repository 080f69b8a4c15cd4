"""The folder that the image of a model is built from: a Dockerfile and all that it copies.

Beside what is in all such folders (`folder.py`) it holds `model/`, whose files are those that were
saved. The same model and the same index give the same bytes.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from millstream import settings
from millstream.deploy.container.dockerfile import Recipe, dockerfile
from millstream.deploy.container.folder import check_empty, fill, settle
from millstream.deploy.container.lock import Target, check_platform, model_lock, tool_lock
from millstream.deploy.container.service import BASE_IMAGE
from millstream.environments import pythons
from millstream.environments.own_wheel import OwnWheel, own_wheels
from millstream.environments.specification import minor
from millstream.integrations.model_environment import needed_to_serve, specification
from millstream.model_format.manifest import Manifest

_PAGES = "millstream/server/static"
"""What the tracking server shows to browsers, and serves no model."""
_LABEL = "io.millstream.model"


class ImageOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What can be chosen of an image.

    `base_image` is what it is built on instead of Python's own slim image; it has `python3` of the
    version that the model asks for. `platform` is one of `PLATFORMS`. `install_java` says whether
    it has a Java runtime; if it says nothing, only an image for any model has one.
    """

    base_image: str | None = None
    platform: str = "linux/amd64"
    install_java: bool | None = None


class Sources(msgspec.Struct, frozen=True):
    """A model in a folder, what its image is built on, what for, and the locks of what is in it."""

    model: Path
    manifest: Manifest
    base: str
    target: Target
    locks: Mapping[str, str]

    def write(self, folder: Path, texts: Mapping[str, str]) -> None:
        """Write all that belongs to them, and texts by their names, into a folder that is empty."""
        fill(folder, {**self.locks, **texts}, serving_wheels())
        shutil.copytree(self.model, folder / "model", copy_function=shutil.copyfile)
        settle(folder)


def serving_wheels() -> list[OwnWheel]:
    """This package and what of ours comes with it, as far as serving models takes them."""
    return [wheel.without(_PAGES) for wheel in own_wheels()]


def sources(model: Path, options: ImageOptions, also: Sequence[str] = ()) -> Sources:
    """What an image of a model is made from; the packages `also` are locked with what it needs.

    A model whose files are not those that were saved raises DATA_LOSS.
    """
    check_platform(options.platform)
    manifest = Manifest.verify(model)
    spec = specification(model)
    python = spec.python or pythons.present().version
    base = options.base_image or BASE_IMAGE.format(python=_tag(python))
    known = settings.load()
    target = Target(_minor(python), options.platform, known.allow_pickle)
    variables = settings.process_variables()
    needed = [*needed_to_serve(model), *also]
    locks = {
        "requirements.txt": model_lock(spec, needed, target, variables),
        "tools.txt": tool_lock(target, variables),
    }
    return Sources(model, manifest, base, target, locks)


def write_context(model: Path, folder: Path, options: ImageOptions, name: str) -> None:
    """Write what an image of a model is built from into a folder that is empty or absent.

    `name` is what the model is called in the image's labels. A model whose files are not those that
    were saved raises DATA_LOSS.
    """
    check_empty(folder)
    found = sources(model, options)
    recipe = Recipe(found.base, labels(found.manifest, name), bool(options.install_java))
    found.write(folder, {"Dockerfile": dockerfile(recipe)})


def labels(manifest: Manifest, name: str) -> Mapping[str, str]:
    """The labels of an image: what the model is called, and its ids as far as it has any."""
    found = {
        "org.opencontainers.image.title": name,
        f"{_LABEL}.id": manifest.model_id,
        f"{_LABEL}.run_id": manifest.run_id,
    }
    return {key: value for key, value in found.items() if value}


def _tag(python: str) -> str:
    """The tag of Python's image: the version itself, or for bounds the version that is here."""
    return python if python[0].isdigit() else pythons.present().version


def _minor(python: str) -> str:
    return minor(_tag(python))
