"""Where a new version's files are: a source is followed, and kept inside what it claims to be from.

| source | is followed to | must agree with |
| --- | --- | --- |
| `models:/m-…` | the logged model's directory | `model_id`, if given |
| `models:/<name>/<version>`, `models:/<name>@<alias>` | that version's files | its run and model |
| `runs:/<run>/<path>` | itself | `run_id` |
| a local path, `mlflow-artifacts:` | itself | files of `run_id` or `model_id` |
| `http:`, `https:`, `ftp:`, `sftp:` | itself | the same |
| any other URI | itself | |

A `model_id` has to exist, and gives its run where no `run_id` is named.
"""

from __future__ import annotations

import posixpath
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from millstream.entities.model_versions import CreateModelVersion
from millstream.entities.registry_validation import LATEST
from millstream.errors import InvalidParameter, NotFound
from millstream.store.sql.confinement import confined
from millstream.store.sql.locations import ArtifactRoot
from millstream.store.sql.registry import aliases, models, versions
from millstream.store.sql.registry.versions import VersionRow
from millstream.store.sql.transaction import Transaction

_SELECT_RUN = "SELECT artifact_uri FROM runs WHERE run_id = ?"
_SELECT_MODEL = (
    "SELECT artifact_location, source_run_id FROM logged_models "
    "WHERE model_id = ? AND lifecycle_stage = 'active'"
)
_PROXY = "mlflow-artifacts"
_OF_HOSTS = ("http", "https", "ftp", "sftp")


class Origin(NamedTuple):
    """A source as it is kept, where its files are, and what they came from."""

    source: str
    storage_location: str
    run_id: str | None
    model_id: str | None


def follow(
    transaction: Transaction, root: ArtifactRoot, request: CreateModelVersion, any_source: bool
) -> Origin:
    """Check the source of a new version and find its files.

    With `any_source` they may be anywhere, and of runs and models that another store knows.
    """
    source, run_id, model_id = request.source, request.run_id or None, request.model_id or None
    scheme = urlsplit(source).scheme.lower() if ":" in source else ""
    if scheme == "models":
        return _from_registry(transaction, request)
    if model_id is not None and not any_source:
        run_id = run_id or _model_named(transaction, model_id)[1]
    if any_source:
        _check_plain(source)
    elif scheme == "runs":
        _check_run(source, run_id)
    elif scheme in ("", "file") or len(scheme) == 1:
        _check_local(transaction, root, source, run_id, model_id)
    else:
        if scheme in _OF_HOSTS:
            _check_host(transaction, root, source, run_id, model_id)
        _check_plain(source)
        if scheme == _PROXY:
            _check_proxied(transaction, root, source, run_id, model_id)
    return Origin(source, root.shorten(source) if scheme != "runs" else source, run_id, model_id)


def _from_registry(transaction: Transaction, request: CreateModelVersion) -> Origin:
    source, model_id = request.source, request.model_id or None
    rest = source.partition(":/")[2].strip("/")
    if "/" not in rest and "@" not in rest:
        if model_id is not None and model_id != rest:
            raise InvalidParameter(
                f"Invalid model version source: '{source}'. It names the logged model '{rest}', "
                f"but model_id is '{model_id}'."
            )
        location, run_id = _logged_model(transaction, rest, source)
        return Origin(source, location, request.run_id or run_id, rest)
    row = _version_named(transaction, source, rest)
    if (request.run_id or row.run_id, model_id or row.model_id) != (row.run_id, row.model_id):
        raise InvalidParameter(
            f"Invalid model version source: '{source}'. Its run is '{row.run_id or ''}' and its "
            f"logged model '{row.model_id or ''}', but run_id is '{request.run_id or ''}' and "
            f"model_id is '{model_id or ''}'."
        )
    kept = f"models:/{row.name}/{row.version}"
    return Origin(kept, row.storage_location, row.run_id, row.model_id)


def _version_named(transaction: Transaction, source: str, rest: str) -> VersionRow:
    """The version of `<name>/<version>`, `<name>/latest` or `<name>@<alias>`."""
    name, slash, version = rest.partition("/")
    if "/" in version:
        raise InvalidParameter(
            f"Invalid model version source: '{source}'. It should be models:/<name>/<version>, "
            "models:/<name>@<alias> or models:/<model_id>."
        )
    if not slash:
        name, _, version = rest.rpartition("@")
    models.required(transaction, name)
    if not slash or version.lower() == LATEST:
        return aliases.version_of(transaction, name, version)
    return versions.required(transaction, name, version)


