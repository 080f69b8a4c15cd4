"""A registry of images on this machine, which programs may ask without TLS."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
import yaml
from tests.patience import patient_request
from tests.ports import free_port

_MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",  # of images with a health check
)


@contextlib.contextmanager
def image_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Its address, once it answers; without the program `docker-registry` the test is skipped."""
    if shutil.which("docker-registry") is None:
        pytest.skip("there is no program docker-registry")
    address = f"127.0.0.1:{free_port()}"
    told = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(tmp_path / "registry")}},
        "http": {"addr": address},
    }
    (tmp_path / "registry.yaml").write_text(yaml.safe_dump(told))
    (tmp_path / "registries.conf").write_text(
        f'[[registry]]\nlocation = "{address}"\ninsecure = true\n'
    )
    monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(tmp_path / "registries.conf"))
    words = ["docker-registry", "serve", str(tmp_path / "registry.yaml")]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
        try:
            patience = urllib3.Retry(8, backoff_factor=0.1)
            patient_request("GET", f"http://{address}/v2/", retries=patience)
            yield address
        finally:
            process.terminate()


def digest_at(registry: str, repository: str, tag: str) -> str:
    """What a registry says that a tag names."""
    address = f"http://{registry}/v2/{repository}/manifests/{tag}"
    accepted = {"Accept": ", ".join(_MANIFESTS)}
    return patient_request("HEAD", address, headers=accepted).headers["Docker-Content-Digest"]
