"""Fills a server with data over its own wire: little, much, absurd, none."""

from __future__ import annotations

import http.client
import json
import math
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any, NamedTuple
from urllib.parse import urlsplit

START = 1_700_000_000_000
MANY_RUNS = 5_000
CONNECTIONS = 8
STEPS = 1_000
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8"
    "cfc000000301010018dd8db00000000049454e44ae426082"
)
FILES = {
    "notes.md": b"# Notes\n\nA rate of 0.1 diverges.\n",
    "metrics.json": b'{"loss": 0.5, "by_class": [1, 2]}',
    "predictions.csv": b'id,name,score\n0,"a, b",0.25\n1,c,0.5\n',
    "plots/pixel.png": PIXEL,
    "model/model.pkl": b"\x80\x04\x00\x00binary",
}


class Seeded(NamedTuple):
    """Addresses and ids of what was filled in."""

    address: str
    few: str
    many: str
    absurd: str
    empty: str
    run_id: str
    absurd_run_id: str


class Wire:
    """One connection that sends JSON."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)

    def close(self) -> None:
        self._connection.close()

    def post(self, path: str, **body: Any) -> Any:
        return json.loads(self.send("POST", f"/api/2.0/mlflow/{path}", json.dumps(body).encode()))

    def send(self, method: str, path: str, body: bytes) -> bytes:
        self._connection.request(method, path, body, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        content = response.read()
        assert response.status == 200, (path, content)
        return content

    def create_experiment(self, name: str, **tags: str) -> str:
        answer = self.post("experiments/create", name=name, tags=pairs(tags))
        return str(answer["experiment_id"])

    def create_run(self, experiment_id: str, name: str, at: int, **tags: str) -> str:
        answer = self.post(
            "runs/create",
            experiment_id=experiment_id,
            run_name=name,
            user_id="ann",
            start_time=START + at * 60_000,
            tags=pairs({"mlflow.source.name": "projects/train.py", **tags}),
        )
        return str(answer["run"]["info"]["run_id"])

    def log(self, run_id: str, params: dict[str, str], metrics: list[dict[str, Any]]) -> None:
        for at in range(0, max(len(params), 1), 100):
            some = dict(list(params.items())[at : at + 100])
            self.post("runs/log-batch", run_id=run_id, params=pairs(some))
        for at in range(0, len(metrics), 1_000):
            self.post("runs/log-batch", run_id=run_id, metrics=metrics[at : at + 1_000])

    def finish(self, run_id: str, at: int, status: str = "FINISHED") -> None:
        end = START + at * 60_000 + 90_000
        self.post("runs/update", run_id=run_id, status=status, end_time=end)


def pairs(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in values.items()]


def point(key: str, value: float | str, step: int = 0, at: int = 0) -> dict[str, Any]:
    return {
        "key": key,
        "value": value,
        "step": step,
        "timestamp": START + at * 60_000 + step * 50,
    }


def fill(address: str) -> Seeded:
    with closing(Wire(address)) as wire:
        few = wire.create_experiment("few runs", team="vision")
        many = wire.create_experiment("many runs")
        absurd = wire.create_experiment("absurd " + "x" * 300)
        empty = wire.create_experiment("no runs")
        run_id = fill_few(wire, few)
    fill_many(address, many)
    with closing(Wire(address)) as wire:  # the other one may have been silent for too long
        absurd_run_id = fill_absurd(wire, absurd)
    return Seeded(address, few, many, absurd, empty, run_id, absurd_run_id)


def fill_few(wire: Wire, experiment_id: str) -> str:
    run_id = ""
    for number, rate in enumerate(["0.1", "0.03", "0.01"]):
        run_id = wire.create_run(experiment_id, f"calm-otter-{number}", number, phase="pilot")
        losses = [math.exp(-step / 300) * (number + 1) + step % 7 / 100 for step in range(STEPS)]
        points = [point("train/loss", loss, step, number) for step, loss in enumerate(losses)]
        points += [
            point("val/loss", "NaN" if step == 5 else 1 / (step + 1), step, number)
            for step in range(9)
        ]
        points += [point("accuracy", 0.5 + number / 10)]
        wire.log(run_id, {"lr": rate, "model": "tree"}, points)
        wire.finish(run_id, number, "FAILED" if number == 1 else "FINISHED")
    for path, content in FILES.items():
        target = f"/api/2.0/mlflow-artifacts/artifacts/{experiment_id}/{run_id}/artifacts/{path}"
        wire.send("PUT", target, content)
    return run_id


def loss(number: int) -> float:
    """The loss of one of the many runs: a shuffle without repetition."""
    return (number * 7919 % 10_007) / 10_007


def fill_many(address: str, experiment_id: str) -> None:
    done: list[Future[None]] = []
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for part in range(CONNECTIONS):
            numbers = range(part, MANY_RUNS, CONNECTIONS)
            done.append(pool.submit(fill_part, address, experiment_id, numbers))
    for part_done in done:
        part_done.result()


def fill_part(address: str, experiment_id: str, numbers: range) -> None:
    with closing(Wire(address)) as wire:
        for number in numbers:
            run_id = wire.create_run(experiment_id, f"run-{number:04}", number)
            params = {"lr": str(number % 7 / 10), "seed": str(number)}
            wire.post(
                "runs/log-batch",
                run_id=run_id,
                params=pairs(params),
                metrics=[point("loss", loss(number))],
            )


def fill_absurd(wire: Wire, experiment_id: str) -> str:
    run_id = ""
    odd: list[float | str] = ["NaN", "Infinity", "-Infinity", 1e-300, -1e300, 12_345_678.9]
    for number in range(3):
        run_id = wire.create_run(experiment_id, "n" * 250, number)
        params = {f"p{at}{'k' * (at % 60)}": "v" * (at % 300) + str(number) for at in range(1_000)}
        values = [odd[(at + number) % len(odd)] for at in range(1_000)]
        wire.log(
            run_id, params, [point(f"metric_{at:04}", value) for at, value in enumerate(values)]
        )
        wire.finish(run_id, number)
    return run_id
