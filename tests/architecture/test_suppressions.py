"""Whatever silences a check says why, in the same line."""

from __future__ import annotations

import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "dropin", "tests", "scripts", "benchmarks", "examples")
SILENCE = re.compile(
    r"#\s*(noqa(:\s*[A-Z]+[0-9]+(,\s*[A-Z]+[0-9]+)*)?|type:\s*ignore(\[[a-z0-9\-, ]+\])?)(?!\w)"
)
REASON = re.compile(r"\w")


def unexplained(path: Path) -> list[str]:
    """The comments of a file that silence a check without a reason."""
    found = []
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT and SILENCE.search(token.string):
                rest = SILENCE.sub("", token.string)
                if not REASON.search(rest):
                    found.append(f"{path.relative_to(ROOT)}:{token.start[0]}: {token.string}")
    return found


@pytest.mark.parametrize("folder", FOLDERS)
def test_silenced_checks_have_their_reason_beside_them(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    assert [each for path in files for each in unexplained(path)] == []


def test_what_has_no_reason_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.architecture.test_suppressions.ROOT", tmp_path)
    path = tmp_path / "some.py"
    path.write_text(
        "import a  # noqa: F401\n"
        "import b  # noqa: F401  # for others\n"
        "x = a.y  # type: ignore[attr-defined]  # noqa: S101\n"
        "y = b.z  # type: ignore[attr-defined]  # set at run time\n"
        "z = '# noqa'\n"
    )
    assert [line.partition(" ")[0] for line in unexplained(path)] == ["some.py:1:", "some.py:3:"]
