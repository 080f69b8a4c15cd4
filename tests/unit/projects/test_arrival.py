"""What has arrived is carried out and told of, and what is no shipment is refused."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from millstream.client.session import SESSION
from millstream.client.tracking import MillstreamClient
from millstream.environments.specification import EnvManager
from millstream.projects.shipment import ShippedJob, pack, put_variables

IMPATIENT = """
import sys
from millstream.projects import arrival

arrival.GRACE = 1.0
sys.exit(arrival.main(sys.argv[1]))
"""
STUBBORN = "trap '' TERM; echo $$ > pid; while true; do sleep 0.1; done"


@pytest.fixture(autouse=True)
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MillstreamClient]:
    monkeypatch.setenv("MILLSTREAM_TRACKING_URI", str(tmp_path / "runs"))
    yield MillstreamClient()
    SESSION.finish()


@pytest.fixture
def run_id(client: MillstreamClient) -> str:
    return client.create_run("0").info.run_id


def shipped(tmp_path: Path, run_id: str, command: str, *, temporary: bool = True) -> Path:
    source, folder = tmp_path / "source", tmp_path / "shipped"
    source.mkdir()
    folder.mkdir()
    pack(ShippedJob(run_id, command, {"A": "a b"}, EnvManager.LOCAL, temporary), source, [], folder)
    return folder


def arrived(place: Path | str, given: bytes = b"") -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "millstream.projects.arrival", str(place)],
        input=given,
        capture_output=True,
        check=False,
        timeout=60,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def status(client: MillstreamClient, run_id: str) -> str:
    return client.get_run(run_id).info.status


def test_the_command_decides_the_run(tmp_path: Path, client: MillstreamClient, run_id: str) -> None:
    folder = shipped(tmp_path, run_id, 'printf "<%s> $SECRET\\n" "${A}"')
    put_variables(folder, {"SECRET": "sesame"})
    done = arrived(folder)
    assert (done.returncode, done.stdout) == (0, "<a b> sesame\n")
    assert status(client, run_id) == "FINISHED"
    assert not folder.exists()


def test_the_exit_code_is_that_of_the_command(
    tmp_path: Path, client: MillstreamClient, run_id: str
) -> None:
    folder = shipped(tmp_path, run_id, "exit 7", temporary=False)
    assert arrived(folder).returncode == 7
    assert status(client, run_id) == "FAILED"
    assert folder.exists()


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"{}\n",
        b"hello\n",
        msgspec.json.encode({"size": 100, "variables": {}}) + b"\nshort",
    ],
)
def test_what_is_no_shipment_is_refused(given: bytes) -> None:
    done = arrived("-", given)
    assert done.returncode == 1
    assert "shipment" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_archive_stays_in_its_folder(tmp_path: Path) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as content:
        content.addfile(tarfile.TarInfo("../escaped"))
    content_bytes = archive.getvalue()
    header = msgspec.json.encode(
        {"size": len(content_bytes), "variables": {"TMPDIR": str(tmp_path)}}
    )
    done = arrived("-", header + b"\n" + content_bytes)
    assert done.returncode == 1
    assert not (tmp_path / "escaped").exists()
    assert "Traceback" not in done.stderr


def test_what_does_not_end_by_itself_is_ended(
    tmp_path: Path, client: MillstreamClient, run_id: str
) -> None:
    folder = shipped(tmp_path, run_id, STUBBORN, temporary=False)
    with subprocess.Popen(
        [sys.executable, "-c", IMPATIENT, str(folder)],
        start_new_session=True,
        stdin=subprocess.DEVNULL,
    ) as process:
        note = folder / "pid"
        until = time.monotonic() + 30
        while not (note.exists() and note.read_text().strip()) and time.monotonic() < until:
            time.sleep(0.05)
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 1
        assert time.monotonic() - started > 1
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)
    assert status(client, run_id) == "KILLED"
