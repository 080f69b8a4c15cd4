"""How images are built, as words for the programs that build them."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from millstream.containers import engines
from millstream.containers.manner import PLAIN, Manner

RECORD = """#!{python} -I
import json, os, sys
with open({file!r}, "w") as file:
    json.dump([sys.argv[1:], os.environ.get("SOURCE_DATE_EPOCH")], file)
"""


def asked(name: str, manner: Manner, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The command line that builds an image, and the date that it is told."""
    record = folder / "record"
    program = folder / name
    program.write_text(RECORD.format(python=sys.executable, file=str(record)))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder))
    engine = engines.find("A test builds an image", "or skip it")
    engine.build("name:1", Path("/context/Dockerfile"), Path("/context"), manner)
    return record.read_text()


SECRETS = {"uv": Path("/s/uv.toml"), "pip": Path("/s/pip.conf")}
FULL = Manner(SECRETS, "linux/arm64", timeless=True)
SHARED = (
    '"--platform", "linux/arm64", "--secret", "id=pip,src=/s/pip.conf", '
    '"--secret", "id=uv,src=/s/uv.toml"'
)
LAST = '"--tag", "name:1", "--file", "/context/Dockerfile", "/context"]'
TIMELESS = '"--timestamp", "0", "--format", "docker"'


@pytest.mark.parametrize(
    ("name", "manner", "expected"),
    [
        ("docker", PLAIN, f'[["build", {LAST}, null]'),
        ("docker", FULL, f'[["build", {SHARED}, {LAST}, "0"]'),
        ("podman", PLAIN, f'[["build", {LAST}, null]'),
        ("podman", FULL, f'[["build", {SHARED}, {TIMELESS}, {LAST}, null]'),
        ("buildah", PLAIN, f'[["build", "--isolation", "chroot", {LAST}, null]'),
        (
            "buildah",
            FULL,
            f'[["build", "--isolation", "chroot", {SHARED}, {TIMELESS}, {LAST}, null]',
        ),
    ],
)
def test_each_program_is_asked_in_its_words(
    name: str, manner: Manner, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked(name, manner, tmp_path, monkeypatch) == expected
