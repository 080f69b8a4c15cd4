"""The documentation holds: complete, up to date, and without dead links."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest

import millstream
from millstream.cli.main import COMMANDS, root
from millstream.errors import CODE_NUMBERS
from millstream.rest.endpoints import ENDPOINTS
from millstream.settings import Settings

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *ROOT.glob("examples/*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
PICTURE = re.compile(r'src(?:set)?="([^"]+)"')


def reference(name: str) -> str:
    return (REFERENCE / name).read_text()


def all_commands() -> Iterator[str]:
    context = click.Context(root)
    for name in COMMANDS:
        yield from with_inner(name, root.get_command(context, name), context)


def with_inner(path: str, command: click.Command | None, context: click.Context) -> Iterator[str]:
    yield path
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            yield from with_inner(f"{path} {name}", command.get_command(context, name), context)


def test_generating_the_reference_again_changes_nothing() -> None:
    program = [sys.executable, str(ROOT / "scripts" / "generate_reference.py"), "--check"]
    done = subprocess.run(program, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_command_has_a_heading() -> None:
    headings = re.findall(r"^##+ millstream (.+)$", reference("commands.md"), re.MULTILINE)
    assert sorted(headings) == sorted(all_commands())


def test_every_setting_has_a_row_with_a_meaning() -> None:
    rows = re.findall(
        r"^\| (\w+) \| `MILLSTREAM_.*\| (.+) \|$", reference("settings.md"), re.MULTILINE
    )
    assert [name for name, _ in rows] == [field.name for field in msgspec.structs.fields(Settings)]
    assert all(meaning.strip() for _, meaning in rows)


def test_every_public_name_is_in_the_reference() -> None:
    page = reference("client.md")
    absent = [
        name
        for name in millstream.__all__
        if f"\n| `{name}(" not in page
        and f"\n| `{name}` |" not in page
        and f"\n## {name}\n" not in page
        and f"\n## millstream.{name}\n" not in page
    ]
    assert absent == []


def test_every_endpoint_and_error_code_is_in_the_reference() -> None:
    rest, errors = reference("rest.md"), reference("errors.md")
    assert [row.path for row in ENDPOINTS if f"`{row.paths[0]}`" not in rest] == []
    assert [code for code in CODE_NUMBERS if f"| `{code}` |" not in errors] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    text = page.read_text()
    for link in LINK.findall(text) + PICTURE.findall(text):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
            assert anchor in [heading.lower().replace(" ", "-") for heading in headings], link


def test_the_tutorial_shows_the_example_that_runs() -> None:
    example = (ROOT / "examples" / "diabetes" / "train.py").read_text()
    assert f"```python\n{example}```" in (ROOT / "docs" / "tutorial.md").read_text()