def _check_run(source: str, run_id: str | None) -> None:
    _check_plain(source)
    named = source.partition(":/")[2].lstrip("/").partition("/")[0]
    if named != run_id:
        raise InvalidParameter(
            f"Invalid model version source: '{source}'. It names the run '{named}', but run_id is "
            f"'{run_id or ''}'."
        )


def _check_local(
    transaction: Transaction,
    root: ArtifactRoot,
    source: str,
    run_id: str | None,
    model_id: str | None,
) -> None:
    path = _local_path(source)
    homes = _homes(transaction, root, run_id, model_id) if path is not None else []
    if path is None or not any(_contains(_local_path(home), path) for home in homes):
        raise InvalidParameter(
            f"Invalid model version source: '{source}'. To use a local path as a model version "
            "source, the run_id request parameter has to be specified and the local path has to "
            "be contained within the artifact directory of the run specified by the run_id."
        )


def _check_plain(source: str) -> None:
    decoded = unquote(unquote(source))
    if "\0" in decoded or ".." in decoded.replace("\\", "/").split("/"):
        raise InvalidParameter(
            f"Invalid model version source: '{source}'. A path without '..' in it is needed: an "
            "absolute path must be provided without relative path references present."
        )


def _check_proxied(
    transaction: Transaction,
    root: ArtifactRoot,
    source: str,
    run_id: str | None,
    model_id: str | None,
) -> None:
    path = _proxied_path(source)
    homes = _homes(transaction, root, run_id, model_id)
    if not any(_contains(_proxied_path(home), path) for home in homes):
        raise InvalidParameter(
            f"Invalid model version source: '{source}'. The run_id request parameter must identify "
            "the resource that contains the source."
        )


def _check_host(
    transaction: Transaction,
    root: ArtifactRoot,
    source: str,
    run_id: str | None,
    model_id: str | None,
) -> None:
    """Whoever loads a version would ask the host of its source, so nobody names one freely."""
    homes = _homes(transaction, root, run_id, model_id)
    if not any(_contains(home, source) for home in homes):
        scheme = source.partition(":")[0]
        raise InvalidParameter(
            f"'source' cannot use the '{scheme}' scheme: '{source}' is not among the files of "
            "run_id or model_id, and loading the version would ask a host that this server does "
            "not know. Register files of a run, a logged model, another version or a bucket."
        )


def _homes(
    transaction: Transaction, root: ArtifactRoot, run_id: str | None, model_id: str | None
) -> list[str]:
    """Where the files of the run and of the logged model are that a version is said to be from."""
    homes = []
    if run_id:
        rows = transaction.tracking.execute(*confined(transaction, _SELECT_RUN, (run_id,)))
        homes += [root.expand(row[0]) for row in rows]
    if model_id:
        homes.append(root.expand(_model_named(transaction, model_id)[0]))
    return homes


def _model_named(transaction: Transaction, model_id: str) -> tuple[str, str | None]:
    """The place and the run of the logged model that `model_id` names."""
    rows = transaction.tracking.execute(*confined(transaction, _SELECT_MODEL, (model_id,)))
    if not rows:
        raise NotFound(f"Logged model with ID '{model_id}' not found.")
    return rows[0][0], rows[0][1]


def _logged_model(transaction: Transaction, model_id: str, source: str) -> tuple[str, str | None]:
    rows = transaction.tracking.execute(*confined(transaction, _SELECT_MODEL, (model_id,)))
    if not rows:
        raise InvalidParameter(
            f"Invalid model version source: '{source}'. There is no logged model '{model_id}'."
        )
    return rows[0][0], rows[0][1]


def _local_path(uri: str) -> str | None:
    """The path of a local URI, free of dots; None for what is no local path."""
    scheme, colon, rest = uri.partition(":")
    if colon and scheme.lower() == "file":
        uri = unquote(rest.removeprefix("//").removeprefix("localhost"))
    elif colon and len(scheme) > 1:
        return None
    path = uri.replace("\\", "/")
    if "\0" in path or not (path.startswith("/") or path[1:2] == ":"):
        return None
    return posixpath.normpath(path)


def _proxied_path(uri: str) -> str | None:
    """The path below a server's artifact route; None for a URI that is not one."""
    if urlsplit(uri).scheme == _PROXY:
        return unquote(urlsplit(uri).path).strip("/")
    return None


def _contains(home: str | None, path: str | None) -> bool:
    return home is not None and path is not None and f"{path}/".startswith(f"{home.rstrip('/')}/")
