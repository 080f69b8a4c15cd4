"""A script whose console is captured: `python terminal_script.py WHAT TARGET`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from millstream.capture.descriptors import Descriptors, are_ours

WHAT, TARGET = sys.argv[1:]
heard: list[tuple[str, str]] = []
descriptors = Descriptors()
assert are_ours()


def feed(text: str, stream: str, _moment: int) -> None:
    heard.append((text, stream))


def wait_for_end(stat: Path) -> None:
    """Until a process is gone, or nobody has asked how it ended: its pipes are closed by then."""
    while True:
        try:
            state = stat.read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state in "ZX":
            return
        time.sleep(0.01)


descriptors.start(feed)
if WHAT == "everything":
    print("from Python é", sys.stdout.isatty())
    print("an error", file=sys.stderr)
    subprocess.run(["echo", "from a program"], check=True)
    os.write(1, b"raw \xff\n")
    if os.fork() == 0:
        os.write(1, b"from a child\n")
        os._exit(0)
    try:
        while True:
            os.wait()
    except ChildProcessError:
        print("no other child")
elif WHAT == "input":
    print("got", input("name? "))
elif WHAT == "killed":
    print("last words", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
elif WHAT == "helper":
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        words = line.read_bytes().split(b"\0")
        if any(word.endswith(b"capture/tee.py") for word in words):
            own = line.with_name("environ").read_bytes()
            if f"MARK={os.environ['MARK']}".encode() in own:  # and nobody else's
                os.kill(int(line.parent.name), signal.SIGKILL)
                wait_for_end(line.with_name("stat"))
    print("still here")
elif WHAT == "storm":
    for number in range(5_000):
        print("line", number)
elif WHAT == "left behind":
    subprocess.Popen(["sleep", "30"])
    print("before")
descriptors.stop()
descriptors.stop()
print("after")
Path(TARGET).write_text(repr(heard), encoding="utf-8")
