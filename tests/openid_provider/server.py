"""A server of ours in a process of its own, whose people sign in at a provider."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.openid_provider.process import CLIENT, SECRET, RunningProvider

SIGN_IN = "/api/v1/openid/sign-in"
CALLBACK = "/api/v1/openid/callback"


@contextmanager
def serving(folder: Path, settings: Mapping[str, str], *options: str) -> Iterator[str]:
    """A server with these variables and options, on a folder; gives its address."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "MILLSTREAM"))}
    command = [sys.executable, "-m", "millstream.cli.main", "server", "--port", "0", "--json"]
    process = subprocess.Popen(
        [*command, *options],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        env={**clean, **settings},
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, f"the server ended with {process.wait()}"
        yield str(json.loads(line)["url"])
    finally:
        process.terminate()
        process.communicate(timeout=60)


@contextmanager
def signing_in(folder: Path, provider: RunningProvider, *options: str) -> Iterator[str]:
    """A server that makes users of a provider's people, and administrators of those in a group."""
    secret = folder / "secret"
    secret.write_text(SECRET + "\n")
    settings = {
        "MILLSTREAM_OIDC_ISSUER": provider.issuer,
        "MILLSTREAM_OIDC_CLIENT_ID": CLIENT,
        "MILLSTREAM_OIDC_CLIENT_SECRET_FILE": str(secret),
        "MILLSTREAM_OIDC_GROUPS_CLAIM": "groups",
        "MILLSTREAM_OIDC_ADMINISTRATORS_GROUP": "platform",
        "MILLSTREAM_OIDC_CREATE_USERS": "true",
    }
    with serving(folder, settings, "--auth", *options) as url:
        provider.call_back(url + CALLBACK)
        yield url
