"""Where environments are kept."""

from __future__ import annotations

from pathlib import Path

from millstream import settings


def environments_folder() -> Path:
    """What the setting `env_root` says, or a folder in the user's cache."""
    known = settings.load()
    if known.env_root:
        return Path(known.env_root).expanduser().absolute()
    cache = Path(known.cache_home) if known.cache_home else Path.home() / ".cache"
    return cache / "millstream" / "envs"
