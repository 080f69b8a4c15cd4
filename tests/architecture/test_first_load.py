"""What a browser has to load before the first page works stays light."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "src/millstream/server/static"
MOST_BYTES = 250 * 1024
SCRIPT = re.compile(r'(?:src|href)="\./(assets/[^"]+\.js)"')
STATIC_IMPORT = re.compile(r'(?:\bfrom|\bimport)\s*"\./([^"]+\.js)"')


def first_load(static: Path) -> dict[str, int]:
    """The scripts that the page names and all that they import at once, in bytes of gzip."""
    waiting = SCRIPT.findall((static / "index.html").read_text())
    weights: dict[str, int] = {}
    while waiting:
        name = waiting.pop()
        if name not in weights:
            code = (static / name).read_bytes()
            weights[name] = len(gzip.compress(code))
            folder = Path(name).parent
            waiting += [str(folder / found) for found in STATIC_IMPORT.findall(code.decode())]
    return weights


def test_the_first_load_is_light() -> None:
    if not (STATIC / "index.html").is_file():
        pytest.skip("the pages are not built: run `make ui`")
    weights = first_load(STATIC)
    assert weights
    assert sum(weights.values()) <= MOST_BYTES, weights


def test_static_imports_count_and_dynamic_ones_do_not(tmp_path: Path) -> None:
    assets = tmp_path / "assets"
    assets.mkdir()
    (tmp_path / "index.html").write_text('<script type="module" src="./assets/a.js"></script>')
    (assets / "a.js").write_text('import{x}from"./b.js";import"./c.js";x(()=>import("./late.js"))')
    (assets / "b.js").write_text('export{y}from"./c.js"')
    (assets / "c.js").write_text("export const y=1")
    (assets / "late.js").write_text("export const z=1")
    assert set(first_load(tmp_path)) == {"assets/a.js", "assets/b.js", "assets/c.js"}
