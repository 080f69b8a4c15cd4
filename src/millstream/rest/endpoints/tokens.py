"""The rows about tokens."""

from __future__ import annotations

from millstream.entities import tokens as t
from millstream.rest.endpoints.row import OWN, Effort, Endpoint, Permission

_TOKENS = f"{OWN}/tokens"

TOKENS = (
    Endpoint(
        methods=("POST",),
        path=_TOKENS,
        request=t.CreateToken,
        operation="tokens.create",
        answer=t.NewToken,
        effort=Effort.WRITE,
        permission=Permission("create", "token", "username"),
        told="actor",
        summary="Make a token and show its secret, this once",
    ),
    Endpoint(
        methods=("GET",),
        path=_TOKENS,
        request=t.ListTokens,
        operation="tokens.list",
        answer=t.TokenList,
        effort=Effort.SCAN,
        permission=Permission("read", "token", "username"),
        summary="List the tokens of a user",
    ),
    Endpoint(
        methods=("DELETE",),
        path=f"{_TOKENS}/{{token_id}}",
        request=t.TokenId,
        operation="tokens.delete",
        answer=None,
        effort=Effort.WRITE,
        permission=Permission("delete", "token", "token_id"),
        told="actor",
        summary="Revoke a token",
    ),
)
