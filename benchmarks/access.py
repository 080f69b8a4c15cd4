"""What access control costs: requests with a token beside anonymous ones, and sign-ins.

Both servers run at once on data of their own, and their turns alternate, so that whatever the
machine does meanwhile meets both. `python -m benchmarks.access` writes `access.md`.
"""

from __future__ import annotations

import argparse
import dataclasses
import http.client
import json
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from benchmarks.load import Script, drive, get, post
from benchmarks.servers import OURS, Running, running
from benchmarks.tracking import API, complain, get_run, log_metric
from millstream import connect
from millstream.entities.permissions import GrantPermission
from millstream.entities.tokens import CreateToken
from millstream.entities.users import Actor, CreateUser
from millstream.settings import Settings

WITH_ACCESS = dataclasses.replace(OURS, name="Millstream --auth", command=(*OURS.command, "--auth"))
WORK: dict[str, tuple[Callable[[int], Script], int]] = {
    "runs/get, 1 connection": (get_run, 1),
    "runs/get, 32 connections": (get_run, 32),
    "log-metric, 1 connection": (log_metric, 1),
    "log-metric, 32 connections": (log_metric, 32),
}
PASSWORD = "a password for measuring"  # noqa: S105  # of servers that live for this run
BAD_SIGN_INS = 1_000
_WRONG_EACH = 9  # one less than locks a name out
_CLAIMED = {"somebody": "grace", "nobody": "nobody"}
_BY = Actor("the benchmark")


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.access", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each turn")
    parser.add_argument("--turns", type=int, default=15, help="of each server, for each work")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/access.md"))
    options = parser.parse_args()
    with ExitStack() as stack:
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(2)]
        secret = _give_access(folders[1])
        anonymous = stack.enter_context(running(OURS, folders[0]))
        controlled = stack.enter_context(running(WITH_ACCESS, folders[1]))
        lines = [*_overhead(anonymous, controlled, secret, options), "", *_sign_ins(controlled)]
        lines += ["", *_storm(controlled, secret)]
    text = "\n".join(["Measured in one run; read the ratios, not the digits.", "", *lines]) + "\n"
    options.output.write_text(text)
    print(text)


def _give_access(folder: Path) -> str:
    """Users in the database of a server to come; the token of one who may edit an experiment."""
    store = connect.open_store(f"sqlite:///{folder}/store.db", Settings())
    access = connect.access_of(store)
    for name in ("administrator", "ada", "grace"):
        request = CreateUser(name, PASSWORD, is_admin=name == "administrator")
        access.users.create(request, _BY).result()
    access.permissions.grant(GrantPermission("experiment", "0", "EDIT", "ada"), _BY).result()
    token = access.tokens.create(CreateToken("ada", "benchmark", "write"), _BY).result()
    store.close()
    return token.secret


def _overhead(
    anonymous: Running, controlled: Running, secret: str, options: argparse.Namespace
) -> Iterator[str]:
    yield (
        "| work | anonymous (req/s) | with a token (req/s) | takes longer by | processor time, "
        "anonymous (µs) | with a token (µs) | takes more by |"
    )
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for name, (script, connections) in WORK.items():
        turns: list[tuple[_Turn, _Turn]] = []
        sides = ((anonymous, script), (controlled, _with_token(script, secret)))
        for number in range(options.turns):
            taken = {}
            for place in (0, 1) if number % 2 else (1, 0):  # neither always comes second
                server, asked = sides[place]
                taken[place] = _turn(server, name, asked, connections, options.seconds)
            turns.append((taken[0], taken[1]))
        rates = [statistics.median(turn[side].rate for turn in turns) for side in (0, 1)]
        costs = [statistics.median(turn[side].cost for turn in turns) for side in (0, 1)]
        longer = statistics.median(plain.rate / shown.rate for plain, shown in turns) - 1
        more = statistics.median(shown.cost / plain.cost for plain, shown in turns) - 1
        yield (
            f"| {name} | {rates[0]:,.0f} | {rates[1]:,.0f} | {longer:.1%} "
            f"| {costs[0] * 1e6:.1f} | {costs[1] * 1e6:.1f} | {more:.1%} |"
        )


