"""The packages that are installed where a run runs, as a file that pip understands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import metadata

from millstream.masking import shown

FILE = "requirements.txt"
_FIELD = re.compile(r"^(Name|Version):[ \t]*(.+?)[ \t]*$", re.MULTILINE)
_HEAD = 4_096


def requirements() -> bytes:
    """One line for each package, sorted: its version, or the place that it was installed from."""
    return "".join(f"{line}\n" for line in sorted(set(_lines()), key=str.lower)).encode()


def _lines() -> Iterator[str]:
    seen: set[str] = set()
    for distribution in metadata.distributions():
        # Parsing all of the metadata takes twenty times as long, and the two fields come first.
        text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
        fields = dict(reversed(_FIELD.findall(text[:_HEAD])))
        name, version = fields.get("Name"), fields.get("Version")
        key = (name or "").lower().replace("_", "-")
        if name is None or version is None or key in seen:
            continue  # a leftover of an uninstallation, or hidden by an earlier folder of the path
        seen.add(key)
        yield _line(name, version, distribution.read_text("direct_url.json"))


def _line(name: str, version: str, origin: str | None) -> str:
    """As PEP 610 says: what came from a repository or a folder is named with it."""
    try:
        found = json.loads(origin) if origin else {}
        url, repository = found.get("url"), found.get("vcs_info") or {}
    except (ValueError, AttributeError):
        url, repository = None, {}
    if not url:
        return f"{name}=={version}"
    if repository:
        commit = repository.get("commit_id") or repository.get("requested_revision") or "HEAD"
        return f"{name} @ {repository.get('vcs', 'git')}+{shown(url)}@{commit}"
    return f"{name}=={version}  # from {shown(url)}"
