from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from millstream.artifacts.local import LocalArtifacts
from millstream.artifacts.local_parts import LocalParts
from millstream.entities.artifacts import CreateMultipartUpload, MultipartPart
from millstream.errors import Conflict, InvalidParameter, NotFound

PLANNED = CreateMultipartUpload(
    path="f", num_parts=3, part_size=4, file_size=10, fingerprint="same"
)
FREE = CreateMultipartUpload(path="f", num_parts=3)
CONTENT = {1: b"abcd", 2: b"efgh", 3: b"ij"}


@pytest.fixture
def store(tmp_path: Path) -> LocalArtifacts:
    return LocalArtifacts(tmp_path)


def send(parts: LocalParts, upload_id: str, number: int) -> MultipartPart:
    content = CONTENT[number]
    place = parts.place(upload_id, number)
    descriptor = os.open(place.file, os.O_RDWR | os.O_CREAT)
    os.pwrite(descriptor, content, place.offset)
    os.close(descriptor)
    digest = hashlib.sha256(content).hexdigest()
    parts.arrived(upload_id, number, len(content), digest)
    return MultipartPart(part_number=number, etag=f'"{digest}"')


@pytest.mark.parametrize("request_", [PLANNED, FREE], ids=["planned", "free"])
def test_parts_in_any_order_become_the_file(
    store: LocalArtifacts, request_: CreateMultipartUpload
) -> None:
    parts = LocalParts(store)
    upload_id, there = parts.begin("d/f", request_)
    assert there == []
    sent = [send(parts, upload_id, number) for number in (3, 1, 2, 1)]
    assert store.list() == []
    parts.complete("d/f", upload_id, sent)
    assert b"".join(store.read("d/f")) == b"abcdefghij"
    assert list(store.staging("").iterdir()) == []


def test_the_same_upload_is_found_again_with_what_has_arrived(store: LocalArtifacts) -> None:
    first, _ = LocalParts(store).begin("f", PLANNED)
    sent = send(LocalParts(store), first, 2)
    again, there = LocalParts(store).begin("f", PLANNED)
    assert again == first
    assert [(part.part_number, f'"{part.etag}"') for part in there] == [(2, sent.etag)]
    other, nothing = LocalParts(store).begin("other", PLANNED)
    assert other != first
    assert nothing == []


def test_a_part_that_is_sent_again_counts_only_when_it_is_whole(store: LocalArtifacts) -> None:
    parts = LocalParts(store)
    upload_id, _ = parts.begin("f", PLANNED)
    send(parts, upload_id, 1)
    parts.place(upload_id, 1)
    assert parts.begin("f", PLANNED) == (upload_id, [])


def test_an_upload_with_a_part_missing_or_changed_is_not_completed(store: LocalArtifacts) -> None:
    parts = LocalParts(store)
    upload_id, _ = parts.begin("f", PLANNED)
    sent = [send(parts, upload_id, number) for number in (1, 3)]
    with pytest.raises(InvalidParameter, match="Part 2 of 3 has not arrived"):
        parts.complete("f", upload_id, sent)
    send(parts, upload_id, 2)
    wrong = MultipartPart(part_number=2, etag="0" * 64)
    with pytest.raises(Conflict, match="Part 2"):
        parts.complete("f", upload_id, [*sent, wrong])
    assert store.list() == []


@pytest.mark.parametrize("upload_id", ["", "..", "../../etc", "x" * 43, "a/b"])
def test_an_upload_that_was_never_begun_is_not_found(store: LocalArtifacts, upload_id: str) -> None:
    parts = LocalParts(store)
    with pytest.raises(NotFound):
        parts.place(upload_id, 1)
    with pytest.raises(NotFound):
        parts.complete("f", upload_id, [])
    parts.abort("f", upload_id)


def test_an_upload_belongs_to_its_path(store: LocalArtifacts) -> None:
    parts = LocalParts(store)
    upload_id, _ = parts.begin("mine", PLANNED)
    parts.abort("yours", upload_id)
    with pytest.raises(NotFound):
        parts.complete("yours", upload_id, [])
    parts.abort("mine", upload_id)
    with pytest.raises(NotFound):
        parts.place(upload_id, 1)


def test_old_uploads_are_forgotten(store: LocalArtifacts) -> None:
    parts = LocalParts(store)
    old, _ = parts.begin("old", FREE)
    os.utime(store.staging(old), (0, 0))
    parts.begin("new", FREE)
    assert not store.staging(old).exists()


@pytest.mark.parametrize(
    "request_",
    [
        CreateMultipartUpload(path="f", num_parts=0),
        CreateMultipartUpload(path="f", num_parts=10_001),
        CreateMultipartUpload(path="f", num_parts=2, part_size=4, file_size=10),
        CreateMultipartUpload(path="f", num_parts=2, part_size=0, file_size=10),
    ],
)
def test_a_plan_that_does_not_add_up_is_refused(
    store: LocalArtifacts, request_: CreateMultipartUpload
) -> None:
    with pytest.raises(InvalidParameter):
        LocalParts(store).begin("f", request_)


def test_a_part_must_have_the_planned_number_and_size(store: LocalArtifacts) -> None:
    parts = LocalParts(store)
    upload_id, _ = parts.begin("f", PLANNED)
    with pytest.raises(InvalidParameter, match="parts 1 to 3"):
        parts.place(upload_id, 4)
    with pytest.raises(InvalidParameter, match="Part 3 has 4 bytes"):
        parts.arrived(upload_id, 3, 4, "0" * 64)
