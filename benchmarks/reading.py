"""Searching among 100,000 runs and reading a million points: what tables and charts ask."""

from __future__ import annotations

import json
import time
from pathlib import Path

import urllib3

from benchmarks import own_corpus, peer_corpus
from benchmarks.load import Script, drive, post
from benchmarks.servers import OURS, Product, Running, running
from benchmarks.tracking import complain, run_id_of

API = "/api/2.0/mlflow"
SEARCHES: dict[str, dict[str, object]] = {
    "unfiltered": {},
    "by metric, selective": {"filter": "metrics.acc > 0.999"},
    "by metric, half of all": {"filter": "metrics.acc > 0.5"},
    "by param and metric": {"filter": "params.optimizer = 'adam' and metrics.acc > 0.9"},
    "ordered by a metric": {"order_by": ["metrics.acc DESC"]},
}
PATIENCE = 60.0


def prepare(product: Product, folder: Path, runs: int, points: int) -> str:
    """Fill the database of a product; the id of the run with the long history."""
    with running(product, folder) as server:
        request = json.dumps({"experiment_id": "0", "start_time": 1})
        answer = urllib3.request(
            "POST",
            f"{server.url}{API}/runs/create",
            body=request,
            headers={"Content-Type": "application/json"},
        )
        run_id = run_id_of(answer.data)
    corpus = own_corpus if product is OURS else peer_corpus
    corpus.fill_runs(folder / product.database, runs)
    corpus.fill_history(folder / product.database, run_id, points)
    return run_id


def measure(server: Running, run_id: str, seconds: float) -> dict[str, float]:
    """Median times of searches, times of the long history; in ms and s."""
    figures: dict[str, float] = {}
    for name, query in SEARCHES.items():
        figures[f"runs/search, {name}, p50 (ms)"] = _search(server, query, seconds)
    figures["runs/search, page 50, p50 (ms)"] = _page_fifty(server, seconds)
    pool = urllib3.HTTPConnectionPool(*server.address, retries=False, timeout=300)
    history = f"{API}/metrics/get-history?run_id={run_id}&metric_key=loss"
    figures["get-history of the long series (s)"] = _fetch(pool, history)
    if server.product.series:
        interval = (
            f"{API}/metrics/get-history-bulk-interval?run_ids={run_id}&metric_key=loss"
            "&max_results=320"
        )
        figures["get-history-bulk-interval to 320 (ms)"] = _fetch(pool, interval) * 1e3
    return figures


def _search(server: Running, query: dict[str, object], seconds: float) -> float:
    body = json.dumps({"experiment_ids": ["0"], "max_results": 100, **query}).encode()

    def script(_: int) -> Script:
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            yield post(f"{API}/runs/search", body)

    outcome = drive(server.address, 1, script, PATIENCE)
    complain(str(query), outcome)
    return outcome.median * 1e3 if outcome.latencies else PATIENCE * 1e3


def _page_fifty(server: Running, seconds: float) -> float:
    query: dict[str, object] = {"experiment_ids": ["0"], "max_results": 100}
    pool = urllib3.HTTPConnectionPool(*server.address, timeout=300)
    headers = {"Content-Type": "application/json"}
    for _ in range(49):
        answer = pool.request(
            "POST", f"{API}/runs/search", body=json.dumps(query).encode(), headers=headers
        ).json()
        if "next_page_token" not in answer:
            raise RuntimeError("page 50 needs at least 5,001 runs")
        query["page_token"] = answer["next_page_token"]
    return _search(server, query, seconds)


def _fetch(pool: urllib3.HTTPConnectionPool, path: str) -> float:
    began = time.perf_counter()
    with pool.request("GET", path, preload_content=False) as answer:
        size = sum(len(block) for block in answer.stream(1 << 20))
        if answer.status != 200 or size < 1000:
            raise RuntimeError(f"{path}: {answer.status}, {size} bytes")
    return time.perf_counter() - began
