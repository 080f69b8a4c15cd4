"""Saved views: states of a page under a name, and the requests about them."""

from __future__ import annotations

from millstream.entities.entity import Entity


class View(Entity):
    """What somebody arranged on a page, as the query of the page's address.

    It is of an experiment, or without one of a page about many. Times are in ms since 1970.
    """

    view_id: str
    name: str
    address: str
    is_default: bool
    creation_time: int
    last_update_time: int
    experiment_id: str | None = None
    created_by: str | None = None


class CreateView(Entity):
    """Save a view under a name that no other view of the experiment has.

    `address` has at most 65,536 characters. The default view of an experiment takes the place of
    the one before. `view_id` brings back a view that was deleted: 32 digits and letters from a to f
    that no view has now. Without it the store chooses one.
    """

    name: str
    address: str = ""
    experiment_id: str | None = None
    is_default: bool = False
    created_by: str | None = None
    view_id: str | None = None


class ViewId(Entity):
    """Names one view: get, delete."""

    view_id: str


class ListViews(Entity):
    """The views of an experiment; without one those of no experiment."""

    experiment_id: str | None = None


class ViewList(Entity):
    """Views by name."""

    views: list[View]


class UpdateView(Entity):
    """Change the name or the address of a view, or whether it is the default."""

    view_id: str
    name: str | None = None
    address: str | None = None
    is_default: bool | None = None
