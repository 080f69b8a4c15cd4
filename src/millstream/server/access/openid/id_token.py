"""The ID token: believed when the provider signed it, for us, now, and for this very sign-in."""

from __future__ import annotations

from typing import Any

from authlib.oidc.core.claims import CodeIDToken
from joserfc import jwt
from joserfc.errors import (
    BadSignatureError,
    ExpiredTokenError,
    InvalidClaimError,
    InvalidKeyIdError,
    JoseError,
    MissingClaimError,
    UnsupportedAlgorithmError,
)
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from millstream.errors import Unauthenticated
from millstream.server.access.openid.configuration import OpenIdConfiguration
from millstream.server.access.openid.provider import Provider, Tokens

ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "Ed25519", "EdDSA"),
)
"""Only those whose keys are in two parts: what anybody can check, the provider alone can sign."""
LEEWAY_SECONDS = 60
LONGEST_SUBJECT = 255


class _Registry(JWSRegistry):
    """Allows these algorithms, and fields of the header beside those of the standard."""

    max_header_length = 8_192  # some providers put whole certificates there

    def __init__(self) -> None:
        super().__init__(algorithms=ALGORITHMS, strict_check_header=False)


class IdTokens:
    """Checks ID tokens of one provider."""

    def __init__(self, configuration: OpenIdConfiguration, provider: Provider) -> None:
        self._configuration = configuration
        self._provider = provider

    def check(self, tokens: Tokens, nonce: str) -> dict[str, Any]:
        """The claims of an ID token; raises `Unauthenticated` for the first thing that is wrong."""
        try:
            token = self._verify(tokens.id_token)
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": self._configuration.issuer},
                    "aud": {"essential": True, "value": self._configuration.client_id},
                },
                {
                    "nonce": nonce,
                    "client_id": self._configuration.client_id,
                    "access_token": tokens.access_token,
                },
            )
            claims.validate(leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError) as error:
            raise _refused(_told(error)) from error
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
            raise _refused("its claim 'sub' does not name anybody")
        return dict(claims)

    def _verify(self, text: str) -> jwt.Token:
        """Once more with fresh keys, if the provider has changed them since."""
        try:
            return _decode(text, self._provider.keys())
        except (InvalidKeyIdError, BadSignatureError):
            return _decode(text, self._provider.keys(fresh=True))


def _decode(text: str, keys: KeySet) -> jwt.Token:
    return jwt.decode(text, keys, registry=_Registry())


def _told(error: Exception) -> str:
    """What is wrong, in words that repeat nothing of the token but names of claims."""
    if isinstance(error, ExpiredTokenError):
        return "it has expired; the clocks of the provider and of this server may differ"
    if isinstance(error, InvalidClaimError | MissingClaimError):
        lacks = "lacks" if isinstance(error, MissingClaimError) else "has a wrong value in"
        return f"it {lacks} the claim '{error.claim}'"
    if isinstance(error, BadSignatureError | InvalidKeyIdError):
        return "it was not signed with a key of the provider"
    if isinstance(error, UnsupportedAlgorithmError):
        return "it is not signed by one of the algorithms that are accepted, such as RS256"
    return f"it cannot be read ({type(error).__name__})"


def _refused(why: str) -> Unauthenticated:
    return Unauthenticated(
        f"What the sign-in provider says about you cannot be believed: {why}. Sign in again; if it "
        "lasts, tell an administrator."
    )
