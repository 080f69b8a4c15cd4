"""The process: how it starts, what it refuses, and that it ends without losing anything."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import urllib3
from tests.patience import patient_request
from tests.unit.server.running import Running, Start

from millstream.entities import experiments as e
from millstream.entities import metrics as m
from millstream.entities import model_versions as mv
from millstream.entities import registered_models as rm
from millstream.entities import runs as r
from millstream.entities import stages as st
from millstream.errors import InvalidParameter, MillstreamError, NotFound, NotSupported
from millstream.server.assembly import prepare
from millstream.server.options import ServerOptions, check
from millstream.server.process import serve
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore


def log_until_it_ends(server: Running, run_id: str, clients: int = 8) -> list[tuple[int, int]]:
    """Log from several threads until the server is gone; the points that were acknowledged."""
    acknowledged: list[tuple[int, int]] = []
    ready = threading.Barrier(clients + 1)

    def log(client: int) -> None:
        store = server.store()
        with contextlib.suppress(MillstreamError):
            for step in range(1_000_000):
                if step == 20:
                    ready.wait()
                store.metrics.log(m.LogMetric(run_id, f"k{client}", 1.0, 1, step)).result()
                acknowledged.append((client, step))
        store.close()

    threads = [threading.Thread(target=log, args=(client,)) for client in range(clients)]
    for thread in threads:
        thread.start()
    ready.wait()
    server.end(server.ending)  # type: ignore[attr-defined]  # set by the test
    for thread in threads:
        thread.join()
    return acknowledged


def test_an_interrupt_is_a_good_end(start: Start) -> None:
    server = start()
    _health(server)
    assert server.end(signal.SIGINT) == 0


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_acknowledged_is_lost(start: Start, ending: int) -> None:
    server = start()
    server.ending = ending  # type: ignore[attr-defined]  # for log_until_it_ends
    store = server.store()
    run_id = store.runs.create(r.CreateRun("0")).result().info.run_id
    store.close()
    acknowledged = log_until_it_ends(server, run_id)
    assert len(acknowledged) >= 8 * 20
    again = start()
    store = again.store()
    found = set()
    for client in range(8):
        page = store.metrics.get_history(m.GetMetricHistory(run_id, f"k{client}"))
        found |= {(client, point.step) for point in page.metrics}
    store.close()
    assert set(acknowledged) <= found
    assert again.end() in (0, -signal.SIGTERM)


def test_requests_are_counted_for_prometheus(start: Start, tmp_path: Path) -> None:
    kept = tmp_path / "counts" / "counter_1.db"
    kept.parent.mkdir()
    kept.write_bytes(b"not ours")
    server = start(expose_prometheus=str(kept.parent))
    for run_id in ("a", "b"):
        path = f"/api/2.0/mlflow/runs/get?run_id={run_id}"
        assert patient_request("GET", server.url + path).status == 404
    patient_request("GET", f"{server.url}/made/up")
    found = patient_request("GET", f"{server.url}/metrics").data.decode()
    counted = 'http_requests_total{method="GET",path="/api/2.0/mlflow/runs/get",status="404"} 2.0'
    assert f"millstream_{counted}" in found
    assert 'path="pages"' in found
    assert "made" not in found
    guarded = patient_request("GET", f"{server.url}/metrics", headers={"Host": "evil.example"})
    assert guarded.status == 403
    assert kept.read_bytes() == b"not ours"


def test_counts_beside_the_store_leave_it_alone(start: Start, tmp_path: Path) -> None:
    folder = str(tmp_path / "store")
    server = start(expose_prometheus=folder)
    store = server.store()
    store.experiments.create(e.CreateExperiment("kept")).result()
    store.close()
    server.end()
    store = start(expose_prometheus=folder).store()
    assert store.experiments.get_by_name(e.GetExperimentByName("kept")).name == "kept"
    store.close()


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_fifty_kills_lose_nothing_acknowledged(start: Start) -> None:
    acknowledged: dict[str, set[tuple[int, int]]] = {}
    for _ in range(50):
        server = start()
        server.ending = signal.SIGKILL  # type: ignore[attr-defined]  # for log_until_it_ends
        store = server.store()
        run_id = store.runs.create(r.CreateRun("0")).result().info.run_id
        store.close()
        acknowledged[run_id] = set(log_until_it_ends(server, run_id))
    store = start().store()
    for run_id, points in acknowledged.items():
        found = {
            (client, point.step)
            for client in range(8)
            for point in store.metrics.get_history(m.GetMetricHistory(run_id, f"k{client}")).metrics
        }
        assert len(points) >= 8
        assert points <= found
    store.close()


def test_requests_under_way_are_finished(start: Start) -> None:
    server = start()
    body = b'{"name":"slow"}'
    head = (
        b"POST /api/2.0/mlflow/experiments/create HTTP/1.1\r\nhost: localhost\r\n"
        b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
    )
    with _connect(server) as connection:
        connection.sendall(head + body[:5])
        connection.sendall(b"")
        _health(server)  # so that the first half has been read
        server.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(OSError):
            while True:
                _connect(server).close()  # until it no longer listens
        connection.sendall(body[5:])
        answer = _read_all(connection)
    assert b"200 OK" in answer
    assert b"experiment_id" in answer


def _connect(server: Running) -> socket.socket:
    address = urllib3.util.parse_url(server.url)
    return socket.create_connection((address.host or "", address.port or 0), timeout=30)


def _read_all(connection: socket.socket) -> bytes:
    found = b""
    while piece := connection.recv(65_536):
        found += piece
    return found


def _health(server: Running) -> None:
    assert patient_request("GET", f"{server.url}/health").data == b"OK"


def _segments(connection: socket.socket) -> int:
    """Pieces that arrived with data in them (tcpi_data_segs_in)."""
    information = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 232)
    segments: int = struct.unpack_from("I", information, 152)[0]
    return segments


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts the segments")
def test_every_small_answer_is_one_segment(start: Start) -> None:
    server = start()
    request = (
        b"GET /api/2.0/mlflow/experiments/get?experiment_id=0 HTTP/1.1\r\nhost: localhost\r\n\r\n"
    )
    with _connect(server) as connection:
        for _ in range(20):
            connection.sendall(request)
            answer = b""
            while b"lifecycle_stage" not in answer or not answer.endswith(b"}}"):
                answer += connection.recv(65_536)
        assert _segments(connection) == 20


def test_the_options_reach_the_server(start: Start, tmp_path: Path) -> None:
    server = start(
        static_prefix="below/",
        allowed_hosts="ml.example.com",
        x_frame_options="DENY",
        uvicorn_opts="--timeout-keep-alive 7 --log-level=error",
        most_body=100,
    )
    assert server.url.endswith("/below")
    named = {"Host": "ml.example.com", "Content-Type": "application/json"}
    path = f"{server.url}/api/2.0/mlflow/experiments/search"
    got = patient_request("POST", path, headers=named, body=b'{"max_results":1}')
    assert (got.status, got.headers["x-frame-options"]) == (200, "DENY")
    assert got.json()["experiments"][0]["artifact_location"] == "mlflow-artifacts:/0"
    assert patient_request("POST", path, headers=named, body=b" " * 101).status == 413
    assert patient_request("GET", path).status == 403
    assert (tmp_path / "store" / "millstream.db").exists()


def test_registered_models_in_a_store_of_their_own(start: Start, tmp_path: Path) -> None:
    server = start(registry_store_uri=f"sqlite:///{tmp_path / 'registry.db'}")
    store = server.store()
    run_id = store.runs.create(r.CreateRun("0")).result().info.run_id
    files = f"mlflow-artifacts:/0/{run_id}/artifacts/model"
    file = f"{server.url}/api/2.0/mlflow-artifacts/artifacts/0/{run_id}/artifacts/model/MLmodel"
    assert patient_request("PUT", file, body=b"good").status == 200
    store.registered_models.create(rm.CreateRegisteredModel("tree")).result()
    elsewhere = mv.CreateModelVersion("tree", f"{files}/../../../other", run_id)
    with pytest.raises(InvalidParameter, match="Invalid model version source"):
        store.model_versions.create(elsewhere).result()
    store.model_versions.create(mv.CreateModelVersion("tree", files, run_id)).result()
    move = mv.TransitionModelVersionStage("tree", "1", "Production")
    store.model_versions.transition_stage(move).result()
    asked = f"{server.url}/api/v1/model-versions/lineage?name=tree&version=1"
    assert patient_request("GET", asked).json()["run"]["info"]["run_id"] == run_id
    production = st.Stage("Production", protected=True)
    store.stages.set_policy(st.SetStagePolicy([production])).result()
    assert patient_request("PUT", file, body=b"bad").status == 403
    assert patient_request("GET", file).data == b"good"
    store.close()
    assert server.end(signal.SIGINT) == 0
    registry = SqlStore(Database(f"sqlite:///{tmp_path / 'registry.db'}"), str(tmp_path))
    assert registry.model_versions.get(mv.GetModelVersion("tree", "1")).run_id == run_id
    with pytest.raises(NotFound):
        registry.runs.get(r.RunId(run_id))
    registry.close()
    tracking = SqlStore(
        Database(f"sqlite:///{tmp_path / 'store' / 'millstream.db'}"), str(tmp_path)
    )
    assert tracking.runs.get(r.RunId(run_id)).info.run_id == run_id
    assert tracking.registered_models.search(rm.SearchRegisteredModels()).registered_models == []
    tracking.close()


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1", "https://elsewhere"])
def test_a_registry_behind_a_server_is_refused(uri: str, tmp_path: Path) -> None:
    options = ServerOptions(backend_store_uri=str(tmp_path / "store"), registry_store_uri=uri)
    with pytest.raises(InvalidParameter, match="both have to be a folder"):
        prepare(options)


def test_the_registrys_database_is_not_among_the_artifacts(tmp_path: Path) -> None:
    options = ServerOptions(
        backend_store_uri=str(tmp_path / "store"),
        registry_store_uri=f"sqlite:///{tmp_path / 'files' / 'registry.db'}",
        artifacts_destination=str(tmp_path / "files"),
    )
    with pytest.raises(InvalidParameter, match="--artifacts-destination"):
        prepare(options)


def test_files_only(start: Start, tmp_path: Path) -> None:
    server = start(artifacts_only=True, artifacts_destination=str(tmp_path / "files"))
    got = patient_request("GET", f"{server.url}/api/2.0/mlflow/runs/get?run_id=a")
    assert got.status == 503
    assert b"--artifacts-only" in got.data
    path = f"{server.url}/api/2.0/mlflow-artifacts/artifacts/a/b.txt"
    assert patient_request("PUT", path, body=b"content").status == 200
    assert patient_request("GET", path).data == b"content"
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("changes", "kind", "part"),
    [
        ({"host": "0.0.0.0", "auth": False}, InvalidParameter, "--allow-anonymous"),  # noqa: S104  # refused
        ({"host": "box.lan", "auth": False}, InvalidParameter, "--allow-anonymous"),
        ({"allow_anonymous": True, "auth": True}, InvalidParameter, "say only one"),
        ({"allow_anonymous": True, "app_name": "basic-auth"}, InvalidParameter, "say only one"),
        ({"auth": True, "backend_store_uri": "http://h"}, NotSupported, "http://h"),
        ({"default_permission": "ALL"}, InvalidParameter, "READ, USE, EDIT, MANAGE"),
        ({"app_name": "odd"}, NotSupported, "--app-name odd"),
        ({"x_frame_options": "odd"}, InvalidParameter, "SAMEORIGIN, DENY or NONE"),
    ],
)
def test_what_must_not_be_is_refused(
    changes: dict[str, Any], kind: type[MillstreamError], part: str
) -> None:
    with pytest.raises(kind, match=part):
        check(ServerOptions(**changes))


@pytest.mark.parametrize("uri", ["{}", "sqlite:///{}/facts.db"])
def test_a_database_among_the_artifacts_is_refused(uri: str, tmp_path: Path) -> None:
    options = ServerOptions(
        backend_store_uri=uri.format(tmp_path), artifacts_destination=str(tmp_path)
    )
    with pytest.raises(InvalidParameter, match="--artifacts-destination"):
        prepare(options)
    assert list(tmp_path.iterdir()) == []
    prepare(ServerOptions(backend_store_uri=uri.format(tmp_path)))


def test_people_sign_in_where_others_can_call_and_where_it_is_asked_for() -> None:
    assert check(ServerOptions()).auth is False
    assert check(ServerOptions(host="0.0.0.0")).auth is True  # noqa: S104  # not opened
    assert check(ServerOptions(host="0.0.0.0", allow_anonymous=True)).auth is False  # noqa: S104  # not opened
    assert check(ServerOptions(auth=True)).auth is True
    assert check(ServerOptions(app_name="basic-auth")).auth is True


def test_what_may_be() -> None:
    anywhere = check(ServerOptions(host="0.0.0.0", allow_anonymous=True, workers=1))  # noqa: S104  # not opened
    assert anywhere.static_prefix == ""
    assert check(ServerOptions(workers=4)).workers == 1
    shared = check(ServerOptions(workers=4, backend_store_uri="postgresql://h/d"))
    assert shared.workers == 4


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("--nonsense 3", "knows no --nonsense"),
        ("--backlog many", "needs a number, not many"),
        ("--log-level", "has no value"),
    ],
)
def test_options_of_uvicorn_that_are_wrong(tmp_path: Path, words: str, part: str) -> None:
    uri = str(tmp_path / "store")
    with pytest.raises(InvalidParameter, match=part):
        serve(ServerOptions(backend_store_uri=uri, port=0, uvicorn_opts=words))


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InvalidParameter, match=f"Cannot listen on 127.0.0.1 port {port}"):
            serve(ServerOptions(backend_store_uri=str(tmp_path / "store"), port=port))


def test_starting_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; from millstream.server import process; "
        "from millstream.server.options import ServerOptions; "
        f"process.build(ServerOptions(backend_store_uri={str(tmp_path / 'store')!r})); "
        "heavy = {'sqlalchemy', 'alembic', 'pandas', 'numpy', 'obstore', 'urllib3', 'starlette'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_workers_that_take_long_to_begin_do_begin(
    start: Start, postgresql: str, tmp_path: Path
) -> None:
    slow = "import sys, time\nif '--multiprocessing-fork' in sys.argv:\n    time.sleep(7)\n"
    (tmp_path / "sitecustomize.py").write_text(slow)
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    began = time.monotonic()
    server = start(workers=2, backend_store_uri=postgresql, environment={"PYTHONPATH": path})
    _health(server)
    assert time.monotonic() - began > 7


def test_several_workers(start: Start, postgresql: str) -> None:
    server = start(workers=2, backend_store_uri=postgresql)
    _health(server)
    store = server.store()
    run_id = store.runs.create(r.CreateRun("0")).result().info.run_id
    for step in range(50):
        store.metrics.log(m.LogMetric(run_id, "k", 1.0, 1, step)).result()
    assert len(store.metrics.get_history(m.GetMetricHistory(run_id, "k")).metrics) == 50
    store.close()
    assert server.end() in (0, -signal.SIGTERM)
