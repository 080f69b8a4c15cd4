"""Tables, fields and JSON on standard output."""

from __future__ import annotations

import json

import pytest

from millstream.cli import output


def test_without_a_terminal_a_table_is_aligned_text(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_rows(["Id", "Name"], [("1", "first"), ("22", None)], "none")
    assert capsys.readouterr().out == "Id  Name\n--  -----\n1   first\n22\n"


def test_an_empty_table_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_rows(["Id"], [], "There is none.")
    assert capsys.readouterr().out == "There is none.\n"


def test_a_name_cannot_act_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_rows(["Name"], [("a\x1b[2Jb\nc",)], "none")
    assert capsys.readouterr().out.splitlines()[-1] == "a [2Jb c"


@pytest.mark.parametrize("forced", [True, False])
def test_on_a_terminal_a_table_goes_through_rich(
    forced: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    if forced:
        monkeypatch.delenv("NO_COLOR", raising=False)
    else:
        monkeypatch.setenv("NO_COLOR", "1")
    output.print_rows(["Name"], [("[red]x",)], "none")
    shown = capsys.readouterr().out
    assert ("\x1b[1m" in shown) is forced
    assert "[red]x" in shown


def test_fields_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_fields({"Id": 1, "Lifecycle": "active", "Tags": {"a": "b", "c": "d"}, "End": None})
    assert capsys.readouterr().out == (
        "Id         1\nLifecycle  active\nTags       a=b, c=d\nEnd\n"
    )


def test_json_has_words_for_what_is_no_finite_number(capsys: pytest.CaptureFixture[str]) -> None:
    values = {"a": [float("nan"), float("inf"), -float("inf"), 1.5], "name": "ü"}
    output.print_json(values)
    shown = capsys.readouterr().out
    assert json.loads(shown) == {"a": ["NaN", "Infinity", "-Infinity", 1.5], "name": "ü"}
    assert "ü" in shown


def test_a_report_is_a_sentence_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    output.report("done", {"run_id": "r"}, as_json=False)
    output.report("done", {"run_id": "r"}, as_json=True)
    assert capsys.readouterr().out == 'done\n{\n  "run_id": "r"\n}\n'


def test_times_are_shown_in_utc() -> None:
    assert output.as_date(1_795_391_490_059) == "2026-11-22 23:51:30 UTC"
    assert output.as_date(None) == ""
