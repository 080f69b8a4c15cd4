"""How a build reaches the package indexes that this machine is set up for, as secrets of the build.

| secret | is |
| --- | --- |
| `pip` | pip's own file, `pip.conf` |
| `uv` | uv's, `uv.toml` (docs.astral.sh/uv/reference/settings) |
| `certificates` | the certificates that are trusted here |
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from millstream.environments import pip_settings

_CERTIFICATES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")


def index_secrets(variables: Mapping[str, str], folder: Path) -> dict[str, Path]:
    """Write the secrets into a folder that only its owner can read; gives them by their names.

    Folders of this machine are left out, since a build does not see them.
    """
    told = pip_settings.for_uv(variables)
    index = _addresses(told, "UV_DEFAULT_INDEX", "UV_INDEX_URL")[:1]
    others = _addresses(told, "UV_INDEX", "UV_EXTRA_INDEX_URL")
    insecure = told.get("UV_INSECURE_HOST", "").split()
    found = {}
    if index or others or insecure:
        found["pip"] = folder / "pip.conf"
        found["pip"].write_text(_pip_conf(index, others, insecure), "utf-8")
        found["uv"] = folder / "uv.toml"
        found["uv"].write_text(_uv_toml(index, others, insecure), "utf-8")
    certificates = next((told[name] for name in _CERTIFICATES if told.get(name)), None)
    if certificates is not None and Path(certificates).is_file():
        found["certificates"] = folder / "certificates.pem"
        found["certificates"].write_bytes(Path(certificates).read_bytes())
    return found


def _addresses(told: Mapping[str, str], *names: str) -> list[str]:
    """The addresses in these variables, of which uv allows each a name, as in `name=address`."""
    words = [word for name in names for word in told.get(name, "").split()]
    bare = [word.partition("=")[2] if "=" in word.partition("://")[0] else word for word in words]
    return [word for word in bare if word.startswith(("https://", "http://"))]


def _pip_conf(index: list[str], others: list[str], insecure: list[str]) -> str:
    said = {"index-url": index, "extra-index-url": others, "trusted-host": insecure}
    lines = [f"{key} = {' '.join(values)}\n" for key, values in said.items() if values]
    return "".join(["[global]\n", *lines])


def _uv_toml(index: list[str], others: list[str], insecure: list[str]) -> str:
    """Texts in JSON are texts in TOML."""
    lines = [f"index-url = {json.dumps(one)}\n" for one in index]
    if others:
        lines.append(f"extra-index-url = {json.dumps(others)}\n")
        lines.append('index-strategy = "unsafe-best-match"\n')  # as pip does
    if insecure:
        lines.append(f"allow-insecure-host = {json.dumps(insecure)}\n")
    return "".join(lines)
