"""Listing and searching a model registry of a million versions: `python -m benchmarks.registry`.

Every request goes through the server, one after the other on one connection. MLflow's server is
measured in the same run on a smaller registry, and so are we: on a large one it takes minutes.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import urllib3

from benchmarks.registry_corpus import fill, fill_mlflow, models_in, name_of, run_of
from benchmarks.servers import MLFLOW, OURS, Product, Running, running
from benchmarks.table import write
from millstream.masking import shown
from millstream.store.sql.database import Database

API = "/api/2.0/mlflow"
MODELS = f"{API}/registered-models"
VERSIONS = f"{API}/model-versions"
EVENTS = "/api/v1/registry-events"
MOST = 60
PATIENCE = 4.0
PAGE = 100
NO_PROMPTS = "tag.`mlflow.prompt.is_prompt` != 'true'"


def requests_about(model: int) -> dict[str, tuple[str, dict[str, object]]]:
    """What is asked: a path and a query each."""
    name = name_of(model)
    models, versions = f"{MODELS}/search", f"{VERSIONS}/search"
    both = f"name = '{name}' and tags.validated = 'yes'"
    return {
        "models": (models, {}),
        "models, as MLflow's client lists them": (models, {"filter": NO_PROMPTS}),
        "models, last updated first": (models, {"order_by": "last_updated_timestamp DESC"}),
        "models by the beginning of the name": (models, {"filter": "name LIKE 'team-07%'"}),
        "models by a part of the name": (models, {"filter": f"name LIKE '%{name[-5:]}%'"}),
        "models by a common tag": (models, {"filter": "tags.team = 'team-7'"}),
        "models by a rare tag": (models, {"filter": "tags.rare = 'yes'"}),
        "one model": (f"{MODELS}/get", {"name": name}),
        "its latest versions": (f"{MODELS}/get-latest-versions", {"name": name}),
        "a version by alias": (f"{MODELS}/alias", {"name": name, "alias": "champion"}),
        "versions of one model": (versions, {"filter": f"name = '{name}'"}),
        "versions of one run": (versions, {"filter": f"run_id = '{run_of(model, 5)}'"}),
        "versions by name and tag": (versions, {"filter": both}),
        "versions by a common tag": (versions, {"filter": "tags.validated = 'yes'"}),
        "versions by a rare tag": (versions, {"filter": "tags.rare = 'yes'"}),
        "versions by source": (versions, {"filter": f"source_path = 's3://bucket/{name}/5'"}),
        "versions by a part of the name": (versions, {"filter": f"name LIKE '%{name[-5:]}'"}),
        "all versions": (versions, {}),
        "all versions, newest first": (versions, {"order_by": "creation_timestamp DESC"}),
        "all versions, highest number first": (versions, {"order_by": "version_number DESC"}),
        "history of one model": (EVENTS, {"name": name}),
        "what one user did": (EVENTS, {"user_id": "eve"}),
        "what was where": (f"{EVENTS}/state", {"name": name}),
    }


def measure(server: Running, models: int) -> dict[str, float]:
    """The 95th percentile of each request in ms; what a server does not know is left out."""
    pool = urllib3.HTTPConnectionPool(*server.address, retries=False, timeout=300)
    figures = {}
    for name, (path, query) in requests_about(models // 2).items():
        if path.startswith(EVENTS) and server.product.name == MLFLOW.name:
            continue
        if path.endswith("/search"):
            query = {"max_results": PAGE, **query}
        figures[name] = _percentile(pool, f"{path}?{urlencode(query)}")
    for name, path in (("models", MODELS), ("all versions", VERSIONS)):
        query = {"max_results": PAGE}
        first = json.loads(pool.request("GET", f"{path}/search?{urlencode(query)}").data)
        following = {**query, "page_token": first["next_page_token"]}
        figures[f"{name}, second page"] = _percentile(pool, f"{path}/search?{urlencode(following)}")
    return figures


def _percentile(pool: urllib3.HTTPConnectionPool, url: str) -> float:
    times: list[float] = []
    until = time.perf_counter() + PATIENCE
    while len(times) < 3 or (len(times) < MOST and time.perf_counter() < until):
        began = time.perf_counter()
        answer = pool.request("GET", url)
        times.append((time.perf_counter() - began) * 1e3)
        if answer.status != 200:
            raise RuntimeError(f"{url} answered {answer.status}: {answer.data[:300]!r}")
    return sorted(times)[int(len(times) * 0.95)]


def _prepared(uri: str) -> str:
    """The same URI, once its database has tables."""
    Database(uri).close()
    return uri


@contextmanager
def filled(product: Product, uri: str | None, models: int, versions: int) -> Iterator[Running]:
    """A server with that registry: in a file of its own, or in an empty database elsewhere."""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        if product is MLFLOW:
            with running(product, folder):
                pass
            fill_mlflow(folder / product.database, models, versions)
        else:
            place = uri or _prepared(f"sqlite:///{folder / product.database}")
            fill(place, models, versions)
            if uri is not None:
                own = f"--backend-store-uri={uri}"
                words = (own if "backend-store" in word else word for word in product.command)
                product = dataclasses.replace(product, command=tuple(words))
        with running(product, folder) as server:
            yield server


def main() -> None:
    """Parse, fill, measure, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.registry", description=__doc__)
    parser.add_argument("--models", type=int, default=10_000)
    parser.add_argument("--versions", type=int, default=100, help="of each model")
    parser.add_argument("--few-models", type=int, default=500, help="beside MLflow")
    parser.add_argument("--few-versions", type=int, default=20, help="beside MLflow")
    parser.add_argument("--databases", nargs="*", default=[], help="URIs of other empty databases")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/registry.md"))
    options = parser.parse_args()
    few, many = (options.few_models, options.few_versions), (options.models, options.versions)
    for uri in options.databases:
        if known := models_in(_prepared(uri)):
            parser.error(f"{shown(uri)} holds {known:,} registered models; give an empty database")
    MLFLOW.prepare()
    columns: list[tuple[str, Product, str | None, tuple[int, int]]] = [
        (f"Millstream, {many[0]:,} x {many[1]}", OURS, None, many),
        (f"Millstream, {few[0]:,} x {few[1]}", OURS, None, few),
        (f"MLflow, {few[0]:,} x {few[1]}", MLFLOW, None, few),
    ]
    for uri in options.databases:
        kind = uri.partition(":")[0]
        columns.append((f"Millstream on {kind}, {many[0]:,} x {many[1]}", OURS, uri, many))
    figures = {}
    for title, product, uri, (models, versions) in columns:
        with filled(product, uri, models, versions) as server:
            figures[title] = measure(server, models)
        for name, value in figures[title].items():
            print(f"{title:36} {name:45} {value:10.2f}", flush=True)
    write(
        options.output,
        figures,
        dict.fromkeys(figures[columns[0][0]], ("<=", 20)),
        f"{platform.machine()}, Python {platform.python_version()}",
        " The 95th percentile in ms of requests for pages of 100, on registries of so many models "
        "with so many versions each, in SQLite where nothing else is said; the machine's "
        f"{os.cpu_count()} processors had a load of {os.getloadavg()[0]:.0f} meanwhile.",
    )


if __name__ == "__main__":
    main()
