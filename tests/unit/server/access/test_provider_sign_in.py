"""A server loads what sign-in at a provider needs only if it names one; else it says what lacks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from millstream.errors import NotSupported
from millstream.server.access.provider_sign_in import check_installed

NEEDED = ("authlib", "joserfc", "cryptography")


def test_a_server_without_a_provider_loads_none_of_it(tmp_path: Path) -> None:
    program = (
        "import sys; from millstream.server.assembly import assemble; "
        "from millstream.server.options import ServerOptions, check; "
        "assemble(check(ServerOptions(auth=True))); "
        f"print([name for name in {NEEDED} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("package", NEEDED)
def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    check_installed()
    ours = [name for name in sys.modules if name.startswith("millstream.server.access.openid.")]
    theirs = [name for name in sys.modules if name.partition(".")[0] in NEEDED]
    for name in (*ours, *theirs):
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(NotSupported, match=r"needs the Python package .*'millstream\[oidc\]'"):
        check_installed()
