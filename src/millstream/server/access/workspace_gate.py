"""The gate of a workspace where people do not sign in: everybody may what is in the workspace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from millstream.entities.asking import Asking
from millstream.entities.experiments import ExperimentId
from millstream.entities.permissions import PermissionName
from millstream.entities.workspaces import DEFAULT_WORKSPACE
from millstream.errors import NotFound
from millstream.server.access.gate import OpenGate
from millstream.server.access.needs import Need
from millstream.server.callers import Callers
from millstream.store.access import Parents
from millstream.store.interface import Experiments
from millstream.store.news import Change

T = TypeVar("T")
_ABSENT = {
    "run": "Run with id={} not found",
    "logged_model": "Logged model with ID '{}' not found.",
}
_FOLDER = "/workspaces"


class WorkspaceGate(OpenGate):
    """Keeps files and news to a workspace; the store itself keeps all else.

    `parents` and `experiments` are those of the workspace. What is nobody's is in `default`, but
    for the folder in which the artifacts of other workspaces are.
    """

    def __init__(
        self,
        callers: Callers,
        name: str,
        parents: Parents,
        experiments: Experiments,
        names: Callable[[str], Sequence[str]],
    ) -> None:
        super().__init__(callers)
        self._name = name
        self._names = names
        self._parents = parents
        self._experiments = experiments

    async def need(self, asking: Asking, needs: Iterable[Need]) -> None:  # noqa: ARG002  # anybody
        """Raise `NotFound` for runs and logged models that are not in the workspace."""
        wanted = list(needs)
        await _in_thread(lambda: self._check(wanted))

    async def need_place(
        self,
        asking: Asking,  # noqa: ARG002  # anybody
        level: PermissionName,  # noqa: ARG002  # everything
        uri: str,
        *,
        whole: bool = False,
    ) -> None:
        """Raise `NotFound` for files that are not in the workspace."""
        await _in_thread(lambda: self._check_place(uri, whole=whole))

    async def readable(self, _asking: Asking, changes: Collection[Change], /) -> Collection[Change]:
        """Those of the experiments and models of the workspace."""
        return await _in_thread(lambda: [each for each in changes if self._is_here(each)])

    def _check(self, needs: Sequence[Need]) -> None:
        finders: Mapping[str, Callable[[Sequence[str]], Mapping[str, str]]] = {
            "run": self._parents.experiments_of_runs,
            "logged_model": self._parents.experiments_of_models,
        }
        for need in needs:
            find = finders.get(need.kind)
            found = {} if find is None else find(need.ids)
            for each in need.ids:
                if find is not None and each not in found:
                    raise NotFound(_ABSENT[need.kind].format(each))

    def _check_place(self, uri: str, *, whole: bool) -> None:
        owner = self._parents.owner_of_files(self._names(uri))
        if owner is not None:
            here = self._has(owner.experiment_id)
        else:
            shared = f"{uri.partition(':')[2]}/"
            here = self._name == DEFAULT_WORKSPACE and not whole
            here = here and not shared.startswith(f"{_FOLDER}/")
        if not here:
            raise NotFound(f"There are no files of the workspace '{self._name}' at '{uri}'.")

    def _is_here(self, change: Change) -> bool:
        if change.kind == "model":
            return change.concerns(self._name)
        return self._has(change.name if change.experiment_id is None else change.experiment_id)

    def _has(self, experiment_id: str) -> bool:
        try:
            self._experiments.get(ExperimentId(experiment_id))
        except NotFound:
            return False
        return True


async def _in_thread(call: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(None, call)
