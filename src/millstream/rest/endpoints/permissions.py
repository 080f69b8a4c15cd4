"""The rows about what users and groups may do with single resources."""

from __future__ import annotations

from millstream.entities import groups as gr
from millstream.entities import permissions as p
from millstream.entities import users as u
from millstream.rest.endpoints.row import MLFLOW_3, OWN, Effort, Endpoint, Permission

_OF_USERS = f"{MLFLOW_3}/users/permissions"
_OWN = f"{OWN}/permissions"
_MANAGE = Permission("manage", "named")

PERMISSIONS = (
    Endpoint(
        methods=("POST",),
        path=f"{_OF_USERS}/grant",
        request=p.GrantPermission,
        operation="permissions.grant",
        answer=None,
        effort=Effort.WRITE,
        permission=_MANAGE,
        told="actor",
        summary="Grant a user a permission on a resource",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{_OF_USERS}/revoke",
        request=p.RevokePermission,
        operation="permissions.revoke",
        answer=None,
        effort=Effort.WRITE,
        permission=_MANAGE,
        told="actor",
        summary="Take back what a user was granted on a resource",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{_OWN}/groups/grant",
        request=p.GrantGroupPermission,
        operation="permissions.grant_to_group",
        answer=None,
        effort=Effort.WRITE,
        permission=_MANAGE,
        told="actor",
        summary="Grant a group a permission on a resource",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{_OWN}/groups/revoke",
        request=p.RevokeGroupPermission,
        operation="permissions.revoke_from_group",
        answer=None,
        effort=Effort.WRITE,
        permission=_MANAGE,
        told="actor",
        summary="Take back what a group was granted on a resource",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{_OF_USERS}/get",
        request=p.GetUserPermission,
        operation="permissions.get_of_user",
        answer=p.UsablePermission,
        effort=Effort.POINT,
        permission=Permission("read", "user", "username"),
        summary="Get what a user may do with a resource",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{_OF_USERS}/list",
        request=u.UserName,
        operation="permissions.list",
        answer=p.UserPermissions,
        effort=Effort.SCAN,
        permission=Permission("read", "user", "username"),
        summary="List the grants that count for a user",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{MLFLOW_3}/users/current/permissions",
        request=p.ListOwnPermissions,
        operation="permissions.list_own",
        answer=p.UserPermissions,
        effort=Effort.SCAN,
        permission=Permission("read", "self"),
        told="asking",
        summary="List the grants that count for who is signed in",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{_OWN}/own",
        request=p.Resource,
        operation="permissions.get_own",
        answer=p.EffectivePermission,
        effort=Effort.POINT,
        permission=Permission("read", "self"),
        told="asking",
        summary="Get what who is signed in may do with a resource",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{OWN}/groups/{{name}}/permissions",
        request=gr.GroupName,
        operation="permissions.list_of_group",
        answer=p.GroupPermissions,
        effort=Effort.SCAN,
        permission=Permission("read", "group", "name"),
        summary="List the grants that count for a group",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{_OWN}/members",
        request=p.Resource,
        operation="permissions.list_members",
        answer=p.MemberList,
        effort=Effort.SCAN,
        permission=Permission("read", "named"),
        summary="List who has a permission on a resource",
    ),
)
