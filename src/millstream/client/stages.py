"""The stages of the model registry, as the client sees them."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.client.session import RegistryConnection
from millstream.entities.stages import GetStagePolicy, SetStagePolicy, Stage, StagePolicy


class StageMethods(RegistryConnection):
    """What a client can do with the stages that all registered models share."""

    def get_stage_policy(self) -> StagePolicy:
        """The stages in their order, the moves between them, and what is protected."""
        return self._registry.stages.get_policy(GetStagePolicy())

    def set_stage_policy(
        self,
        stages: Sequence[Stage],
        protected_aliases: Sequence[str] = (),
        *,
        comment: str | None = None,
    ) -> StagePolicy:
        """Replace all stages; None and Archived are added where they lack.

        A stage that still holds versions cannot be left out.
        """
        request = SetStagePolicy(
            list(stages), list(protected_aliases), user_id=self._user, comment=comment
        )
        return self._registry.stages.set_policy(request).result()
