"""What a container needs to log where its caller does: folders, and variables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from millstream import connect, settings
from millstream.address import parse
from millstream.errors import InvalidParameter
from millstream.logins import find as find_login

STORE = "/mlflow/tmp/mlruns"
_GOOGLE = "GOOGLE_APPLICATION_CREDENTIALS"
_CLOUDS = {
    "s3": ("AWS_", "MLFLOW_S3_"),
    "gs": ("GOOGLE_",),
    **dict.fromkeys(("az", "azure", "abfs", "abfss", "wasb", "wasbs", "adl"), ("AZURE_",)),
}


class LogAccess(msgspec.Struct, frozen=True):
    """Where a container logs to, the folders that takes, and the variables for it."""

    tracking_uri: str
    volumes: tuple[str, ...]
    variables: dict[str, str]


def access(place: str, artifact_uri: str | None) -> LogAccess:
    """How a container reaches a tracking URI, and the artifacts of a run of it.

    The folder of a file store, and the one that an SQLite file lies in, appear in the container
    under `/mlflow/tmp/mlruns`; artifacts that lie elsewhere on this machine at the same path. What
    signs in to a server or a cloud is handed over.
    """
    volumes: list[str] = []
    tracking_uri, root = place, store_folder(place)
    if root is not None:
        volumes.append(volume(root, STORE))
        name = Path(place.removeprefix("sqlite:///")).name
        tracking_uri = f"sqlite:///{STORE}/{name}" if place.startswith("sqlite:") else STORE
    folder = None if artifact_uri is None else connect.local_folder(artifact_uri)
    if folder is not None and (root is None or not Path(folder).is_relative_to(root)):
        Path(folder).mkdir(parents=True, exist_ok=True)
        volumes.append(volume(Path(folder), folder))
    variables = _of_cloud(artifact_uri or "")
    if _GOOGLE in variables:
        file = Path(variables[_GOOGLE]).absolute()
        variables[_GOOGLE] = str(file)
        volumes.append(volume(file, str(file), read_only=True))
    return LogAccess(tracking_uri, tuple(volumes), {**variables, **_of_server(place)})


def store_folder(place: str) -> Path | None:
    """The folder that holds a file store or an SQLite file, if the place is one of them."""
    folder = connect.local_folder(place)
    if folder is not None:
        return Path(folder)
    path = place.removeprefix("sqlite:///")
    return Path(path).resolve().parent if path != place and path else None


def volume(here: Path, there: str, *, read_only: bool = False) -> str:
    """A file or folder of this machine at a path of the container, as programs are told of it."""
    if ":" in str(here):
        raise InvalidParameter(
            f"'{here}' cannot be shown to a container: its path has a ':'. Use one without."
        )
    return f"{here}:{there}:ro" if read_only else f"{here}:{there}"


def _of_cloud(artifact_uri: str) -> dict[str, str]:
    prefixes = _CLOUDS.get(urlsplit(artifact_uri).scheme, ())
    known = settings.cloud_variables()
    return {name: value for name, value in known.items() if name.startswith(prefixes)}


def _of_server(place: str) -> Mapping[str, str]:
    """Who this process is to a server, under the names that both MLflow and we read."""
    if not connect.is_remote(place):
        return {}
    known = settings.load()
    found = {
        "TRACKING_TOKEN": known.tracking_token,
        "TRACKING_USERNAME": known.tracking_username,
        "TRACKING_PASSWORD": known.tracking_password,
    }
    if not any(found.values()) and (login := find_login(parse(place), known)) is not None:
        found["TRACKING_TOKEN"] = login.token
    return {
        f"{prefix}_{name}": value
        for name, value in found.items()
        if value
        for prefix in ("MLFLOW", "MILLSTREAM")
    }
