"""A server that answers by TLS, and our client against it, over real sockets."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import warnings
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
import urllib3
from tests.certificates import Authority, Issued
from tests.patience import patient_request
from tests.unit.server.running import Running, Start

from millstream.artifacts.http import HttpArtifacts
from millstream.entities import experiments as e
from millstream.errors import InvalidParameter, MillstreamError, Unavailable
from millstream.server.options import ServerOptions
from millstream.server.process import serve
from millstream.settings import Settings

PASSWORD = "correct horse"  # noqa: S105 - of a key that lives as long as a test
BLOCK = bytes(range(256)) * 4096


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def issued(authority: Authority) -> Issued:
    return authority.issue()


def named(server: Running) -> str:
    """The server's address by the name in its certificate."""
    return server.url.replace("127.0.0.1", "localhost")


def trusting(authority: Authority, **more: str | bool) -> Settings:
    certificate = str(authority.certificate)
    settings = Settings(http_request_max_retries=0, tracking_server_cert_path=certificate)
    return msgspec.structs.replace(settings, **more)


def test_the_client_trusts_the_authority_it_is_told_of(
    start: Start, authority: Authority, issued: Issued
) -> None:
    server = start(ssl_certfile=str(issued.certificate), ssl_keyfile=str(issued.key))
    assert server.url.startswith("https://")
    store = server.store(trusting(authority))
    created = store.experiments.create(e.CreateExperiment("over tls")).result()
    assert store.experiments.get(e.ExperimentId(created.experiment_id)).name == "over tls"
    store.close()


def test_the_client_refuses_an_authority_it_does_not_know(start: Start, issued: Issued) -> None:
    server = start(ssl_certfile=str(issued.both))
    store = server.store()
    with pytest.raises(Unavailable, match="certificate verify failed"):
        store.experiments.get(e.ExperimentId("0"))
    store.close()


def test_the_client_refuses_the_certificate_of_another_host(
    start: Start, authority: Authority
) -> None:
    server = start(ssl_certfile=str(authority.issue("ml.example.com").both))
    server.url = named(server)
    store = server.store(trusting(authority))
    with pytest.raises(Unavailable, match="localhost"):
        store.experiments.get(e.ExperimentId("0"))
    store.close()


def test_an_insecure_client_asks_no_certificate(start: Start, issued: Issued) -> None:
    server = start(ssl_certfile=str(issued.both))
    store = server.store(Settings(http_request_max_retries=0, tracking_insecure_tls=True))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
        assert store.experiments.get(e.ExperimentId("0")).name == "Default"
    store.close()


def test_files_of_many_blocks_travel_encrypted(
    start: Start, authority: Authority, issued: Issued
) -> None:
    server = start(ssl_certfile=str(issued.both))
    files = HttpArtifacts(named(server), "models", trusting(authority))
    files.write("large.bin", [BLOCK] * 12)
    assert b"".join(files.read("large.bin")) == BLOCK * 12
    assert b"".join(files.read("large.bin", 100, 200)) == BLOCK[100:300]


def test_only_clients_with_a_certificate_are_answered(
    start: Start, authority: Authority, issued: Issued
) -> None:
    server = start(ssl_certfile=str(issued.both), ssl_ca_certs=str(authority.certificate))
    client = authority.issue("ada")
    store = server.store(trusting(authority, tracking_client_cert_path=str(client.both)))
    assert store.experiments.get(e.ExperimentId("0")).name == "Default"
    store.close()
    without = server.store(trusting(authority))
    with pytest.raises(MillstreamError):
        without.experiments.get(e.ExperimentId("0"))
    without.close()
    stranger = Authority(authority.certificate.parent, "stranger").issue("eve")
    foreign = server.store(trusting(authority, tracking_client_cert_path=str(stranger.both)))
    with pytest.raises(MillstreamError):
        foreign.experiments.get(e.ExperimentId("0"))
    foreign.close()


@pytest.mark.parametrize("place", ["file", "environment", "uvicorn"])
def test_the_password_of_a_key(
    start: Start, authority: Authority, tmp_path: Path, place: str
) -> None:
    issued = authority.issue(password=PASSWORD)
    file = tmp_path / "password"
    file.write_text(PASSWORD)
    if place == "file":
        server = start(ssl_certfile=str(issued.both), ssl_keyfile_password_file=str(file))
    elif place == "environment":
        environment = {"MILLSTREAM_SSL_KEYFILE_PASSWORD": PASSWORD}
        server = start(ssl_certfile=str(issued.both), environment=environment)
    else:
        words = f"--ssl-certfile {issued.both} --ssl-keyfile-password '{PASSWORD}'"
        server = start(uvicorn_opts=words)
    store = server.store(trusting(authority))
    assert store.experiments.get(e.ExperimentId("0")).name == "Default"
    store.close()


