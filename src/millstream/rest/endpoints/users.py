"""The rows about users."""

from __future__ import annotations

from millstream.entities import users as u
from millstream.rest.endpoints.row import MLFLOW, OWN, Effort, Endpoint, Permission

_USERS = f"{MLFLOW}/users"

USERS = (
    Endpoint(
        methods=("POST",),
        path=f"{_USERS}/create",
        request=u.CreateUser,
        operation="users.create",
        answer=u.User,
        envelope="user",
        effort=Effort.HASH,
        permission=Permission("create", "user"),
        told="actor",
        summary="Create a user or a service account",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{_USERS}/get",
        request=u.UserName,
        operation="users.get",
        answer=u.User,
        envelope="user",
        effort=Effort.POINT,
        permission=Permission("read", "user", "username"),
        summary="Get a user",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{_USERS}/current",
        request=u.GetCurrentUser,
        operation="users.get_current",
        answer=u.CurrentUser,
        effort=Effort.POINT,
        permission=Permission("read", "self"),
        told="asking",
        summary="Get the user who is signed in",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{_USERS}/list",
        request=u.ListUsers,
        operation="users.list",
        answer=u.UserPage,
        effort=Effort.SCAN,
        permission=Permission("read", "user"),
        summary="List users with their roles",
    ),
    Endpoint(
        methods=("PATCH",),
        path=f"{_USERS}/update-password",
        request=u.UpdateUserPassword,
        operation="users.set_password",
        answer=None,
        effort=Effort.HASH,
        permission=Permission("edit", "user", "username"),
        told="asking",
        summary="Give a user another password",
    ),
    Endpoint(
        methods=("PATCH",),
        path=f"{_USERS}/update-admin",
        request=u.UpdateUserAdmin,
        operation="users.set_admin",
        answer=None,
        effort=Effort.WRITE,
        permission=Permission("edit", "user"),
        told="actor",
        summary="Make a user an administrator, or one no longer",
    ),
    Endpoint(
        methods=("PATCH",),
        path=f"{OWN}/users/set-active",
        request=u.UpdateUserActive,
        operation="users.set_active",
        answer=None,
        effort=Effort.WRITE,
        permission=Permission("edit", "user"),
        told="actor",
        summary="Shut a user out, or let it in again",
    ),
    Endpoint(
        methods=("DELETE",),
        path=f"{_USERS}/delete",
        request=u.UserName,
        operation="users.delete",
        answer=None,
        effort=Effort.WRITE,
        permission=Permission("delete", "user", "username"),
        told="actor",
        summary="Delete a user with all that was granted to it",
    ),
)
