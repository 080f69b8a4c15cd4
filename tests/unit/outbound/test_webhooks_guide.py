"""The receiver that the guide shows takes what is sent, and nothing else."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from millstream.entities import webhook_validation as rules
from millstream.entities.webhooks import WebhookEvent
from millstream.outbound import sending
from millstream.store.sql.outbox import payloads

GUIDE = (Path(__file__).parents[3] / "docs" / "guides" / "webhooks.md").read_text()
BODY = b'{"entity":"model_version"}'
SECRET = "s3cret"  # noqa: S105  # of a test


@pytest.fixture
def is_genuine() -> Any:
    (code,) = re.findall(r"```python\n(import base64.*?)```", GUIDE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102  # of our own page
    return names["is_genuine"]


def signed(timestamp: str) -> dict[str, str]:
    return {
        "X-MLflow-Delivery-Id": "an-id",
        "X-MLflow-Timestamp": timestamp,
        "X-MLflow-Signature": sending.signature(SECRET, "an-id", timestamp, BODY),
    }


def test_what_is_sent_is_genuine(is_genuine: Any) -> None:
    headers = signed(str(int(time.time())))
    assert is_genuine(headers, BODY, SECRET)
    assert not is_genuine(headers, BODY + b" ", SECRET)
    assert not is_genuine(headers, BODY, "another")
    assert not is_genuine({**headers, "X-MLflow-Delivery-Id": "other"}, BODY, SECRET)
    assert not is_genuine(signed("1767225600"), BODY, SECRET)


def test_every_event_that_can_be_asked_for_is_told_and_explained() -> None:
    known = {f"{e}.{a}".lower() for e, actions in rules.ACTIONS.items() for a in actions}
    table = GUIDE.partition("## Events")[2].partition("## ")[0]
    explained: set[str] = set()
    for cell in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE):
        first, *rest = re.findall(r"`([^`]+)`", cell)
        explained |= {first, *(first.partition(".")[0] + other for other in rest)}
    assert explained == known
    for name in known:
        sample = payloads.sample(WebhookEvent.from_str(name), 0)
        assert sample.startswith('{"entity":"' + name.partition(".")[0] + '"')
