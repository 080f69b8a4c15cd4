"""A bundle arrives: its runs, its model and its history, and last the version itself.

Every step can be taken twice: what has arrived is found by its origin and left alone. So a copy
that was cut off goes on where it stopped, and one that is complete changes nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

import msgspec

from millstream.bundles.contents import (
    EVIDENCE,
    EVIDENCE_FOLDER,
    MODEL,
    ORIGIN_ALIASES,
    ORIGIN_DIGEST,
    ORIGIN_EVIDENCE,
    ORIGIN_ID,
    ORIGIN_NAME,
    ORIGIN_STAGE,
    ORIGIN_URI,
    ORIGIN_VERSION,
    PREFIX,
    Bundle,
    BundledFile,
    Contents,
    digest_of,
    encode,
    evidence_name,
    identity_of,
)
from millstream.bundles.models import Home, bring_model
from millstream.bundles.runs import bring_run, experiment_id_of
from millstream.bundles.side import Side
from millstream.bundles.uploads import upload
from millstream.entities.model_versions import (
    CreateModelVersion,
    DeleteModelVersion,
    GetModelVersion,
    ModelVersion,
    ModelVersionTag,
    SearchModelVersions,
)
from millstream.entities.registered_models import CreateRegisteredModel
from millstream.entities.registry_validation import check_name
from millstream.entities.runs import Run
from millstream.errors import AlreadyExists, Conflict, InvalidParameter, NotFound

_ID = re.compile(r"[A-Za-z0-9][\w-]{0,255}")
_MOST_AT_ONCE = 1_000


class Wish(NamedTuple):
    """How a version is to arrive: under a name and in an experiment, by default those it had."""

    name: str | None = None
    experiment_name: str | None = None
    user_id: str | None = None
    comment: str | None = None


class Arrival(NamedTuple):
    """The version that arrived, or that was there before."""

    version: ModelVersion
    created: bool


def bring(bundle: Bundle, side: Side, wish: Wish) -> Arrival:
    """Let a version arrive on a side, unless it did so before.

    A version of the same origin with other files raises `Conflict`.
    """
    contents = bundle.contents
    name = wish.name or contents.origin.name
    check_name(name)
    _check_ids(contents)
    present = _present(side, name, contents)
    if present is not None:
        _check_same(present, contents)
        return Arrival(present, created=False)
    runs: dict[str, Run] = {}
    for item in contents.runs:
        experiment = wish.experiment_name or item.experiment_name
        experiment_id = experiment_id_of(side.tracking, experiment)
        runs[item.run.info.run_id] = bring_run(side, bundle, item, experiment_id)
    experiment = wish.experiment_name or contents.experiment_name
    home = bring_model(side, bundle, runs, experiment_id_of(side.tracking, experiment))
    evidence = _bring_evidence(bundle, home)
    run = runs.get(contents.version.run_id or "")
    return _alone(side, _register(side, contents, wish, home, run, evidence), wish)


def _alone(side: Side, version: ModelVersion, wish: Wish) -> Arrival:
    """Of copies that arrived at the same time the first stays; ours gives way to it."""
    first = _first(_copies(side, version.name, version.tags[ORIGIN_ID])) or version
    if first.version == version.version:
        return Arrival(version, created=True)
    gone = DeleteModelVersion(
        name=version.name,
        version=version.version,
        user_id=wish.user_id,
        comment=f"the same as version {first.version}, which arrived at the same time",
    )
    side.registry.model_versions.delete(gone).result()
    return Arrival(first, created=False)


def _copies(side: Side, name: str, identity: str) -> list[ModelVersion]:
    wanted = f"{_of_name(name)} AND tags.`{ORIGIN_ID}` = '{identity}'"
    request = SearchModelVersions(wanted, _MOST_AT_ONCE)
    return side.registry.model_versions.search(request).model_versions


def _first_origin(side: Side, name: str, identity: str) -> ModelVersion | None:
    """Where a copy once began, if that is here: its number is not the copy's, and no tag tells."""
    request = SearchModelVersions(_of_name(name), _MOST_AT_ONCE)
    while True:
        page = side.registry.model_versions.search(request)
        for version in page.model_versions:
            if identity_of(version) == identity:
                return version
        if not page.next_page_token:
            return None
        request = msgspec.structs.replace(request, page_token=page.next_page_token)


