"""A Job's manifest is valid whatever somebody gives, and its command arrives as it was given."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import kubernetes_validate
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.projects.launch.kubernetes_server import expand

from millstream.projects.command import Command, fill
from millstream.projects.launch.kubernetes.job import job_name, label, manifest

TEMPLATE = yaml.safe_load("""
apiVersion: batch/v1
kind: Job
metadata: {namespace: training}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: replaced
        env: [{name: KEPT, valueFrom: {secretKeyRef: {name: a, key: b}}}, {name: GIVEN, value: x}]
""")
VERSIONS = ["1.25", "1.31", "1.37"]
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
AT = datetime(2026, 11, 28, 22, 15, 0, 7, UTC)
SHELL = ("bash", "-c")


def filled(command: Command, variables: dict[str, str], name: str = "name") -> dict[str, Any]:
    return manifest(
        TEMPLATE,
        name=job_name(name, AT),
        container=label(name),
        image="registry.example.com/team/ridge@sha256:0",
        command=command,
        variables=variables,
    )


def first(found: dict[str, Any]) -> dict[str, Any]:
    container: dict[str, Any] = found["spec"]["template"]["spec"]["containers"][0]
    return container


@given(st.text())
def test_any_name_becomes_a_label(name: str) -> None:
    for found in (label(name), job_name(name, AT)):
        assert LABEL.fullmatch(found)
        assert len(found) <= 63
    assert job_name(name, AT).endswith("-2026-11-28-22-15-00-000007")


def test_names_stay_readable() -> None:
    assert job_name("Boxed Ridge!", AT) == "boxed-ridge-2026-11-28-22-15-00-000007"
    assert label("--日本--") == "project"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("template", ["python a.py {x}", "python a.py {x} | cat"])
def test_it_is_valid_for_a_cluster(version: str, template: str) -> None:
    value = "x: {y: [z]}\n- privileged: true\n\0'\"$(A)"
    command = fill(template, {"x": value}, {"extra": value}, "main")
    found = filled(command, {"GIVEN": value}, name=value)
    kubernetes_validate.validate(found, version, strict=True)
    first(found)["privileged"] = True
    with pytest.raises(kubernetes_validate.ValidationError, match="privileged"):
        kubernetes_validate.validate(found, version, strict=True)


@given(st.text())
def test_what_is_given_arrives(value: str) -> None:
    command = fill("python a.py --x='{x}' \"{x}\" {x}", {"x": value}, {"extra": value}, "main")
    container = first(filled(command, {"GIVEN": value}))
    inside = {"MLFLOW_RUN_ID": "secret", "GIVEN": value, value: "replaced"}
    assert [expand(word, inside) for word in container["command"]] == [
        *("python", "a.py", f"--x={value}", value, value, "--extra", value)
    ]
    (given_value,) = (one["value"] for one in container["env"] if one["name"] == "GIVEN")
    assert expand(given_value, inside) == value


def test_variables_of_the_template_stay_but_for_those_of_the_run() -> None:
    container = first(filled(Command("true", {}, "true"), {"GIVEN": "mine"}))
    kept, given_one = container["env"]
    assert kept["valueFrom"] == {"secretKeyRef": {"name": "a", "key": "b"}}
    assert given_one == {"name": "GIVEN", "value": "mine"}
    assert TEMPLATE["spec"]["template"]["spec"]["containers"][0]["name"] == "replaced"


def test_a_command_for_a_shell_is_given_to_one() -> None:
    command = fill("cd sub && python {x}", {"x": "$(id)"}, {}, "main")
    container = first(filled(command, {}))
    assert tuple(container["command"][:2]) == SHELL
    assert expand(container["command"][2], {}) == command.text
    assert container["env"][-1] == {"name": "MILLSTREAM_PARAMETER_0", "value": "$$(id)"}
