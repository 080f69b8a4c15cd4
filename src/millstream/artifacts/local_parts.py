"""Uploads in parts to a folder: parts arrive in any order, again if need be, and become a file."""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
import time
from pathlib import Path

import msgspec

from millstream.artifacts import paths
from millstream.artifacts.local import LocalArtifacts
from millstream.entities.artifacts import CreateMultipartUpload, MultipartPart
from millstream.entities.decoding import json_decoder
from millstream.errors import Conflict, InvalidParameter, NotFound

MOST_PARTS = 10_000
_FORGOTTEN_SECONDS = 7 * 24 * 3600
_UPLOAD_ID = re.compile(r"^[A-Za-z0-9_-]{20,64}$")
_ARRIVED = re.compile(r"^(\d{5})-([0-9a-f]{64})$")
_PLAN = "plan.json"


class PartPlace(msgspec.Struct, frozen=True):
    """Where the bytes of one part go: a file, the offset in it, and the most that fit."""

    file: Path
    offset: int
    most: int | None


class LocalParts:
    """Keeps unfinished uploads in a hidden folder of the store, forgotten after a week.

    An upload id is a secret: whoever knows it may add parts.
    """

    def __init__(self, store: LocalArtifacts) -> None:
        self._store = store

    def begin(self, path: str, request: CreateMultipartUpload) -> tuple[str, list[MultipartPart]]:
        """Begin an upload to `path`, or find the one of the same fingerprint again.

        Answers with the upload id and the parts that have arrived.
        """
        path = paths.canonical(path)
        _check(path, request)
        self._forget_old()
        plan = msgspec.structs.replace(request, path=path)
        found = self._find(plan) if request.fingerprint else None
        if found:
            return found, self._arrived(found)
        upload_id = secrets.token_urlsafe(32)
        folder = self._store.staging(upload_id)
        folder.mkdir(parents=True)
        (folder / _PLAN).write_bytes(msgspec.json.encode(plan))
        return upload_id, []

    def place(self, upload_id: str, number: int) -> PartPlace:
        """Where part `number`, counted from 1, is to be written."""
        plan = self._plan(upload_id)
        if not 1 <= number <= plan.num_parts:
            raise InvalidParameter(
                f"Invalid part number {number}: this upload has parts 1 to {plan.num_parts}"
            )
        folder = self._store.staging(upload_id)
        for marker in folder.glob(f"{number:05d}-*"):
            marker.unlink(missing_ok=True)
        if plan.part_size is None or plan.file_size is None:  # parts of unknown sizes
            return PartPlace(folder / f"part-{number:05d}", 0, None)
        offset = (number - 1) * plan.part_size
        return PartPlace(folder / "data", offset, min(plan.part_size, plan.file_size - offset))

    def arrived(self, upload_id: str, number: int, size: int, digest: str) -> None:
        """Note that part `number` was written whole, `size` bytes with that SHA-256."""
        place = self.place(upload_id, number)
        if place.most is not None and size != place.most:
            raise InvalidParameter(
                f"Part {number} has {size} bytes; by the plan of the upload it has {place.most}"
            )
        (self._store.staging(upload_id) / f"{number:05d}-{digest}").touch()

    def complete(self, path: str, upload_id: str, parts: list[MultipartPart]) -> None:
        """Make the parts the file; raises if one is missing or not what was sent."""
        plan = self._plan(upload_id, paths.canonical(path))
        there = {part.part_number: part.etag for part in self._arrived(upload_id)}
        for number in range(1, plan.num_parts + 1):
            if number not in there:
                raise InvalidParameter(f"Part {number} of {plan.num_parts} has not arrived")
        for part in parts:
            if there.get(part.part_number) != part.etag.strip('"'):
                raise Conflict(
                    f"Part {part.part_number} arrived as {there.get(part.part_number)}, "
                    f"which is not {part.etag}: send it again"
                )
        folder = self._store.staging(upload_id)
        whole = folder / "data" if _planned(plan) else _concatenated(folder, plan.num_parts)
        self._store.adopt(plan.path, whole)
        shutil.rmtree(folder, ignore_errors=True)

    def abort(self, path: str, upload_id: str) -> None:
        """Forget the parts; twice is the same as once."""
        try:
            self._plan(upload_id, paths.canonical(path))
        except NotFound:
            return
        shutil.rmtree(self._store.staging(upload_id), ignore_errors=True)

    def _plan(self, upload_id: str, path: str | None = None) -> CreateMultipartUpload:
        if _UPLOAD_ID.match(upload_id):
            with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
                content = (self._store.staging(upload_id) / _PLAN).read_bytes()
                plan = json_decoder(CreateMultipartUpload).decode(content)
                if path is None or plan.path == path:
                    return plan
        raise NotFound(f"There is no upload '{upload_id[:64]}' in progress here; begin a new one")

    def _arrived(self, upload_id: str) -> list[MultipartPart]:
        found = [_ARRIVED.match(it.name) for it in self._store.staging(upload_id).iterdir()]
        parts = [MultipartPart(part_number=int(it[1]), etag=it[2]) for it in found if it]
        return sorted(parts, key=lambda part: part.part_number)

    def _find(self, plan: CreateMultipartUpload) -> str | None:
        for folder in self._folders():
            with contextlib.suppress(NotFound):
                if self._plan(folder.name) == plan:
                    return folder.name
        return None

    def _forget_old(self) -> None:
        limit = time.time() - _FORGOTTEN_SECONDS
        for folder in self._folders():
            with contextlib.suppress(FileNotFoundError):
                if folder.stat().st_mtime < limit:
                    shutil.rmtree(folder, ignore_errors=True)

    def _folders(self) -> list[Path]:
        try:
            return list(self._store.staging("").iterdir())
        except FileNotFoundError:
            return []


def _check(path: str, request: CreateMultipartUpload) -> None:
    if not path:
        raise InvalidParameter("Invalid path: '' names the root; a file is needed")
    if not 1 <= request.num_parts <= MOST_PARTS:
        raise InvalidParameter(
            f"Invalid value {request.num_parts} for parameter 'num_parts' supplied. It must be "
            f"between 1 and {MOST_PARTS}"
        )
    if request.part_size is None or request.file_size is None:
        return
    if request.part_size < 1 or -(-request.file_size // request.part_size) != request.num_parts:
        raise InvalidParameter(
            f"{request.num_parts} parts of {request.part_size} bytes do not make a file of "
            f"{request.file_size} bytes"
        )


def _planned(plan: CreateMultipartUpload) -> bool:
    return plan.part_size is not None and plan.file_size is not None


def _concatenated(folder: Path, num_parts: int) -> Path:
    whole = folder / "part-00001"
    with whole.open("ab") as target:
        for number in range(2, num_parts + 1):
            part = folder / f"part-{number:05d}"
            with part.open("rb") as source:
                shutil.copyfileobj(source, target, 8 << 20)
            part.unlink()
    return whole
