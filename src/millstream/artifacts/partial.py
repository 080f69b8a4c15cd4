"""The file beside a download's target that holds what has arrived so far."""

from __future__ import annotations

import hashlib
from pathlib import Path


def partial_path(target: Path, content: str) -> Path:
    """Where to collect `content`, told from any other by its text, until it may become `target`."""
    mark = hashlib.sha256(content.encode()).hexdigest()[:16]
    return target.with_name(f".{mark}.partial")


def partial_size(path: Path) -> int:
    """How many bytes have arrived; 0 if nothing was begun."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
