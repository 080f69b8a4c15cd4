"""Locks with hashes, as `uv pip compile --generate-hashes` writes them: no index, no address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from millstream.environments import pip_settings, programs
from millstream.environments.building import alone

_LOCK = "lock.txt"


def with_hashes(
    uv: Path,
    words: Sequence[str | Path],
    *,
    folder: Path,
    variables: Mapping[str, str],
    show: Callable[[str], None],
) -> str:
    """What uv makes of requirements in files of a folder, which `words` name.

    `variables` say where packages come from, as for pip and uv; `show` is given each line that uv
    prints.
    """
    command: list[str | Path] = [uv, "pip", "compile", "--quiet", "--generate-hashes"]
    command += ["--no-header", "--no-annotate", "-o", _LOCK]
    if pip_settings.without_index(variables):
        command.append("--no-index")
    told = alone(pip_settings.for_uv(variables), "PYTHONPATH")
    programs.run([*command, *words], variables=told, folder=folder, show=show)
    return (folder / _LOCK).read_text("utf-8")
