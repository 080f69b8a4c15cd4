"""The `git` program, asked about a working tree without anything in it being executed.

A working tree may come from a stranger. Its configuration can name programs for hooks, for a file
system monitor, for showing differences and for filtering contents: all are switched off, as is the
configuration of the user and of the machine. Nothing is fetched, and no lock is taken.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from millstream.settings import process_variables

TIMEOUT = 20.0
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # git's own name for a tree without files
_PLAIN = ("--no-color", "--no-ext-diff", "--no-renames", "--no-textconv")
_LONGEST_LIST = 4 << 20
_CHUNK = 1 << 16

_SWITCHED_OFF = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.pager": "cat",
    "core.untrackedCache": "false",
    "core.quotePath": "false",
    "diff.external": "",
    "diff.mnemonicPrefix": "false",
    "diff.noprefix": "false",
    "protocol.allow": "never",
    "submodule.recurse": "false",
}
_VARIABLES = {
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


class Content(msgspec.Struct, frozen=True):
    """What a commit holds under a name: git's mode and id of it."""

    mode: str
    identity: str


class Change(msgspec.Struct, frozen=True):
    """A name under which two commits hold something else; None in the one that has nothing."""

    name: str
    before: Content | None
    after: Content | None


class Repository:
    """Commits of git, in the folder that holds them."""

    def __init__(self, folder: Path, git_folder: Path, program: str) -> None:
        self.folder = folder
        self._program = program
        self._where = [f"--git-dir={git_folder}"]
        self._filters: dict[str, str] | None = None

    def has(self, commit: str) -> bool:
        """Whether a commit, given by its id, is here."""
        return self._ask(("cat-file", "-e", f"{commit}^{{commit}}"), 1_000)[1] == 0

    def changes(self, before: str, after: str) -> tuple[list[Change], bool]:
        """What differs between two commits, given by their ids, and whether that is all of it.

        A file that was renamed is one that is gone and one that is new. Raises OSError if git
        cannot say.
        """
        command = ("diff", *_PLAIN, "--raw", "--abbrev=12", "-z", before, after, "--")
        found, code = self._ask(command, _LONGEST_LIST)
        if code not in (0, None):
            raise OSError(f"git diff ended with exit code {code}")
        return list(_changes(found)), code == 0

    def lines(self, before: str, after: str, names: Sequence[str]) -> dict[str, tuple[int, int]]:
        """How many lines only the first and only the second commit have, of files that are text."""
        literal = [f":(top,literal){name}" for name in names]
        command = ("diff", *_PLAIN, "--numstat", "-z", before, after, "--", *literal)
        found, _ = self._ask(command, _LONGEST_LIST)
        counts = dict[str, tuple[int, int]]()
        for entry in found.split(b"\0")[:-1]:
            added, removed, name = entry.split(b"\t", 2)
            if added.isdigit() and removed.isdigit():  # a binary file has dashes there
                counts[os.fsdecode(name)] = int(removed), int(added)
        return counts

    def _ask(self, words: Sequence[str], most: int) -> tuple[bytes, int | None]:
        """At most so many bytes of what a command prints, and its exit code; None if it was cut."""
        if self._filters is None:
            self._filters = _SWITCHED_OFF
            self._filters = _SWITCHED_OFF | self._without_filters()
        given = {name: text for name, text in process_variables().items() if name[:4] != "GIT_"}
        command = [self._program, *self._where]
        for name, value in self._filters.items():
            command += ["-c", f"{name}={value}"]
        with subprocess.Popen(  # noqa: S603 a list of words, no shell
            [*command, *words],
            cwd=self.folder,
            env={**given, **_VARIABLES},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            guard = threading.Timer(TIMEOUT, process.kill)
            guard.daemon = True
            guard.start()
            try:
                content = _read(process, most)
                if len(content) >= most:
                    process.kill()
                    return content, None
                return content, process.wait()
            finally:
                guard.cancel()
                process.kill()

    def _without_filters(self) -> dict[str, str]:
        """Settings that take their programs from all filters that the folder's own settings name.

        Listing settings runs nothing.
        """
        asked = ("config", "--name-only", "-z", "--get-regexp", r"^filter\..*\.")
        found, _ = self._ask(asked, _LONGEST_LIST)
        names = {os.fsdecode(name).rpartition(".")[0] for name in found.split(b"\0") if name}
        strange = [name for name in names if "=" in name]
        if strange:  # git would read another name from our words
            raise OSError(f"the filter '{strange[0]}' of {self.folder} cannot be switched off")
        return {
            f"{name}.{key}": value
            for name in sorted(names)
            for key, value in (
                ("clean", ""),
                ("smudge", ""),
                ("process", ""),
                ("required", "false"),
            )
        }


class WorkingTree(Repository):
    """A folder that git keeps."""

    def __init__(self, folder: Path, program: str) -> None:
        super().__init__(folder, folder / ".git", program)
        self._where.append(f"--work-tree={folder}")

    def difference(self, most: int) -> tuple[bytes, bool]:
        """What differs from the last commit, as a patch, and whether more than `most` bytes do.

        Binary files are in it as git writes them. Raises OSError if git cannot say.
        """
        options = ("--binary", "--no-color", "--no-ext-diff", "--no-textconv")
        command = ("diff", *options, "--ignore-submodules=all")
        has_commit = self._ask(("rev-parse", "--verify", "--quiet", "HEAD"), 1_000)[1] == 0
        patch, code = self._ask((*command, "HEAD" if has_commit else EMPTY_TREE, "--"), most + 1)
        if code not in (0, None):
            raise OSError(f"git diff ended with exit code {code}")
        return patch[:most], len(patch) > most

    def holds(self, name: str) -> bool:
        """Whether git keeps a file of this name."""
        literal = f":(top,literal){name}"
        return self._ask(("ls-files", "--error-unmatch", "--", literal), 1_000)[1] in (0, None)

    def untracked(self) -> list[str]:
        """The files that git neither has nor was told to ignore, relative to the folder."""
        found, code = self._ask(("ls-files", "--others", "--exclude-standard", "-z"), _LONGEST_LIST)
        if code not in (0, None):
            raise OSError(f"git ls-files ended with exit code {code}")
        names = found.split(b"\0")[:-1]  # after the last NUL is nothing, or a name that was cut
        return [os.fsdecode(name) for name in names]


def working_tree(path: Path) -> WorkingTree | None:
    """The innermost working tree around a file or folder, if git is installed."""
    start = path.resolve()
    for folder in (start, *start.parents):
        if (folder / ".git").exists():
            program = shutil.which("git")
            return None if program is None else WorkingTree(folder, program)
    return None


def repository(path: Path) -> Repository | None:
    """The bare repository that a folder is, or the working tree around it, if git is installed."""
    if not is_bare(path):
        return working_tree(path)
    program = shutil.which("git")
    return None if program is None else Repository(path, path, program)


def is_bare(folder: Path) -> bool:
    """Whether a folder is a git repository without a working tree."""
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir()


def _changes(raw: bytes) -> Iterator[Change]:
    """Changes as `git diff --raw -z` prints them; what was cut off at the end is left out."""
    words = raw.split(b"\0")[:-1]
    for about, name in zip(words[::2], words[1::2], strict=False):
        modes_and_ids = about.decode("ascii").removeprefix(":").split()
        old_mode, new_mode, old, new = modes_and_ids[:4]
        yield Change(os.fsdecode(name), _content(old_mode, old), _content(new_mode, new))


def _content(mode: str, identity: str) -> Content | None:
    return Content(mode, identity) if identity.strip("0") else None


def _read(process: subprocess.Popen[bytes], most: int) -> bytes:
    assert process.stdout is not None  # noqa: S101  # it was asked for
    parts: list[bytes] = []
    size = 0
    while size < most:
        part = process.stdout.read(min(_CHUNK, most - size))
        if not part:
            break
        parts.append(part)
        size += len(part)
    return b"".join(parts)
