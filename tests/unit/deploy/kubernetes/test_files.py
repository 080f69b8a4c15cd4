"""A deployment as files: whichever the format is, they say what would be applied."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from tests.unit.deploy.kubernetes.option_sets import option_sets

from millstream.deploy.kubernetes.files import FORMATS, written
from millstream.deploy.kubernetes.manifests import manifests
from millstream.deploy.kubernetes.options import read
from millstream.deploy.wish import Wish
from millstream.errors import InvalidParameter

_ACTION = re.compile(
    r'\{\{ (?:"(?P<text>[^"]*)"|\.Values\.(?P<value>\w+) \| toJson|(?P<other>.*?)) \}\}'
)
HOST = {"host": "churn.example.com", "tls_secret": "certificate", "max_replicas": "4"}


def made(config: dict[str, str]) -> list[dict[str, Any]]:
    return manifests(
        Wish("churn", "models:/churn/3", Path("model"), config, image="team/churn:1"), read(config)
    )


def rendered(template: str, values: dict[str, Any]) -> Any:
    """What Helm makes of a template that does no more than ours do."""

    def put(action: re.Match[str]) -> str:
        if action["text"] is not None:
            return action["text"]
        if action["value"] is not None:
            return json.dumps(values[action["value"]], ensure_ascii=False)  # as Go does
        assert action["other"] == ".Release.Service"
        return "Helm"

    return yaml.safe_load(_ACTION.sub(put, template))


def by_helm(manifest: dict[str, Any]) -> Any:
    """A manifest as it is when Helm looks after it, and nobody knows beforehand what is applied."""
    text = json.dumps(manifest).replace('managed-by": "millstream"', 'managed-by": "Helm"')
    found = json.loads(text)
    del found["metadata"]["annotations"]["millstream.io/digest"]
    return found


@settings(max_examples=60, deadline=None)
@given(option_sets())
def test_a_chart_says_what_the_manifests_say(config: dict[str, str]) -> None:
    found = made(config)
    files = written("helm", "churn", found, None)
    values = yaml.safe_load(files["values.yaml"])
    assert yaml.safe_load(files["Chart.yaml"])["name"] == "churn"
    templates = {name: text for name, text in files.items() if name.startswith("templates/")}
    assert [rendered(text, values) for text in templates.values()] == [
        by_helm(one) for one in found
    ]


def test_values_of_a_chart_are_what_people_change() -> None:
    files = written("helm", "churn", made({**HOST, "service_type": "NodePort"}), None)
    values = yaml.safe_load(files["values.yaml"])
    assert {name: values[name] for name in values if name not in ("env", "resources")} == {
        "serviceType": "NodePort",
        "image": "team/churn:1",
        "minReplicas": 1,
        "maxReplicas": 4,
        "host": "churn.example.com",
    }
    values["image"] = "team/churn:2"
    changed = rendered(files["templates/deployment.yaml"], values)
    assert changed["spec"]["template"]["spec"]["containers"][0]["image"] == "team/churn:2"


@settings(max_examples=30, deadline=None)
@given(option_sets())
def test_plain_files_say_it_all(config: dict[str, str]) -> None:
    found = made(config)
    (text,) = written("yaml", "churn", found, None).values()
    assert list(yaml.safe_load_all(text)) == found
    (text,) = written("yaml", "churn", found, "shop").values()
    assert {one["metadata"]["namespace"] for one in yaml.safe_load_all(text)} == {"shop"}


def test_an_overlay_changes_the_image(tmp_path: Path) -> None:
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed")
    files = written("kustomize", "churn", made(HOST), "shop")
    for name, text in files.items():
        (tmp_path / "base" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "base" / name).write_text(text)
    overlay = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": ["../base"],
        "images": [{"name": "team/churn", "newTag": "2"}],
    }
    (tmp_path / "live").mkdir()
    (tmp_path / "live" / "kustomization.yaml").write_text(yaml.safe_dump(overlay))
    done = subprocess.run(
        ["kubectl", "kustomize", str(tmp_path / "live")], capture_output=True, text=True, check=True
    )
    found = {one["kind"]: one for one in yaml.safe_load_all(done.stdout)}
    assert sorted(found) == sorted(one["kind"] for one in made(HOST))
    assert {one["metadata"]["namespace"] for one in found.values()} == {"shop"}
    pod = found["Deployment"]["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == "team/churn:2"


def test_a_base_names_its_files() -> None:
    files = written("kustomize", "churn", made({}), None)
    said = yaml.safe_load(files["kustomization.yaml"])
    assert said["resources"] == [name for name in files if name != "kustomization.yaml"]
    assert "namespace" not in said


def test_other_formats_are_refused() -> None:
    with pytest.raises(InvalidParameter, match=", ".join(FORMATS)):
        written("jsonnet", "churn", made({}), None)
