"""A project becomes a Job of a cluster, logs to its run, and is watched, read and cancelled."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.config import incluster_config
from tests.certificates import Authority
from tests.kubernetes_api.connection import kubeconfig, reached
from tests.unit.projects.conftest import git
from tests.unit.projects.launch.conftest import Containers
from tests.unit.projects.launch.container_program import DIGEST
from tests.unit.projects.launch.kubernetes_server import KubernetesServer

import millstream
from millstream.client.tracking import MillstreamClient
from millstream.clusters import connecting
from millstream.errors import (
    ExecutionException,
    InvalidParameter,
    MillstreamError,
    NotFound,
    PermissionDenied,
)
from millstream.projects.launch.kubernetes import job_work
from millstream.projects.running import run

pytestmark = pytest.mark.parametrize("containers", ["docker"], indirect=True)

HOSTILE = '$(MLFLOW_RUN_ID) $$ \'a "b"; touch hacked\nx: {y: [z]}'
TEMPLATE = """
apiVersion: batch/v1
kind: Job
metadata:
  namespace: training
  labels: {team: blue}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: replaced
        image: replaced
        resources: {limits: {cpu: 500m}}
        env:
        - {name: HOME, value: /nowhere}
        - {name: MLFLOW_RUN_ID, value: of the template}
      - {name: sidecar, image: other}
"""
MLPROJECT = """
name: Boxed Ridge!
docker_env:
  image: base
  environment: [[PATH, "{path}"], [PYTHONPATH, "{source}"], COPIED]
entry_points:
  main:
    parameters: {{alpha: float, word: string}}
    command: "python train.py {{alpha}} --word={{word}}"
  shell: {{parameters: {{word: string}}, command: "echo {{word}} && echo $HOME"}}
  fail: {{command: "python -c 'raise SystemExit(3)'"}}
  sleep: {{command: "python -uc 'import time; print(1); time.sleep(60)'"}}
"""
TRAIN = """
import os, sys
import millstream
print("word", ascii(sys.argv[2]))
with millstream.start_run():
    millstream.log_metric("alpha", float(sys.argv[1]))
    millstream.log_param("copied", "COPIED" in os.environ)
