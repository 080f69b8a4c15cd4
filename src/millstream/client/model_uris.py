"""Where the files of a URI are: `runs:/…` and `models:/…` become the places that hold them.

| URI | places |
| --- | --- |
| `runs:/<run>/<path>` | the run's artifacts, and the run's logged model of that name |
| `models:/m-<id>` | the logged model's directory |
| `models:/<name>/<version or stage>`, `models:/<name>@<alias>` | the registry |
| all others | themselves |
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from millstream.entities.models import (
    GetLoggedModel,
    LoggedModel,
    SearchLoggedModels,
)
from millstream.entities.runs import RunId
from millstream.errors import InvalidParameter, NotSupported
from millstream.store.interface import Store


class Place(NamedTuple):
    """Files at `path` below the artifact root `uri`, and the logged model they belong to."""

    uri: str
    path: str = ""
    model_id: str | None = None


def places(uri: str, open_store: Callable[[], Store]) -> list[Place]:
    """The places that a URI stands for; if there are several, their files belong together.

    The store is opened only for the URIs that need it. Nothing says that there is a file: that
    shows when one is read.
    """
    scheme, colon, rest = uri.partition(":/")
    if not colon or scheme not in ("runs", "models"):
        return [Place(uri)]
    parts = _path(uri, rest).split("/")
    if scheme == "runs":
        return _of_run(uri, parts, open_store())
    return [_of_model(uri, parts, open_store())]


def run_and_path(uri: str) -> tuple[str, str] | None:
    """The run that a `runs:/` URI names, and the path in it; None for all other URIs."""
    scheme, colon, rest = uri.partition(":/")
    if not colon or scheme != "runs":
        return None
    run_id, _, path = _path(uri, rest).partition("/")
    return run_id, path


def place_in_model(run_id: str, path: str, store: Store) -> Place | None:
    """The place of a path that begins with the name of a logged model of the run, if it does."""
    name, _, below = path.strip("/").partition("/")
    experiment_id = store.runs.get(RunId(run_id)).info.experiment_id
    model = _logged_by(run_id, experiment_id, name, store) if name else None
    return None if model is None else Place(model.artifact_location, below, model.model_id)


def _path(uri: str, rest: str) -> str:
    """The path without the authority (MLflow's name of a profile), which means nothing here."""
    if rest.startswith("/"):
        _, slash, rest = rest.lstrip("/").partition("/")
        if not slash:
            raise InvalidParameter(f"the URI {uri!r} names a profile and nothing in it")
    return rest.strip("/")


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
    model = _logged_by(run_id, run.info.experiment_id, name, store)
    if model is not None:
        found.append(Place(model.artifact_location, "/".join(below), model.model_id))
    return found


def _logged_by(run_id: str, experiment_id: str, name: str, store: Store) -> LoggedModel | None:
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


def _of_model(uri: str, parts: list[str], store: Store) -> Place:
    first = parts[0]
    if len(parts) == 1 and first and "@" not in first:
        model = store.models.get(GetLoggedModel(first))
        return Place(model.artifact_location, "", model.model_id)
    if not first or len(parts) > 2 or (len(parts) == 2 and not parts[1]):
        raise InvalidParameter(
            f"Not a proper models:/ URI: {uri}. Models URIs must be of the form "
            "'models:/model_name/suffix' or 'models:/model_name@alias' where suffix is a model "
            "version, stage, or the string 'latest' and where alias is a registered model alias."
        )
    raise NotSupported(
        f"{uri!r} names a model of the registry, which this version does not have; use the URI of "
        "the logged model ('models:/m-…', as `log_model` answers) or 'runs:/<run_id>/<name>'"
    )
