"""What MLflow's client hides of the registry's answers: absent fields, odd requests, searches."""

from __future__ import annotations

import json
from typing import Any

import requests
from tests.compat.drive import Recorder

REGISTERED = "registered-models"
VERSIONS = "model-versions"
LIMITS = ("0", "1", "2", "100", "1000", "1001", "200000", "200001", "-1", "abc", "", "1.5")

MODEL_FILTERS = (
    *("name = 'sn_alpha'", "name LIKE 'sn_%'", "name ILIKE 'SN_b%'", "name != 'sn_alpha'"),
    *("name IN ('sn_alpha','sn_Beta')", "name NOT IN ('sn_alpha')", "name LIKE '%eta'"),
    *("tags.team = 'Red'", "tag.team ILIKE 'red'", "tags.team != 'Red'", "tags.`team` = 'Red'"),
    *("name='sn_alpha' AND tags.team='Red'", "tags.team LIKE 'b%' AND name LIKE 'sn%'"),
    *("tags.team = 'Red' AND tags.size = 'big'", "name LIKE 'sn_alpha", "name > 'a'"),
    *("attribute.name = 'sn_alpha'", "attributes.name='sn_alpha'", "name = sn_alpha"),
    *("description = 'x'", "creation_timestamp > 0", "aliases = 'x'", "name IN ()", "nonsense"),
    *("tags.team IN ('Red')", "tags.team > 'R'", "tags = 'x'", "params.x = '1'", "name LIKE 5"),
    *("name = 'it''s'", "name LIKE '%'", "name ILIKE '%\\_%'", 'name = "sn_alpha"', "AND"),
)
MODEL_ORDERS = (
    *(["name"], ["name ASC"], ["name DESC"], ["last_updated_timestamp DESC"], ["timestamp ASC"]),
    *(["last_updated_timestamp"], ["name", "last_updated_timestamp"], ["timestamp", "name DESC"]),
    *(["creation_timestamp ASC"], ["foo"], ["tags.team"], ["description"], ["name UP"], [""]),
    *(["name, timestamp"], ["name ASC", "name DESC"], ["`name` DESC"], ["attribute.name"]),
)
VERSION_FILTERS = (
    *("name = 'sn_alpha'", "name='sn_alpha' and version_number = 1", "version_number > 1"),
    *("version_number = '1'", "version = '1'", "version_number != 1", "version_number IN (1)"),
    *("run_id = '{a}'", "run_id IN ('{a}','{b}')", "run_id IN ()", "run_id NOT IN ('{a}')"),
    *("run_id != '{a}'", "run_id LIKE 'a%'", "run_id = ''", "source_path = 's3://b/1'"),
    *("source_path LIKE 's3%'", "source_path ILIKE 'S3://B/2'", "source_path != 's3://b/1'"),
    *("source = 's3://b/1'", "name LIKE 'sn_a%'", "name ILIKE 'SN_%'", "name IN ('sn_alpha')"),
    *("name NOT IN ('sn_alpha')", "tags.k = 'Red'", "tags.k ILIKE 'red'", "tag.k != 'Red'"),
    *("tags.k = 'Red' AND tags.l = 'x'", "creation_timestamp > 0", "current_stage = 'None'"),
    *("run_id = '{a}' AND name = 'sn_alpha'", "aliases='x'", "name > 'a'", "status = 'READY'"),
    *("name = ''", "version_number > 'x'", "version_number LIKE '1'", "nonsense", "tags.k > 'x'"),
    *("source_path IN ('s3://b/1')", "run_id = {a}", "version_number = 1.5"),
)
VERSION_ORDERS = (
    *(["name ASC"], ["version_number DESC"], ["version_number ASC"], ["creation_timestamp ASC"]),
    *(["creation_timestamp DESC"], ["last_updated_timestamp DESC"], ["last_updated_timestamp"]),
    *(["name DESC", "version_number ASC"], ["foo"], ["run_id"], ["source_path"], ["tags.k"]),
    *(["name UP"], [""], ["name", "name"], ["name DESC", "name ASC"]),
)


