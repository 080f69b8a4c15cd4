"""Where pip is told to install from, in uv's words: uv reads none of pip's own settings."""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

# pip's setting, uv's variable for it, others that stand for the same, and what separates values.
_TWINS = (
    ("index-url", "UV_INDEX_URL", ("UV_DEFAULT_INDEX",), " "),
    ("extra-index-url", "UV_EXTRA_INDEX_URL", ("UV_INDEX",), " "),
    ("find-links", "UV_FIND_LINKS", (), ","),
    ("trusted-host", "UV_INSECURE_HOST", (), " "),
)
_STRATEGY = "UV_INDEX_STRATEGY"
_YES = {"1", "true", "yes", "on", "y", "t"}


def for_uv(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables with those of uv added that say what pip is told; those set already stay.

    pip takes the best version of all indexes, and uv by default only looks at the first that has
    the package. What was set up for pip works by pip's rule; UV_INDEX_STRATEGY says otherwise.
    """
    told = _settings(variables)
    result = dict(variables)
    for name, twin, others, separator in _TWINS:
        if name in told and not any(variables.get(one) for one in (twin, *others)):
            result[twin] = separator.join(told[name].split())
            if name == "extra-index-url":
                result.setdefault(_STRATEGY, "unsafe-best-match")
    if "cert" in told:
        result.setdefault("SSL_CERT_FILE", told["cert"])
    return result


def without_index(variables: Mapping[str, str]) -> bool:
    """Whether pip is told to ask no index at all."""
    return _settings(variables).get("no-index", "").lower() in _YES


def _settings(variables: Mapping[str, str]) -> dict[str, str]:
    """What pip is told, by name: by its files, of which later ones win, and then by variables."""
    found: dict[str, str] = {}
    for path in _files(variables):
        found |= _read(path)
    for name in (*(twin[0] for twin in _TWINS), "cert", "no-index"):
        value = variables.get(f"PIP_{name.upper().replace('-', '_')}")
        if value:
            found[name] = value
    return found


def _files(variables: Mapping[str, str]) -> Iterator[Path]:
    given = variables.get("PIP_CONFIG_FILE")
    if given == os.devnull:
        return
    name, home = ("pip.ini" if os.name == "nt" else "pip.conf"), Path.home()
    if os.name == "nt":
        yield Path(variables.get("PROGRAMDATA", "C:/ProgramData"), "pip", name)
        yield Path(variables.get("APPDATA", home / "AppData/Roaming"), "pip", name)
    elif sys.platform == "darwin":
        yield Path("/Library/Application Support/pip", name)
        yield home / "Library/Application Support/pip" / name
    else:
        yield from (Path("/etc/xdg/pip", name), Path("/etc", name))
    yield home / ".pip" / name
    yield Path(variables.get("XDG_CONFIG_HOME") or home / ".config", "pip", name)
    yield Path(sys.prefix, name)
    if given:
        yield Path(given)


def _read(path: Path) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return {}  # pip itself complains about such a file; here it only is no help
    found: dict[str, str] = {}
    for section in ("global", "install"):
        if parser.has_section(section):
            found |= {key.replace("_", "-"): value for key, value in parser.items(section)}
    return {key: value for key, value in found.items() if value}
