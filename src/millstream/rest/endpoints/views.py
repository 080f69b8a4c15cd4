"""The rows about saved views."""

from __future__ import annotations

from millstream.entities import views as v
from millstream.rest.endpoints.row import OWN, Effort, Endpoint, Permission

_PATH = f"{OWN}/views"
_ONE = f"{OWN}/views/{{view_id}}"
_EDIT = Permission("edit", "view", "view_id")

VIEWS = (
    Endpoint(
        methods=("POST",),
        path=_PATH,
        request=v.CreateView,
        operation="views.create",
        answer=v.View,
        effort=Effort.WRITE,
        permission=Permission("edit", "experiment", "experiment_id"),
        summary="Save a view",
    ),
    Endpoint(
        methods=("GET",),
        path=_PATH,
        request=v.ListViews,
        operation="views.list",
        answer=v.ViewList,
        effort=Effort.POINT,
        permission=Permission("read", "experiment", "experiment_id"),
        summary="List the views of an experiment, or of none",
    ),
    Endpoint(
        methods=("GET",),
        path=_ONE,
        request=v.ViewId,
        operation="views.get",
        answer=v.View,
        effort=Effort.POINT,
        permission=Permission("read", "view", "view_id"),
        summary="Get a view",
    ),
    Endpoint(
        methods=("PATCH",),
        path=_ONE,
        request=v.UpdateView,
        operation="views.update",
        answer=v.View,
        effort=Effort.WRITE,
        permission=_EDIT,
        summary="Change the name or the address of a view, or whether it is the default",
    ),
    Endpoint(
        methods=("DELETE",),
        path=_ONE,
        request=v.ViewId,
        operation="views.delete",
        answer=None,
        effort=Effort.WRITE,
        permission=_EDIT,
        summary="Delete a view",
    ),
)