NEW_MODELS: tuple[dict[str, Any], ...] = (
    {"name": "wire"},
    {"name": "wire 2", "description": ""},
    {"name": "wire 3", "description": None, "tags": []},
    {"name": "wire 4", "tags": [{"key": "a", "value": "b"}], "unknown": {"x": 1}},
    {"name": "wire 5", "tags": [{"key": "a"}, {"key": "a", "value": "second"}]},
    {"name": "wire 6", "tags": [{"key": "", "value": "b"}]},
    {"name": "wire 7", "tags": "words"},
    {"name": 8},
    {"name": None},
    {"name": ["wire"]},
)
NEW_VERSIONS: tuple[dict[str, Any], ...] = (
    {"name": "wire", "source": "s3://b/1"},
    {"name": "wire", "source": "s3://b/1", "description": "", "run_link": "", "run_id": ""},
    {
        "name": "wire",
        "source": "s3://b/1",
        "tags": [{"key": "a", "value": "b"}],
        "run_link": "http://x",
        "description": "words",
        "unknown": 1,
    },
)


class Wire:
    """Requests to a server in plain HTTP, whose answers are kept."""

    def __init__(self, uri: str, seen: Recorder) -> None:
        self._base, self._seen = f"{uri}/api/2.0/mlflow", seen

    def ask(self, method: str, path: str, **values: Any) -> Any:
        """A request with these values in its query or its body; keeps status and answer."""
        url = f"{self._base}/{path}"
        if method == "GET":
            response = requests.get(url, params=values, timeout=60)
        else:
            response = requests.request(method, url, json=values, timeout=60)
        try:
            answer = response.json()
        except ValueError:
            answer = "no JSON"
        shown = json.dumps(values, ensure_ascii=False, sort_keys=True)
        step = f"{method} {path} {self._seen.plain(shown)[:200]}"
        while step in self._seen.answers:
            step += " again"
        self._seen.note(step, {"status": response.status_code, "answer": answer})
        return answer

    def page(self, nouns: str, **values: Any) -> Any:
        """One page of a search, which is not kept."""
        return requests.get(f"{self._base}/{nouns}/search", params=values, timeout=60).json()


def ask(uri: str, client: Any, seen: Recorder) -> None:
    """Ask all of it."""
    wire = Wire(uri, seen)
    shapes(wire)
    missing(wire)
    searches(wire, client, seen)


def shapes(wire: Wire) -> None:
    """Which fields an answer has, and what is ignored in a request."""
    for body in NEW_MODELS:
        wire.ask("POST", f"{REGISTERED}/create", **body)
    wire.ask("GET", f"{REGISTERED}/get", name="wire")
    wire.ask("GET", f"{REGISTERED}/get", name="wire 4", unknown="x")
    for body in NEW_VERSIONS:
        wire.ask("POST", f"{VERSIONS}/create", **body)
    wire.ask("GET", f"{VERSIONS}/get", name="wire", version="1")
    wire.ask("GET", f"{VERSIONS}/get", name="wire", version=2)
    wire.ask("POST", f"{REGISTERED}/alias", name="wire", alias="a", version="1")
    wire.ask("POST", f"{REGISTERED}/alias", name="wire", alias="b", version=2)
    wire.ask("GET", f"{REGISTERED}/get", name="wire")
    wire.ask("GET", f"{REGISTERED}/alias", name="wire", alias="a")
    wire.ask("DELETE", f"{REGISTERED}/alias", name="wire", alias="a")
    for method in ("GET", "POST"):
        wire.ask(method, f"{REGISTERED}/get-latest-versions", name="wire")
        wire.ask(method, f"{REGISTERED}/get-latest-versions", name="wire", stages=["None"])
        wire.ask(method, f"{REGISTERED}/get-latest-versions", name="wire", stages=[])
        wire.ask(method, f"{REGISTERED}/get-latest-versions", name="wire", stages=["x"])
        wire.ask(method, f"{REGISTERED}/get-latest-versions", name="wire 4")
        wire.ask(method, f"{REGISTERED}/get-latest-versions", name="none")
    for archive in (True, "true", None, 1, "x"):
        move = {"name": "wire", "version": "1", "stage": "staging"}
        wire.ask("POST", f"{VERSIONS}/transition-stage", **move, archive_existing_versions=archive)
    wire.ask("PATCH", f"{VERSIONS}/update", name="wire", version="3")
    wire.ask("PATCH", f"{VERSIONS}/update", name="wire", version="3", description="")
    wire.ask("PATCH", f"{REGISTERED}/update", name="wire")
    wire.ask("PATCH", f"{REGISTERED}/update", name="wire", description="")
    wire.ask("GET", f"{VERSIONS}/get-download-uri", name="wire", version="1")
    wire.ask("POST", f"{REGISTERED}/set-tag", name="wire", key="k")
    wire.ask("POST", f"{VERSIONS}/set-tag", name="wire", version="1", key="k")
    wire.ask("DELETE", f"{VERSIONS}/delete-tag", name="wire", version="1", key="k")
    wire.ask("DELETE", f"{VERSIONS}/delete", name="wire", version="3")
    wire.ask("DELETE", f"{REGISTERED}/delete", name="wire 2")


