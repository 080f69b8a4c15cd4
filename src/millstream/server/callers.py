"""Who a request is from, as far as it says: the name under which the registry's history keeps it.

Nobody checks a password here; a name is what its bearer claims, as the `user_id` in a request is.
"""

from __future__ import annotations

import base64
import binascii

from millstream.asgi.guard import is_loopback
from millstream.asgi.replies import Scope
from millstream.entities.asking import Asking

_LONGEST = 256


class Callers:
    """Names callers. `local_user` owns what comes from nowhere else than this machine."""

    def __init__(self, local_user: str | None) -> None:
        self._local_user = local_user

    def asking(self, scope: Scope, authorization: bytes | None) -> Asking:
        """Who a request is from and where it came from."""
        client = scope.get("client")
        address = client[0] if client else None
        return Asking(self.name(scope, authorization), address=address)

    def name(self, scope: Scope, authorization: bytes | None) -> str:
        """The user of the Authorization field, else the local user, else the address."""
        claimed = _basic_user(authorization) if authorization else None
        if claimed:
            return claimed[:_LONGEST]
        client = scope.get("client")
        if self._local_user is not None and (client is None or is_loopback(client[0])):
            return self._local_user
        return f"anonymous@{client[0]}" if client else "anonymous"


def _basic_user(authorization: bytes) -> str | None:
    scheme, _, secret = authorization.partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        user, colon, _ = base64.b64decode(secret, validate=True).partition(b":")
    except binascii.Error:
        return None
    return user.decode("utf-8", "replace").replace("\0", "") if colon else None
