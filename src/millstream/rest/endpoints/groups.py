"""The rows about groups."""

from __future__ import annotations

from millstream.entities import groups as gr
from millstream.rest.endpoints.row import OWN, Effort, Endpoint, Permission

_GROUPS = f"{OWN}/groups"
_GROUP = f"{_GROUPS}/{{name}}"
_EDIT = Permission("edit", "group", "name")

GROUPS = (
    Endpoint(
        methods=("POST",),
        path=_GROUPS,
        request=gr.CreateGroup,
        operation="groups.create",
        answer=gr.Group,
        envelope="group",
        effort=Effort.WRITE,
        permission=Permission("create", "group"),
        told="actor",
        summary="Create a group of users",
    ),
    Endpoint(
        methods=("GET",),
        path=_GROUPS,
        request=gr.ListGroups,
        operation="groups.list",
        answer=gr.GroupList,
        effort=Effort.SCAN,
        permission=Permission("read", "group"),
        summary="List groups with their members",
    ),
    Endpoint(
        methods=("GET",),
        path=_GROUP,
        request=gr.GroupName,
        operation="groups.get",
        answer=gr.Group,
        envelope="group",
        effort=Effort.POINT,
        permission=Permission("read", "group", "name"),
        summary="Get a group with its members",
    ),
    Endpoint(
        methods=("PATCH",),
        path=_GROUP,
        request=gr.UpdateGroup,
        operation="groups.update",
        answer=gr.Group,
        envelope="group",
        effort=Effort.WRITE,
        permission=_EDIT,
        told="actor",
        summary="Rename a group or describe it otherwise",
    ),
    Endpoint(
        methods=("DELETE",),
        path=_GROUP,
        request=gr.GroupName,
        operation="groups.delete",
        answer=None,
        effort=Effort.WRITE,
        permission=Permission("delete", "group", "name"),
        told="actor",
        summary="Delete a group with all that was granted to it",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{_GROUP}/members",
        request=gr.GroupMember,
        operation="groups.add_member",
        answer=None,
        effort=Effort.WRITE,
        permission=_EDIT,
        told="actor",
        summary="Add a user to a group",
    ),
    Endpoint(
        methods=("DELETE",),
        path=f"{_GROUP}/members/{{username}}",
        request=gr.GroupMember,
        operation="groups.remove_member",
        answer=None,
        effort=Effort.WRITE,
        permission=_EDIT,
        told="actor",
        summary="Remove a user from a group",
    ),
)
