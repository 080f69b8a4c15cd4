"""What an evaluation leaves behind: tables, pictures, values; each of a kind of file."""

from __future__ import annotations

import io
import json
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from millstream.client.artifacts import download_artifacts
from millstream.client.extras import load
from millstream.client.session import SESSION
from millstream.errors import InvalidParameter
from millstream.model_format.deserialize import load_pickle

_MLFLOW = "mlflow.models.evaluation.artifacts."


class Kind(NamedTuple):
    """A kind of file: MLflow's name of it, and how it is read."""

    class_name: str
    read: Callable[[Path], Any]


def _read_image(path: Path) -> Any:
    with load("PIL.Image", "reading a picture").open(path) as image:
        image.load()
    return image


def _read_pickle(path: Path) -> Any:
    return load_pickle(path, SESSION.settings().allow_pickle)


KINDS = {
    ".png": Kind("ImageEvaluationArtifact", _read_image),
    ".jpg": Kind("ImageEvaluationArtifact", _read_image),
    ".jpeg": Kind("ImageEvaluationArtifact", _read_image),
    ".csv": Kind("CsvEvaluationArtifact", pd.read_csv),
    ".parquet": Kind("ParquetEvaluationArtifact", pd.read_parquet),
    ".npy": Kind("NumpyEvaluationArtifact", lambda path: np.load(path, allow_pickle=False)),
    ".json": Kind("JsonEvaluationArtifact", lambda path: json.loads(path.read_bytes())),
    ".txt": Kind("TextEvaluationArtifact", lambda path: path.read_text(encoding="utf-8")),
    ".pickle": Kind("PickleEvaluationArtifact", _read_pickle),
    ".pkl": Kind("PickleEvaluationArtifact", _read_pickle),
}


class Content(NamedTuple):
    """A file: its name, its bytes, and the object that they show, if that is at hand."""

    file: str
    data: bytes
    value: Any = None


class EvaluationArtifact:
    """A file that an evaluation logged; its `content` is read when first asked for."""

    def __init__(self, uri: str, content: Any = None) -> None:
        self._uri = uri
        self._content = content

    @property
    def uri(self) -> str:
        """Where the file is."""
        return self._uri

    @property
    def class_name(self) -> str:
        """The name by which MLflow knows this kind of file."""
        return _MLFLOW + kind_of(self._uri).class_name

    @property
    def content(self) -> Any:
        """What the file holds: a DataFrame, a picture, an array, a value of JSON, a text."""
        if self._content is None:
            with tempfile.TemporaryDirectory(prefix="millstream-") as folder:
                path = Path(download_artifacts(self._uri, dst_path=folder))
                self._content = kind_of(path.name).read(path)
        return self._content

    def __repr__(self) -> str:
        return f"EvaluationArtifact(uri={self._uri!r})"


class HeldArtifact(EvaluationArtifact):
    """A file whose bytes are at hand, whether or not it was logged."""

    def __init__(self, uri: str, content: Content) -> None:
        super().__init__(uri, content.value)
        self.held = content

    @property
    def content(self) -> Any:
        """What the file holds; see `EvaluationArtifact`."""
        if self._content is None:
            self._content = parsed(self.held)
        return self._content


def parsed(content: Content) -> Any:
    """The object that the bytes show."""
    with tempfile.TemporaryDirectory(prefix="millstream-") as folder:
        path = Path(folder, content.file)
        path.write_bytes(content.data)
        return kind_of(content.file).read(path)


def kind_of(name: str) -> Kind:
    """The kind of a file by the end of its name; unknown ends raise `InvalidParameter`."""
    ending = Path(name).suffix.lower()
    if ending not in KINDS:
        raise InvalidParameter(f"{name!r} is of no kind that is known: {sorted(KINDS)}")
    return KINDS[ending]


def content_of(name: str, value: Any, folder: Path) -> Content:
    """The file for any object; a text is a path (also one below `folder`) or else JSON."""
    if not name or Path(name).name != name or name in (".", ".."):
        raise InvalidParameter(
            f"the name of an artifact must be that of a file without folders, not {name!r}"
        )
    if isinstance(value, str | Path):
        return _of_text(name, str(value), folder)
    if isinstance(value, pd.DataFrame):
        return table(name, value)
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        buffer = io.BytesIO()
        np.save(buffer, value, allow_pickle=False)
        return Content(f"{name}.npy", buffer.getvalue(), value)
    if hasattr(value, "savefig"):
        return picture(name, value)
    try:
        return Content(f"{name}.json", json.dumps(value).encode(), value)
    except (TypeError, ValueError):
        return Content(f"{name}.pickle", pickle.dumps(value), value)


def table(name: str, frame: Any) -> Content:
    """A DataFrame as CSV."""
    return Content(f"{name}.csv", frame.to_csv(index=False).encode(), frame)


def picture(name: str, figure: Any) -> Content:
    """A figure of matplotlib as PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=144)
    return Content(f"{name}.png", buffer.getvalue())


def _of_text(name: str, text: str, folder: Path) -> Content:
    path = Path(folder, text)
    if len(text) < 4096 and "\n" not in text and path.is_file():
        kind_of(path.name)
        return Content(f"{name}{path.suffix.lower()}", path.read_bytes())
    try:
        return Content(f"{name}.json", text.encode(), json.loads(text))
    except ValueError as error:
        raise InvalidParameter(
            f"the artifact {name!r} is a text that is neither the path of a file nor JSON: "
            f"{text[:80]!r}"
        ) from error
