"""Write the stub of the package's public names, for editors and type checkers; --check compares."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

root: Any = import_module("millstream")  # the module itself, not what its stub says of it
STUB = Path(root.__file__).with_suffix(".pyi")


def stub() -> str:
    """The public names as imports, which is where they load from at run time."""
    lines = [
        f"from millstream.{place} import {name} as {name}"
        for place, names in root.PLACES.items()
        for name in names.split()
    ]
    for name, place in root.MODULES.items():
        parent, _, module = f"millstream.{place}".rpartition(".")
        lines.append(f"from {parent} import {module} as {name}")
    lines += [f"from millstream.version import {name} as {name}" for name in root.VERSIONS]
    aliases = [f"{alias} = {name}" for alias, name in root.ALIASES.items()]
    return "\n".join(
        [
            '"""The public names; written by scripts/generate_stub.py."""',
            "",
            "from collections.abc import Callable, Mapping",
            "from typing import Any",
            "",
            *sorted(lines),
            "",
            *aliases,
            "",
            "__version__: str",
            "__all__: list[str]",
            "",
            "def late(places: Mapping[str, str]) -> Callable[[str], Any]: ...",
            "",
        ]
    )


def main(arguments: list[str]) -> int:
    """Write, or with --check compare; the exit code is 1 if the stub differs."""
    stale = not STUB.exists() or STUB.read_text(encoding="utf-8") != stub()
    if stale and "--check" in arguments:
        print(f"{STUB.name} is out of date; run: python {Path(__file__).name}", file=sys.stderr)
        return 1
    if stale:
        STUB.write_text(stub(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