def missing(wire: Wire) -> None:
    """Requests without what they need."""
    needs = (
        ("POST", f"{REGISTERED}/create", ("name",)),
        ("POST", f"{REGISTERED}/rename", ("name", "new_name")),
        ("PATCH", f"{REGISTERED}/update", ("name",)),
        ("DELETE", f"{REGISTERED}/delete", ("name",)),
        ("GET", f"{REGISTERED}/get", ("name",)),
        ("GET", f"{REGISTERED}/get-latest-versions", ("name",)),
        ("POST", f"{REGISTERED}/set-tag", ("name", "key")),
        ("DELETE", f"{REGISTERED}/delete-tag", ("name", "key")),
        ("POST", f"{REGISTERED}/alias", ("name", "alias", "version")),
        ("DELETE", f"{REGISTERED}/alias", ("name", "alias")),
        ("GET", f"{REGISTERED}/alias", ("name", "alias")),
        ("POST", f"{VERSIONS}/create", ("name", "source")),
        ("PATCH", f"{VERSIONS}/update", ("name", "version")),
        ("POST", f"{VERSIONS}/transition-stage", ("name", "version", "stage")),
        ("DELETE", f"{VERSIONS}/delete", ("name", "version")),
        ("GET", f"{VERSIONS}/get", ("name", "version")),
        ("GET", f"{VERSIONS}/get-download-uri", ("name", "version")),
        ("POST", f"{VERSIONS}/set-tag", ("name", "version", "key")),
        ("DELETE", f"{VERSIONS}/delete-tag", ("name", "version", "key")),
    )
    full = {
        "name": "wire",
        "new_name": "x",
        "key": "k",
        "alias": "a",
        "version": "1",
        "source": "s3://b/1",
        "stage": "None",
    }
    for method, path, names in needs:
        for absent in names:
            given = {name: full[name] for name in names if name != absent}
            wire.ask(method, path, **given)
            wire.ask(method, path, **given, **{absent: ""})


def searches(wire: Wire, client: Any, seen: Recorder) -> None:
    """All filters and orders, limits, pages and bad tokens."""
    for page in client.search_registered_models(max_results=1000):
        client.delete_registered_model(page.name)
    wire.ask("GET", f"{REGISTERED}/search")
    wire.ask("GET", f"{VERSIONS}/search")
    runs = {"a": "a" * 32, "b": "b" * 32}
    for name, tags, made in (
        ("sn_alpha", {"team": "Red", "size": "big"}, ((runs["a"], {"k": "Red"}), (runs["b"], {}))),
        ("sn_Beta", {"team": "blue"}, ((None, {"k": "blue", "l": "x"}),)),
        ("sn_gamma", {}, ()),
    ):
        client.create_registered_model(name, tags)
        for run_id, own in made:
            number = len(client.search_model_versions()) + 1
            client.create_model_version(name, f"s3://b/{number}", run_id, own)
    for model, filters, orders in (
        (REGISTERED, MODEL_FILTERS, MODEL_ORDERS),
        (VERSIONS, VERSION_FILTERS, VERSION_ORDERS),
    ):
        for text in filters:
            wire.ask("GET", f"{model}/search", filter=text.format(**runs))
        for order in orders:
            wire.ask("GET", f"{model}/search", order_by=order)
        for limit in LIMITS:
            wire.ask("GET", f"{model}/search", max_results=limit)
        for token in ("x", "!", "e30=", ""):
            wire.ask("GET", f"{model}/search", page_token=token)
        pages(wire, seen, model)


def pages(wire: Wire, seen: Recorder, nouns: str) -> None:
    """Everything in pages of one, by default and by an order."""
    for order in ([], ["name DESC"]):
        found: list[list[str]] = []
        given: dict[str, str] = {}
        while given or not found:
            page = wire.page(nouns, max_results=1, order_by=order, **given)
            found.append([item["name"] for item in page.get(nouns.replace("-", "_"), [])])
            token = page.get("next_page_token")
            given = {"page_token": token} if token else {}
        seen.note(f"pages of {nouns} by {order}", found)
