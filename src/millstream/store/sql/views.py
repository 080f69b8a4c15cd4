"""Saved views in SQL."""

from __future__ import annotations

import re
import uuid

from millstream.entities import validation
from millstream.entities import views as v
from millstream.errors import AlreadyExists, InvalidParameter, NotFound
from millstream.store.pending import Pending
from millstream.store.sql.confinement import here
from millstream.store.sql.connections import Row, Violation
from millstream.store.sql.database import Database
from millstream.store.sql.dialect import insert
from millstream.store.sql.lifecycle import no_experiment, now
from millstream.store.sql.membership import joined
from millstream.store.sql.reader import Reader
from millstream.store.sql.transaction import Transaction

MOST_VIEWS = 1_000
LONGEST_ADDRESS = 65_536
LONGEST_NAME = 250
_LONGEST_USER = 256
NO_EXPERIMENT = -1
_VIEW_ID = re.compile("[0-9a-f]{32}")

_COLUMNS = (
    "view_id, name, address, is_default, creation_time, last_update_time, experiment_key, "
    "created_by, workspace"
)
_INSERT = insert("views", _COLUMNS.replace(",", ""))
_SELECT = f"SELECT {_COLUMNS} FROM views WHERE view_id = ?"
_SELECT_ALL = f"SELECT {_COLUMNS} FROM views WHERE experiment_key = ?"
_BY_NAME = " ORDER BY name"
_SELECT_NAMES = "SELECT name, view_id FROM views WHERE experiment_key = ?"
_LOCK_EXPERIMENT = "SELECT workspace FROM experiments WHERE experiment_key = ?"
_UPDATE = (
    "UPDATE views SET name = ?, address = ?, is_default = ?, last_update_time = ? WHERE view_id = ?"
)
_CLEAR_DEFAULT = "UPDATE views SET is_default = 0 WHERE experiment_key = ? AND is_default = 1"
_DELETE = "DELETE FROM views WHERE view_id = ?"


class SqlViews:
    """The saved views of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, request: v.CreateView) -> Pending[v.View]:
        """Save; a name that the experiment has already raises `AlreadyExists`."""
        _check(request.name, request.address)
        validation.check_length(request.created_by or "", "created_by", _LONGEST_USER)
        _check_id(request.view_id)
        key = _experiment_key(request.experiment_id)
        _check_default(key, request.is_default)
        return self._database.write(_create, request, key)

    def get(self, request: v.ViewId) -> v.View:
        """Get by id."""
        return self._database.read(_get, request.view_id)

    def list(self, request: v.ListViews) -> v.ViewList:
        """The views of an experiment, or of none, by name."""
        return self._database.read(_list, _experiment_key(request.experiment_id))

    def update(self, request: v.UpdateView) -> Pending[v.View]:
        """Change what is given."""
        _check(request.name, request.address)
        return self._database.write(_update, request)

    def delete(self, request: v.ViewId) -> Pending[None]:
        """Delete for good; an absent one raises `NotFound`."""
        return self._database.write(_delete, request.view_id)


def _check(name: str | None, address: str | None) -> None:
    if name is not None:
        if not name.strip():
            raise InvalidParameter(f"Invalid name {name!r} of a view: it must not be blank.")
        validation.check_length(name, "name", LONGEST_NAME)
    if address is not None:
        validation.check_length(address, "address", LONGEST_ADDRESS)


def _check_id(view_id: str | None) -> None:
    if view_id is not None and _VIEW_ID.fullmatch(view_id) is None:
        raise InvalidParameter(
            f"Invalid view_id {view_id!r}: it must be 32 digits and letters from a to f."
        )


def _check_default(experiment_key: int, is_default: bool | None) -> None:
    if is_default and experiment_key == NO_EXPERIMENT:
        raise InvalidParameter("A view without an experiment cannot be the default of one.")


def _experiment_key(experiment_id: str | None) -> int:
    return NO_EXPERIMENT if experiment_id is None else validation.experiment_key(experiment_id)


def _create(transaction: Transaction, request: v.CreateView, key: int) -> v.View:
    workspace = _lock(transaction, key)
    _refuse_taken_name(transaction, key, request.name)
    if request.is_default:
        transaction.run(_CLEAR_DEFAULT, (key,))
    view_id = request.view_id or uuid.uuid4().hex
    moment = now()
    shown = (request.name, request.address, int(request.is_default))
    row = (view_id, *shown, moment, moment, key, request.created_by, workspace)
    try:
        transaction.run(_INSERT, row)
    except Violation as error:
        raise AlreadyExists(f"View with id={view_id} already exists.") from error
    return _view(row)


def _lock(transaction: Transaction, key: int) -> str:
    """Changes of the views of one experiment happen one after the other; tells its workspace."""
    if key == NO_EXPERIMENT:
        return joined(transaction).name
    rows = transaction.lock(*here(transaction, _LOCK_EXPERIMENT, (key,)))
    if not rows:
        raise no_experiment(key)
    return str(rows[0][0])


def _refuse_taken_name(
    transaction: Transaction, key: int, name: str, but: str | None = None
) -> None:
    names: dict[str, str] = dict(transaction.execute(*here(transaction, _SELECT_NAMES, (key,))))
    if names.get(name, but) != but:
        raise AlreadyExists(f"View(name={name}) already exists. Its id is {names[name]}.")
    if but is None and len(names) >= MOST_VIEWS:
        raise InvalidParameter(f"There are {MOST_VIEWS} views already; delete some of them first.")


def _get(source: Reader | Transaction, view_id: str) -> v.View:
    rows = source.execute(*here(source, _SELECT, (view_id,)))
    if not rows:
        raise NotFound(f"No view with id={view_id} exists")
    return _view(rows[0])


def _list(reader: Reader, key: int) -> v.ViewList:
    sql, params = here(reader, _SELECT_ALL, (key,))
    return v.ViewList([_view(row) for row in reader.execute(sql + _BY_NAME, params)])


def _update(transaction: Transaction, request: v.UpdateView) -> v.View:
    key = _experiment_key(_get(transaction, request.view_id).experiment_id)
    _check_default(key, request.is_default)
    _lock(transaction, key)
    view = _get(transaction, request.view_id)
    if request.name is not None:
        _refuse_taken_name(transaction, key, request.name, but=view.view_id)
        view.name = request.name
    if request.address is not None:
        view.address = request.address
    if request.is_default is not None:
        if request.is_default:
            transaction.run(_CLEAR_DEFAULT, (key,))
        view.is_default = request.is_default
    view.last_update_time = now()
    values = (view.name, view.address, int(view.is_default), view.last_update_time)
    transaction.run(_UPDATE, (*values, view.view_id))
    return view


def _delete(transaction: Transaction, view_id: str) -> None:
    if not transaction.run(*here(transaction, _DELETE, (view_id,))):
        raise NotFound(f"No view with id={view_id} exists")


def _view(row: Row) -> v.View:
    view_id, name, address, is_default, created, updated, key, created_by, _ = row
    experiment_id = None if key == NO_EXPERIMENT else str(key)
    return v.View(
        view_id, name, address, bool(is_default), created, updated, experiment_id, created_by
    )
