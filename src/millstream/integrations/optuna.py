"""Studies of Optuna as runs (`millstream.optuna`)."""

from __future__ import annotations

from millstream.integrations.autologging.frameworks import turn_on

FLAVOR_NAME = "optuna"


def autolog(
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    extra_tags: dict[str, str] | None = None,
) -> None:
    """Log each `study.optimize`: a run of the study, and a child run for each trial.

    The child is the active run while its objective runs, so what that logs, by itself or by
    automatic logging of other frameworks, is the trial's.
    """
    turn_on(FLAVOR_NAME, locals())
