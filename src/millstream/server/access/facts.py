"""What a decision needs to know: what belongs to what, and what a caller may do with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from millstream.entities.permissions import PermissionName, ResourceType
from millstream.entities.users import Caller
from millstream.server.access.freshness import Freshness
from millstream.server.access.memory import Memory
from millstream.store.access import Access, DeploymentOwner, FilesOwner

SubjectKind = Literal[
    "experiment",
    "experiment_name",
    "logged_model",
    "registered_model",
    "run",
    "token",
    "transition_request",
    "view",
]
NOBODYS = ""
LevelKey = tuple[int, str | None, ResourceType, str]


class NotRemembered(Exception):
    """It takes a look into the database, and this was to be answered without."""


class Lookups:
    """Facts from the database. `names` gives all the names of the place that a URI names."""

    def __init__(self, access: Access, names: Callable[[str], Sequence[str]]) -> None:
        self._access = access
        self._names = names
        parents = access.parents
        self._finders: Mapping[SubjectKind, Callable[[Sequence[str]], Mapping[str, str | None]]] = {
            "run": parents.experiments_of_runs,
            "logged_model": parents.experiments_of_models,
            "experiment_name": _each(parents.experiment_of_name),
            "view": parents.experiments_of_views,
            "transition_request": _each(parents.model_of_transition_request),
            "token": _each(access.tokens.get_owner),
        }

    def owners(self, kind: SubjectKind, ids: Sequence[str]) -> Mapping[str, str]:
        """What each of them belongs to."""
        # A view of no experiment has no owner, yet exists.
        return {each: owner or NOBODYS for each, owner in self._finders[kind](ids).items()}

    def levels(
        self, caller: Caller, resource_type: ResourceType, ids: Sequence[str]
    ) -> Mapping[str, PermissionName]:
        """What a caller may do with each of them."""
        return self._access.permissions.get_levels(caller, resource_type, ids)

    def owner_of_deployment(
        self, target: str, name: str, endpoint: str | None
    ) -> DeploymentOwner | None:
        """What the deployment is of that is live at a name."""
        return self._access.parents.owner_of_deployment(target, name, endpoint)

    def owner_of_files(self, uri: str) -> FilesOwner | None:
        """Whose files are at a URI."""
        return self._access.parents.owner_of_files(self._names(uri))

    def models_of_files(self, uri: str) -> list[str]:
        """The registered models with a version whose files are at a URI, or around it."""
        return self._access.parents.models_of_files(self._names(uri))


class Memories:
    """All that is remembered of facts."""

    def __init__(self, freshness: Freshness) -> None:
        self._freshness = freshness
        self.owners: Memory[tuple[SubjectKind, str], str] = Memory(freshness)
        self.levels: Memory[LevelKey, PermissionName] = Memory(freshness)
        self.folders: Memory[str, FilesOwner] = Memory(freshness)
        self.versions: Memory[str, list[str]] = Memory(freshness)

    @property
    def epoch(self) -> int:
        """When what is found out now was found out."""
        return self._freshness.epoch


class Facts:
    """Facts as they are remembered, or are found by `lookups`, and remembered then.

    Without `lookups`, what is not remembered raises `NotRemembered`.
    """

    def __init__(self, memories: Memories, lookups: Lookups | None = None) -> None:
        self._memories = memories
        self._lookups = lookups

    def owners(self, kind: SubjectKind, ids: Sequence[str]) -> Mapping[str, str]:
        """What each of them belongs to: its experiment or registered model; absent ones have none.

        A token belongs to a user.
        """
        memory, epoch = self._memories.owners, self._memories.epoch
        known: dict[str, str] = {}
        missing = []
        for each in ids:
            owner = memory.get((kind, each))
            if owner is None:
                missing.append(each)
            else:
                known[each] = owner
        if missing:
            for each, owner in self._asked().owners(kind, missing).items():
                memory.keep((kind, each), owner, epoch)
                known[each] = owner
        return known

    def levels(
        self, caller: Caller, resource_type: ResourceType, ids: Sequence[str]
    ) -> Mapping[str, PermissionName]:
        """What a caller may do with each of them; absent ones have no level."""
        memory, epoch = self._memories.levels, self._memories.epoch
        known: dict[str, PermissionName] = {}
        missing = []
        for each in ids:
            level = memory.get(_key(caller, resource_type, each))
            if level is None:
                missing.append(each)
            else:
                known[each] = level
        if missing:
            for each, level in self._asked().levels(caller, resource_type, missing).items():
                memory.keep(_key(caller, resource_type, each), level, epoch)
                known[each] = level
        return known

    def owner_of_deployment(
        self, target: str, name: str, endpoint: str | None
    ) -> DeploymentOwner | None:
        """What the deployment is of that is live at a name now, so it is never remembered."""
        return self._asked().owner_of_deployment(target, name, endpoint)

    def owner_of_files(self, uri: str, *, whole: bool = False) -> FilesOwner | None:
        """Whose file is at a URI, or with `whole` whose folder with all that is below it.

        What is in the folder of a run or logged model is of that one, so the folder is remembered.
        """
        if whole:
            return self._asked().owner_of_files(uri)
        folder, epoch = uri.rpartition("/")[0], self._memories.epoch
        owner = self._memories.folders.get(folder)
        if owner is None:
            owner = self._asked().owner_of_files(folder)
            if owner is None or owner.kind == "experiment":
                return self._asked().owner_of_files(uri)
            self._memories.folders.keep(folder, owner, epoch)
        return owner

    def models_of_files(self, uri: str) -> list[str]:
        """The registered models with a version that has a file at a URI; its folder is remembered.

        A version whose only file is named is found by the file itself.
        """
        folder, epoch = uri.rpartition("/")[0], self._memories.epoch
        models = self._memories.versions.get(folder)
        if models is None:
            models = self._asked().models_of_files(folder)
            if not models:
                return self._asked().models_of_files(uri)
            self._memories.versions.keep(folder, models, epoch)
        return models

    def _asked(self) -> Lookups:
        if self._lookups is None:
            raise NotRemembered
        return self._lookups


def _each(find: Callable[[str], str | None]) -> Callable[[Sequence[str]], Mapping[str, str]]:
    """A look-up of one thing as one of several."""

    def find_each(ids: Sequence[str]) -> Mapping[str, str]:
        owners = {each: find(each) for each in ids}
        return {each: owner for each, owner in owners.items() if owner is not None}

    return find_each


def _key(caller: Caller, resource_type: ResourceType, resource_id: str) -> LevelKey:
    return caller.user_id, caller.token_id, resource_type, resource_id
