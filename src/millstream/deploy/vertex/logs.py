"""What the containers of an endpoint printed, as Cloud Logging keeps it."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from millstream.deploy.vertex.service import Service

_BACK = timedelta(days=1)
_PAUSE = 5.0
_PAGE = 1_000


def lines(
    service: Service, endpoint_id: str, numbers: Collection[str], *, follow: bool
) -> Iterator[str]:
    """The lines of these deployed models, oldest first; with `follow` it goes on until it is ended.

    Lines come to Cloud Logging some seconds after they were printed.
    """
    since, seen = (datetime.now(UTC) - _BACK).isoformat(), set[str]()
    while True:
        latest = since
        for entry in _entries(service, endpoint_id, since):
            key = f"{entry.get('timestamp')} {entry.get('insertId')}"
            if key not in seen and _is_of(entry, numbers):
                yield _text(entry)
            seen.add(key)
            latest = max(latest, entry.get("timestamp", ""))
        if not follow:
            return
        # Only what has the latest time can come again.
        seen = {key for key in seen if key.startswith(latest)}
        since = latest
        time.sleep(_PAUSE)


def _entries(service: Service, endpoint_id: str, since: str) -> Iterator[dict[str, Any]]:
    """The entries from a time on, page by page (logging.googleapis.com, entries.list)."""
    place = service.place
    condition = " AND ".join(
        [
            'resource.type="aiplatform.googleapis.com/Endpoint"',
            f'resource.labels.endpoint_id="{endpoint_id}"',
            f'resource.labels.location="{place.region}"',
            f'timestamp>="{since}"',
        ]
    )
    asked: dict[str, Any] = {
        "resourceNames": [f"projects/{place.project}"],
        "filter": condition,
        "orderBy": "timestamp asc",
        "pageSize": _PAGE,
    }
    while True:
        answer = json.loads(
            service.post(
                "read logs", f"{place.logging}/v2/entries:list", msgspec.json.encode(asked)
            )
        )
        yield from answer.get("entries", ())
        if not answer.get("nextPageToken"):
            return
        asked["pageToken"] = answer["nextPageToken"]


def _is_of(entry: Mapping[str, Any], numbers: Collection[str]) -> bool:
    """Whether an entry is of one of these; without a word about it, it is of the endpoint."""
    number = entry.get("labels", {}).get("deployed_model_id")
    return number is None or number in numbers


def _text(entry: Mapping[str, Any]) -> str:
    if "textPayload" in entry:
        return str(entry["textPayload"]).rstrip("\n")
    payload = entry.get("jsonPayload", {})
    return str(payload.get("message") or json.dumps(payload)).rstrip("\n")
