"""What a bundle holds: its manifest, and the identity that a version keeps wherever it is copied.

| path in a bundle | what |
| --- | --- |
| `manifest.json` | `Contents`: all facts, and size and SHA-256 of every other file |
| `model/…` | the model directory |
| `metrics/<run>.jsonl` | all points of a run's metrics |
| `run/…` | artifacts of the run, if they were asked for |
| `evidence/…` | what earlier copies said of where the version came from |
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Protocol

import msgspec

from millstream.entities.entity import Entity
from millstream.entities.model_versions import ModelVersion
from millstream.entities.models import LoggedModel
from millstream.entities.registered_models import RegisteredModel
from millstream.entities.registry_events import RegistryEvent
from millstream.entities.runs import Run
from millstream.rest import answers

FORMAT = 1
MANIFEST_PATH = "manifest.json"
MODEL = "model/"
METRICS = "metrics/"
RUN = "run/"
EVIDENCE = "evidence/"
EVIDENCE_FOLDER = "millstream_origin"
"""The folder of a model directory in which copies keep what is known of their origin."""

PREFIX = "millstream.origin."
ORIGIN_ID = f"{PREFIX}id"
ORIGIN_URI = f"{PREFIX}uri"
ORIGIN_NAME = f"{PREFIX}name"
ORIGIN_VERSION = f"{PREFIX}version"
ORIGIN_STAGE = f"{PREFIX}stage"
ORIGIN_ALIASES = f"{PREFIX}aliases"
ORIGIN_DIGEST = f"{PREFIX}digest"
ORIGIN_EVIDENCE = f"{PREFIX}evidence"
ORIGIN_RUN_ID = f"{PREFIX}run_id"
ORIGIN_MODEL_ID = f"{PREFIX}model_id"
ORIGIN_STATE = f"{PREFIX}state"
ARRIVING = "arriving"
ARRIVED = "arrived"


class BundledFile(Entity):
    """A file of a bundle; size in bytes and SHA-256 are unknown only before it was read."""

    path: str
    size: int | None = None
    sha256: str | None = None


class Origin(Entity):
    """Where a version was when it was bundled; `identity` is what all its copies share."""

    identity: str
    uri: str
    name: str
    version: str


class BundledRun(Entity):
    """A run: the one that a version is from, or one that measured its model."""

    run: Run
    experiment_name: str


class Contents(Entity):
    """All that is known of a version. `model_path` is set if its files are artifacts of its run.

    `signature` is what MLmodel says, as JSON texts by name; `events` is the version's history, the
    oldest first.
    """

    format: int
    made_by: str
    origin: Origin
    registered_model: RegisteredModel
    version: ModelVersion
    experiment_name: str
    runs: list[BundledRun] = []
    model: LoggedModel | None = None
    model_path: str | None = None
    signature: dict[str, str] = {}
    events: list[RegistryEvent] = []
    files: list[BundledFile] = []

    def below(self, prefix: str) -> dict[str, BundledFile]:
        """The files whose path begins so, by what follows."""
        found = (file for file in self.files if file.path.startswith(prefix))
        return {file.path.removeprefix(prefix): file for file in found}


class Bundle(Protocol):
    """Contents, and the bytes of their files."""

    @property
    def contents(self) -> Contents:
        """All but the bytes."""

    def read(self, path: str) -> Iterator[bytes]:
        """The bytes of one of the files; what is not what was bundled raises DATA_LOSS."""


def encode(contents: Contents) -> bytes:
    """The contents as JSON; NaN and the infinities as words."""
    return msgspec.json.format(answers.encode(contents), indent=1)


def metrics_path(run_id: str) -> str:
    """Where the points of a run's metrics are in a bundle."""
    return f"{METRICS}{run_id}.jsonl"


def identity_of(version: ModelVersion) -> str:
    """What tells a version from all others, wherever it is: that of the first of its copies.

    Made of what never changes and of no name, so that it outlives renaming.
    """
    inherited = version.tags.get(ORIGIN_ID)
    if inherited:
        return inherited
    facts = (version.version, version.creation_timestamp, version.run_id or "")
    return _sha256(msgspec.json.encode((*facts, version.model_id or "")))


def digest_of(digests: Mapping[str, str]) -> str:
    """One SHA-256 for a model directory, of the lines that `sha256sum` would print, sorted."""
    lines = (f"{digest}  {path}\n" for path, digest in sorted(digests.items()))
    return _sha256("".join(lines).encode())


def evidence_name(origin: Origin, created: int) -> str:
    """The name of the file that tells of one origin."""
    return f"{_sha256(msgspec.json.encode((origin, created)))[:16]}.json"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
