"""An OpenID provider on this machine that can be told to do everything wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from joserfc.jws import JWSRegistry

CLIENT = "millstream client:1"  # both parts need to be encoded
SECRET = "s3cr:et/+%é"  # noqa: S105  # of a client that exists in tests only
Change = Callable[[dict[str, Any]], dict[str, Any]]


def unchanged(values: dict[str, Any]) -> dict[str, Any]:
    return values


class FakeProvider:
    """Answers as a provider does; each `change_` may alter an answer before it is sent."""

    def __init__(self) -> None:
        self.signing_key: Any = RSAKey.generate_key(2048, {"kid": "first"})
        self.shown_keys: list[Any] = [self.signing_key]
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "first"}
        self.shared_secret = b""
        self.person: dict[str, Any] = {"sub": "subject-1", "preferred_username": "ada"}
        self.userinfo: dict[str, Any] | None = None
        self.change_document: Change = unchanged
        self.change_claims: Change = unchanged
        self.change_answer: Change = unchanged
        self.id_token: str | None = None
        self.raw: dict[str, tuple[int, bytes]] = {}
        self.calls: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(*provider.get(self.path, dict(self.headers)))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._answer(*provider.post(body, dict(self.headers)))

            def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.issuer = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def authorize(self, location: str, code: str = "code-1", **more: str) -> str:
        """What a person does who follows the redirect: the query that the browser brings back."""
        asked = dict(parse_qsl(urlsplit(location).query, strict_parsing=True))
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        self._codes[code] = asked
        told = {"code": code, "state": asked["state"], **more}
        return "&".join(f"{name}={value}" for name, value in told.items())

    def get(self, path: str, headers: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        self.calls.append(path)
        if path in self.raw:
            status, body = self.raw[path]
            return status, body, {"Location": f"{self.issuer}/elsewhere"} if status == 302 else {}
        if path == "/.well-known/openid-configuration":
            return self._json(200, self.change_document(self._document()))
        if path == "/keys":
            return self._json(200, {"keys": [self._shown(key) for key in self.shown_keys]})
        if path == "/userinfo" and headers.get("Authorization") == "Bearer access-1":
            assert self.userinfo is not None
            return self._json(200, self.userinfo)
        return self._json(404, {"error": "not_found"})

    def post(self, body: str, headers: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        self.calls.append("/token")
        if "/token" in self.raw:
            status, raw = self.raw["/token"]
            return status, raw, {}
        form = {name: values[0] for name, values in parse_qs(body).items()}
        if not self._knows(form, headers):
            return self._json(401, {"error": "invalid_client"})
        asked = self._codes.pop(form.get("code", ""), None)
        if asked is None or not self._proves(form, asked):
            return self._json(400, {"error": "invalid_grant", "error_description": form["code"]})
        answer = {"token_type": "Bearer", "access_token": "access-1"}
        answer["id_token"] = self.id_token or self._sign(self._claims(asked["nonce"]))
        return self._json(200, self.change_answer(answer))

    def _document(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?audience=x",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            **({} if self.userinfo is None else {"userinfo_endpoint": f"{self.issuer}/userinfo"}),
        }

    def _claims(self, nonce: str) -> dict[str, Any]:
        now = int(time.time())
        times = {"iat": now, "exp": now + 300}
        told = {"iss": self.issuer, "aud": CLIENT, "nonce": nonce, **times, **self.person}
        return self.change_claims(told)

    def _sign(self, claims: dict[str, Any]) -> str:
        if self.header["alg"] in ("none", "HS256"):  # no library does what follows
            parts = [_base64(json.dumps(part).encode()) for part in (self.header, claims)]
            signed = ".".join(parts)
            digest = hmac.digest(self.shared_secret, signed.encode(), "sha256")
            return f"{signed}.{'' if self.header['alg'] == 'none' else _base64(digest)}"
        lenient = JWSRegistry(algorithms=[self.header["alg"]], strict_check_header=False)
        return jwt.encode(self.header, claims, self.signing_key, registry=lenient)

    @staticmethod
    def _knows(form: dict[str, str], headers: dict[str, str]) -> bool:
        if form.get("client_id") is not None:
            return form["client_id"] == CLIENT and form["client_secret"] == SECRET
        scheme, _, secret = headers.get("Authorization", "").partition(" ")
        name, _, given = base64.b64decode(secret).decode().partition(":")
        return scheme == "Basic" and (unquote(name), unquote(given)) == (CLIENT, SECRET)

    @staticmethod
    def _proves(form: dict[str, str], asked: dict[str, str]) -> bool:
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        same = form["redirect_uri"] == asked["redirect_uri"]
        return _base64(digest) == asked["code_challenge"] and same

    @staticmethod
    def _shown(key: RSAKey | ECKey | OctKey) -> dict[str, Any]:
        return dict(key.as_dict(private=isinstance(key, OctKey)))

    @staticmethod
    def _json(status: int, values: dict[str, Any]) -> tuple[int, bytes, dict[str, str]]:
        return status, json.dumps(values).encode(), {"Content-Type": "application/json"}


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
