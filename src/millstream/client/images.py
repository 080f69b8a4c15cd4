"""Images of runs: single files, and series over steps that the web pages show as such."""

from __future__ import annotations

import io
import time
import warnings
from typing import Any
from uuid import uuid4

from millstream.artifacts.interface import ArtifactStore
from millstream.client.artifacts import ArtifactMethods, client_for
from millstream.client.extras import load
from millstream.client.spool import write
from millstream.entities.runs import SetTag

LOGGED_IMAGES = "mlflow.loggedImages"
PREVIEW_PIXELS = 256
_KINDS = ("bool", "signed integer", "unsigned integer", "floating")


class Image:
    """An image made of an array, an image of Pillow, a nested list or a file."""

    def __init__(self, image: Any) -> None:
        self.image = to_pillow(image)
        self.size = self.image.size

    def to_pil(self) -> Any:
        """The image of Pillow."""
        return self.image

    def to_array(self) -> Any:
        """The pixels as an array of numpy: (height, width) or (height, width, channels)."""
        return load("numpy", "an image as an array").array(self.image)

    def to_list(self) -> list[Any]:
        """The pixels as a list of numbers or tuples."""
        newer = getattr(self.image, "get_flattened_data", None)  # Pillow 12; getdata goes with 14
        return list(newer() if newer is not None else self.image.getdata())

    def resize(self, size: tuple[int, int]) -> Image:
        """Another image of the given (width, height)."""
        return Image(self.image.resize(size))

    def save(self, path: str) -> None:
        """Write a file in the format that the name ends with."""
        self.image.save(path)


class ImageMethods(ArtifactMethods):
    """What a client can do with images."""

    def log_image(
        self,
        run_id: str,
        image: Any,
        artifact_file: str | None = None,
        key: str | None = None,
        step: int | None = None,
        timestamp: int | None = None,
        synchronous: bool | None = None,  # noqa: ARG002  # it has arrived when the call returns
    ) -> None:
        """Write an image as `artifact_file`, or as the image of the series `key` at a step.

        Arrays are (height, width) or (height, width, 1, 3 or 4) of truth values, of integers from
        0 to 255, or of numbers from 0 to 1 (others are scaled, with a warning). Needs Pillow.
        """
        if artifact_file is not None and (key, step, timestamp) != (None, None, None):
            raise TypeError(
                "The `artifact_file` parameter cannot be used in conjunction with `key`, `step`, "
                "or `timestamp` parameters. Please ensure that `artifact_file` is specified "
                "alone, without any of these conflicting parameters."
            )
        if artifact_file is None and key is None:
            raise TypeError(
                "Invalid arguments: Please specify exactly one of `artifact_file` or `key`. Use "
                "`key` to log dynamic image charts or `artifact_file` for saving static images. "
            )
        pillow = image.to_pil() if isinstance(image, Image) else to_pillow(image)
        if artifact_file is not None:
            self._send(run_id, lambda store: _write(store, artifact_file, pillow))
            return
        when = time.time_ns() // 1_000_000 if timestamp is None else timestamp
        name = str(key).replace("/", "~")
        stem = f"images/{name}+step+{step or 0}+timestamp+{when}+{uuid4()}"
        self._send(run_id, lambda store: _write(store, f"{stem}.png", pillow))
        preview = pillow.copy()
        preview.thumbnail((PREVIEW_PIXELS, PREVIEW_PIXELS))
        self._send(run_id, lambda store: _write(store, f"{stem}+compressed.webp", preview))
        write(self._place, run_id, SetTag(run_id, LOGGED_IMAGES, "True")).result()


def log_image(
    image: Any,
    artifact_file: str | None = None,
    key: str | None = None,
    step: int | None = None,
    timestamp: int | None = None,
    synchronous: bool | None = False,
) -> None:
    """Write an image of the active run, as a file or as one of a series over steps."""
    client, run_id = client_for(None)
    ImageMethods(client.tracking_uri).log_image(
        run_id, image, artifact_file, key, step, timestamp, synchronous
    )


def to_pillow(image: Any) -> Any:
    """An image of Pillow made of whatever shows one."""
    pillow = load("PIL.Image", "an image")
    if isinstance(image, pillow.Image):
        return image
    if isinstance(image, list):
        image = load("numpy", "an image from a list").array(image)
    if hasattr(image, "dtype") and hasattr(image, "shape"):
        return pillow.fromarray(_bytes_of(image))
    raise TypeError(
        f"Unsupported image object type: {type(image)}. `image` must be one of numpy.ndarray, "
        "PIL.Image.Image, and mlflow.Image."
    )


def _bytes_of(array: Any) -> Any:
    """The array as unsigned bytes of a shape that Pillow knows."""
    if array.ndim not in (2, 3):
        raise ValueError(f"`image` must be a 2D or 3D array but got image shape: {array.shape}")
    if array.ndim == 3 and array.shape[2] not in (1, 3, 4):
        raise ValueError(f"Invalid channel length: {array.shape[2]}. Must be one of [1, 3, 4]")
    kind = array.dtype.kind
    if kind not in "biuf":
        raise TypeError(
            f"Invalid array data type: '{array.dtype.str}'. Must be one of {list(_KINDS)}"
        )
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    lowest, highest = (array.min(), array.max()) if array.size else (0, 0)
    if kind == "b":
        return array.astype("uint8") * 255
    if kind in "iu":
        if lowest < 0 or highest > 255:
            raise ValueError(
                "Integer pixel values out of acceptable range [0, 255]. Found minimum value "
                f"{lowest} and maximum value {highest}. Ensure all pixel values are within the "
                "specified range."
            )
        return array.astype("uint8")
    if lowest < 0 or highest > 1:
        warnings.warn(
            "Float pixel values out of acceptable range [0.0, 1.0]. Found minimum value "
            f"{lowest} and maximum value {highest}. Rescaling values to [0.0, 1.0] with min/max "
            "scaler.",
            stacklevel=4,
        )
        array = (array - lowest) / ((highest - lowest) or 1)
    return (array * 255).astype("uint8")


def _write(store: ArtifactStore, path: str, pillow: Any) -> None:
    content = io.BytesIO()
    images = load("PIL.Image", "an image")
    suffix = "." + path.rpartition(".")[2].lower()
    form = images.registered_extensions().get(suffix, "PNG")
    if form == "JPEG" and pillow.mode not in ("L", "RGB", "CMYK"):
        pillow = pillow.convert("RGB")
    pillow.save(content, format=form)
    store.write(path, [content.getvalue()])
