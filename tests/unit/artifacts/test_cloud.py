from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from tests.patience import patient_request

from millstream.artifacts import cloud_address, http, http_download, http_parts
from millstream.artifacts.cloud import CloudArtifacts
from millstream.artifacts.connection import Connection
from millstream.artifacts.http import HttpArtifacts
from millstream.artifacts.s3_signature import Key, signed
from millstream.errors import InvalidParameter, NotFound, NotSupported, Unavailable
from millstream.settings import Settings

ServeArtifacts = Callable[..., contextlib.AbstractContextManager[str]]
SIZE = 17 * (1 << 20) + 5


def ignore(_: int) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    endpoint = f"http://127.0.0.1:{port}"
    assert patient_request("PUT", f"{endpoint}/bucket").status == 200
    yield {
        "MLFLOW_S3_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    server.stop()


@pytest.fixture
def store(s3: dict[str, str]) -> CloudArtifacts:
    return CloudArtifacts(f"s3://bucket/{os.urandom(4).hex()}", s3)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    file = tmp_path / "large.bin"
    file.write_bytes(os.urandom(SIZE))
    return file


def test_a_large_file_goes_and_comes_in_parts(
    store: CloudArtifacts, large: Path, tmp_path: Path
) -> None:
    sizes: list[int] = []
    store.upload_file(large, "large", sizes.append)
    assert sum(sizes) == SIZE
    store.download_file("large", tmp_path / "back", sizes.append)
    assert sum(sizes) == 2 * SIZE
    assert (tmp_path / "back").read_bytes() == large.read_bytes()
    assert sum(len(block) for block in store.read("large", 1 << 20)) == SIZE - (1 << 20)


def test_a_large_write_that_fails_leaves_nothing(store: CloudArtifacts) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x" * SIZE
        yield b"x" * SIZE
        raise ConnectionError("the source broke")

    with pytest.raises(ConnectionError):
        store.write("large", broken())
    assert store.list() == []


def test_an_interrupted_download_goes_on(
    store: CloudArtifacts, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.upload_file(large, "large", ignore)
    read = CloudArtifacts.read

    def cut(
        self: CloudArtifacts, path: str, offset: int = 0, length: int | None = None
    ) -> Iterator[bytes]:
        yield next(read(self, path, offset, length))
        raise Unavailable("the network is gone")

    monkeypatch.setattr(CloudArtifacts, "read", cut)
    with pytest.raises(Unavailable):
        store.download_file("large", tmp_path / "back", ignore)
    asked: list[int] = []

    def counted(
        self: CloudArtifacts, path: str, offset: int = 0, length: int | None = None
    ) -> Iterator[bytes]:
        asked.append(offset)
        return read(self, path, offset, length)

    monkeypatch.setattr(CloudArtifacts, "read", counted)
    store.download_file("large", tmp_path / "back", ignore)
    assert asked[0] > 0
    assert (tmp_path / "back").read_bytes() == large.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["back", "large.bin"]


def test_signed_addresses_give_and_take(store: CloudArtifacts) -> None:
    put = store.presign("PUT", "a b/ü.txt", 60)
    assert patient_request("PUT", put, body=b"direct").status == 200
    got = patient_request("GET", store.presign("GET", "a b/ü.txt", 60))
    assert got.data == b"direct"


def test_large_files_pass_by_the_server(
    store: CloudArtifacts,
    large: Path,
    tmp_path: Path,
    serve_artifacts: ServeArtifacts,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "_IN_PARTS", 1 << 20)
    monkeypatch.setattr(http_download, "_LARGE", 1 << 20)
    monkeypatch.setattr(http_parts, "_PART", 5 << 20)
    with serve_artifacts(store) as address:
        proxy = HttpArtifacts(address, "x", Settings())
        proxy.upload_file(large, "a b/large", ignore)
        assert store.stat("x/a b/large").file_size == SIZE
        urls: list[str] = []
        request = Connection.request

        def watching(
            self: Connection, method: str, url: str, *rest: object, **more: object
        ) -> object:
            urls.append(url)
            return request(self, method, url, *rest, **more)  # type: ignore[arg-type]  # passed on unseen

        monkeypatch.setattr(Connection, "request", watching)
        proxy.download_file("a b/large", tmp_path / "back", ignore)
    assert urls[-1].startswith("http://127.0.0.1")
    assert "Signature=" in urls[-1]
    assert (tmp_path / "back").read_bytes() == large.read_bytes()


def test_an_upload_in_parts_can_be_given_up(store: CloudArtifacts) -> None:
    begun = store.begin_parts("f", 2, 60)
    answer = patient_request("PUT", begun.credentials[0].url, body=b"part")
    assert answer.status == 200
    store.abort("f", begun.upload_id)
    store.abort("f", begun.upload_id)
    assert store.list() == []
    with pytest.raises(InvalidParameter, match="num_parts"):
        store.begin_parts("f", 0, 60)


def test_without_an_access_key_there_are_no_direct_parts(s3: dict[str, str]) -> None:
    keyless = CloudArtifacts(
        "s3://bucket/x", {"MLFLOW_S3_ENDPOINT_URL": s3["MLFLOW_S3_ENDPOINT_URL"]}
    )
    with pytest.raises(NotSupported, match="Multipart upload is not supported"):
        keyless.begin_parts("f", 2, 60)


def test_a_bucket_that_is_missing_is_reported(s3: dict[str, str]) -> None:
    with pytest.raises((NotFound, Unavailable)):
        b"".join(CloudArtifacts("s3://none/x", s3).read("f"))


@pytest.mark.parametrize(
    ("uri", "bucket", "prefix", "kind"),
    [
        ("s3://b/p/q", "b", "p/q", "S3Store"),
        ("s3a://b", "b", "", "S3Store"),
        ("gs://b/p", "b", "p", "GCSStore"),
        ("wasbs://c@account.blob.core.windows.net/p", "c", "p", "AzureStore"),
        ("abfss://c@account.dfs.core.windows.net/p", "c", "p", "AzureStore"),
        ("az://c/p", "c", "p", "AzureStore"),
    ],
)
def test_each_cloud_has_its_uris(uri: str, bucket: str, prefix: str, kind: str) -> None:
    found = cloud_address.parse(uri, {"AZURE_STORAGE_ACCOUNT_NAME": "account"})
    assert (found.bucket, found.prefix, found.kind.__name__) == (bucket, prefix, kind)
    if "@" in uri:
        assert found.options["account_name"] == "account"


@pytest.mark.parametrize("uri", ["ftp://b/p", "s3:///p", "gs:"])
def test_an_address_of_no_cloud_is_refused(uri: str) -> None:
    with pytest.raises(InvalidParameter, match="Invalid artifact location"):
        cloud_address.parse(uri, {})


@pytest.mark.parametrize(
    ("variables", "endpoint", "http_allowed"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "http://127.0.0.1:9", True),
        ({"AWS_ENDPOINT_URL_S3": "https://s3.example"}, "https://s3.example", False),
        (
            {"MLFLOW_S3_ENDPOINT_URL": "http://a:1", "AWS_ENDPOINT_URL": "http://b:1"},
            "http://a:1",
            True,
        ),
        ({}, None, False),
    ],
)
def test_the_endpoint_comes_from_the_environment(
    variables: dict[str, str], endpoint: str | None, http_allowed: bool
) -> None:
    found = cloud_address.parse("s3://b/p", variables)
    assert found.options.get("endpoint") == endpoint
    assert found.client_options.get("allow_http", False) is http_allowed


def test_a_signature_is_that_of_the_documented_example() -> None:
    key = Key("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
    url = "https://examplebucket.s3.amazonaws.com/test.txt"
    found = signed(key, "GET", url, {}, 86400, datetime(2013, 5, 24, tzinfo=UTC))
    assert found.endswith(
        "X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )


def test_without_the_extra_the_error_names_it() -> None:
    program = (
        "import sys; sys.modules['obstore'] = None\n"
        "from millstream.errors import NotSupported\n"
        "try: import millstream.artifacts.cloud\n"
        "except NotSupported as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "millstream[cloud]" in done.stdout


def test_a_machine_without_certificates_says_so(tmp_path: Path) -> None:
    code = """if True:
        from millstream.server.process import ServerOptions, serve
        serve(ServerOptions(port=0, artifacts_destination="s3://bucket/path"))
    """
    nothing = {"SSL_CERT_FILE": os.devnull, "SSL_CERT_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **nothing},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stderr.splitlines()[-1].startswith("millstream.errors.NotSupported")
    assert "No CA certificates" in done.stderr.splitlines()[-1]
    assert not list(tmp_path.iterdir())
