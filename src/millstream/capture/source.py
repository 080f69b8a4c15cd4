"""The source that a run was started from, as far as no commit holds it."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from millstream.capture.git import WorkingTree, working_tree
from millstream.masking import is_secret, without_secrets

TREE = "source/tree.json"
DIFFERENCE = "source/uncommitted.diff"
FILES = "source/files"
MOST_OF_DIFFERENCE = 5 << 20
MOST_OF_FILE = 512 << 10
MOST_OF_FILES = 10 << 20
MOST_FILES = 200
SUFFIXES = frozenset(
    re.findall(
        r"\S+",
        ".c .cc .cfg .cpp .cs .cu .cuh .go .h .hpp .ini .ipynb .java .jl .js .json .kt .lua .m .md "
        ".mk .pl .proto .py .pyi .pyx .r .rb .rs .scala .sh .sql .swift .toml .ts .tsx .txt .yaml "
        ".yml",
    )
)
NAMES = frozenset(["Dockerfile", "Makefile", "MLproject", "Snakefile", "requirements.in"])

_CUT_NOTE = b"\n# The difference is cut here: it has more than %d bytes.\n" % MOST_OF_DIFFERENCE
_MOST_LEFT_OUT = 100
_SECTION = re.compile(rb"^(?=diff --git )", re.MULTILINE)
_BINARY = b"\nGIT binary patch\n"


class Tree(msgspec.Struct, frozen=True, forbid_unknown_fields=False):
    """The working tree of git that a run was started from, and what was not kept of it as it was.

    `folder` is its full path. `is_cut` says that only the beginning of the difference was kept,
    `masked` are the kept names in which secrets were masked (of the difference, its own), and
    `left_out` the untracked sources that were too large or too many, at most 100 of them.
    """

    folder: str
    is_cut: bool = False
    masked: list[str] = []
    left_out: list[str] = []


def captured(script: Path | None, folder: Path) -> Iterator[tuple[str, bytes]]:
    """The files to keep of a run that `script` started, or a session in `folder`, with their paths.

    In a working tree of git these are the difference from the last commit, the sources that git
    does not have and what is known of the tree; elsewhere the script alone. Secrets are masked.
    Raises OSError if git fails.
    """
    tree = working_tree(script.parent if script is not None else folder)
    if tree is None:
        if script is not None and is_source(script.name):
            for name, content in _files(script.parent, [script.name]):
                yield f"{FILES}/{name}", _masked(content)
        return
    patch, is_cut = tree.difference(MOST_OF_DIFFERENCE)
    original = {DIFFERENCE: patch} if patch else {}
    names = _untracked(tree, script)
    original |= {f"{FILES}/{name}": content for name, content in _files(tree.folder, names)}
    kept = {path: _without_secrets(path, content) for path, content in original.items()}
    about = Tree(
        folder=str(tree.folder),
        is_cut=is_cut,
        masked=[path for path in kept if kept[path] != original[path]],
        left_out=[name for name in names if f"{FILES}/{name}" not in kept][:_MOST_LEFT_OUT],
    )
    if is_cut:
        kept[DIFFERENCE] += _CUT_NOTE
    yield from kept.items()
    yield TREE, msgspec.json.encode(about)


def _without_secrets(path: str, content: bytes) -> bytes:
    return masked_patch(content) if path == DIFFERENCE else _masked(content)


def masked_patch(patch: bytes) -> bytes:
    """A patch without secrets; what it holds of binary files stays as it is."""
    sections = _SECTION.split(patch)
    return b"".join(each if _BINARY in each else _masked(each) for each in sections)


def _masked(content: bytes) -> bytes:
    text = without_secrets(content.decode("utf-8", "surrogateescape"))
    return text.encode("utf-8", "surrogateescape")


def _untracked(tree: WorkingTree, script: Path | None) -> list[str]:
    """Those that are sources; the script comes first."""
    found = [name for name in tree.untracked() if is_source(name)]
    if script is None:
        return found
    started = os.path.relpath(script.resolve(), tree.folder)
    if started not in found and is_source(started) and not tree.holds(started):
        found.append(started)  # git was told to ignore it
    return sorted(found, key=lambda name: name != started)


def is_source(name: str) -> bool:
    """Whether a file of this name is source, and not by its name a secret or a hidden file."""
    path = PurePosixPath(name)
    if any(part.startswith(".") for part in path.parts) or is_secret(path.name):
        return False
    return path.suffix.lower() in SUFFIXES or path.name in NAMES


def _files(folder: Path, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    left = MOST_OF_FILES
    for name in names[:MOST_FILES]:
        content = _content(folder / name)
        if content is not None and len(content) <= left:
            left -= len(content)
            yield PurePosixPath(name).as_posix(), content


def _content(path: Path) -> bytes | None:
    """What a regular file of moderate size holds; of links and what cannot be read, nothing."""
    try:
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(number, "rb") as file:
        kind = os.fstat(number)
        if not stat.S_ISREG(kind.st_mode) or kind.st_size > MOST_OF_FILE:
            return None
        return file.read(MOST_OF_FILE)
