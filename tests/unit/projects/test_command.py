"""Values come out of the shell as they went in, and nothing in them is executed."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millstream.errors import InvalidParameter
from millstream.projects.command import fill

SHOW = f"{shlex.quote(sys.executable)} -S -c 'import json, sys; print(json.dumps(sys.argv[1:]))'"

# What a shell can be given at all: no NUL, and text that the file system's encoding can carry.
VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
HOSTILE = st.lists(
    st.sampled_from(
        ["'", '"', "`", "$(touch pwned)", ";", "\\", "\n", "${HOME}", "{", "!", " ", "*"]
    ),
    max_size=8,
).map("".join)


def words(
    template: str, declared: dict[str, str], extra: dict[str, str] | None = None
) -> list[str]:
    command = fill(template, declared, extra or {}, "main")
    done = subprocess.run(
        ["bash", "-c", command.text],
        env={**os.environ, **command.variables},
        capture_output=True,
        check=True,
    )
    found: list[str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("place", "around"),
    [
        ("{x}", "{}"),
        ('"{x}"', "{}"),
        ("'{x}'", "{}"),
        ("--x={x}", "--x={}"),
        ('"a {x} b"', "a {} b"),
        ("'a {x} b'", "a {} b"),
        ('a\\"{x}', 'a"{}'),
        ("a\\'{x}", "a'{}"),
        ('"a \\" {x}"', 'a " {}'),
        ('"$(printf %s {x})"', "{}"),
        ('"$(printf %s "{x}")"', "{}"),
        ('"it\'s {x}"', "it's {}"),
    ],
)
@settings(max_examples=12, deadline=None)
@given(value=st.one_of(VALUES, HOSTILE))
def test_a_value_is_one_word_wherever_it_stands(place: str, around: str, value: str) -> None:
    if "printf" in place:
        value = value.rstrip("\n")  # a substitution takes them off
    assert words(f"{SHOW} {place} end", {"x": value}) == [around.replace("{}", value), "end"]


@settings(max_examples=40, deadline=None)
@given(value=st.one_of(VALUES, HOSTILE))
def test_what_is_not_known_follows_as_options(value: str) -> None:
    assert words(f"{SHOW} {{x}}", {"x": "1"}, {"name": value}) == ["1", "--name", value]


@pytest.mark.parametrize("place", ["{x}", '"{x}"', "'{x}'", "`echo {x}`", "# it's {x}\n", "<<<{x}"])
def test_nothing_is_executed(place: str, tmp_path: Path) -> None:
    attack = "'\"`touch pwned`$(touch pwned);touch pwned\n&& touch pwned"
    command = fill(f"true {place}", {"x": attack}, {}, "main")
    subprocess.run(
        ["bash", "-c", command.text],
        env={**os.environ, **command.variables},
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert list(tmp_path.iterdir()) == []


def test_a_value_is_shown_quoted() -> None:
    assert fill("run {x}", {"x": "a b"}, {"y": "c;d"}, "main").shown == "run 'a b' --y 'c;d'"


def test_options_belong_to_the_last_line_of_a_block() -> None:
    assert words(f"true\n{SHOW} {{x}}\n", {"x": "1"}, {"y": "2"}) == ["1", "--y", "2"]


def test_braces_are_written_twice() -> None:
    assert words(f"{SHOW} '{{{{a}}}}'", {}) == ["{a}"]


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("run {y}", "'y' is not a parameter of it"),
        ("run {x.__class__}", "'x.__class__' is not a parameter of it"),
        ("run {x!r}", "followed by more"),
        ("run {x:>10}", "followed by more"),
        ("run {x", "expected '}'"),
        ("run {}", "'' is not a parameter of it"),
    ],
)
def test_a_place_that_is_no_parameter_is_refused(template: str, reason: str) -> None:
    with pytest.raises(InvalidParameter, match=reason.replace("(", r"\(")):
        fill(template, {"x": "1"}, {}, "main")


@pytest.mark.parametrize("name", ["a b", "$(x)", "-rf", "", "a=b"])
def test_a_name_that_cannot_be_an_option_is_refused(name: str) -> None:
    with pytest.raises(InvalidParameter, match="cannot be an option"):
        fill("run", {}, {name: "1"}, "main")


PLAIN = st.lists(
    st.sampled_from(["a", " ", "  ", "'", '"', "\\", "{x}", "-", "=", "/"]), max_size=12
)


@settings(max_examples=60)
@given(PLAIN.map("".join), VALUES)
def test_without_a_shell_it_is_the_same_words(rest: str, value: str) -> None:
    template = f"printf '%s\\0' {rest}"
    command = fill(template, {"x": value}, {"extra": value}, "main")
    if not command.words:
        return
    done = subprocess.run(
        ["bash", "-c", command.text],
        env={**os.environ, **command.variables},
        capture_output=True,
        check=True,
    )
    expected = done.stdout.decode().split("\0")[:-1]
    assert list(command.words[2:]) == expected


@pytest.mark.parametrize(
    "template",
    [
        "a && b", "a; b", "a | b", "a > b", "a $HOME", "a `b`", "a *", "a ~", "a {{b,c}}", "a\nb",
        "cd a", "X=1 a", "a 'b", "{x}=a b", "a # b", "( a )", "if a", "",
    ],
)  # fmt: skip
def test_what_only_a_shell_knows_has_no_words(template: str) -> None:
    assert fill(template, {"x": "1"}, {}, "main").words == ()


def test_a_command_in_several_lines_of_yaml_has_words() -> None:
    assert fill("python a.py {x}\n", {"x": "a b"}, {}, "main").words == ("python", "a.py", "a b")