"""


@pytest.fixture(autouse=True)
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_session: None) -> MillstreamClient:
    monkeypatch.setenv("MILLSTREAM_TRACKING_URI", str(tmp_path / "mlruns"))
    monkeypatch.setenv("COPIED", "hunter2")
    monkeypatch.setattr(job_work, "POLL", 0.05)
    monkeypatch.setattr(job_work, "_LOOK", 0.05)
    return MillstreamClient()


@pytest.fixture
def server(
    tmp_path: Path, containers: Containers, monkeypatch: pytest.MonkeyPatch
) -> Iterator[KubernetesServer]:
    """A cluster that the kubeconfig names, with a certificate of its own authority."""
    found = KubernetesServer(containers.built)
    with reached(found.app, tmp_path) as path:
        monkeypatch.setenv("KUBECONFIG", str(path))
        yield found
        for key in list(found.jobs):
            found.forget(key)


@pytest.fixture
def config(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "job.yaml").write_text(TEMPLATE)
    return {
        "repository-uri": "registry.example.com:5000/team/ridge",
        "kube-job-template-path": str(tmp_path / "job.yaml"),
    }


@pytest.fixture
def boxed(project: Path) -> Path:
    source = Path(millstream.__file__).parents[1]
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    (project / "MLproject").write_text(MLPROJECT.format(path=path, source=source))
    (project / "train.py").write_text(TRAIN)
    return project


def test_a_job_carries_it_out(
    boxed: Path,
    config: dict[str, str],
    server: KubernetesServer,
    client: MillstreamClient,
    containers: Containers,
    capfd: pytest.CaptureFixture[str],
) -> None:
    git(boxed, "init", "--quiet")
    git(boxed, "add", ".")
    git(boxed, "commit", "--quiet", "-m", "first")
    tag = f"{config['repository-uri']}:{git(boxed, 'rev-parse', 'HEAD')[:7]}"
    values = {"alpha": 0.25, "word": HOSTILE}
    submitted = run(str(boxed), parameters=values, backend="kubernetes", backend_config=config)
    found = client.get_run(submitted.run_id)
    assert found.info.status == submitted.get_status() == "FINISHED"
    assert found.data.metrics["alpha"] == 0.25
    assert found.data.params["copied"] == "False"
    assert found.data.tags["mlflow.docker.image.uri"] == tag
    assert found.data.tags["mlflow.project.backend"] == "kubernetes"
    assert f"word {f'--word={HOSTILE}'!a}" in capfd.readouterr().out.splitlines()
    assert [told["image"] for told in containers.asked("push")] == [tag]
    ((namespace, name), job), *_ = server.jobs.items()
    first, sidecar = job["spec"]["template"]["spec"]["containers"]
    assert namespace == "training"
    assert name.startswith("boxed-ridge-20")
    assert first["image"] == f"{tag}@{DIGEST}"
    assert first["name"] == "boxed-ridge"
    assert first["resources"] == {"limits": {"cpu": "500m"}}
    assert sidecar == {"name": "sidecar", "image": "other"}
    names = [one["name"] for one in first["env"]]
    assert len(names) == len(set(names))
    assert {"name": "MLFLOW_RUN_ID", "value": submitted.run_id} in first["env"]
    assert {"name": "HOME", "value": "/nowhere"} in first["env"]


def test_a_command_may_need_a_shell(
    boxed: Path, config: dict[str, str], server: KubernetesServer, client: MillstreamClient
) -> None:
    submitted = run(
        str(boxed),
        "shell",
        parameters={"word": HOSTILE},
        backend="kubernetes",
        backend_config=config,
        synchronous=False,
    )
    assert submitted.wait()
    assert "\n".join(submitted.logs()) == f"{HOSTILE}\n/nowhere"


def test_what_fails_fails(
    boxed: Path, config: dict[str, str], server: KubernetesServer, client: MillstreamClient
) -> None:
    with pytest.raises(ExecutionException):
        run(str(boxed), "fail", backend="kubernetes", backend_config=config)
    (found,) = client.search_runs(["0"])
    assert found.info.status == "FAILED"


def test_it_is_followed_and_cancelled(
    boxed: Path, config: dict[str, str], server: KubernetesServer, client: MillstreamClient
) -> None:
    submitted = run(
        str(boxed), "sleep", backend="kubernetes", backend_config=config, synchronous=False
    )
    (pod,) = server.pods.values()
    assert next(iter(submitted.logs(follow=True))) == "1"
    waited = threading.Event()
    while submitted.get_status() == "SCHEDULED":  # until the cluster is asked again
        waited.wait(0.02)
    assert submitted.get_status() == "RUNNING"
    submitted.cancel()
    assert not submitted.wait()
    assert submitted.get_status() == "KILLED"
    assert client.get_run(submitted.run_id).info.status == "KILLED"
    assert server.jobs == {}
    pod.reader.join(20)
    assert pod.exit_code == -9


def test_the_cluster_may_be_away_for_a_while(
    boxed: Path, config: dict[str, str], server: KubernetesServer, capfd: pytest.CaptureFixture[str]
) -> None:
    submitted = run(
        str(boxed), "sleep", backend="kubernetes", backend_config=config, synchronous=False
    )
    server.breaks = 3
    (pod,) = server.pods.values()
    until_asked(server)
    pod.process.kill()
    assert not submitted.wait()
    assert submitted.get_status() == "FAILED"
    assert "etcd is away" in capfd.readouterr().err


def until_asked(server: KubernetesServer) -> None:
    """Wait until the server has refused what it was to refuse."""
    waited = threading.Event()
    for _ in range(1000):
        if not server.breaks:
            return
        waited.wait(0.02)
    raise AssertionError("the cluster was not asked")


def test_a_job_that_somebody_deletes_has_failed(
    boxed: Path, config: dict[str, str], server: KubernetesServer, client: MillstreamClient
) -> None:
    submitted = run(
        str(boxed), "sleep", backend="kubernetes", backend_config=config, synchronous=False
    )
    (key,) = server.jobs
    server.forget(key)
    assert not submitted.wait()
    assert client.get_run(submitted.run_id).info.status == "FAILED"


def until_said(text: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Wait until something is said on stderr."""
    said = ""
    waited = threading.Event()
    for _ in range(1000):
        said += capfd.readouterr().err
        if text in said:
            return
        waited.wait(0.02)
    raise AssertionError(f"{text!r} was not said, but {said!r}")


