"""Writing grants: what a role permits on a resource, and what whoever creates one gets on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from millstream.entities.asking import Asking
from millstream.entities.permissions import LEVELS, PermissionName, ResourceType
from millstream.entities.users import Caller
from millstream.errors import MillstreamError, Unauthenticated
from millstream.store.pending import Pending
from millstream.store.sql.access import chain
from millstream.store.sql.access.chain import AccessChange
from millstream.store.sql.database import Database
from millstream.store.sql.dialect import per_dialect
from millstream.store.sql.lifecycle import now
from millstream.store.sql.partners import Other
from millstream.store.sql.transaction import Transaction

T = TypeVar("T")

_UPSERT = per_dialect(
    lambda dialect: dialect.insert_or_replace(
        "grants",
        "role_key resource_type resource_key permission",
        key="role_key resource_type resource_key",
        replaced="permission",
    )
)
_SELECT_ROLE = (
    "SELECT r.role_key FROM roles r JOIN users u ON u.user_key = r.user_key "
    "WHERE u.user_key = ? AND u.username = ?"
)
_OF_CREATORS: PermissionName = "MANAGE"


class Made(NamedTuple):
    """A new resource: its key and its id."""

    resource_type: ResourceType
    key: int
    resource_id: str


Creation = Callable[..., tuple[T, Made]]
"""An operation that creates a resource: its answer, and what it made."""


def put(
    transaction: Transaction,
    role_key: int,
    resource_type: ResourceType,
    resource_key: int,
    permission: PermissionName,
) -> None:
    """Let a role permit this, in the place of what it permitted there."""
    values = (role_key, resource_type, resource_key, LEVELS[permission])
    transaction.run(_UPSERT[transaction.dialect.name], values)


def create(
    database: Database, asking: Asking | None, creation: Creation[T], *arguments: Any
) -> Pending[T]:
    """Hand over `creation(transaction, *arguments)`; a caller who asks may manage what it makes.

    Where grants are in another database than what is made, they are written right after it is
    committed; should that fail, the error says that it exists nevertheless.
    """
    caller = None if asking is None else asking.caller
    if asking is None or caller is None:
        return database.write(_create, creation, arguments)
    apart = database.partners.tracking
    if apart is None:
        return database.write(_create_and_give, asking, caller, creation, arguments)
    answer: Pending[T] = Pending()
    created = database.write(creation, *arguments)
    created.when_done(lambda _: _give_apart(answer, created, apart.database, asking, caller))
    return answer


def _create(transaction: Transaction, creation: Creation[T], arguments: tuple[Any, ...]) -> T:
    return creation(transaction, *arguments)[0]


def _create_and_give(
    transaction: Transaction,
    asking: Asking,
    caller: Caller,
    creation: Creation[T],
    arguments: tuple[Any, ...],
) -> T:
    change = chain.begin(transaction, asking.actor, now())
    answer, made = creation(transaction, *arguments)
    _put_for_creator(change, caller, made)
    return answer


def _give(transaction: Transaction, asking: Asking, caller: Caller, made: Made) -> None:
    _put_for_creator(chain.begin(transaction, asking.actor, now()), caller, made)


def _put_for_creator(change: AccessChange, caller: Caller, made: Made) -> None:
    found = change.transaction.execute(_SELECT_ROLE, (caller.user_id, caller.username))
    if not found:
        raise Unauthenticated(f"There is no user {caller.username!r} any more.")
    kind, key, resource_id = made
    put(change.transaction, found[0][0], kind, key, _OF_CREATORS)
    details = {"permission": _OF_CREATORS, "user": caller.username}
    change.record("permission.grant", kind, resource_id, **details)


def _give_apart(
    answer: Pending[T],
    created: Pending[tuple[T, Made]],
    database: Other,
    asking: Asking,
    caller: Caller,
) -> None:
    """Answer with what was created, once it is granted in the other database."""
    try:
        value, made = created.result()
    except MillstreamError as error:
        answer.fail(error)
        return

    def settle(given: Pending[None]) -> None:
        try:
            given.result()
        except MillstreamError as error:
            answer.fail(_not_given(made, caller, error))
        else:
            answer.succeed(value)

    try:
        database.write(_give, asking, caller, made).when_done(settle)
    except MillstreamError as error:  # the store is closed
        answer.fail(_not_given(made, caller, error))


def _not_given(made: Made, caller: Caller, error: MillstreamError) -> MillstreamError:
    kind = made.resource_type.replace("_", " ")
    return MillstreamError(
        f"The {kind} {made.resource_id!r} was created, but {caller.username!r} was not given the "
        f"permission to manage it: {error.message} An administrator can grant it."
    )
