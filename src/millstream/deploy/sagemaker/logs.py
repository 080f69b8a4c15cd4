"""What the containers of an endpoint print, which SageMaker sends to CloudWatch."""

from __future__ import annotations

import time
from collections.abc import Iterator

from millstream.deploy.sagemaker.aws import Aws
from millstream.errors import NotFound

_PAUSE = 2.0
_KNOWN = 10_000
"""How many events are remembered, so that none is shown twice."""


def lines(aws: Aws, endpoint: str, *, follow: bool) -> Iterator[str]:
    """The lines of all containers in the order of their times; with `follow` also those to come."""
    seen: dict[str, None] = {}
    since = 0
    while True:
        for identity, at, text in _events(aws, endpoint, since):
            since = max(since, at)
            if identity not in seen:
                seen[identity] = None
                yield text
        if not follow:
            return
        for old in list(seen)[:-_KNOWN]:
            del seen[old]
        time.sleep(_PAUSE)


def _events(aws: Aws, endpoint: str, since: int) -> Iterator[tuple[str, int, str]]:
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    try:
        pages = aws.pages("logs", "filter_log_events", logGroupName=group, startTime=since)
        for page in pages:
            for one in page["events"]:
                yield one["eventId"], one["timestamp"], one["message"].rstrip("\n")
    except NotFound:  # nothing was printed yet
        return
