"""A job that lets a model score files, as somebody wants it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from millstream.deploy.wish import checked_name
from millstream.errors import InvalidParameter

LONGEST_URI = 2048
"""How long the URI of an input or output may be, in characters."""


class BatchJob(msgspec.Struct, frozen=True):
    """What a job is called, where its files are and go to, and what its target itself knows."""

    name: str
    input_uri: str
    output_uri: str
    config: Mapping[str, str]

    def __post_init__(self) -> None:
        """Refuse what no target takes, with `InvalidParameter`."""
        checked_name(self.name, "job")
        for what, uri in (("input", self.input_uri), ("output", self.output_uri)):
            if not 0 < len(uri) <= LONGEST_URI or not uri.isprintable():
                raise InvalidParameter(
                    f"The {what} of the job is no URI: it has {len(uri)} characters, and has to "
                    f"have 1 to {LONGEST_URI}, all of which can be printed."
                )


def shown_place(uri: str) -> str:
    """A place of files for messages: without what may be secret, such as a signed link's key."""
    return re.sub(r"//[^/]*@", "//", uri.partition("?")[0])
