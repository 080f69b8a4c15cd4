from __future__ import annotations

from pathlib import Path

import pytest

from millstream.artifacts.cloud import CloudArtifacts
from millstream.artifacts.confined import Confined
from millstream.artifacts.interface import ArtifactStore
from millstream.artifacts.local import LocalArtifacts
from millstream.errors import InvalidParameter, MillstreamError, NotSupported, PermissionDenied


def refuse(uri: str) -> ArtifactStore:
    raise AssertionError(f"{uri} was opened")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root" / "1").mkdir(parents=True)
    (tmp_path / "root" / "1" / "file").write_text("own")
    (tmp_path / "root-not").mkdir()
    (tmp_path / "root" / "link").symlink_to("/etc")
    return tmp_path / "root"


def test_what_is_below_a_root_is_opened(root: Path) -> None:
    confined = Confined(refuse, roots=[root])
    for uri in (str(root / "1"), f"file://{root}/1", f"file:{root}/1", f"{root}/x/../1"):
        assert b"".join(confined(uri).read("file")) == b"own"


@pytest.mark.parametrize(
    "uri",
    [
        "/etc",
        "file:///etc",
        "file:/etc",
        "file://localhost/etc",
        "{root}/../root-not",
        "{root}/..",
        "{root}-not",
        "{root}/link",
        "file://{root}/%2e%2e/%2e%2e",
        "file://elsewhere{root}",
        "http://127.0.0.1:1/x",
        "https://example.org/api/2.0/mlflow-artifacts/artifacts/x",
    ],
)
def test_nothing_else_on_the_servers_disk_or_network_is_opened(root: Path, uri: str) -> None:
    with pytest.raises(PermissionDenied):
        Confined(refuse, LocalArtifacts(root), [root])(uri.format(root=root))


@pytest.mark.parametrize("uri", ["", "/etc\0", "mlflow-artifacts:/../x", "mlflow-artifacts:/a%2fb"])
def test_nonsense_is_refused(root: Path, uri: str) -> None:
    with pytest.raises(MillstreamError):
        Confined(refuse, LocalArtifacts(root), [root])(uri)


@pytest.mark.parametrize("uri", ["mlflow-artifacts:/1", "mlflow-artifacts://host:5000/1"])
def test_proxied_uris_are_the_servers_own_store(root: Path, uri: str) -> None:
    assert b"".join(Confined(refuse, LocalArtifacts(root))(uri).read("file")) == b"own"
    with pytest.raises(NotSupported):
        Confined(refuse)(uri)


def test_a_link_set_later_does_not_lead_out(root: Path) -> None:
    store = Confined(refuse, roots=[root])(str(root / "1"))
    (root / "1" / "passwd").symlink_to("/etc/passwd")
    with pytest.raises(InvalidParameter, match="leads out"):
        store.read("passwd")


def test_clouds_are_opened_by_whoever_knows_them(root: Path) -> None:
    store = CloudArtifacts("s3://bucket/x")
    assert Confined(lambda _: store, roots=[root])("s3://bucket/x") is store


@pytest.mark.parametrize("uri", ["file+x:///etc", "a.b:/../../etc", "plugin://etc"])
def test_a_folder_is_judged_as_one_however_its_uri_is_written(root: Path, uri: str) -> None:
    with pytest.raises(PermissionDenied):
        Confined(lambda _: LocalArtifacts("/etc"), roots=[root])(uri)
    own = Confined(lambda _: LocalArtifacts(root / "1"), roots=[root])(uri)
    assert b"".join(own.read("file")) == b"own"
