"""A model as workers on other machines are told of it, and load it once each."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from millstream import settings
from millstream.client.session import SESSION
from millstream.errors import InvalidParameter
from millstream.integrations.model_files import local_path
from millstream.model_format import pyfunc
from millstream.model_format.digests import MANIFEST
from millstream.model_format.directory import inside
from millstream.model_format.enforcement import enforce_inputs
from millstream.model_format.manifest import Manifest
from millstream.model_format.pyfunc import PyFuncModel
from millstream.model_format.schema import Schema


class WorkerModel(msgspec.Struct, frozen=True):
    """What a worker has to know of a model. `content` is the digest of its MLmodel.

    MLmodel holds the digests of all other files, so that two models of the same content are one.
    Pickles are read where both the program and the worker allow them.
    """

    content: str
    model_config: str
    params: dict[str, Any] | None
    allow_pickle: bool
    variables: dict[str, str]

    def load(self, directory: Path) -> PyFuncModel:
        """The model in a directory; loaded once in a process, however often it is asked for."""
        os.environ.update(self.variables)
        return _loaded(str(directory), self.content, self.model_config, self.allow_pickle)

    def predict(self, directory: Path, data: Any) -> Any:
        """The predictions for a batch; an error names the first row that is at fault, from 0."""
        model = self.load(directory)
        enforced = _enforced(data, model.metadata.get_input_schema())
        return model.infer(enforced, self.params)


@lru_cache(maxsize=4)
def _loaded(directory: str, content: str, model_config: str, allow_pickle: bool) -> PyFuncModel:
    found = Path(directory)
    if content_of(found) != content:
        raise InvalidParameter(
            f"the model in {directory} is another one than when the predictions were asked for"
        )
    allowed = allow_pickle and settings.load().allow_pickle
    return pyfunc.load(found, allowed, json.loads(model_config))


def worker_model(
    model_uri: str | os.PathLike[str],
    params: Mapping[str, Any] | None,
    model_config: Mapping[str, Any] | None,
    variables: Mapping[str, str] | None = None,
) -> tuple[Path, Manifest, WorkerModel]:
    """The directory of a model, its manifest, and what workers are told; files are checked.

    `params` are held against the signature, so that a wrong one raises before any work is done.
    """
    directory = local_path(model_uri)
    manifest = Manifest.verify(directory)
    manifest.flavor(pyfunc.FLAVOR)
    schema = manifest.get_params_schema()
    told = WorkerModel(
        content=content_of(directory),
        model_config=json.dumps(dict(model_config or {}), sort_keys=True),
        params=None if schema is None else schema.fill(params),
        allow_pickle=SESSION.settings().allow_pickle,
        variables=dict(variables or {}),
    )
    return directory, manifest, told


def content_of(directory: Path) -> str:
    """The digest of the model's MLmodel."""
    return hashlib.sha256((directory / MANIFEST).read_bytes()).hexdigest()


def packed(directory: Path) -> bytes:
    """The files of a model as one archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(directory).as_posix())
    return buffer.getvalue()


def unpacked(archive: bytes) -> Path:
    """The files of an archive in a new temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="millstream-model-"))
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        for name in content.namelist():
            inside(folder, name)
        content.extractall(folder)
    return folder


def _enforced(data: Any, schema: Schema | None) -> Any:
    """The batch as the signature has it; of what does not fit, the first row is told."""
    try:
        return enforce_inputs(data, schema)
    except InvalidParameter as error:
        row = _first_fault(data, schema)
        if row is None:
            raise
        raise InvalidParameter(f"{error.message} (first in row {row} of its batch)") from error


def _first_fault(data: Any, schema: Schema | None) -> int | None:
    """The first row that does not fit while others do; None if the whole batch is at fault."""
    if not hasattr(data, "iloc"):
        return None
    fits = [_fits(data.iloc[[place]].convert_dtypes(), schema) for place in range(len(data))]
    return fits.index(False) if any(fits) and not all(fits) else None


def _fits(row: Any, schema: Schema | None) -> bool:
    try:
        enforce_inputs(row, schema)
    except InvalidParameter:
        return False
    return True