class _Turn(NamedTuple):
    """Requests per second, and the server's processor time for each, in s."""

    rate: float
    cost: float


def _turn(
    server: Running, name: str, script: Callable[[int], Script], connections: int, seconds: float
) -> _Turn:
    before = server.cpu()
    outcome = drive(server.address, connections, script, seconds)
    complain(name, outcome)
    return _Turn(outcome.rate, (server.cpu() - before) / outcome.requests)


def _with_token(script: Callable[[int], Script], secret: str) -> Callable[[int], Script]:
    """The same script, each of whose requests shows a token."""
    field = f"\r\nAuthorization: Bearer {secret}\r\n".encode()

    def with_token(index: int) -> Script:
        inner = script(index)
        request = next(inner)
        while True:
            answer = yield request.replace(b"\r\n", field, 1)
            request = inner.send(answer)

    return with_token


def _sign_in(username: str, password: str) -> bytes:
    body = json.dumps({"username": username, "password": password}).encode()
    return post("/api/v1/session", body)


def _once(request: bytes) -> Script:
    yield request


def _sign_ins(server: Running) -> Iterator[str]:
    """How long a wrong password takes, of somebody and of nobody, in turns of either order."""
    times: dict[str, list[float]] = {"somebody": [], "nobody": []}
    for turn in range(_WRONG_EACH):
        for kind, name in random.sample(list(_CLAIMED.items()), 2):
            request = _sign_in(name, f"wrong password {turn}")
            outcome = drive(server.address, 1, lambda _, request=request: _once(request))  # type: ignore[misc]  # bound now
            times[kind] += outcome.latencies
    yield "| a wrong password | median (ms) | least (ms) |"
    yield "| --- | --- | --- |"
    for kind, latencies in times.items():
        median, least = statistics.median(latencies) * 1e3, min(latencies) * 1e3
        yield f"| of {kind} | {median:.1f} | {least:.1f} |"


def _storm(server: Running, secret: str) -> Iterator[str]:
    """What good users wait for while a thousand sign-ins go wrong at once."""
    field = f"\r\nAuthorization: Bearer {secret}\r\n".encode()
    request = get(f"{API}/experiments/get?experiment_id=0").replace(b"\r\n", field, 1)

    def ask(_: int) -> Script:
        while True:
            yield request

    def attack(index: int) -> Script:
        yield _sign_in(f"target-{index}", "guess after guess")

    calm = drive(server.address, 1, ask, 2.0)
    alone = _seconds_to_sign_in(server)
    storm = threading.Thread(target=drive, args=(server.address, BAD_SIGN_INS, attack, 60.0))
    storm.start()
    time.sleep(0.2)
    amid = _seconds_to_sign_in(server)
    stormy = drive(server.address, 1, ask, 2.0)
    storm.join()
    yield f"| a good user | calm (ms) | amid {BAD_SIGN_INS} bad sign-ins at once (ms) |"
    yield "| --- | --- | --- |"
    for name, share in (("a request with a token, median", 0.5), ("the slowest of 100", 0.99)):
        values = [sorted(o.latencies)[int(len(o.latencies) * share)] * 1e3 for o in (calm, stormy)]
        yield f"| {name} | {values[0]:.2f} | {values[1]:.2f} |"
    yield f"| a sign-in from another address | {alone * 1e3:.0f} | {amid * 1e3:.0f} |"


def _seconds_to_sign_in(server: Running) -> float:
    """From an address of its own, as the good are not where the bad are."""
    host, port = server.address
    connection = http.client.HTTPConnection(host, port, source_address=("127.0.0.2", 0))
    body = json.dumps({"username": "administrator", "password": PASSWORD})
    began = time.perf_counter()
    connection.request("POST", "/api/v1/session", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"a good sign-in was answered with {answer.status}")
    connection.close()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
