"""Artifacts: files that belong to a run or a model, and the requests about them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from millstream.entities.entity import Entity


class FileInfo(Entity):
    """One file or folder; `path` is relative to the artifact root it was listed from.

    `file_size` is in bytes, and absent for folders.
    """

    path: str
    is_dir: bool
    file_size: int | None = None


CAPTURED = ".millstream"
"""The folder of a run's files that nobody logged; listings of what was logged leave it out."""


def logged(files: Iterable[FileInfo]) -> list[FileInfo]:
    """What was logged, of the files directly below a folder; not what was captured."""
    return [file for file in files if file.path.rpartition("/")[2] != CAPTURED]


class ListArtifacts(Entity):
    """The files directly below `path` (the root if absent) of a run's artifacts."""

    run_id: str
    path: str | None = None
    page_token: str | None = None


class ListModelArtifacts(Entity):
    """The files directly below `artifact_directory_path` of a logged model's artifacts."""

    model_id: str
    artifact_directory_path: str | None = None
    page_token: str | None = None


class ArtifactPage(Entity):
    """Files sorted by path, and the URI they are below."""

    root_uri: str | None = None
    files: list[FileInfo] = []
    next_page_token: str | None = None


class MultipartCredential(Entity):
    """Where to PUT one part of a large file."""

    url: str
    part_number: int
    headers: dict[str, str] = {}


class CreateMultipartUpload(Entity):
    """Begin an upload of `num_parts` parts to the file `path` of a folder.

    Beyond MLflow: `part_size` and `file_size` in bytes let the parts go to their final place, and
    the same `fingerprint` of the content again finds the upload that was interrupted.
    """

    path: str
    num_parts: int
    part_size: int | None = None
    file_size: int | None = None
    fingerprint: str | None = None


class MultipartPart(Entity):
    """One part that arrived, with the tag its PUT was answered with."""

    part_number: int
    etag: str
    url: str | None = None


class MultipartUpload(Entity):
    """An upload that was begun; `parts` have arrived already (beyond MLflow)."""

    upload_id: str
    credentials: list[MultipartCredential] = []
    parts: list[MultipartPart] = []


class CompleteMultipartUpload(Entity):
    """Turn the parts into the file."""

    path: str
    upload_id: str
    parts: list[MultipartPart]


class AbortMultipartUpload(Entity):
    """Forget the parts."""

    path: str
    upload_id: str


class CreatePresignedUploadUrl(Entity):
    """Ask for an address to PUT a file of a run or a logged model to; exactly one of the two."""

    path: str
    run_id: str | None = None
    model_id: str | None = None
    expiration: int | None = None


class CreatePresignedDownloadUrl(Entity):
    """Ask for an address to GET a run's file from, valid for 1 to 604,800 seconds."""

    run_id: str
    path: str
    expiration: int | None = None


class PresignedUrl(Entity):
    """An address that carries its own permission (MLflow's name for artifact endpoints)."""

    presigned_url: str
    headers: dict[str, str] = {}
    file_size: int | None = None


class DirectUrl(Entity):
    """An address that carries its own permission (MLflow's name for the artifact proxy)."""

    url: str
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    file_size: int | None = None
