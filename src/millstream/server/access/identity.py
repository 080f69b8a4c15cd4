"""Who asks, by what a request shows: a token, a name with a password, a session, or a proxy's word.

What was found out is remembered for as long as nothing of access changes, so that most requests
cost a look into a dictionary. A password is held against its hash once; after a change of access
one statement tells whether it is still the same.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
import time
from collections.abc import Callable
from typing import Literal, NamedTuple

from millstream.asgi.replies import Scope
from millstream.entities.asking import Asking
from millstream.entities.permissions import PermissionName
from millstream.entities.users import Caller, CheckPassword, UserName
from millstream.errors import PermissionDenied, Unauthenticated
from millstream.server.access import cookies
from millstream.server.access.freshness import Freshness
from millstream.server.access.memory import Memory
from millstream.server.access.proxy_identity import ProxyCallers
from millstream.server.head import Head
from millstream.store.access import Access

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_TOKEN = re.compile(r"ms_[0-9a-f]{16}_[A-Za-z0-9_-]{43}")
_MOST_PROOFS = 10_000
_LONGEST_PROOF = 4_096


class Shown(NamedTuple):
    """What a request shows, and a digest of it, under which it is remembered."""

    kind: Literal["token", "password", "session"]
    username: str | None
    secret: str
    digest: bytes


class _Known(NamedTuple):
    caller: Caller
    valid_until: float


class Identity:
    """Tells callers by what they show.

    `path` is where the cookies of this server belong; `proxied` believes a proxy in front, if one
    was named. `enter` refuses who may not even know of the workspace that this is about.
    """

    def __init__(
        self,
        access: Access,
        freshness: Freshness,
        default_permission: PermissionName,
        path: str,
        proxied: ProxyCallers | None = None,
        enter: Callable[[Asking], object] | None = None,
    ) -> None:
        self._access = access
        self._enter = enter
        self._freshness = freshness
        self._default = default_permission
        self._path = path
        self._proxied = proxied
        self._salt = secrets.token_bytes(32)
        self._callers: Memory[bytes, _Known] = Memory(freshness)
        self._proofs: dict[bytes, str] = {}

    def place(self, scope: Scope, head: Head) -> cookies.CookiePlace:
        """Where the cookies for whoever made this request belong."""
        path = scope.get("root_path", "") + self._path
        return cookies.place_of(path, head.host, encrypted=head.encrypted)

    def shown(self, scope: Scope, head: Head) -> Shown | None:
        """What a request shows; None if it shows nothing. What is no proof raises."""
        if head.authorization is not None:
            return self._in_header(head.authorization)
        secret = cookies.session_secret(head.cookie, self.place(scope, head))
        if not secret:
            return None
        if scope["method"] not in _SAFE_METHODS and not cookies.repeats(head.repeated, secret):
            raise PermissionDenied(
                "A page that changes something has to repeat the word of its session in the "
                "header X-CSRF-Token: the value of its cookie millstream-csrf."
            )
        return Shown("session", None, secret, self._digest(b"session", secret.encode()))

    def recall(self, scope: Scope, shown: Shown | None) -> Asking | None:
        """Who it is, if that is remembered; never waits."""
        if not self._freshness.lasts:
            return None
        if shown is None:
            caller = None if self._proxied is None else self._proxied.recall(scope)
            return None if caller is None else self._asking(scope, caller, shown)
        known = self._callers.get(shown.digest)
        if known is None or known.valid_until < time.time():
            return None
        return self._asking(scope, known.caller, shown)

    def hashes(self, shown: Shown | None) -> bool:
        """Whether `find` has to hash a password, which takes a tenth of a second."""
        return shown is not None and shown.kind == "password" and shown.digest not in self._proofs

    def find(self, scope: Scope, shown: Shown | None) -> Asking:
        """Who it is, on a thread that may wait.

        Raises `Unauthenticated`, or `NotFound` if its workspace is none that the caller may see.
        """
        if not self._freshness.lasts:
            self._freshness.look()
        if shown is None:
            caller = None if self._proxied is None else self._proxied.find(scope)
            if caller is None:
                raise Unauthenticated(
                    "You are not signed in. Show a token (MLFLOW_TRACKING_TOKEN) or a name and a "
                    "password (MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD), or sign in "
                    "with `millstream login` or in the browser."
                )
            return self._entered(self._asking(scope, caller, shown))
        epoch = self._freshness.epoch
        known = self._find(scope, shown)
        asking = self._entered(self._asking(scope, known.caller, shown))
        self._callers.keep(shown.digest, known, epoch)
        return asking

    def _entered(self, asking: Asking) -> Asking:
        if self._enter is not None:
            self._enter(asking)
        return asking

    def _find(self, scope: Scope, shown: Shown) -> _Known:
        if shown.kind == "password":
            return self._by_password(scope, shown)
        noun = self._access.tokens if shown.kind == "token" else self._access.sessions
        checked = noun.check(shown.secret)
        if shown.username and shown.username != checked.caller.username:
            raise Unauthenticated("The username or the password is not right.")
        return _Known(checked.caller, checked.valid_until / 1_000)

    def _by_password(self, scope: Scope, shown: Shown) -> _Known:
        username = shown.username or ""
        proof = self._proofs.get(shown.digest)
        if proof is None:
            request = CheckPassword(username, shown.secret, _address(scope))
            proved = self._access.sign_ins.check_password(request)
            if len(self._proofs) >= _MOST_PROOFS:
                self._proofs.clear()
            self._proofs[shown.digest] = proved.proof
            return _Known(proved.caller, float("inf"))
        try:
            return _Known(self._access.sign_ins.get_proved(UserName(username), proof), float("inf"))
        except Unauthenticated:
            self._proofs.pop(shown.digest, None)
            raise

    def _asking(self, scope: Scope, caller: Caller, shown: Shown | None) -> Asking:
        is_basic_auth = shown is not None and shown.kind == "password"
        address = _address(scope)
        return Asking(caller.username, caller, address, self._default, is_basic_auth)

    def _in_header(self, authorization: bytes) -> Shown:
        scheme, _, rest = authorization.partition(b" ")
        rest = rest.strip()
        if len(rest) > _LONGEST_PROOF:
            raise Unauthenticated(
                f"The Authorization header has {len(rest)} bytes; at most {_LONGEST_PROOF} are "
                "read."
            )
        if scheme.lower() == b"bearer":
            secret = rest.decode("latin-1")
            return Shown("token", None, secret, self._digest(b"token", rest))
        if scheme.lower() != b"basic":
            raise Unauthenticated(
                "The Authorization header is of no known kind; send Bearer with a token, or Basic "
                "with a name and a password."
            )
        username, secret = _basic(rest)
        if _TOKEN.fullmatch(secret):
            return Shown("token", username, secret, self._digest(b"basic", rest))
        return Shown("password", username, secret, self._digest(b"basic", rest))

    def _digest(self, kind: bytes, secret: bytes) -> bytes:
        """Remembered instead of the secret itself; the salt is this process's own."""
        return hashlib.blake2b(secret, key=self._salt, person=kind, digest_size=16).digest()


def _basic(rest: bytes) -> tuple[str, str]:
    try:
        user, colon, password = base64.b64decode(rest, validate=True).partition(b":")
    except binascii.Error:
        colon = b""
    if not colon:
        raise Unauthenticated(
            "The Authorization header says Basic, but what follows is not name:password in base 64."
        )
    return user.decode("utf-8", "replace"), password.decode("utf-8", "replace")


def _address(scope: Scope) -> str | None:
    client = scope.get("client")
    return client[0] if client else None
