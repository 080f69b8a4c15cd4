"""Where a new version's files are: a source is followed, and kept inside what it claims to be from.

| source | is followed to | must agree with |
| --- | --- | --- |
| `models:/m-…` | the logged model's directory | `model_id`, if given |
| `models:/<name>/<version>`, `models:/<name>@<alias>` | that version's files, run and model | |
| `runs:/<run>/<path>` | itself | `run_id` |
| a local path, `mlflow-artifacts:`, a server's route | itself | files of `run_id` or `model_id` |
| any other URI | itself | |
"""

from __future__ import annotations

import posixpath
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from millstream.entities.model_versions import CreateModelVersion
from millstream.errors import InvalidParameter
from millstream.store.sql.lifecycle import Source, no_run
from millstream.store.sql.locations import ArtifactRoot, below
from millstream.store.sql.registry import aliases, versions
from millstream.store.sql.registry.versions import VersionRow
from millstream.store.sql.transaction import Transaction

_SELECT_RUN = "SELECT artifact_uri FROM runs WHERE run_id = ?"
_SELECT_MODEL = (
    "SELECT artifact_location, source_run_id FROM logged_models "
    "WHERE model_id = ? AND lifecycle_stage = 'active'"
)
_SELECT_LOGGED = (
    "SELECT artifact_location FROM logged_models WHERE source_run_id = ? AND name = ? "
    "AND lifecycle_stage = 'active' ORDER BY creation_timestamp_ms DESC, model_key DESC LIMIT 1"
)
_OF_RUN = "runs:/"
_PROXY_PATH = "/api/2.0/mlflow-artifacts/artifacts/"
_PROXY = "mlflow-artifacts"


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
    if any_source:
        _check_plain(source)
    elif scheme == "runs":
        _check_run(source, run_id)
    elif scheme in ("", "file") or len(scheme) == 1:
        _check_local(transaction, root, source, run_id, model_id)
    else:
        _check_plain(source)
        if scheme == _PROXY or (scheme in ("http", "https") and _PROXY_PATH in source):
            _check_proxied(transaction, root, source, run_id, model_id)
    return Origin(source, root.shorten(source) if scheme != "runs" else source, run_id, model_id)


def files(source: Source, row: VersionRow) -> str:
    """Where the files of a version are, maybe relative; `runs:` becomes the place it means."""
    location = row.storage_location
    if not location.startswith(_OF_RUN):
        return location
    run_id, _, path = location.removeprefix(_OF_RUN).lstrip("/").partition("/")
    name, _, rest = path.partition("/")
    models = source.execute(_SELECT_LOGGED, (run_id, name))
    if models:
        return below(models[0][0], rest) if rest else str(models[0][0])
    runs = source.execute(_SELECT_RUN, (run_id,))
    return below(runs[0][0], path) if runs else location


def _from_registry(transaction: Transaction, request: CreateModelVersion) -> Origin:
    source, model_id = request.source, request.model_id or None
    rest = source.partition(":/")[2].strip("/")
    name, slash, version = rest.partition("/")
    if not slash and "@" not in rest:
        if model_id is not None and model_id != rest:
            raise InvalidParameter(
                f"Invalid model version source: '{source}'. It names the logged model '{rest}', "
                f"but model_id is '{model_id}'."
            )
        location, run_id = _logged_model(transaction, rest, source)
        return Origin(source, location, request.run_id or run_id, rest)
    if not slash:
        name, _, alias = rest.rpartition("@")
        row = aliases.version_of(transaction, name, alias)
    else:
        row = versions.required(transaction, name, version)
    kept = f"models:/{row.name}/{row.version}"
    return Origin(
        kept, row.storage_location, request.run_id or row.run_id, model_id or row.model_id
    )


def _check_run(source: str, run_id: str | None) -> None:
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
            f"Invalid model version source: '{source}'. If supplying a source as an http, https, "
            "local file path, ftp, or s3 URI, an absolute path must be provided without relative "
            "path references present. Please provide an absolute path."
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


def _homes(
    transaction: Transaction, root: ArtifactRoot, run_id: str | None, model_id: str | None
) -> list[str]:
    """Where the files of the run and of the logged model are that a version is said to be from."""
    homes = []
    if run_id:
        rows = transaction.execute(_SELECT_RUN, (run_id,))
        if not rows:
            raise no_run(run_id)
        homes.append(root.expand(rows[0][0]))
    if model_id:
        homes.append(root.expand(_logged_model(transaction, model_id, model_id)[0]))
    return homes


def _logged_model(transaction: Transaction, model_id: str, source: str) -> tuple[str, str | None]:
    rows = transaction.execute(_SELECT_MODEL, (model_id,))
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
    if _PROXY_PATH in uri:
        return unquote(uri.partition(_PROXY_PATH)[2]).strip("/")
    if urlsplit(uri).scheme == _PROXY:
        return unquote(urlsplit(uri).path).strip("/")
    return None


def _contains(home: str | None, path: str | None) -> bool:
    return home is not None and path is not None and f"{path}/".startswith(f"{home.rstrip('/')}/")
