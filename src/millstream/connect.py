"""A URI becomes a Store or an ArtifactStore: the one list of implementations, and the plug-in door.

| tracking URI | facts | artifacts |
| --- | --- | --- |
| a folder, or `file:` and a folder | `<folder>/millstream.db` | `<folder>/artifacts` |
| `sqlite:///x.db` | that file | `artifacts` beside that file |
| `postgresql://…`, `mysql://…` | that database | `./mlartifacts` |
| `http://…`, `https://…` | the server there | as the server says |

Another scheme is served by whatever package declares an entry point of that name in the group
`millstream.stores` (a callable of URI and settings that gives a Store) or
`millstream.artifact_stores` (the same, giving an ArtifactStore). A scheme that nobody serves is
refused: nothing is ever logged elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from millstream.artifacts.interface import ArtifactStore
from millstream.entities.workspaces import WorkspaceName
from millstream.errors import InvalidParameter, NotSupported, Unavailable
from millstream.masking import shown
from millstream.settings import Settings
from millstream.store.interface import Store

if TYPE_CHECKING:  # scripts ask for no access, and their start does not pay for it
    from millstream.store.access import Access, AccessRules, Workspaces

Opener = Callable[[str], ArtifactStore]

DATABASE = "millstream.db"
ARTIFACTS = "artifacts"
DEFAULT_FOLDER = "mlruns"

_HTTP = ("http", "https")
_DATABASES = ("sqlite", "postgresql", "postgres", "mysql", "mariadb")
_CLOUDS = ("s3", "s3a", "s3n", "gs", "az", "azure", "abfs", "abfss", "wasb", "wasbs", "adl")
_PROXY = "mlflow-artifacts"
_PROXY_PATH = "/api/2.0/mlflow-artifacts/artifacts"
_DATABRICKS = ("databricks", "databricks-uc", "uc", "dbfs")


def canonical(uri: str | os.PathLike[str]) -> str:
    """The absolute form of a tracking URI: a path for a folder, else a URI that names the same.

    What is relative is so to the current folder.
    """
    text = os.fspath(uri)
    scheme, rest = _split(text)
    if scheme in ("", "file"):
        return str(Path(_local_path(text)).resolve())
    if scheme.startswith("sqlite"):
        path = rest.removeprefix("///")
        return text if path == rest or not path else f"sqlite:///{Path(path).resolve()}"
    return text.rstrip("/")


def local_folder(uri: str) -> str | None:
    """The folder that a tracking URI names, absolute; None if it names no folder."""
    return canonical(uri) if _split(uri)[0] in ("", "file") else None


def is_remote(uri: str) -> bool:
    """Whether a tracking URI names a server."""
    return _split(uri)[0] in _HTTP


def artifact_root(uri: str) -> str:
    """Where the artifacts of a folder or database are kept when nothing else is said."""
    scheme, rest = _split(uri)
    if scheme in ("", "file"):
        return str(Path(canonical(uri), ARTIFACTS))
    if scheme == "sqlite":
        return str(Path(rest.removeprefix("///")).resolve().parent / ARTIFACTS)
    return str(Path("mlartifacts").resolve())


def has_moving_root(uri: str) -> bool:
    """Whether `artifact_root` of a place depends on the current folder of whoever asks."""
    scheme = _split(uri)[0]
    return scheme in _DATABASES and scheme != "sqlite"


def absolute_artifacts(uri: str, tracking_uri: str) -> str:
    """The artifact URI that names the same files to everybody, and not only at `tracking_uri`."""
    scheme, rest = _split(uri)
    if scheme != _PROXY:
        return uri
    authority, path = _proxied_path(rest)
    if is_remote(tracking_uri):
        base = f"{_split(tracking_uri)[0]}://{authority}" if authority else canonical(tracking_uri)
        return f"{base}{_PROXY_PATH}/{path}"
    return uri if authority else str(Path(artifact_root(tracking_uri), path))


def open_store(
    uri: str,
    settings: Settings,
    *,
    artifacts: str | None = None,
    open_files: Opener | None = None,
    any_source: bool = False,
) -> Store:
    """Open what a tracking URI names; `artifacts` replaces the root of new experiments.

    `open_files` opens what gates have to read, in the place of `open_artifacts`.
    `any_source` lets versions of registered models have files that are not of their run or model.
    Never set it where others ask: it would let them have any file of this machine served.
    Raises `InvalidParameter` for a scheme that nobody serves, and for a folder that belongs to
    something else, which stays untouched.
    """
    scheme, _ = _split(uri)
    if scheme in _HTTP:
        remote = _late("millstream.rest.remote", "RemoteStore")
        return cast("Store", remote(canonical(uri), settings))
    if scheme in _DATABASES:
        root = artifacts or artifact_root(uri)
        return _open_database(canonical(uri), root, settings, open_files, any_source)
    if scheme in ("", "file"):
        return _open_folder(Path(canonical(uri)), artifacts, settings, open_files, any_source)
    plugin = _plugin("millstream.stores", scheme)
    if plugin is not None:
        return cast("Store", plugin(uri, settings))
    raise InvalidParameter(_refusal("tracking", uri, ("a folder", "file", *_DATABASES, *_HTTP)))


def load(uri: str) -> None:
    """Load the code that opens a folder or database, so that opening it waits for nothing else."""
    scheme, _ = _split(uri)
    in_folder = scheme in ("", "file")
    if in_folder or scheme in _DATABASES:
        _late("millstream.store.sql.store", "SqlStore")
        database = f"sqlite:///{DATABASE}" if in_folder else canonical(uri)
        dialect = _late("millstream.store.sql.address", "parse")(database).dialect
        _late("millstream.store.sql.database", "load_driver")(dialect)


def with_password(uri: str, settings: Settings) -> str:
    """The URI of a database with the password that a file of the settings holds, if it has none."""
    file = settings.database_password_file
    if file is None:
        return uri
    return cast("str", _late("millstream.store.sql.password_file", "with_password")(uri, file))


def open_registry(
    uri: str,
    settings: Settings,
    tracking: Store,
    *,
    artifacts: str | None = None,
    open_files: Opener | None = None,
) -> Store:
    """Open the store of the registered models of a server that keeps its runs in `tracking`.

    The two look up each other's facts, so both have to be folders or databases; raises
    `InvalidParameter` for others.
    """
    registry = open_store(uri, settings, artifacts=artifacts, open_files=open_files)
    kind = _late("millstream.store.sql.store", "SqlStore")
    if not (isinstance(registry, kind) and isinstance(tracking, kind)):
        registry.close()
        raise InvalidParameter(
            f"The model registry cannot be kept in '{shown(uri)}' apart from the runs: both have "
            "to be a folder, sqlite:///file.db, postgresql://… or mysql://…."
        )
    tracking.database.keep_registry_in(registry.database)
    return cast("Store", registry)


def access_of(store: Store, rules: AccessRules | None = None) -> Access:
    """Who may do what in a store, which is kept with its runs.

    Of a server it is what can be asked over the wire, and the server has rules of its own. Raises
    `NotSupported` for a store that is neither a server nor a folder or database.
    """
    if isinstance(store, _late("millstream.store.sql.store", "SqlStore")):
        sql = _late("millstream.store.sql.access.store", "SqlAccess")
        return cast("Access", sql(store.database, store.artifact_root, rules))
    if isinstance(store, _late("millstream.rest.remote", "RemoteStore")):
        remote = _late("millstream.rest.remote_access", "RemoteAccess")
        return cast("Access", remote(store.caller))
    raise NotSupported(
        f"Users and permissions cannot be kept in a {type(store).__name__}: the runs have to be in "
        "a folder, sqlite:///file.db, postgresql://… or mysql://…."
    )


def workspaces_of(store: Store) -> Workspaces:
    """The workspaces of a store, which all of its workspaces share.

    Raises `NotSupported` for a store that has none.
    """
    own = getattr(store, "workspaces", None)  # a server's; a database keeps them with access
    return access_of(store).workspaces if own is None else cast("Workspaces", own)


def in_workspace(store: Store, name: str) -> Store:
    """The store as those in a workspace see it, which owns the store that it was made of.

    A remote one names the workspace in its requests already. An absent one raises `NotFound`.
    """
    if not isinstance(store, _late("millstream.store.sql.store", "SqlStore")):
        return store
    workspaces_of(store).get(WorkspaceName(name))
    return cast("Store", store.in_workspace(name, owning=True))


def open_artifacts(uri: str, settings: Settings, *, tracking_uri: str) -> ArtifactStore:
    """Open the files below a URI, which `mlflow-artifacts:` leaves to where `tracking_uri` points.

    Raises `InvalidParameter` for a scheme that nobody serves.
    """
    scheme, rest = _split(uri)
    if scheme in ("", "file"):
        return _local_artifacts(_local_path(uri))
    if scheme == _PROXY:
        return _proxied(rest, settings, tracking_uri)
    if scheme in _HTTP and _PROXY_PATH in uri:
        base, _, path = uri.partition(_PROXY_PATH)
        return _http_artifacts(base, path.strip("/"), settings)
    if scheme in _CLOUDS:
        return cast("ArtifactStore", _late("millstream.artifacts.cloud", "CloudArtifacts")(uri))
    plugin = _plugin("millstream.artifact_stores", scheme)
    if plugin is not None:
        return cast("ArtifactStore", plugin(uri, settings))
    raise InvalidParameter(_refusal("artifact", uri, ("a folder", "file", _PROXY, *_CLOUDS)))


def _open_folder(
    folder: Path,
    artifacts: str | None,
    settings: Settings,
    open_files: Opener | None,
    any_source: bool,
) -> Store:
    database = folder / DATABASE
    try:
        if not database.exists():
            _refuse_foreign(folder)
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"The folder '{folder}' cannot be used: {error}.") from error
    root = artifacts or str(folder / ARTIFACTS)
    return _open_database(f"sqlite:///{database}", root, settings, open_files, any_source)


def _open_database(
    uri: str, artifacts: str, settings: Settings, open_files: Opener | None, any_source: bool
) -> Store:
    database = _late("millstream.store.sql.database", "Database")
    store = _late("millstream.store.sql.store", "SqlStore")
    opened = store(
        database(with_password(uri, settings)),
        artifacts,
        settings.artifact_location_max_length,
        settings.create_model_version_source_validation_regex,
        settings,
        lambda: _late("millstream.rest.model_files", "StoredModels")(
            open_files or (lambda asked: open_artifacts(asked, settings, tracking_uri=uri))
        ),
        any_source=any_source,
    )
    return cast("Store", opened)


def _refuse_foreign(folder: Path) -> None:
    if folder.is_file():
        raise InvalidParameter(
            f"'{folder}' is a file. A tracking URI names a folder, or a database as "
            f"'sqlite:///{folder}'."
        )
    for sign in ("*/meta.yaml", ".trash", "mlflow.db"):
        found = next(folder.glob(sign), None)
        if found is not None:
            raise InvalidParameter(
                f"'{folder}' holds data of MLflow ('{found.relative_to(folder)}' is in it) and was "
                "left as it is. "
                f"Copy the data into Millstream with `millstream import {folder}`, or choose "
                "another folder as tracking URI."
            )


def _proxied(rest: str, settings: Settings, tracking_uri: str) -> ArtifactStore:
    authority, path = _proxied_path(rest)
    if is_remote(tracking_uri):
        scheme = _split(tracking_uri)[0]
        base = f"{scheme}://{authority}" if authority else canonical(tracking_uri)
        return _http_artifacts(base, path, settings)
    if authority:
        return _http_artifacts(f"http://{authority}", path, settings)
    return _local_artifacts(str(Path(artifact_root(tracking_uri), path)))


def _proxied_path(rest: str) -> tuple[str, str]:
    """The server, empty if it is not named, and the path there."""
    if rest.startswith("//"):
        authority, _, path = rest[2:].partition("/")
        return authority, path.strip("/")
    return "", rest.strip("/")


def _local_artifacts(path: str) -> ArtifactStore:
    local = _late("millstream.artifacts.local", "LocalArtifacts")
    return cast("ArtifactStore", local(Path(path).resolve()))


def _http_artifacts(base: str, path: str, settings: Settings) -> ArtifactStore:
    http = _late("millstream.artifacts.http", "HttpArtifacts")
    return cast("ArtifactStore", http(base, path, settings))


def _split(uri: str) -> tuple[str, str]:
    """Scheme (empty for a path, such as one with a drive letter) and what follows the colon."""
    if uri in ("databricks", "databricks-uc"):  # MLflow's names, and hardly meant as folders
        return uri, ""
    scheme, colon, rest = uri.partition(":")
    if not colon or len(scheme) < 2 or not scheme.replace("+", "").replace("-", "").isalnum():
        return "", uri
    scheme = scheme.lower()
    name = scheme.partition("+")[0]  # SQLAlchemy's users write mysql+pymysql://
    return (name if name in _DATABASES else scheme), rest


def _local_path(uri: str) -> str:
    scheme, rest = _split(uri)
    if scheme == "":
        return str(Path(uri).expanduser())
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        if host not in ("", "localhost"):
            raise InvalidParameter(
                f"'{uri}' names the host '{host}'; a local folder is written file:///folder"
            )
        rest = slash + path
    if "%" in rest:
        rest = import_module("urllib.parse").unquote(rest)
    return rest


def _late(module: str, name: str) -> Any:
    return getattr(import_module(module), name)


def _plugin(group: str, scheme: str) -> Any | None:
    points = import_module("importlib.metadata").entry_points(group=group, name=scheme)
    return next((point.load() for point in points), None)


def _refusal(kind: str, uri: str, known: tuple[str, ...]) -> str:
    scheme = _split(uri)[0]
    reason = (
        "belongs to Databricks, which Millstream does not speak to"
        if scheme in _DATABRICKS
        else "is served neither by Millstream nor by an installed plug-in"
    )
    return (
        f"The {kind} URI '{shown(uri)}' cannot be opened: '{scheme}' {reason}. "
        f"Known are: {', '.join(known)}."
    )
