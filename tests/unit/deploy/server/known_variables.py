"""The variables that a server reads."""

from __future__ import annotations

import itertools

from millstream.cli.server import server
from millstream.settings import Settings

_CLOUDS = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_SHARED_CREDENTIALS_FILE",
}


def known_variables() -> set[str]:
    """Those of its options, of the settings, and of clouds."""
    named = ([one.envvar] if isinstance(one.envvar, str) else one.envvar for one in server.params)
    options = itertools.chain.from_iterable(names for names in named if names)
    settings = (f"MILLSTREAM_{name.upper()}" for name in Settings.__struct_fields__)
    return {*options, *settings, *_CLOUDS}
