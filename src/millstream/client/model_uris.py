"""Where the files of a URI are: `runs:/…` and `models:/…` become the places that hold them.

| URI | places |
| --- | --- |
| `runs:/<run>/<path>` | the run's artifacts, and the run's logged model of that name |
| `models:/m-<id>` | the logged model's directory |
| `models:/<name>/<version>`, `…/<stage>`, `…/latest` | the files of that version of the registry |
| `models:/<name>@<alias>` | the same |
| all others | themselves |

Behind the `models:/` URIs a path may follow. Before a number, one of MLflow's stages or `latest`,
an `@` belongs to the name.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from millstream import connect
from millstream.client.session import SESSION
from millstream.entities.model_versions import GetModelVersion, ModelVersion
from millstream.entities.models import (
    GetLoggedModel,
    LoggedModel,
    SearchLoggedModels,
)
from millstream.entities.registered_models import GetLatestVersions, GetModelVersionByAlias
from millstream.entities.registry_validation import LATEST
from millstream.entities.runs import RunId
from millstream.entities.stages import DEFAULT_STAGES
from millstream.errors import InvalidParameter, NotFound
from millstream.store.interface import Store

_MODEL_ID = re.compile("m-[0-9a-f]{32}")
_SUFFIXES = (LATEST, *(stage.lower() for stage in DEFAULT_STAGES))
_FORMS = (
    "Models URIs must be of the form 'models:/<model_id>', 'models:/<name>/<suffix>' or "
    "'models:/<name>@<alias>', where the suffix is a version, a stage, or the text 'latest'."
)


class Place(NamedTuple):
    """Files at `path` below the artifact root `uri`, and the logged model they belong to."""

    uri: str
    path: str = ""
    model_id: str | None = None


class Where(NamedTuple):
    """The canonical URIs of the store that runs are in, and of that of the model registry."""

    tracking: str
    registry: str

    @classmethod
    def now(cls) -> Where:
        """Where this process logs and registers."""
        return cls(SESSION.place, SESSION.registry_place(SESSION.place))


class RegistryName(NamedTuple):
    """What a `models:/` URI of the registry says: a model, which of its versions, a path in it."""

    name: str
    suffix: str | None
    alias: str | None
    path: str


def places(uri: str, where: Where) -> list[Place]:
    """The places that a URI stands for; if there are several, their files belong together.

    A store is opened only for the URIs that need it. Nothing says that there is a file: that
    shows when one is read.
    """
    scheme, parts = _split(uri)
    if scheme == "runs":
        return _of_run(uri, parts, SESSION.fresh(where.tracking))
    if scheme == "models":
        named = registry_name(uri)
        if named is not None:
            return _of_version(named, where)
        model = SESSION.fresh(where.tracking).models.get(GetLoggedModel(parts[0]))
        return [Place(model.artifact_location, "/".join(parts[1:]), model.model_id)]
    return [Place(uri)]


def run_and_path(uri: str) -> tuple[str, str] | None:
    """The run that a `runs:/` URI names, and the path in it; None for all other URIs."""
    scheme, parts = _split(uri)
    return (parts[0], "/".join(parts[1:])) if scheme == "runs" else None


def registry_name(uri: str) -> RegistryName | None:
    """What a URI says of the registry; None for other URIs, those of logged models among them."""
    scheme, parts = _split(uri)
    if scheme != "models":
        return None
    first, *rest = parts
    if _MODEL_ID.fullmatch(first):
        return None
    name, at, alias = first.rpartition("@")
    if at and not (rest and _names_a_version(rest[0])):
        if not name or not alias:
            raise InvalidParameter(f"Not a proper models:/ URI: {uri}. {_FORMS}")
        return RegistryName(name, None, alias, "/".join(rest))
    if not first or not all(rest):
        raise InvalidParameter(f"Not a proper models:/ URI: {uri}. {_FORMS}")
    return RegistryName(first, rest[0], None, "/".join(rest[1:])) if rest else None


def _names_a_version(suffix: str) -> bool:
    return suffix.isdecimal() or suffix.lower() in _SUFFIXES


def version_named(named: RegistryName, registry: Store) -> ModelVersion:
    """The version that is meant now; raises `NotFound` if there is none."""
    if named.alias is not None:
        return registry.registered_models.get_by_alias(
            GetModelVersionByAlias(named.name, named.alias)
        )
    suffix = named.suffix or LATEST
    if suffix.isdecimal():
        return registry.model_versions.get(GetModelVersion(named.name, suffix))
    newest = suffix.lower() == LATEST
    request = GetLatestVersions(named.name, [] if newest else [suffix])
    found = registry.registered_models.get_latest_versions(request).model_versions
    if not found:
        condition = "" if newest else f" and stage '{suffix}'"
        raise NotFound(f"No versions of model with name '{named.name}'{condition} found")
    return max(found, key=lambda version: int(version.version))


def place_in_model(run_id: str, path: str, store: Store) -> Place | None:
    """The place of a path that begins with the name of a logged model of the run, if it does."""
    name, _, below = path.strip("/").partition("/")
    experiment_id = store.runs.get(RunId(run_id)).info.experiment_id
    model = logged_by(run_id, experiment_id, name, store) if name else None
    return None if model is None else Place(model.artifact_location, below, model.model_id)


def logged_by(run_id: str, experiment_id: str, name: str, store: Store) -> LoggedModel | None:
    """The newest logged model of that name that came from the run."""
    quote = '"' if "'" in name else "'"
    if quote in name:
        return None  # the search language cannot say a name with both kinds of quotes
    request = SearchLoggedModels(
        experiment_ids=[experiment_id],
        filter=f"name = {quote}{name}{quote} AND source_run_id = '{run_id}'",
        max_results=1,
    )
    models = store.models.search(request).models
    return models[0] if models else None


def _split(uri: str) -> tuple[str, list[str]]:
    """The scheme and the parts of the path of a URI of ours; no scheme for all others.

    The authority (MLflow's name of a profile) means nothing here.
    """
    scheme, colon, rest = uri.partition(":/")
    if not colon or scheme not in ("runs", "models"):
        return "", []
    if rest.startswith("/"):
        _, slash, rest = rest.lstrip("/").partition("/")
        if not slash:
            raise InvalidParameter(f"the URI {uri!r} names a profile and nothing in it")
    return scheme, rest.strip("/").split("/")


def _of_run(uri: str, parts: list[str], store: Store) -> list[Place]:
    if len(parts) < 2 or not all(parts):
        raise InvalidParameter(
            f"the URI {uri!r} must be of the form 'runs:/<run_id>/<path of an artifact or name of "
            "a logged model>'"
        )
    run_id, name, *below = parts
    run = store.runs.get(RunId(run_id))
    found = []
    if run.info.artifact_uri:
        found.append(Place(run.info.artifact_uri, "/".join([name, *below])))
    model = logged_by(run_id, run.info.experiment_id, name, store)
    if model is not None:
        found.append(Place(model.artifact_location, "/".join(below), model.model_id))
    return found


def _of_version(named: RegistryName, where: Where) -> list[Place]:
    """The files of a version are where its registry says, or where that leads to in turn."""
    registry = SESSION.fresh(where.registry)
    number = named.suffix or ""
    if not number.isdecimal():
        number = version_named(named, registry).version
    request = GetModelVersion(named.name, number)
    uri = registry.model_versions.get_download_uri(request).artifact_uri
    if where.registry != where.tracking:
        uri = connect.absolute_artifacts(uri, where.registry)
    return [
        place._replace(path="/".join(part for part in (place.path, named.path) if part))
        for place in places(uri, where)
    ]
