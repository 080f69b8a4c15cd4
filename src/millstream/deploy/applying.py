"""A plan is carried out: one thing after the other, and back again if one of them fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from millstream.deploy.resources import Change, Plan
from millstream.deploy.target import ChangeFailed, Status, Target
from millstream.errors import MillstreamError, Unavailable

Say = Callable[[str], None]
_DONE = {"create": "created", "update": "updated", "delete": "deleted"}
_SHORTEST, _LONGEST = 0.2, 5.0
"""How long is waited between two looks at a deployment, in s: little at first."""


class DeploymentFailed(MillstreamError):
    """A change failed; the message says which, what was undone, and what could not be."""


def carry_out(target: Target, plan: Plan, say: Say) -> list[Change]:
    """Make the changes of a plan. If one fails, those before it are undone, newest first.

    Gives the changes that were made. Deletions come last, and one that fails undoes nothing. Who
    ends it on the way has all undone as well.
    """
    done: list[Change] = []
    for change in plan.changes:
        if change.action == "keep":
            continue
        try:
            _make(target, change)
        except MillstreamError as error:
            raise _failure(target, change, done, error) from error
        except BaseException:  # somebody ends it, or a library breaks
            if change.action != "delete":
                say(undo(target, [*done, change]))
            raise
        done.append(change)
        say(f"{_DONE[change.action]} {change.resource.kind} {change.resource.name}")
    return done


def settle(
    target: Target, name: str, endpoint: str | None, done: Sequence[Change], patience: float
) -> Status:
    """Wait until a deployment is ready, at most `patience` s; otherwise undo what was done."""
    until, pause = time.monotonic() + patience, _SHORTEST
    while True:
        found = target.status(name, endpoint)
        if found.state == "ready":
            return found
        late = time.monotonic() >= until
        if found.state == "failed" or late:
            said = found.message or f"it is {found.state}"
            why = f"was not ready within {patience:g} s: {said}" if late else f"failed: {said}"
            raise DeploymentFailed(f"The deployment '{name}' {why}. {undo(target, done)}")
        time.sleep(min(pause, max(0.0, until - time.monotonic())))
        pause = min(pause * 1.5, _LONGEST)


def undo(target: Target, done: Sequence[Change]) -> str:
    """Take changes back, newest first; says what became of them."""
    left: list[str] = []
    for change in reversed(done):
        try:
            _take_back(target, change)
        except MillstreamError as error:
            left.append(f"{change.resource.kind} {change.resource.name} ({error})")
    if left:
        return f"Left behind, and to be removed by hand: {'; '.join(left)}."
    return "What had been changed was undone." if done else "Nothing had been changed."


def _make(target: Target, change: Change) -> None:
    if change.action == "delete":
        target.remove(change.resource)
    else:
        target.make(change.resource, change.before)


def _take_back(target: Target, change: Change) -> None:
    if change.before is None:
        target.remove(change.resource)
    else:
        target.make(change.before, change.after)


def _failure(
    target: Target, change: Change, done: Sequence[Change], error: MillstreamError
) -> MillstreamError:
    what = f"{change.resource.kind} {change.resource.name} could not be {_DONE[change.action]}"
    if change.action == "delete":
        return DeploymentFailed(f"{what}: {error} Everything else is done; try again.")
    # Whether a request that broke off was carried out is not known: it is taken back as well.
    broke_off = isinstance(error, Unavailable) and change.before is None
    unsure = [change] if broke_off or isinstance(error, ChangeFailed) else []
    return DeploymentFailed(f"{what}: {error} {undo(target, [*done, *unsure])}")