def test_several_processes_share_the_certificate(
    start: Start, authority: Authority, postgresql: str
) -> None:
    issued = authority.issue()
    server = start(backend_store_uri=postgresql, workers=2, ssl_certfile=str(issued.both))
    store = server.store(trusting(authority))
    assert store.experiments.get(e.ExperimentId("0")).name == "Default"
    store.close()


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_older_protocols_are_refused(start: Start, issued: Issued, newest: ssl.TLSVersion) -> None:
    server = start(ssl_certfile=str(issued.both))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        _handshake(server.url, ssl.TLSVersion.TLSv1, newest)
    assert _handshake(server.url, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    assert _handshake(server.url, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"


def test_plain_http_on_an_encrypted_port_gets_no_answer(start: Start, issued: Issued) -> None:
    server = start(ssl_certfile=str(issued.both))
    address = urlsplit(server.url)
    with socket.create_connection((str(address.hostname), address.port or 0), 30) as plain:
        plain.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200" not in plain.recv(1024)


def test_browsers_are_told_to_stay_with_tls(
    start: Start, authority: Authority, issued: Issued
) -> None:
    server = start(ssl_certfile=str(issued.both), allowed_hosts="ml.example.com,localhost")
    pool = urllib3.PoolManager(ca_certs=str(authority.certificate))
    for path in ("/", "/health", "/api/2.0/mlflow/experiments/get?experiment_id=0", "/nothing.js"):
        answer = pool.request("GET", named(server) + path, headers={"Host": "ml.example.com"})
        assert answer.headers["strict-transport-security"] == "max-age=31536000", path
        local = pool.request("GET", named(server) + path)
        assert "strict-transport-security" not in local.headers, path
    pool.clear()


def test_without_tls_nothing_is_said_of_it(start: Start) -> None:
    server = start(allowed_hosts="ml.example.com")
    answer = patient_request("GET", server.url + "/", headers={"Host": "ml.example.com"})
    assert answer.status == 200
    assert "strict-transport-security" not in answer.headers


def test_what_is_wrong_with_the_files_is_said_before_anything_is_made(
    authority: Authority, issued: Issued, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    other = authority.issue("other")
    keyed = ServerOptions(backend_store_uri=str(store), port=0, ssl_keyfile=str(other.key))
    with pytest.raises(InvalidParameter, match=r"--ssl-keyfile .* needs a certificate"):
        serve(keyed)
    with pytest.raises(InvalidParameter, match="does not belong to"):
        serve(msgspec.structs.replace(keyed, ssl_certfile=str(issued.certificate)))
    assert not store.exists()


@pytest.mark.parametrize("whose", ["server", "client"])
def test_a_client_whose_certificates_are_missing_is_told(start: Start, whose: str) -> None:
    server = start()
    settings = msgspec.structs.replace(
        Settings(http_request_max_retries=0), **{f"tracking_{whose}_cert_path": "/absent.pem"}
    )
    store = server.store(settings)
    with pytest.raises(InvalidParameter, match=f"{whose.upper()}_CERT_PATH names '/absent.pem'"):
        store.experiments.get(e.ExperimentId("0"))
    store.close()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl names the files")
def test_a_client_trusts_a_folder_of_authorities(
    start: Start, authority: Authority, issued: Issued, tmp_path: Path
) -> None:
    folder = tmp_path / "trusted"
    folder.mkdir()
    shutil.copy(authority.certificate, folder)
    subprocess.run(["openssl", "rehash", str(folder)], check=True)
    server = start(ssl_certfile=str(issued.both))
    store = server.store(
        Settings(http_request_max_retries=0, tracking_server_cert_path=str(folder))
    )
    assert store.experiments.get(e.ExperimentId("0")).name == "Default"
    store.close()


def _handshake(url: str, oldest: ssl.TLSVersion, newest: ssl.TLSVersion) -> str | None:
    address = urlsplit(url)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    client.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that some are old is the point
        client.minimum_version, client.maximum_version = oldest, newest
    with (
        socket.create_connection((str(address.hostname), address.port or 0), 30) as plain,
        client.wrap_socket(plain) as opened,
    ):
        return opened.version()
