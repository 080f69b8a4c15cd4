"""The image of a model as the first thing that a deployment is made of: built and pushed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from millstream.containers import engines
from millstream.containers.box import checked_image
from millstream.deploy.container.context import ImageOptions
from millstream.deploy.container.image import build_image
from millstream.deploy.resources import Resource
from millstream.errors import InvalidParameter
from millstream.model_format.digests import MANIFEST, file_digests
from millstream.version import VERSION

OPTIONS: Mapping[str, str] = {
    "image": "An image that serves the model, as models build-docker makes it.",
    "repository": "Where an image is pushed to that is built for it: a reference without a tag.",
    "base_image": "What that image is built on, as in models build-docker.",
    "platform": "What that image is for, as in models build-docker.",
}

KIND = "Image"
_REPOSITORY = re.compile(r"(?:[^/]+(?::[0-9]+)?/)?[^:@]+")


class ImageStep(msgspec.Struct, frozen=True):
    """An image that is named by what is in it, so that one name never means two things."""

    name: str
    model: Path
    title: str
    options: ImageOptions

    def resource(self) -> Resource:
        """The image as one of the things that a deployment is made of."""
        told = {"model": self.title, **msgspec.to_builtins(self.options)}
        return Resource(KIND, self.name, {key: value for key, value in told.items() if value})

    def is_pushed(self) -> bool:
        """Whether the registry has it, as the engine that is here finds out."""
        return engines.find(*_NEED).is_pushed(self.name)

    def make(self) -> str | None:
        """Build it and push it; gives its digest in the registry."""
        return build_image(self.model, self.name, self.options, self.title, push=True).digest


def image_step(config: Mapping[str, str], model: Path, title: str) -> ImageStep | None:
    """The image that has to be built; None if the configuration names one that is there.

    Without either raises `InvalidParameter`.
    """
    image, repository = config.get("image"), config.get("repository")
    if image is not None and repository is None:
        checked_image(image)
        return None
    if image is not None or repository is None:
        raise InvalidParameter(
            "What runs is an image: name one that is there as the option 'image', such as "
            "image=example.com/churn:1, or the 'repository' that one is pushed to once it is "
            "built, such as repository=example.com/churn; one of the two."
        )
    if not _REPOSITORY.fullmatch(checked_image(repository)):
        raise InvalidParameter(
            f"'repository' is {repository!r}; give it without a tag: the image gets one."
        )
    known = ("base_image", "platform")
    options = msgspec.convert({key: config[key] for key in known if key in config}, ImageOptions)
    return ImageStep(f"{repository}:{_tag(model, options)}", model, title, options)


def _tag(model: Path, options: ImageOptions) -> str:
    told = (VERSION, (model / MANIFEST).read_bytes(), file_digests(model), options)
    return f"model-{hashlib.sha256(msgspec.msgpack.encode(told)).hexdigest()[:16]}"


_NEED = ("A model becomes an image", "or name an image that is there as the option 'image'")
