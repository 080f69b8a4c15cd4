"""The lock of an environment names what it holds, with hashes where an index has them."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.environments import programs
from millstream.environments.preparation import Prepared
from millstream.environments.requirements_lock import LOCK, Pin, pins, requirements_lock
from millstream.environments.specification import EnvManager

HASH = "0123456789abcdef" * 4
_UV = """\
#!{python}
import sys, pathlib
if pathlib.Path({fail!r}).exists():
    sys.exit("error: no index answers")
with open({calls!r}, "a") as file:
    file.write(" ".join(sys.argv[1:]) + "\\n")
lines = [line.strip() for line in open("installed.txt")]
out = pathlib.Path(sys.argv[sys.argv.index("-o") + 1])
out.write_text("".join(f"{{line}} \\\\\\n    --hash=sha256:{hash}\\n" for line in lines))
"""


class Made:
    """An environment with packages in it, and a stand-in for uv that knows all hashes."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "made"
        self.site = self.folder / "environment" / "lib" / "python3.11" / "site-packages"
        self.site.mkdir(parents=True)
        self.fail, self.calls = root / "fail", root / "calls"
        uv = root / "bin" / "uv"
        uv.parent.mkdir()
        names = {"fail": str(self.fail), "calls": str(self.calls), "hash": HASH}
        uv.write_text(_UV.format(python=sys.executable, **names))
        uv.chmod(uv.stat().st_mode | stat.S_IXUSR)
        self.variables = {"PATH": str(uv.parent), "PIP_CONFIG_FILE": os.devnull}
        self.said: list[str] = []

    def install(self, name: str, version: str, origin: str | None = None) -> None:
        """Put a package into it."""
        folder = self.site / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
        if origin is not None:
            (folder / "direct_url.json").write_text(f'{{"url": "{origin}"}}')

    def lock(self) -> str | None:
        """Its lock."""
        python = self.folder / "environment" / "bin" / "python"
        prepared = Prepared(python, EnvManager.UV, True, "", self.folder)
        return requirements_lock(prepared, self.variables, self.said.append)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


def test_every_package_has_its_hashes_but_this_one_is_left_out(made: Made) -> None:
    for name in ("zlib-ng", "Alpha", "millstream", "millstream_mlflow"):
        made.install(name, "1.0")
    text = made.lock()
    assert text == "".join(
        f"{name}==1.0 \\\n    --hash=sha256:{HASH}\n" for name in ("Alpha", "zlib-ng")
    )
    assert pins(text) == [Pin(name, "1.0", (f"sha256:{HASH}",)) for name in ("Alpha", "zlib-ng")]
    assert "--generate-hashes" in made.calls.read_text()
    assert made.said == []


def test_it_is_made_once(made: Made) -> None:
    made.install("alpha", "1.0")
    assert made.lock() == made.lock() == (made.folder / LOCK).read_text()
    assert len(made.calls.read_text().splitlines()) == 1


def test_without_an_index_there_are_no_hashes_which_is_said(made: Made) -> None:
    made.install("alpha", "1.0")
    made.fail.touch()
    assert made.lock() == "alpha==1.0\n"
    assert "has no hashes" in made.said[0]
    assert "no index answers" in made.said[0]
    made.fail.unlink()
    assert HASH in (made.lock() or "")


def test_what_came_from_an_address_is_named_with_it(made: Made) -> None:
    made.install("alpha", "1.0")
    made.install("own", "2.0", "https://me:secret@example.com/own.zip")
    text = made.lock() or ""
    assert text.endswith("own==2.0  # from https://me:***@example.com/own.zip\n")
    assert pins(text)[1] == Pin("own", "2.0", (), "https://me:***@example.com/own.zip")


def test_an_empty_environment_has_an_empty_lock(made: Made) -> None:
    assert made.lock() == ""


def test_the_present_environment_has_none() -> None:
    prepared = Prepared(Path(sys.executable), EnvManager.LOCAL, False, "")
    assert requirements_lock(prepared, {}, print) is None


def test_pip_serves_where_there_is_no_uv(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    made.install("alpha", "1.0")
    made.install("beta", "2.0")
    monkeypatch.setattr(programs, "find", lambda *_, **__: None)
    pip = made.folder / "environment" / "bin" / "python"
    pip.parent.mkdir()
    pip.write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        "assert '--dry-run' in sys.argv and '--no-deps' in sys.argv\n"
        "found = [line.strip().split('==') for line in open('installed.txt')]\n"
        "report = [dict(metadata=dict(name=n, version=v), download_info=dict(archive_info="
        f"dict(hashes=dict(sha256='{HASH}')))) for n, v in found]\n"
        "json.dump(dict(version='1', install=report), open('hashed.json', 'w'))\n"
    )
    pip.chmod(0o755)
    assert made.lock() == f"alpha==1.0 --hash=sha256:{HASH}\nbeta==2.0 --hash=sha256:{HASH}\n"


PINS = st.builds(
    Pin,
    st.from_regex(r"[a-z][a-z0-9-]{0,8}[a-z0-9]", fullmatch=True),
    st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}(rc1)?(\+cpu)?", fullmatch=True),
    st.lists(st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True), max_size=3).map(tuple),
)


@given(st.lists(PINS))
def test_lines_of_pins_are_read_back(found: list[Pin]) -> None:
    assert pins("".join(f"{pin.line}\n" for pin in found)) == found
    continued = "".join(pin.line.replace(" ", " \\\n    ") + "\n" for pin in found)
    assert pins(f"# a comment\n\n{continued}") == found


def test_captured_lists_are_read_too() -> None:
    text = "a==1.0\nb==2.0  # from file:///x\nc @ git+https://example.com/c@abc\n"
    assert pins(text) == [
        Pin("a", "1.0"),
        Pin("b", "2.0", (), "file:///x"),
        Pin("c", "git+https://example.com/c@abc", (), "git+https://example.com/c@abc"),
    ]
    assert pins(text)[2].line == "c @ git+https://example.com/c@abc"
