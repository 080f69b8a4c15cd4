"""Signals: runs end first, then the process dies as it would have; the user's handlers win."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")

BEGIN = """
import os, signal, sys, threading, time
from millstream.client.signals import Signals
lock = threading.Lock()
def end(name):
    with lock:
        print("ended by", name, flush=True)
signals = Signals(end)
"""
WATCH = BEGIN + "signals.watch()\n"
READY = "print('ready', flush=True)\n"


def ignoring_nothing() -> None:
    """A test that runs in the background may have been told to ignore some signals."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def run(script: str, number: int = signal.SIGTERM) -> tuple[int, list[str]]:
    """Start a script, send it a signal as soon as it says that it is ready, and see how it ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=ignoring_nothing,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    said = process.communicate(timeout=60)[0]
    return process.returncode, said.splitlines()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_the_process_dies_of_the_signal_after_the_end(name: str) -> None:
    number = getattr(signal, name)
    assert run(WATCH + READY + "time.sleep(60)", number) == (-number, [f"ended by {name}"])


def test_a_long_call_into_a_library_delays_nothing() -> None:
    """A C function that goes on sleeping when it is interrupted, as those do that compute."""
    long_call = (
        "import ctypes\n"
        "libc = ctypes.CDLL(None)\n"
        "mutex = ctypes.create_string_buffer(256)\n"
        "libc.pthread_mutex_lock(mutex)\n" + READY + "libc.pthread_mutex_lock(mutex)\n"
    )
    assert run(WATCH + long_call) == (-signal.SIGTERM, ["ended by SIGTERM"])


def test_what_the_main_thread_holds_is_waited_for() -> None:
    held = (
        "with lock:\n    print('ready', flush=True)\n    time.sleep(0.2)\n"
        "    print('done', flush=True)\n"
    )
    assert run(WATCH + held + "time.sleep(60)") == (
        -signal.SIGTERM,
        ["done", "ended by SIGTERM"],
    )


def test_an_end_that_fails_is_an_end() -> None:
    script = BEGIN.replace(
        '    with lock:\n        print("ended by", name, flush=True)', "    raise OSError"
    )
    assert run(script + "signals.watch()\n" + READY + "time.sleep(60)") == (-signal.SIGTERM, [])


def test_a_handler_of_the_user_stays() -> None:
    own = "signal.signal(signal.SIGTERM, lambda *_: (print('mine', flush=True), os._exit(7)))\n"
    assert run(BEGIN + own + "signals.watch()\n" + READY + "time.sleep(60)") == (7, ["mine"])


def test_a_handler_that_is_set_later_wins() -> None:
    own = (
        "signal.signal(signal.SIGTERM, lambda *_: ("
        "print('mine', flush=True), time.sleep(0.3), os._exit(7)))\n"
    )
    assert run(WATCH + own + READY + "time.sleep(60)") == (7, ["mine"])


def test_a_handler_that_calls_the_one_before_it_ends_the_runs() -> None:
    own = (
        "before = signal.getsignal(signal.SIGTERM)\n"
        "def handle(number, frame):\n"
        "    print('mine', flush=True)\n"
        "    before(number, frame)\n"
        "signal.signal(signal.SIGTERM, handle)\n"
    )
    assert run(WATCH + own + READY + "time.sleep(60)") == (
        -signal.SIGTERM,
        ["mine", "ended by SIGTERM"],
    )


def test_what_is_ignored_stays_so() -> None:
    ignored = "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
    ends = READY + "time.sleep(0.3)\nprint('alive')"
    assert run(BEGIN + ignored + "signals.watch()\n" + ends, signal.SIGHUP) == (0, ["alive"])


def test_an_event_loop_may_take_the_wakeup_over() -> None:
    taken = (
        "import socket\n"
        "a, b = socket.socketpair()\nb.setblocking(False)\nsignal.set_wakeup_fd(b.fileno())\n"
    )
    assert run(WATCH + taken + READY + "time.sleep(60)") == (-signal.SIGTERM, ["ended by SIGTERM"])


def test_a_wakeup_of_others_is_left_to_them() -> None:
    theirs = (
        "import socket\n"
        "a, b = socket.socketpair()\nb.setblocking(False)\nsignal.set_wakeup_fd(b.fileno())\n"
        "signals.watch()\n"
        "assert signal.set_wakeup_fd(b.fileno()) == b.fileno()\n"
    )
    assert run(BEGIN + theirs + READY + "time.sleep(60)") == (-signal.SIGTERM, ["ended by SIGTERM"])


def test_other_threads_install_nothing() -> None:
    script = (
        BEGIN
        + "t = threading.Thread(target=signals.watch)\nt.start()\nt.join()\n"
        + "assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_forked_child_dies_without_a_word() -> None:
    script = (
        WATCH
        + "os.register_at_fork(before=signals.before_fork, after_in_parent=signals.after_fork,\n"
        + "    after_in_child=lambda: (signals.forget(), signals.after_fork()))\n"
        + "child = os.fork()\n"
        + "if child == 0:\n    time.sleep(60)\n    os._exit(0)\n"
        + "os.kill(child, signal.SIGTERM)\n"
        + "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)\n"
        + READY
        + "time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == f"{-signal.SIGTERM}\n"
    assert process.stdout.readline() == "ready\n"
    process.terminate()
    assert process.communicate(timeout=60)[0] == "ended by SIGTERM\n"


def test_signals_that_are_not_watched_go_by() -> None:
    usual = (
        "heard = []\n"
        "signal.signal(signal.SIGUSR1, lambda *_: (print('usr1', flush=True), heard.append(1)))\n"
    )
    ends = READY + "while not heard:\n    time.sleep(0.01)\nprint('alive')"
    assert run(WATCH + usual + ends, signal.SIGUSR1) == (0, ["usr1", "alive"])
