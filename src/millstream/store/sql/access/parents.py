"""The experiments and registered models that other things are of, in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from millstream.entities import validation
from millstream.store.access import DeploymentOwner, FilesOwner
from millstream.store.sql.confinement import confined, here
from millstream.store.sql.database import Database
from millstream.store.sql.dialect import placeholders
from millstream.store.sql.locations import ArtifactRoot, is_within, place, places_above
from millstream.store.sql.reader import Reader
from millstream.store.sql.registry import policies, revisions, slots, version_files

_OF_RUNS = "SELECT run_id, experiment_key FROM runs WHERE run_id IN ({})"
_OF_MODELS = "SELECT model_id, experiment_key FROM logged_models WHERE model_id IN ({})"
_OF_VIEWS = "SELECT view_id, experiment_key FROM views WHERE view_id IN ({})"
_OF_NAME = "SELECT experiment_key FROM experiments WHERE workspace = ? AND name = ?"
_OF_REQUEST = (
    "SELECT m.name FROM transition_requests t "
    "JOIN registered_models m ON m.registered_model_key = t.registered_model_key "
    "WHERE t.request_key = ? AND m.workspace = ?"
)
_OF_LIVE = (
    "SELECT d.registered_model_key, d.experiment_key, m.name FROM deployment_slots s "
    "JOIN deployments d ON d.slot_key = s.slot_key AND d.state = 'live' "
    "LEFT JOIN registered_models m ON m.registered_model_key = d.registered_model_key "
    "WHERE s.workspace = ? AND s.digest = ?"
)
_RUNS_NAMED = "SELECT experiment_key, artifact_uri FROM runs WHERE run_id IN ({})"
_MODELS_NAMED = "SELECT experiment_key, artifact_location FROM logged_models WHERE model_id IN ({})"
# An experiment whose location nobody chose is found by its key, which is the location's last part.
_EXPERIMENTS_AROUND = (
    "SELECT experiment_key, artifact_location FROM experiments "
    "WHERE experiment_key IN ({}) OR artifact_location NOT IN ('./' || experiment_key, "
    "'./workspaces/' || workspace || '/' || experiment_key) "
    "ORDER BY experiment_key"
)
_SLICE = 1_000


class SqlParents:
    """What things of a database are of; `root` is where its relative locations are below."""

    def __init__(self, database: Database, root: ArtifactRoot) -> None:
        self._database = database
        self._root = root

    def experiments_of_runs(self, run_ids: Sequence[str]) -> dict[str, str]:
        """The experiment of each run."""
        return self._database.read(_experiments, _OF_RUNS, run_ids)

    def experiments_of_models(self, model_ids: Sequence[str]) -> dict[str, str]:
        """The experiment of each logged model."""
        return self._database.read(_experiments, _OF_MODELS, model_ids)

    def experiments_of_views(self, view_ids: Sequence[str]) -> dict[str, str | None]:
        """The experiment of each saved view; None for a view of no experiment."""
        found = self._database.read(_keys, _OF_VIEWS, view_ids)
        return {view_id: None if key < 0 else str(key) for view_id, key in found.items()}

    def experiment_of_name(self, name: str) -> str | None:
        """The experiment of that name."""
        return self._database.read(_experiment_of_name, name)

    def model_of_transition_request(self, request_id: str) -> str | None:
        """The name that the model of a request has now; None if it is deleted."""
        return self._database.read(_model_of_request, request_id)

    def owner_of_deployment(
        self, target: str, name: str, endpoint: str | None
    ) -> DeploymentOwner | None:
        """What the deployment is of that is live at a name; None if nothing is."""
        return self._database.read(_owner_of_live, slots.digest_of(target, name, endpoint))

    def owner_of_files(self, names: Sequence[str]) -> FilesOwner | None:
        """Whose file or folder is at a place, which `names` name in all ways that it has."""
        return self._database.read(_owner, self._places(names))

    def models_of_files(self, names: Sequence[str]) -> list[str]:
        """The registered models that have a file or folder among the files of a version."""
        return self._database.read(_models, self._places(names))

    def _places(self, names: Sequence[str]) -> list[str]:
        return sorted({place(uri) for name in names for uri in (name, self._root.shorten(name))})


class _Home(NamedTuple):
    """A folder, and whose it is."""

    place: str
    kind: Literal["run", "logged_model", "experiment"]
    experiment_key: int


def _keys(rows: Reader, select: str, ids: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(ids), _SLICE):
        part = tuple(ids[start : start + _SLICE])
        sql = select.format(placeholders(len(part)))
        of_workspace = here if select is _OF_VIEWS else confined
        found.update(rows.execute(*of_workspace(rows, sql, part)))
    return found


def _experiments(reader: Reader, select: str, ids: Sequence[str]) -> dict[str, str]:
    return {each: str(key) for each, key in _keys(reader, select, ids).items()}


def _experiment_of_name(reader: Reader, name: str) -> str | None:
    rows = reader.execute(_OF_NAME, (reader.workspace.name, name))
    return str(rows[0][0]) if rows else None


def _model_of_request(reader: Reader, request_id: str) -> str | None:
    keys = _numbers([request_id])
    if not keys:
        return None
    rows = reader.registry.execute(_OF_REQUEST, (keys[0], reader.workspace.name))
    return str(rows[0][0]) if rows else None


def _owner_of_live(reader: Reader, digest: str) -> DeploymentOwner | None:
    rows = reader.registry.execute(_OF_LIVE, (reader.workspace.name, digest))
    if not rows:
        return None
    model_key, experiment_key, model_name = rows[0]
    if model_key != revisions.NOTHING:
        return DeploymentOwner("registered_model", model_name)
    if experiment_key != revisions.NOTHING:
        return DeploymentOwner("experiment", str(experiment_key))
    return DeploymentOwner()


def _owner(reader: Reader, asked: Sequence[str]) -> FilesOwner | None:
    parts = sorted({part for each in asked for part in each.split("/")})
    for find in (_named_homes, _experiment_homes):
        depths = [
            (_depth(each, home.place), home)
            for home in find(reader, parts)
            for each in asked
            if is_within(each, home.place)
        ]
        if depths:
            # `min` keeps the first of equal ones, and the oldest experiment comes first.
            _, home = min(depths, key=lambda pair: pair[0])
            return FilesOwner(home.kind, str(home.experiment_key))
    return None


def _models(reader: Reader, asked: Sequence[str]) -> list[str]:
    stages = policies.read(reader.registry).names
    held = version_files.around(reader, stages, asked)
    return sorted({each.name for each in held if each.workspace == reader.workspace.name})


def _depth(asked: str, home: str) -> int:
    """How far a place is below a home: the same number, whichever names the two have."""
    return len(places_above(asked)) - len(places_above(home))


def _named_homes(reader: Reader, parts: Sequence[str]) -> Iterator[_Home]:
    """The artifacts of runs and logged models that parts of a place may name."""
    runs = tuple(part for part in parts if validation.is_run_id(part))
    models = tuple(part for part in runs if part.startswith("m-"))
    if runs:
        for key, location in reader.execute(_RUNS_NAMED.format(placeholders(len(runs))), runs):
            yield _Home(place(location), "run", key)
    if models:
        sql = _MODELS_NAMED.format(placeholders(len(models)))
        for key, location in reader.execute(sql, models):
            yield _Home(place(location), "logged_model", key)


def _experiment_homes(reader: Reader, parts: Sequence[str]) -> Iterator[_Home]:
    keys = _numbers(parts)
    sql = _EXPERIMENTS_AROUND.format(placeholders(len(keys)) or "NULL")
    for key, location in reader.execute(sql, keys):
        yield _Home(place(location), "experiment", key)


def _numbers(texts: Sequence[str]) -> tuple[int, ...]:
    """The keys that texts may be."""
    found = (int(text) for text in texts if text.isascii() and text.isdecimal())
    return tuple(key for key in found if key <= validation.GREATEST_LONG)
