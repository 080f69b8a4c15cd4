"""Addresses for S3 that carry their own permission: signature version 4 in the query."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

import msgspec

_ALGORITHM = "AWS4-HMAC-SHA256"


class Key(msgspec.Struct, frozen=True):
    """An access key of AWS or of something that speaks like it."""

    key_id: str
    secret: str
    region: str
    session_token: str | None = None


def signed(
    key: Key, method: str, url: str, query: Mapping[str, str], seconds: int, at: datetime
) -> str:
    """`url`, whose path is percent-encoded, with `query` and the permission to use it."""
    parts = urlsplit(url)
    at = at.astimezone(UTC)
    day, moment = f"{at:%Y%m%d}", f"{at:%Y%m%dT%H%M%SZ}"
    scope = f"{day}/{key.region}/s3/aws4_request"
    fields = {
        **query,
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{key.key_id}/{scope}",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": "host",
    }
    if key.session_token:
        fields["X-Amz-Security-Token"] = key.session_token
    encoded = "&".join(
        f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(fields.items())
    )
    request = f"{method}\n{parts.path}\n{encoded}\nhost:{parts.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = f"{_ALGORITHM}\n{moment}\n{scope}\n{digest}"
    step = f"AWS4{key.secret}".encode()
    for part in (day, key.region, "s3", "aws4_request"):
        step = _mac(step, part)
    return f"{url}?{encoded}&X-Amz-Signature={_mac(step, text).hex()}"


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
