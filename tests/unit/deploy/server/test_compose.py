"""The Compose file, held against the specification's own schema and against the server."""

from __future__ import annotations

import importlib.resources
import json
import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from tests.unit.deploy.server.known_variables import known_variables

from millstream.deploy.server import deployment
from millstream.deploy.server.deployment import FILES, write_deployment
from millstream.deploy.server.image import PORT, ServerImageOptions


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FILES / "compose.yaml").read_text("utf-8"))
    return found


def test_the_specification_takes_it(compose: dict[str, Any]) -> None:
    schemas = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    schema = json.loads((schemas / "compose-spec.json").read_text("utf-8"))
    validator = jsonschema_rs.validator_for(schema)
    assert [error.message for error in validator.iter_errors(compose)] == []
    assert list(validator.iter_errors({**compose, "service": {}}))


def test_only_the_server_is_reached_and_from_this_machine(compose: dict[str, Any]) -> None:
    published = {name: one["ports"] for name, one in compose["services"].items() if "ports" in one}
    assert published == {"server": [f"${{MILLSTREAM_PUBLISH:-127.0.0.1:5000}}:{PORT}"]}
    assert compose["networks"]["back"] == {"internal": True}
    networks = {name: one["networks"] for name, one in compose["services"].items()}
    assert networks == {"server": ["front", "back"], "database": ["back"], "objects": ["back"]}


def test_each_service_starts_again_and_says_how_it_is(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert {one["restart"] for one in services.values()} == {"unless-stopped"}
    assert all("healthcheck" in services[name] for name in services["server"]["depends_on"])
    for name in ("database", "objects"):
        assert services["server"]["depends_on"][name] == {"condition": "service_healthy"}
        assert services[name]["image"].partition(":")[2] not in ("", "latest")
        (volume,) = services[name]["volumes"]
        assert volume.partition(":")[0] in compose["volumes"]


def test_the_server_knows_each_variable(compose: dict[str, Any]) -> None:
    assert compose["services"]["server"]["environment"].keys() <= known_variables()


def test_secrets_are_files_that_are_made_anew(
    compose: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_image(folder: Path, options: ServerImageOptions) -> None:
        folder.mkdir(parents=True)

    monkeypatch.setattr(deployment, "write_server_context", no_image)
    contents = []
    for name in ("one", "two"):
        write_deployment(tmp_path / name, ServerImageOptions())
        files = [tmp_path / name / one["file"] for one in compose["secrets"].values()]
        assert stat.S_IMODE((tmp_path / name / "secrets").stat().st_mode) == 0o700
        contents += [file.read_text("utf-8") for file in files]
        assert (tmp_path / name / "chart" / "templates" / "deployment.yaml").is_file()
    assert len(set(contents)) == 4
    given = "\n".join((tmp_path / "two" / "compose.yaml").read_text("utf-8").splitlines())
    assert "ASSWORD:" not in given
    for service in compose["services"].values():
        for secret in service["secrets"]:
            assert secret in compose["secrets"]


def test_the_object_store_is_given_the_key_that_the_server_has(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    """Its command, with a program that tells what it was given in the place of the gateway."""
    folder = tmp_path / "secrets"
    deployment._write_secrets(folder)
    objects = compose["services"]["objects"]
    (script,) = objects["command"]
    script = script.replace("$$", "$").replace("/run/secrets", str(folder))
    gateway = tmp_path / "versitygw"
    gateway.write_text('#!/bin/sh\necho "$ROOT_ACCESS_KEY_ID $ROOT_SECRET_ACCESS_KEY $*"\n')
    gateway.chmod(0o755)
    shell = shutil.which("sh")
    assert shell is not None
    done = subprocess.run(
        [shell, *objects["entrypoint"][1:], script],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    secret = (folder / "s3_credentials").read_text().partition("secret_access_key = ")[2].strip()
    assert done.stdout == f"millstream {secret} posix /data\n"
    bucket = compose["services"]["server"]["environment"]["MILLSTREAM_ARTIFACTS_DESTINATION"]
    assert objects["volumes"] == [f"objects:/data/{bucket.split('/')[2]}"]
