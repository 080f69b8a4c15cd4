"""What a build is told of package indexes."""

from __future__ import annotations

import configparser
import os
import tomllib
from pathlib import Path

import pytest

from millstream.deploy.container.index_secrets import index_secrets

NO_FILES = {"PIP_CONFIG_FILE": os.devnull}


def test_nothing_is_told_where_nothing_is_set_up(tmp_path: Path) -> None:
    assert index_secrets(NO_FILES, tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


def test_pip_and_uv_are_told_the_same(tmp_path: Path) -> None:
    variables = NO_FILES | {
        "PIP_INDEX_URL": "https://ada:secret@a.example.com/simple",
        "PIP_EXTRA_INDEX_URL": "https://b.example.com/x https://c.example.com/y",
        "PIP_TRUSTED_HOST": "b.example.com",
    }
    found = index_secrets(variables, tmp_path)
    pip = configparser.RawConfigParser()
    pip.read(found["pip"])
    uv = tomllib.loads(found["uv"].read_text())
    assert pip["global"]["index-url"] == uv["index-url"] == variables["PIP_INDEX_URL"]
    others = ["https://b.example.com/x", "https://c.example.com/y"]
    assert pip["global"]["extra-index-url"].split() == uv["extra-index-url"] == others
    assert pip["global"]["trusted-host"].split() == uv["allow-insecure-host"] == ["b.example.com"]
    assert uv["index-strategy"] == "unsafe-best-match"


def test_folders_of_this_machine_are_left_out(tmp_path: Path) -> None:
    variables = NO_FILES | {"PIP_EXTRA_INDEX_URL": "file:///srv/simple https://b.example.com/x"}
    found = index_secrets(variables, tmp_path)
    assert tomllib.loads(found["uv"].read_text())["extra-index-url"] == ["https://b.example.com/x"]


def test_an_index_of_uv_may_have_a_name(tmp_path: Path) -> None:
    variables = NO_FILES | {"UV_INDEX": "inner=https://b.example.com/x?a=b"}
    found = index_secrets(variables, tmp_path)
    uv = tomllib.loads(found["uv"].read_text())
    assert uv["extra-index-url"] == ["https://b.example.com/x?a=b"]


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"])
def test_certificates_come_along(tmp_path: Path, name: str) -> None:
    (tmp_path / "mine.pem").write_text("trusted")
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    found = index_secrets(NO_FILES | {name: str(tmp_path / "mine.pem")}, secrets)
    assert found["certificates"].read_text() == "trusted"
    assert found["certificates"].parent == secrets
