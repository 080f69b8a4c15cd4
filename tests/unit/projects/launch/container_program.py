"""Stands in for docker and podman: takes their documented options alone, notes what it is asked,
and runs commands where it is, with the variables that a container would have.

Images are names in a folder that hold an id, which a file `identity` there says for new ones, and
pushing one gives it a digest. Values that name a mounted folder are put back to where it is. It is
started as `container_program.py FOLDER NAME WORD…`, and imports nothing of ours.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

DIGEST = "sha256:" + "ab" * 32
IDENTITY = "sha256:" + "cd" * 32


def parser(name: str) -> argparse.ArgumentParser:
    """The options of docker and podman that are known here."""
    top = argparse.ArgumentParser(prog=name, allow_abbrev=False)
    verbs = top.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("run", allow_abbrev=False)
    run.add_argument("--rm", action="store_true", required=True)
    run.add_argument("--init", action="store_true")
    run.add_argument("--name", required=True)
    run.add_argument("--network")
    run.add_argument("-m", "--memory")
    run.add_argument("-v", "--volume", action="append", default=[])
    run.add_argument("-e", "--env", action="append", default=[])
    run.add_argument("image")
    run.add_argument("command", nargs=argparse.REMAINDER)
    build = verbs.add_parser("build", allow_abbrev=False)
    build.add_argument("-t", "--tag", required=True)
    build.add_argument("-f", "--file", required=True, type=Path)
    build.add_argument("context", type=Path)
    inspect = verbs.add_parser("image").add_subparsers(required=True).add_parser("inspect")
    inspect.add_argument("-f", "--format", required=True)
    inspect.add_argument("image")
    push = verbs.add_parser("push", allow_abbrev=False)
    if name == "podman":
        push.add_argument("--digestfile", type=Path)
    push.add_argument("image")
    for verb in ("pull", "kill"):
        verbs.add_parser(verb).add_argument("image")
    login = verbs.add_parser("login", allow_abbrev=False)
    login.add_argument("-u", "--username", required=True)
    login.add_argument("--password-stdin", action="store_true", required=True)
    login.add_argument("registry", nargs="?")
    return top


class Program:
    """What it does, one method per verb; each gives the exit code."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def note(self, **told: object) -> None:
        with (self.folder / "asked.jsonl").open("a") as file:
            file.write(json.dumps(told) + "\n")

    def keep(self, image: str) -> None:
        now = self.folder / "identity"
        self.path("image", image).write_text(now.read_text() if now.exists() else IDENTITY)

    def identity(self, image: str) -> str | None:
        known = {path.read_text() for path in self.folder.glob("image-*")}
        if image in known:
            return image
        path = self.path("image", image)
        return path.read_text() if path.exists() else None

    def path(self, kind: str, name: str) -> Path:
        return self.folder / f"{kind}-{name.replace('/', '_')}"

    def run(self, said: argparse.Namespace) -> int:
        values = dict(word.partition("=")[::2] for word in said.env if "=" in word)
        copied = {word: os.environ[word] for word in said.env if word in os.environ}
        self.note(**{**vars(said), "env": {**values, **copied}})
        inside = {"PATH": os.environ["PATH"], **values, **copied}
        for volume in said.volume:
            here, there = volume.split(":")[:2]
            inside = {
                name: f"{here}{value.removeprefix(there)}" if value.startswith(there) else value
                for name, value in inside.items()
            }
        with subprocess.Popen(said.command, env=inside, start_new_session=True) as process:
            self.path("container", said.name).write_text(str(process.pid))
            signal.signal(signal.SIGTERM, lambda *_: None)  # a first process ignores it
            code = process.wait()
        self.path("container", said.name).unlink()
        return code if code >= 0 else 128 - code

    def kill(self, said: argparse.Namespace) -> int:
        path = self.path("container", said.image)
        if not path.exists():
            print(f"Error response from daemon: No such container: {said.image}", file=sys.stderr)
            return 1
        os.killpg(int(path.read_text()), signal.SIGKILL)
        return 0

    def build(self, said: argparse.Namespace) -> int:
        files = sorted(str(p.relative_to(said.context)) for p in said.context.rglob("*"))
        self.note(verb="build", tag=said.tag, file=said.file.read_text(), files=files)
        self.keep(said.tag)
        shutil.copytree(said.context, self.folder / "built", symlinks=True, dirs_exist_ok=True)
        return 0

    def image(self, said: argparse.Namespace) -> int:
        identity = self.identity(said.image)
        if identity is None:
            print(f"Error: No such image: {said.image}", file=sys.stderr)
            return 1
        pushed = self.path("pushed", said.image).exists()
        before, slash, last = said.image.rpartition("/")
        repository = f"{before}{slash}{last.partition(':')[0]}"
        shown = {
            "{{.Id}}": identity,
            "{{json .RepoDigests}}": json.dumps([f"{repository}@{DIGEST}"] if pushed else []),
        }
        print(shown[said.format])
        return 0

    def pull(self, said: argparse.Namespace) -> int:
        self.note(verb="pull", image=said.image)
        if "absent" in said.image:
            print(f"Error: manifest for {said.image} not found", file=sys.stderr)
            return 1
        self.keep(said.image)
        return 0

    def push(self, said: argparse.Namespace) -> int:
        self.note(verb="push", image=said.image)
        self.path("pushed", said.image).touch()
        if getattr(said, "digestfile", None):
            said.digestfile.write_text(DIGEST)
        return 0

    def login(self, said: argparse.Namespace) -> int:
        self.note(verb="login", username=said.username, given=sys.stdin.read())
        return 0


if __name__ == "__main__":
    place, named, *words = sys.argv[1:]
    told = parser(named).parse_args(words)
    sys.exit(getattr(Program(Path(place)), told.verb)(told))
