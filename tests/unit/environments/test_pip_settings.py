"""What pip is told, uv does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from millstream.environments import pip_settings

NONE = {"PIP_CONFIG_FILE": os.devnull}
GIVEN = NONE | {
    "PIP_INDEX_URL": "https://me:secret@example.com/simple",
    "PIP_EXTRA_INDEX_URL": "https://a/  https://b/",
    "PIP_FIND_LINKS": "/wheels /more",
    "PIP_TRUSTED_HOST": "a b:8080",
    "PIP_CERT": "/certificates.pem",
}


def added(variables: dict[str, str]) -> dict[str, str]:
    return {k: v for k, v in pip_settings.for_uv(variables).items() if k not in variables}


def test_each_setting_has_its_twin() -> None:
    assert added(GIVEN) == {
        "UV_INDEX_URL": "https://me:secret@example.com/simple",
        "UV_EXTRA_INDEX_URL": "https://a/ https://b/",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/wheels,/more",
        "UV_INSECURE_HOST": "a b:8080",
        "SSL_CERT_FILE": "/certificates.pem",
    }


def test_nothing_set_adds_nothing() -> None:
    assert added(NONE) == {}


@pytest.mark.parametrize("own", ["UV_INDEX_URL", "UV_DEFAULT_INDEX"])
def test_what_is_said_to_uv_stays(own: str) -> None:
    found = pip_settings.for_uv(GIVEN | {own: "https://own/", "UV_INDEX_STRATEGY": "first-index"})
    assert found[own] == "https://own/"
    assert found["UV_INDEX_STRATEGY"] == "first-index"
    assert {found.get("UV_INDEX_URL"), found.get("UV_DEFAULT_INDEX")} == {"https://own/", None}


def test_files_count_and_variables_win(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text(
        "[global]\nindex-url = https://global/\nfind_links =\n  /a\n  /b\n"
        "[install]\nindex-url = https://install/\nno-index = yes\n"
    )
    told = {"PIP_CONFIG_FILE": str(file)}
    found = pip_settings.for_uv(told)
    assert found["UV_INDEX_URL"] == "https://install/"
    assert found["UV_FIND_LINKS"] == "/a,/b"
    assert pip_settings.without_index(told)
    assert not pip_settings.without_index(NONE)
    told["PIP_INDEX_URL"] = "https://variable/"
    assert pip_settings.for_uv(told)["UV_INDEX_URL"] == "https://variable/"


def test_a_broken_file_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_bytes(b"\xff no section = 1\n")
    assert pip_settings.without_index({"PIP_CONFIG_FILE": str(file)}) is False