def _of_name(name: str) -> str:
    quote = '"' if "'" in name else "'"
    return f"name = {quote}{name}{quote}"


def _first(copies: Sequence[ModelVersion]) -> ModelVersion | None:
    return min(copies, key=lambda copy: int(copy.version), default=None)


def _present(side: Side, name: str, contents: Contents) -> ModelVersion | None:
    """The version itself, if this is where it comes from, or the copy of it that is here."""
    identity = contents.origin.identity
    versions = side.registry.model_versions
    try:
        itself = versions.get(GetModelVersion(name, contents.version.version))
        if identity_of(itself) == identity:
            return itself
    except NotFound:
        pass  # then it is no version of this registry
    copies = _copies(side, name, identity)
    if copies or ORIGIN_ID not in contents.version.tags:
        return _first(copies)
    return _first_origin(side, name, identity)


def _check_same(present: ModelVersion, contents: Contents) -> None:
    digests = {path: file.sha256 or "" for path, file in contents.below(MODEL).items()}
    kept = present.tags.get(ORIGIN_DIGEST)
    if kept and all(digests.values()) and kept != digest_of(digests):
        raise Conflict(
            f"Version {present.version} of '{present.name}' has the same origin "
            f"({contents.origin.identity}) but other files. Delete it first if the files in the "
            "bundle are the right ones."
        )


def _bring_evidence(bundle: Bundle, home: Home) -> str:
    """Write what is known of the origin beside the model's files; answers with its path there.

    What earlier copies wrote comes along. It is evidence: the history here begins with the arrival.
    """
    contents = bundle.contents
    digests = {f"{MODEL}{path}": digest for path, digest in home.digests.items()}
    files = [_known(file, digests.get(file.path)) for file in contents.files]
    earlier = {f"{EVIDENCE_FOLDER}/{path}": file for path, file in contents.below(EVIDENCE).items()}
    upload(bundle, earlier, home.folder)
    name = evidence_name(contents.origin, contents.version.creation_timestamp)
    path = f"{EVIDENCE_FOLDER}/{name}"
    text = encode(msgspec.structs.replace(contents, files=files))
    home.folder.store.write(home.folder.join(path), [text])
    return path


def _register(
    side: Side, contents: Contents, wish: Wish, home: Home, run: Run | None, evidence: str
) -> ModelVersion:
    origin, version = contents.origin, contents.version
    name = wish.name or origin.name
    came = f"copied from version {origin.version} of {origin.name} at {origin.uri}"
    comment = f"{wish.comment} ({came})" if wish.comment else came
    registered = contents.registered_model
    tags = [tag for tag in registered.tag_list if not tag.key.startswith(PREFIX)]
    new = CreateRegisteredModel(
        name, tags, registered.description, user_id=wish.user_id, comment=comment
    )
    with suppress(AlreadyExists):
        side.registry.registered_models.create(new).result()
    own = [tag for tag in version.tag_list if not tag.key.startswith(PREFIX)]
    told = {
        ORIGIN_ID: origin.identity,
        ORIGIN_URI: origin.uri,
        ORIGIN_NAME: origin.name,
        ORIGIN_VERSION: origin.version,
        ORIGIN_STAGE: version.current_stage or "None",
        ORIGIN_ALIASES: json.dumps(version.aliases),
        ORIGIN_DIGEST: digest_of(home.digests),
        ORIGIN_EVIDENCE: evidence,
    }
    request = CreateModelVersion(
        name=name,
        source=home.source,
        run_id=run.info.run_id if run else None,
        tags=[*own, *(ModelVersionTag(key, value) for key, value in told.items())],
        description=version.description,
        model_id=home.model_id,
        user_id=wish.user_id,
        comment=comment,
    )
    return side.registry.model_versions.create(request).result()


def _known(file: BundledFile, digest: str | None) -> BundledFile:
    return file if digest is None else msgspec.structs.replace(file, sha256=digest)


def _check_ids(contents: Contents) -> None:
    """Ids go into filters of searches: none may be anything but an id."""
    ids = [item.run.info.run_id for item in contents.runs]
    ids.append(contents.origin.identity)
    if contents.model is not None:
        ids.append(contents.model.model_id)
    for one in ids:
        if _ID.fullmatch(one) is None:
            raise InvalidParameter(f"The bundle has {one!r} where an id is to be.")
