"""The key to S3 where Amazon's own tools look for it: in the environment, else in a file of keys.

The file is that of docs.aws.amazon.com/sdkref/latest/guide/file-format.html. Roles of machines and
web identities are the client's own business.
"""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from pathlib import Path

from millstream.artifacts.s3_signature import Key
from millstream.errors import InvalidParameter

_FILE = "AWS_SHARED_CREDENTIALS_FILE"
_LONGEST = 1 << 20


def find(variables: Mapping[str, str], region: str) -> Key | None:
    """The key that the variables hold or name; None leaves it to the client.

    A file that AWS_SHARED_CREDENTIALS_FILE names and that cannot be read raises `InvalidParameter`.
    """
    key_id, secret = variables.get("AWS_ACCESS_KEY_ID"), variables.get("AWS_SECRET_ACCESS_KEY")
    if key_id and secret:
        return Key(key_id, secret, region, variables.get("AWS_SESSION_TOKEN"))
    if variables.get("AWS_WEB_IDENTITY_TOKEN_FILE"):  # which Amazon's tools prefer to the file
        return None
    named = variables.get(_FILE)
    file = Path(named or "~/.aws/credentials").expanduser()
    if named is None and not file.is_file():
        return None
    return _in_file(file, variables.get("AWS_PROFILE") or "default", region)


def _in_file(file: Path, profile: str, region: str) -> Key | None:
    known = configparser.ConfigParser(interpolation=None, default_section="")
    try:
        with file.open(encoding="utf-8") as opened:
            known.read_string(opened.read(_LONGEST))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidParameter(f"The keys to S3 in '{file}' cannot be read: {error}.") from error
    except configparser.Error:  # which quotes the line, and that may be a key
        raise InvalidParameter(
            f"The keys to S3 in '{file}' cannot be read: it must have sections such as [default], "
            "and lines such as aws_access_key_id = … in them."
        ) from None
    found = known[profile] if known.has_section(profile) else {}
    key_id, secret = found.get("aws_access_key_id"), found.get("aws_secret_access_key")
    if not key_id or not secret:
        return None
    return Key(key_id, secret, region, found.get("aws_session_token"))