def test_why_a_pod_waits_is_said(
    boxed: Path, config: dict[str, str], server: KubernetesServer, capfd: pytest.CaptureFixture[str]
) -> None:
    server.waits = {"reason": "ImagePullBackOff", "message": "no such image"}
    submitted = run(
        str(boxed), "sleep", backend="kubernetes", backend_config=config, synchronous=False
    )
    until_said("ImagePullBackOff: no such image", capfd)
    assert submitted.get_status() == "SCHEDULED"
    assert list(submitted.logs()) == []
    submitted.cancel()


def test_who_may_not_see_pods_still_learns_what_becomes_of_the_job(
    boxed: Path, config: dict[str, str], server: KubernetesServer, capfd: pytest.CaptureFixture[str]
) -> None:
    server.hides_pods = True
    submitted = run(
        str(boxed), "sleep", backend="kubernetes", backend_config=config, synchronous=False
    )
    until_said("403 pods is forbidden", capfd)
    (pod,) = server.pods.values()
    pod.process.kill()
    assert not submitted.wait()
    assert submitted.get_status() == "FAILED"


def test_a_pod_asks_the_cluster_that_it_is_in(
    boxed: Path,
    config: dict[str, str],
    server: KubernetesServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = yaml.safe_load((tmp_path / "kubeconfig").read_text())["clusters"][0]["cluster"]
    host, port = known["server"].removeprefix("https://").split(":")
    (tmp_path / "token").write_text("s3cret")
    (tmp_path / "namespace").write_text("of-the-pod")
    monkeypatch.delenv("KUBECONFIG")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", port)
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", known["certificate-authority"])
    monkeypatch.setattr(connecting, "INSIDE", tmp_path / "namespace")
    path = Path(config["kube-job-template-path"])
    path.write_text(TEMPLATE.replace("  namespace: training\n", ""))
    run(str(boxed), "shell", parameters={"word": "a"}, backend="kubernetes", backend_config=config)
    assert [namespace for namespace, _ in server.jobs] == ["of-the-pod"]


def test_a_kubeconfig_that_cannot_be_read_is_named(
    boxed: Path,
    config: dict[str, str],
    containers: Containers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for text in ("a: [", "", "- a"):
        (tmp_path / "kubeconfig").write_text(text)
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
        with pytest.raises(InvalidParameter, match="No cluster can be chosen"):
            run(str(boxed), "fail", backend="kubernetes", backend_config=config)
    assert containers.asked("build") == []


def test_runs_may_be_told_another_address(
    boxed: Path,
    config: dict[str, str],
    server: KubernetesServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KUBE_MLFLOW_TRACKING_URI", "http://tracking.training:5000")
    run(str(boxed), "shell", backend="kubernetes", backend_config=config, parameters={"word": "a"})
    ((_, job),) = server.jobs.items()
    env = job["spec"]["template"]["spec"]["containers"][0]["env"]
    places = {one["value"] for one in env if one["name"].endswith("TRACKING_URI")}
    assert places == {"http://tracking.training:5000"}


def test_the_context_says_who_asks_and_where(
    boxed: Path, config: dict[str, str], server: KubernetesServer, client: MillstreamClient
) -> None:
    path = Path(config["kube-job-template-path"])
    path.write_text(TEMPLATE.replace("  namespace: training\n", ""))
    said: dict[str, Any] = {"parameters": {"word": "a"}, "backend": "kubernetes"}
    run(str(boxed), "shell", backend_config=config, **said)
    assert [namespace for namespace, _ in server.jobs] == ["of-context"]
    with pytest.raises(PermissionDenied, match="401 Unauthorized"):
        run(str(boxed), "shell", backend_config={**config, "kube-context": "wrong"}, **said)
    with pytest.raises(InvalidParameter, match="absent"):
        run(str(boxed), "shell", backend_config={**config, "kube-context": "absent"}, **said)
    statuses = [one.info.status for one in client.search_runs(["0"])]
    assert sorted(statuses) == ["FAILED", "FAILED", "FINISHED"]


def test_fields_that_the_cluster_does_not_know_are_said(
    boxed: Path, config: dict[str, str], server: KubernetesServer
) -> None:
    path = Path(config["kube-job-template-path"])
    path.write_text(TEMPLATE.replace("backoffLimit", "backofLimit"))
    with pytest.raises(InvalidParameter, match="backofLimit"):
        run(str(boxed), "fail", backend="kubernetes", backend_config=config)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"repository-uri": None}, "needs 'repository-uri'"),
        ({"kube-job-template-path": ""}, "needs 'kube-job-template-path'"),
        ({"repository-uri": "--tls-verify=false"}, "no reference of an image"),
        ({"repository-uri": "team/ridge:1"}, "without a tag"),
        ({"kube-job-template-path": "/absent"}, "cannot be read"),
        ({"kube-contxt": "a"}, "kube-contxt"),
        ({"kube-context": ["a"]}, "context's name"),
    ],
)
def test_a_configuration_that_cannot_be_meant_builds_nothing(
    boxed: Path,
    config: dict[str, str],
    server: KubernetesServer,
    containers: Containers,
    change: dict[str, Any],
    said: str,
) -> None:
    with pytest.raises(InvalidParameter, match=said):
        run(str(boxed), "fail", backend="kubernetes", backend_config={**config, **change})
    assert containers.asked("build") == []


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("kind: [", "not YAML"),
        ("- a", "holds no Job"),
        ("{apiVersion: v1, kind: Pod}", "Job of batch/v1"),
        ("{apiVersion: batch/v1, kind: Job}", "no containers"),
        ("!!python/object/apply:os.system [id]", "not YAML"),
        ("a" * ((1 << 20) + 1), "longer"),
    ],
)
def test_a_template_that_is_no_job_is_refused(
    boxed: Path, config: dict[str, str], containers: Containers, template: str, said: str
) -> None:
    Path(config["kube-job-template-path"]).write_text(template)
    with pytest.raises(InvalidParameter, match=said):
        run(str(boxed), "fail", backend="kubernetes", backend_config=config)
    assert containers.asked("build") == []


