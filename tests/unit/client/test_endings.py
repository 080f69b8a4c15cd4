"""What becomes of a run: by exceptions, exit codes and signals; bounded, and without secrets."""

from __future__ import annotations

import subprocess
import sys

import pytest

from millstream.client import endings
from millstream.client.endings import Ending, Exits, of_exception, of_exit, of_signal


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:  # noqa: BLE001  # that is what is wanted
        return caught


@pytest.mark.parametrize(
    ("code", "ending"),
    [
        (None, Ending()),
        (0, Ending()),
        (False, Ending()),
        (256, Ending()),
        (3, Ending("FAILED", "exit code 3")),
        (True, Ending("FAILED", "exit code 1")),
        (-1, Ending("FAILED", "exit code 255")),
        ("no data", Ending("FAILED", "exit code 1: no data")),
        (("a", 1), Ending("FAILED", "exit code 1: ('a', 1)")),
    ],
)
def test_exit_codes(code: object, ending: Ending) -> None:
    assert of_exit(code) == ending
    assert of_exception(SystemExit(code)) == ending


def test_exceptions() -> None:
    assert of_exception(None) == Ending()
    ending = of_exception(raised(ValueError("no\nmore")))
    assert (ending.status, ending.reason) == ("FAILED", "ValueError: no")
    assert ending.traceback is not None
    assert ending.traceback.startswith("Traceback (most recent call last):")
    assert ending.traceback.endswith("ValueError: no\nmore")
    assert [tag.key for tag in ending.tags] == ["millstream.end.reason", "millstream.end.traceback"]


def test_an_interrupt_kills() -> None:
    ending = of_exception(raised(KeyboardInterrupt()))
    assert (ending.status, ending.reason) == ("KILLED", "interrupted: KeyboardInterrupt (SIGINT)")
    assert ending.traceback is not None


def test_a_signal_kills() -> None:
    assert of_signal("SIGTERM") == Ending("KILLED", "terminated: SIGTERM")


def test_a_good_end_needs_no_words() -> None:
    assert Ending().tags == []


def test_what_is_told_is_bounded() -> None:
    def deep(depth: int) -> None:
        if depth == 0:
            raise ValueError("x" * 10_000)
        deep(depth - 1)

    with pytest.raises(ValueError, match="x") as caught:
        deep(900)
    ending = of_exception(caught.value)
    assert ending.reason is not None
    assert len(ending.reason) == endings.LONGEST_REASON
    assert ending.traceback is not None
    assert len(ending.traceback) <= endings.LONGEST_TRACEBACK + 2


def test_a_long_traceback_is_cut_at_a_line() -> None:
    message = "\n".join(f"line {number}" for number in range(2_000))
    ending = of_exception(raised(ValueError(message)))
    assert ending.traceback is not None
    first, second, *_ = ending.traceback.splitlines()
    assert first == "…"
    assert second.startswith("line ")
    assert ending.traceback.endswith("line 1999")


def test_an_exception_that_cannot_be_shown_is_told_of() -> None:
    class Odd(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    ending = of_exception(raised(Odd()))
    assert ending.reason is not None
    assert "Odd" in ending.reason


def test_secrets_are_not_told() -> None:
    secret = "hunter2hunter2"  # noqa: S105  # of no place
    ending = of_exception(raised(OSError(f"cannot reach postgresql://ada:{secret}@db/x")))
    assert ending.reason is not None
    assert secret not in ending.reason
    assert "postgresql://ada:" in ending.reason


EXITS = """
import atexit, sys
from millstream.client.endings import Exits
exits = Exits()
exits.watch()
atexit.register(lambda: print(*exits.ending()[:2]))
"""


@pytest.mark.parametrize(
    ("script", "told", "code"),
    [
        ("", "FINISHED None", 0),
        ("sys.exit()", "FINISHED None", 0),
        ("sys.exit(0)", "FINISHED None", 0),
        ("sys.exit(3)", "FAILED exit code 3", 3),
        ("sys.exit('no data')", "FAILED exit code 1: no data", 1),
        ("exit(4)", "FAILED exit code 4", 4),
        ("quit(code=5)", "FAILED exit code 5", 5),
        ("1 / 0", "FAILED ZeroDivisionError: division by zero", 1),
        (
            "def main():\n    try:\n        sys.exit(3)\n    finally:\n        print()\nmain()",
            "FAILED exit code 3",
            3,
        ),
        ("try:\n    sys.exit(3)\nexcept SystemExit:\n    pass", "FINISHED None", 0),
        ("try:\n    sys.exit(3)\nexcept SystemExit:\n    sys.exit(0)", "FINISHED None", 0),
        (
            "try:\n    sys.exit(0)\nexcept SystemExit:\n    raise ValueError('no')",
            "FAILED ValueError: no",
            1,
        ),
        ("try:\n    sys.exit(3)\nexcept SystemExit as e:\n    raise", "FAILED exit code 3", 3),
        (
            "sys.excepthook = lambda *_: None\n1 / 0",
            "FAILED ZeroDivisionError: division by zero",
            1,
        ),
        (
            "import argparse\nargparse.ArgumentParser().parse_args(['--no'])",
            "FAILED exit code 2",
            2,
        ),
        (
            "import threading\nt = threading.Thread(target=lambda: sys.exit(3))\nt.start()\n"
            "t.join()",
            "FINISHED None",
            0,
        ),
    ],
)
def test_how_a_process_ends_is_known_while_it_ends(script: str, told: str, code: int) -> None:
    found = subprocess.run(
        [sys.executable, "-c", EXITS + script], capture_output=True, text=True, check=False
    )
    assert (found.stdout.strip(), found.returncode) == (told, code), found.stderr


def test_an_exception_at_a_prompt_is_not_the_end() -> None:
    found = subprocess.run(
        [sys.executable, "-i", "-c", EXITS],
        input="1 / 0\nexit(3)\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout.strip().endswith("FINISHED None")


def test_texts_of_what_is_watched_stay() -> None:
    code = (
        "import sys\nbefore = (repr(exit), sys.exit.__doc__)\n"
        + EXITS
        + ("assert (repr(exit), sys.exit.__doc__) == before\nassert sys.exit.__name__ == 'exit'")
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_an_exception_under_way_is_the_end() -> None:
    """As in children of multiprocessing, which end before their exception is told."""
    exits = Exits()
    try:
        raise ValueError("no")
    except ValueError:
        assert exits.ending().reason == "ValueError: no"


def test_a_signal_comes_before_all_else() -> None:
    exits = Exits()
    exits.signalled = of_signal("SIGTERM")
    try:
        raise ValueError("no")
    except ValueError:
        assert exits.ending() == of_signal("SIGTERM")
