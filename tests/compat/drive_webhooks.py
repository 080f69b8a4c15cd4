"""Drives a server's webhooks through MLflow's own client and writes down what happened, as JSON.

Runs in the environment of MLflow: `python drive_webhooks.py http://127.0.0.1:5000 answers.json`.
The server must be allowed to call this machine: MLFLOW_WEBHOOK_ALLOWED_SCHEMES=http and
MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=true. Ids, times and ports become names, and what was received is
sorted, so that two servers can be compared.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent
from mlflow.exceptions import MlflowException

import mlflow

SECRET = "s3cret"  # noqa: S105  # of a test
EVENTS = [
    "registered_model.created",
    "model_version.created",
    "model_version_tag.set",
    "model_version_tag.deleted",
    "model_version_alias.created",
    "model_version_alias.deleted",
]


class Receiver(http.server.BaseHTTPRequestHandler):
    """Keeps what arrives, with whether its signature is right."""

    received: list[dict[str, Any]] = []
    arrived = threading.Semaphore(0)

    def do_POST(self) -> None:
        """Take one delivery."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        identifier = self.headers["X-MLflow-Delivery-Id"]
        timestamp = self.headers["X-MLflow-Timestamp"]
        signed = f"{identifier}.{timestamp}.{body.decode()}".encode()
        digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
        expected = f"v1,{base64.b64encode(digest).decode()}"
        given = self.headers["X-MLflow-Signature"]
        self.received.append(
            {
                "type": self.headers["Content-Type"],
                "signature": None if given is None else given == expected,
                "body": json.loads(body),
            }
        )
        status = 418 if self.path == "/teapot" else 200
        self.send_response(status)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"thanks")
        self.arrived.release()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""

    @classmethod
    def taken(cls, count: int) -> list[dict[str, Any]]:
        """So many deliveries, sorted, without what differs each time."""
        for _ in range(count):
            if not cls.arrived.acquire(timeout=60):
                raise TimeoutError(f"only {len(cls.received)} of {count} deliveries arrived")
        found, cls.received = cls.received, []
        for each in found:
            each["body"]["timestamp"] = len(each["body"]["timestamp"]) > 20
        return sorted(found, key=json.dumps)


def shown(webhook: Any) -> dict[str, Any]:
    """What a webhook says about itself, without ids, times and ports."""
    return {
        "name": webhook.name,
        "path": webhook.url.rpartition("/")[2],
        "events": sorted(str(event) for event in webhook.events),
        "description": webhook.description or None,
        "status": str(webhook.status),
        "secret": webhook.secret,
        "changed": webhook.last_updated_timestamp > webhook.creation_timestamp,
        "id": len(webhook.webhook_id),
    }


def refusal(call: Callable[[], Any]) -> str:
    """The code of the error that a call raises."""
    try:
        call()
    except MlflowException as error:
        return str(error.error_code)
    raise AssertionError("no error")


def lives(client: Any, base: str) -> dict[str, Any]:
    """Webhooks are made, found, changed, tried and deleted."""
    url = f"{base}/hook"
    first = client.create_webhook("first", url, EVENTS, description="all", secret=SECRET)
    event = WebhookEvent(WebhookEntity.MODEL_VERSION, WebhookAction.CREATED)
    second = client.create_webhook("second", f"{base}/teapot", [event], status="DISABLED")
    page = client.list_webhooks(max_results=1)
    rest = client.list_webhooks(max_results=1, page_token=page.token)
    noted = {
        "created": [shown(first), shown(second)],
        "got": shown(client.get_webhook(first.webhook_id)),
        "listed": sorted(each.name for each in [*page, *rest]),
        "last page": not rest.token,
        "updated": shown(
            client.update_webhook(
                second.webhook_id,
                name="renamed",
                description="new",
                events=["model_version_tag.set", "model_version_tag.deleted"],
                status="ACTIVE",
            )
        ),
    }
    for name, identifier, tried in (
        ("test", first.webhook_id, None),
        ("test of an event", first.webhook_id, "model_version_alias.created"),
        ("test that fails", second.webhook_id, None),
    ):
        result = client.test_webhook(identifier, tried)
        (received,) = Receiver.taken(1)
        noted[name] = {
            "success": result.success,
            "status": result.response_status,
            "body": result.response_body,
            "signature": received["signature"],
            "event": tried and [received["body"]["entity"], received["body"]["action"]],
            "keys": tried and sorted(received["body"]["data"]),
        }
    client.delete_webhook(second.webhook_id)
    noted["refused"] = {
        "deleted": refusal(lambda: client.get_webhook(second.webhook_id)),
        "deleted twice": refusal(lambda: client.delete_webhook(second.webhook_id)),
        "blank": refusal(lambda: client.create_webhook("  ", url, EVENTS)),
        "no events": refusal(lambda: client.create_webhook("a", url, [])),
        "no such pair": refusal(lambda: client.create_webhook("a", url, ["model_version.set"])),
        "scheme": refusal(lambda: client.create_webhook("a", "ftp://a.example/", EVENTS)),
        "page": refusal(lambda: client.list_webhooks(max_results=1_001)),
    }
    return noted


def deliveries(client: Any) -> list[dict[str, Any]]:
    """What the registry's changes send."""
    client.create_registered_model("forecast", {"team": "red"}, "sales")
    client.create_model_version("forecast", "s3://b/1", tags={"k": "v"}, description="one")
    client.set_model_version_tag("forecast", "1", "checked", "yes")
    client.delete_model_version_tag("forecast", "1", "checked")
    client.set_registered_model_alias("forecast", "champion", "1")
    client.delete_registered_model_alias("forecast", "champion")
    return Receiver.taken(6)


def main(uri: str) -> dict[str, Any]:
    """Everything, one after the other."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = mlflow.MlflowClient(uri)
    base = f"http://127.0.0.1:{server.server_address[1]}"
    noted = {"lives": lives(client, base), "deliveries": deliveries(client)}
    server.shutdown()
    return noted


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(
        json.dumps(main(sys.argv[1]), indent=1, sort_keys=True, default=str) + "\n"
    )
