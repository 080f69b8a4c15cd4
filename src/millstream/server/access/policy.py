"""What each row of the endpoint table takes.

| action | level on the experiment or registered model |
| --- | --- |
| read | READ |
| use | USE |
| edit | EDIT |
| delete, approve, manage | MANAGE |

Runs, logged models and saved views are of their experiment, requests for a transition of their
registered model. A deployment is of the model that is deployed; recording that it runs or ended
takes its level on what was live at that name too. Searches and creations are told who asks. The
rest is for everybody (`anybody`), whoever is signed in (`self`), the user or owner of the token
that is named, or administrators.

What somebody may not read is answered as what does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from millstream.entities import validation
from millstream.entities.asking import Asking
from millstream.entities.deployment_validation import nothing_live
from millstream.entities.deployments import EndDeployment, RecordDeployment
from millstream.entities.permissions import (
    EVERY_RESOURCE,
    PermissionName,
    ResourceType,
    includes,
    narrowed,
)
from millstream.entities.users import Caller
from millstream.errors import NotFound, PermissionDenied
from millstream.rest.endpoints import Action, Endpoint
from millstream.rest.endpoints.row import Permission, Resource
from millstream.server.access import side_effects
from millstream.server.access.facts import NOBODYS, Facts, SubjectKind
from millstream.server.access.needs import Need
from millstream.store.news import Change

Check = Callable[[Facts, Caller, Any], None]

LEVELS: Mapping[Action, PermissionName] = {
    "read": "READ",
    "use": "USE",
    "edit": "EDIT",
    "delete": "MANAGE",
    "approve": "MANAGE",
    "manage": "MANAGE",
}
_OF_EXPERIMENTS: Mapping[Resource, SubjectKind] = {
    "experiment": "experiment",
    "logged_model": "logged_model",
    "run": "run",
    "view": "view",
}
_OF_MODELS: Mapping[Resource, SubjectKind] = {
    "registered_model": "registered_model",
    "transition_request": "transition_request",
}
_OF_EVERYBODY_SIGNED_IN = ("stages", "workspace")
_OF_ADMINISTRATORS = ("audit", "group", "role", "server", "stages", "user", "webhook", "workspace")
_ABSENT: Mapping[SubjectKind, str] = {
    "experiment": "No Experiment with id={} exists",
    "experiment_name": "Could not find experiment with name '{}'",
    "logged_model": "Logged model with ID '{}' not found.",
    "registered_model": "Registered Model with name={} not found",
    "run": "Run with id={} not found",
    "token": "No token with id={} exists",
    "transition_request": "Transition request {} not found",
    "view": "No view with id={} exists",
}


class Undecided(Exception):
    """A row of the table has no decision, so the server does not start."""


class Hidden(NotFound):
    """What is asked for exists, but who asks may not know that: the answer is that for nothing."""


class Decision(NamedTuple):
    """What one row takes: whether anybody may ask, and else what is checked of a caller."""

    is_open: bool
    checks: tuple[Check, ...] = ()


class Policy:
    """The decisions of a table. A row without one raises `Undecided`."""

    def __init__(self, endpoints: Iterable[Endpoint], effects: side_effects.SideEffects) -> None:
        self._effects = effects
        self._decisions = {each.operation: self._decide(each) for each in endpoints}

    def is_open(self, endpoint: Endpoint) -> bool:
        """Whether anybody may ask, signed in or not."""
        return self._decisions[endpoint.operation].is_open

    def check(self, endpoint: Endpoint, facts: Facts, asking: Asking, request: Any) -> None:
        """Raise `NotFound` or `PermissionDenied` if who asks may not."""
        if asking.caller is None:
            return
        for check in self._decisions[endpoint.operation].checks:
            check(facts, asking.caller, request)

    def _decide(self, endpoint: Endpoint) -> Decision:
        permission = endpoint.permission
        if permission.resource == "anybody":
            return Decision(is_open=True)
        check = _check_of(endpoint.operation, permission, told=endpoint.told)
        effects = self._effects.of(endpoint.operation)
        return Decision(False, (check,) if effects is None else (check, _all_of(effects)))


def require(facts: Facts, caller: Caller, needs: Iterable[Need]) -> None:
    """Raise `NotFound` or `PermissionDenied` if a caller lacks one of the levels."""
    for need in needs:
        _require(facts, caller, need)


def require_place(
    facts: Facts, caller: Caller, level: PermissionName, uri: str, *, whole: bool = False
) -> None:
    """The same for files, by where they are; what is nobody's is for administrators.

    Who may read a registered model may read the files of its versions, whosever they are. `whole`
    folders above runs hold what may be of others, so they are for administrators too.
    """
    if caller.administers:
        return
    owner = facts.owner_of_files(uri, whole=whole)
    text = f"There are no files that you may read at '{uri}'."
    if owner is not None:
        try:
            _require(facts, caller, Need(level, "experiment", [owner.experiment_id]))
        except NotFound:
            owner = None
    if owner is None and (level != "READ" or not _reads_version(facts, caller, uri)):
        raise Hidden(text)
    if whole and owner is not None and owner.kind == "experiment":
        raise PermissionDenied(
            f"Permission denied: '{uri}' is of no single run or logged model, so only an "
            "administrator may delete it with all that is below it. Delete the files of runs."
        )


def _reads_version(facts: Facts, caller: Caller, uri: str) -> bool:
    models = facts.models_of_files(uri)
    levels = facts.levels(caller, "registered_model", models) if models else {}
    return any(includes(level, "READ") for level in levels.values())


def readable(facts: Facts, caller: Caller, changes: Collection[Change]) -> list[Change]:
    """Those of the changes that a caller may know of."""
    of_models = [change for change in changes if change.kind == "model"]
    of_experiments = [change for change in changes if change.kind != "model"]
    experiments = {_experiment_of(change) for change in of_experiments}
    models = {change.name for change in of_models}
    levels = facts.levels(caller, "experiment", sorted(experiments)) if experiments else {}
    of_names = facts.levels(caller, "registered_model", sorted(models)) if models else {}
    return [
        change
        for change in changes
        if includes(
            of_names.get(change.name, "NO_PERMISSIONS")
            if change.kind == "model"
            else levels.get(_experiment_of(change), "NO_PERMISSIONS"),
            "READ",
        )
    ]


def _experiment_of(change: Change) -> str:
    return change.name if change.experiment_id is None else str(change.experiment_id)


def _require(facts: Facts, caller: Caller, need: Need) -> None:
    kind, ids = need.kind, need.ids
    of_models = kind in _OF_MODELS.values()
    resource_type: ResourceType = "registered_model" if of_models else "experiment"
    if kind == "experiment":
        ids = [str(validation.experiment_key(each)) for each in ids]
    is_resource = kind in ("experiment", "registered_model")
    owners = {each: each for each in ids} if is_resource else facts.owners(kind, ids)
    owned = {owner for owner in owners.values() if owner != NOBODYS}
    levels = facts.levels(caller, resource_type, sorted(owned)) if owned else {}
    for each in ids:
        owner = owners.get(each)
        if owner == NOBODYS:
            _check_shared(caller, need.level)
            continue
        level = None if owner is None else levels.get(owner)
        if level is None:
            raise NotFound(_ABSENT[kind].format(each))
        if not includes(level, "READ"):
            raise Hidden(_ABSENT[kind].format(each))
        if not includes(level, need.level):
            raise PermissionDenied(_lacking(need.level, level, kind, each, resource_type, owner))


def _lacking(
    needed: PermissionName,
    level: PermissionName,
    kind: SubjectKind,
    named: str,
    resource_type: ResourceType,
    owner: str | None,
) -> str:
    shown = resource_type.replace("_", " ")
    about = "" if kind == resource_type else f" of {kind.replace('_', ' ')} '{named}'"
    return (
        f"Permission denied: this needs {needed} on {shown} '{owner}'{about}, and you have "
        f"{level}. Ask somebody who manages it, or an administrator, to grant it."
    )


def _check_of(operation: str, permission: Permission, *, told: str) -> Check:
    action, resource, field = permission.action, permission.resource, permission.field
    if resource == "self":
        return _check_own if action == "read" else _check_own_change
    if resource == "named":
        return _check_named
    if resource == "token" and field == "token_id":
        return _check_token
    is_own = resource == "token" or (resource == "user" and action in ("read", "edit"))
    if is_own and field == "username":
        return _named_or_administrator(field, changes=action != "read")
    if resource in _OF_EVERYBODY_SIGNED_IN and action == "read":
        return _check_own
    if resource in _OF_ADMINISTRATORS:
        return _check_administrator
    if told == "asking" and action == "read":
        return _check_own  # the store leaves out what may not be read
    if action == "create" and resource in ("experiment", "registered_model") and field is None:
        return _check_creation
    kind = {**_OF_EXPERIMENTS, **_OF_MODELS}.get(resource)
    if resource in _OF_SEVERAL:
        return _OF_SEVERAL[resource](LEVELS[action])
    if kind is None or field is None or action not in LEVELS:
        raise Undecided(
            f"The endpoint table's row of {operation} has no decision: nothing says what "
            f"{permission} takes. Name the resource's field, or add a rule to Policy."
        )
    if field == "experiment_name":
        kind = "experiment_name"
    return _on_field(kind, field, LEVELS[action])


def _on_field(kind: SubjectKind, field: str, level: PermissionName) -> Check:
    def check(facts: Facts, caller: Caller, request: Any) -> None:
        value = getattr(request, field)
        ids = [value] if isinstance(value, str) else list(value or ())
        if not any(ids):
            _check_shared(caller, level)
        _require(facts, caller, Need(level, kind, [each for each in ids if each]))

    return check


def _either(level: PermissionName) -> Check:
    """Of a run or of a logged model, whichever the request names; all that it names."""

    def check(facts: Facts, caller: Caller, request: Any) -> None:
        named: list[tuple[SubjectKind, str | None]] = [
            ("run", request.run_id),
            ("logged_model", request.model_id),
        ]
        require(facts, caller, [Need(level, kind, [each]) for kind, each in named if each])

    return check


def _of_deployment(level: PermissionName) -> Check:
    """On what is deployed, and on what is live at its name, which runs there no more after that."""

    def check(facts: Facts, caller: Caller, request: RecordDeployment | EndDeployment) -> None:
        if caller.administers:
            return
        if isinstance(request, RecordDeployment):
            _require_deployed(facts, caller, level, request)
        _require_live(facts, caller, level, request)

    return check


def _require_deployed(
    facts: Facts, caller: Caller, level: PermissionName, request: RecordDeployment
) -> None:
    if request.model_name is not None:
        _require(facts, caller, Need(level, "registered_model", [request.model_name]))
        return
    named: list[tuple[SubjectKind, str | None]] = [
        ("run", request.run_id),
        ("logged_model", request.model_id),
    ]
    needs = [Need(level, kind, [each]) for kind, each in named if each]
    if not needs:
        _check_shared(caller, level)
    require(facts, caller, needs)


def _require_live(
    facts: Facts, caller: Caller, level: PermissionName, request: RecordDeployment | EndDeployment
) -> None:
    place = (request.target, request.name, request.endpoint)
    owner = facts.owner_of_deployment(*place)
    if owner is None:
        return
    kind, named = owner
    if kind is None:
        _check_shared(caller, level)
        return
    try:
        if named is None:
            raise NotFound(nothing_live(*place))
        _require(facts, caller, Need(level, kind, [named]))
    except NotFound as error:
        if isinstance(request, EndDeployment):
            raise Hidden(nothing_live(*place)) from error
        raise PermissionDenied(
            f"Permission denied: at '{request.target}' a deployment named '{request.name}' of "
            "somebody else's model is live. Whoever manages that one may record that it ended."
        ) from error


def _all_of(effects: side_effects.Effects) -> Check:
    def check(facts: Facts, caller: Caller, request: Any) -> None:
        if not caller.administers:
            require(facts, caller, effects(facts, request))

    return check


def _check_shared(caller: Caller, level: PermissionName) -> None:
    """What is of no resource is shared by all who are signed in, as far as a token lets them."""
    if caller.is_limited or not includes(narrowed("EDIT", caller.scope), level):
        raise PermissionDenied(_of_token(caller))


def _check_own(_facts: Facts, _caller: Caller, _request: Any) -> None:
    """Whoever is signed in may."""


def _check_own_change(_facts: Facts, caller: Caller, _request: Any) -> None:
    if caller.is_limited or caller.scope not in (None, "admin"):
        raise PermissionDenied(_of_token(caller))


def _check_administrator(_facts: Facts, caller: Caller, _request: Any) -> None:
    if not caller.administers:
        raise PermissionDenied(
            "Permission denied: only administrators may do this"
            + ("." if not caller.is_admin else ", and this token carries less than its user may.")
        )


def _named_or_administrator(field: str, *, changes: bool) -> Check:
    def check(facts: Facts, caller: Caller, request: Any) -> None:
        if getattr(request, field) != caller.username:
            _check_administrator(facts, caller, request)
        elif changes or caller.is_limited:
            _check_own_change(facts, caller, request)

    return check


def _check_token(facts: Facts, caller: Caller, request: Any) -> None:
    """Its owner and administrators; every token may revoke itself."""
    if request.token_id == caller.token_id:
        return
    _check_own_change(facts, caller, request)
    owner = facts.owners("token", [request.token_id]).get(request.token_id)
    if owner != caller.username and not caller.administers:
        raise NotFound(_ABSENT["token"].format(request.token_id))


def _check_named(facts: Facts, caller: Caller, request: Any) -> None:
    kind = request.resource_type
    if caller.administers:
        return
    if kind in ("experiment", "registered_model") and request.resource_id != EVERY_RESOURCE:
        _require(facts, caller, Need("MANAGE", kind, [request.resource_id]))
    else:
        _check_administrator(facts, caller, request)


def _check_creation(_facts: Facts, caller: Caller, _request: Any) -> None:
    """Whoever is signed in may create, and manages what it created."""
    if caller.is_limited or not includes(narrowed("EDIT", caller.scope), "EDIT"):
        raise PermissionDenied(_of_token(caller))


def _of_token(caller: Caller) -> str:
    limits = "some resources" if caller.is_limited else f"the scope '{caller.scope}'"
    return f"Permission denied: this token is for {limits} only. Use one that carries more."


_OF_SEVERAL: Mapping[Resource, Callable[[PermissionName], Check]] = {
    "artifact": _either,
    "deployment": _of_deployment,
}
