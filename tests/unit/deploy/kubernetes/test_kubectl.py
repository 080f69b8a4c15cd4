"""Files that were written for others are applied by them with `kubectl`, as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.kubernetes_api.connection import reached
from tests.kubernetes_api.discovery import discovery
from tests.kubernetes_api.kubectl import kubectl
from tests.kubernetes_api.server import KubernetesApi

from millstream.deploy.client import DeploymentClient
from millstream.deploy.kubernetes.target import connect

CONFIG = {
    "image": "team/churn:1",
    "host": "churn.example.com",
    "max_replicas": "4",
}
KINDS = [
    "Deployment",
    "HorizontalPodAutoscaler",
    "Ingress",
    "NetworkPolicy",
    "PodDisruptionBudget",
    "Service",
    "ServiceAccount",
]


@pytest.mark.parametrize(
    ("form", "words"), [("yaml", ["-f", "files/churn.yaml"]), ("kustomize", ["-k", "files"])]
)
def test_written_files_are_applied_by_kubectl(
    tmp_path: Path, model: str, form: str, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    api = KubernetesApi()
    api.app.router.routes.extend(discovery())
    with reached(api.app, tmp_path) as kubeconfig:
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
        client = DeploymentClient("kubernetes", connect("kubernetes"), tell=lambda _: None)
        client.write(tmp_path / "files", "churn", model, config=CONFIG, file_format=form)
        done = kubectl(kubeconfig, "apply", *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.rpartition(" ")[2] for line in done.stdout.splitlines()] == ["created"] * 7
    assert api.kinds() == KINDS
    texts = [path.read_text() for path in (tmp_path / "files").glob("*.yaml")]
    written = [one for text in texts for one in yaml.safe_load_all(text)]
    for one in written:
        if one["kind"] in KINDS:
            (kept,) = [there for there in api.things.values() if there["kind"] == one["kind"]]
            assert one["metadata"]["name"] == kept["metadata"]["name"]
            assert one.get("spec", {}).keys() <= kept.get("spec", {}).keys()
