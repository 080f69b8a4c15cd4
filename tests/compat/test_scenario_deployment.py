"""The walk-through's Flask app as a process, and its manifests in a cluster."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.compat.trained_model import SCENARIO, Trained
from tests.end_to_end.pod_network import pod_network, until
from tests.kubernetes_api.connection import reached
from tests.kubernetes_api.discovery import discovery
from tests.kubernetes_api.kubectl import kubectl
from tests.kubernetes_api.schemas import fault
from tests.kubernetes_api.server import KubernetesApi

IMAGE = "registry.example.com/team/linear_regression_app:latest"


def test_the_flask_app_is_asked_by_curl_from_another_host(trained: Trained) -> None:
    """It listens at port 5000 of every address, as written, so it has a host of its own."""
    app = (SCENARIO / "app.py").read_text().replace("<run_id>", trained.run_id)
    (trained.folder / "app.py").write_text(app)
    body = json.dumps({"data": trained.rows})
    with pod_network(1) as pods:
        url = f"http://{pods.address(0)}:5000/predict"
        asked = ("curl", "-sS", "-X", "POST", "-H", "Content-Type: application/json", "-d", body)
        log = trained.folder / "app.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*pods.within(0), str(trained.python), "app.py"],
                cwd=trained.folder,
                stdout=output,
                stderr=output,
                env={**os.environ, "PYTHONPATH": ""},
            )
        try:
            until(
                lambda: b"Running on" in log.read_bytes() or process.poll() is not None, "it runs"
            )
            done = subprocess.run([*pods.within(None), *asked, url], capture_output=True, text=True)
        finally:
            process.terminate()
            process.wait(30)
    assert done.returncode == 0, done.stderr + log.read_text()
    assert json.loads(done.stdout) == trained.predictions


@pytest.fixture
def manifests(tmp_path: Path) -> Path:
    """The walk-through's file, with a repository in place of the placeholder."""
    text = (SCENARIO / "deployment.yaml").read_text()
    path = tmp_path / "deployment.yaml"
    path.write_text(text.replace("<your_docker_repo>", IMAGE.rpartition("/")[0]))
    return path


def read(manifests: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(manifests.read_text()))


@pytest.mark.parametrize("version", ["1.27", "1.32", "1.37"])
def test_the_manifests_are_what_kubernetes_takes(manifests: Path, version: str) -> None:
    assert [fault(one, version) for one in read(manifests)] == [None, None]


@pytest.fixture
def api() -> KubernetesApi:
    found = KubernetesApi()
    found.app.router.routes.extend(discovery())
    return found


def test_kubectl_applies_the_manifests(api: KubernetesApi, manifests: Path, tmp_path: Path) -> None:
    """By the walk-through's command, word for word, and once more."""
    with reached(api.app, tmp_path) as kubeconfig:
        first = kubectl(kubeconfig, "apply", "-f", manifests.name)
        again = kubectl(kubeconfig, "apply", "-f", manifests.name)
    things = ("deployment.apps/linear-regression-deployment", "service/linear-regression-service")
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.splitlines() == [f"{one} created" for one in things]
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.splitlines() == [f"{one} unchanged" for one in things]
    assert api.kinds() == ["Deployment", "Service"]
    deployment = api.things["of-context", "deployments", "linear-regression-deployment"]
    service = api.things["of-context", "services", "linear-regression-service"]
    pod = deployment["spec"]["template"]
    assert pod["spec"]["containers"][0]["image"] == IMAGE
    assert service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()


def test_kubectl_applies_the_manifests_by_server_side_apply(
    api: KubernetesApi, manifests: Path, tmp_path: Path
) -> None:
    with reached(api.app, tmp_path) as kubeconfig:
        done = kubectl(kubeconfig, "apply", "--server-side", "-f", manifests.name)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "deployment.apps/linear-regression-deployment serverside-applied",
        "service/linear-regression-service serverside-applied",
    ]


def test_kubectl_applies_no_manifest_with_a_field_that_there_is_not(
    api: KubernetesApi, manifests: Path, tmp_path: Path
) -> None:
    manifests.write_text(manifests.read_text().replace("replicas:", "replica:"))
    with reached(api.app, tmp_path) as kubeconfig:
        done = kubectl(kubeconfig, "apply", "-f", manifests.name)
    assert (done.returncode, "'replica' was unexpected" in done.stderr) == (1, True)
    assert api.kinds() == ["Service"]