def test_a_project_needs_an_image(
    project: Path, config: dict[str, str], server: KubernetesServer
) -> None:
    with pytest.raises(InvalidParameter, match="no docker_env"):
        run(str(project), backend="kubernetes", backend_config=config)


def test_a_cluster_that_is_away_is_named(
    boxed: Path,
    config: dict[str, str],
    containers: Containers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kubeconfig(tmp_path / "kubeconfig", "https://127.0.0.1:9", Authority(tmp_path).certificate)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    with pytest.raises(MillstreamError, match="cannot be reached"):
        run(str(boxed), "fail", backend="kubernetes", backend_config=config)


def test_without_an_image_program_it_says_so(
    boxed: Path, config: dict[str, str], server: KubernetesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NotFound, match="on PATH"):
        run(str(boxed), "fail", backend="kubernetes", backend_config=config)


def test_configuration_may_be_in_a_file(
    boxed: Path, config: dict[str, str], server: KubernetesServer, tmp_path: Path
) -> None:
    (tmp_path / "cluster.json").write_text(json.dumps(config))
    file = str(tmp_path / "cluster.json")
    submitted = run(
        str(boxed), "shell", parameters={"word": "a"}, backend="kubernetes", backend_config=file
    )
    assert submitted.get_status() == "FINISHED"
