"""The run that a patched call logs to: the active one of the user, or one of its own."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from millstream.client.active import ActiveRun, active_run, start_run
from millstream.integrations.autologging.configuration import get_autologging_config
from millstream.integrations.autologging.randomness import kept
from millstream.integrations.autologging.sessions import managed

AUTOLOGGING = "mlflow.autologging"


def with_managed_run(
    autologging_integration: str,
    patch_function: Callable[..., Any],
    tags: Mapping[str, str] | None = None,
) -> Callable[..., Any]:
    """Give a patch an active run: the user's, or its own, which ends as the original call ends.

    A patch that fails to log does not make its run fail.
    """

    @functools.wraps(patch_function)
    def with_run(original: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        if active_run() is not None:
            return patch_function(original, *arguments, **keywords)
        extra = get_autologging_config(autologging_integration, "extra_tags") or {}
        with kept():
            run = start_run(tags={AUTOLOGGING: autologging_integration, **(tags or {}), **extra})
        with managed(run.info.run_id):
            watched = _Watched(original)
            try:
                return patch_function(watched, *arguments, **keywords)
            finally:
                with kept():
                    end_managed(run, watched.error)

    return with_run


def end_managed(run: ActiveRun, error: BaseException | None) -> None:
    """End a run as the block would that it was started for."""
    if error is None:
        run.__exit__(None, None, None)
    else:
        run.__exit__(type(error), error, error.__traceback__)


class _Watched:
    """The original function, and what it raised."""

    def __init__(self, original: Callable[..., Any]) -> None:
        functools.update_wrapper(self, original)
        self._original = original
        self.error: BaseException | None = None

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        try:
            return self._original(*arguments, **keywords)
        except BaseException as error:
            self.error = error
            raise
