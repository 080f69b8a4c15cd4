"""The files that say what an environment holds: conda.yaml and python_env.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from millstream.errors import InvalidParameter


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a file; what is no YAML, or none, raises `InvalidParameter`."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise InvalidParameter(f"{path} is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise InvalidParameter(f"{path} must hold a mapping, not {type(content).__name__}")
    return content


def pip_lines(conda: Mapping[str, Any]) -> list[str]:
    """What pip installs into a conda environment."""
    inner = [one for one in conda.get("dependencies") or [] if isinstance(one, Mapping)]
    return [str(line) for one in inner for line in one.get("pip") or []]


def python_of(conda: Mapping[str, Any]) -> str | None:
    """The version of Python that a conda environment has; None if it does not say."""
    for one in conda.get("dependencies") or []:
        if isinstance(one, str) and one.startswith("python") and one[6:7] in ("=", "<", ">"):
            return one.removeprefix("python").lstrip("=").rstrip("*.") or None
    return None
