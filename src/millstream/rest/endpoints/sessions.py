"""The rows about the session of a browser."""

from __future__ import annotations

from millstream.entities import sessions as s
from millstream.rest.endpoints.row import OWN, Effort, Endpoint, Permission

_PATH = f"{OWN}/session"

SESSIONS = (
    Endpoint(
        methods=("GET",),
        path=_PATH,
        request=s.GetSession,
        operation="session.get",
        answer=s.SessionState,
        effort=Effort.SCAN,
        permission=Permission("read", "anybody"),
        told="exchange",
        summary="Get who is signed in",
    ),
    Endpoint(
        methods=("POST",),
        path=_PATH,
        request=s.SignIn,
        operation="session.create",
        answer=s.SessionState,
        effort=Effort.HASH,
        permission=Permission("create", "anybody"),
        told="exchange",
        summary="Sign in with a name and a password; the answer sets the cookies of a session",
    ),
    Endpoint(
        methods=("DELETE",),
        path=_PATH,
        request=s.SignOut,
        operation="session.delete",
        answer=s.SessionState,
        effort=Effort.SCAN,
        permission=Permission("delete", "anybody"),
        told="exchange",
        summary="Sign out",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{_PATH}/first-administrator",
        request=s.RedeemFirstAdministrator,
        operation="session.redeem",
        answer=s.SessionState,
        effort=Effort.HASH,
        permission=Permission("create", "anybody"),
        told="exchange",
        summary="Become the first administrator, by the link that the server printed",
    ),
)
