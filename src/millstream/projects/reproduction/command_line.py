"""The command line of a plain script, as it was recorded, for its code in another place.

Of a recorded command only this much is run: the present Python with options that name no code, and
a script or module of the repository with its arguments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from millstream.errors import InvalidParameter
from millstream.masking import MASK
from millstream.projects import command
from millstream.projects.command import Command
from millstream.projects.manifest import inside
from millstream.projects.reproduction.record import Record

_PLAIN = re.compile(r"-[bBdEIOPqRsSuv]+")
_WITH_VALUE = ("-X", "-W")
_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")


class Script(msgspec.Struct, frozen=True):
    """A script or a module (`is_module`) with the options of Python before and the words after.

    `folder` is where it was started: below the repository if it is a relative path.
    """

    options: list[str]
    target: str
    arguments: list[str]
    folder: str
    is_module: bool

    def command(self, root: Path) -> Command:
        """The command for the code in `root`; no word of it is read by a shell."""
        target = ["-m", self.target] if self.is_module else [str(self._path(root))]
        words = [*self.options, *target, *self.arguments]
        named = {f"word{number}": word for number, word in enumerate(words)}
        template = " ".join(["python", *(f"{{{name}}}" for name in named)])
        return command.fill(template, named, {}, self.target)

    def start_folder(self, root: Path) -> Path:
        """Where to start it; a folder that is not there raises `InvalidParameter`."""
        path = Path(self.folder)
        folder = path if path.is_absolute() else inside(root, self.folder)
        if not folder.is_dir():
            raise InvalidParameter(f"The run was started in '{self.folder}', which is not here.")
        return folder

    def _path(self, root: Path) -> Path:
        path = inside(root, self.target)
        if not path.is_file():
            raise InvalidParameter(
                f"The script '{self.target}' of the run is neither in its commit nor among the "
                "sources that were kept."
            )
        return path


def script_of(record: Record) -> Script:
    """The script that a run was of; `InvalidParameter` says why it cannot be started again."""
    facts, tree = record.machine, record.tree
    if facts is None or tree is None:
        raise InvalidParameter(
            f"How the run {record.run_id} was started is not recorded: its script ran without "
            "capturing 'machine' and 'git', or outside of a repository."
        )
    words, folder = _words(record, facts)
    options, target, arguments = _parsed(words)
    where = _below(folder, tree.folder)
    if target == "-m":
        module, arguments = arguments[0] if arguments else "", arguments[1:]
        if not _MODULE.fullmatch(module) or where is None:
            raise InvalidParameter(
                f"The module '{module}' of the run {record.run_id} was started in '{folder}', "
                f"which is not in the repository '{tree.folder}'."
            )
        return Script(options, module, arguments, where, is_module=True)
    script = _below(str(Path(folder, target)), tree.folder)
    if script is None:
        raise InvalidParameter(
            f"The run {record.run_id} is of the program '{target}', which is not in the "
            f"repository '{tree.folder}'."
        )
    return Script(options, script, arguments, folder if where is None else where, is_module=False)


def _words(record: Record, facts: Mapping[str, Any]) -> tuple[list[str], str]:
    """The recorded command, and the folder it was started in."""
    try:
        words = msgspec.convert(facts.get("command"), list[str])
        folder = msgspec.convert(facts.get("folder"), str)
    except msgspec.ValidationError as error:
        raise InvalidParameter(
            f"The command of the run {record.run_id} is damaged: {error}"
        ) from error
    if any("\0" in word for word in (*words, folder)):
        raise InvalidParameter(f"The command of the run {record.run_id} holds a NUL: {words!r}.")
    if any(MASK in word for word in words):
        raise InvalidParameter(
            f"A secret was masked in the command of the run {record.run_id}, so it cannot be "
            "given again. Give secrets by the environment."
        )
    return words, folder


def _parsed(words: Sequence[str]) -> tuple[list[str], str, list[str]]:
    """The options of Python, what it was to run, and what comes after."""
    at = 1
    while at < len(words):
        word = words[at]
        if word in _WITH_VALUE:
            at += 2
        elif _PLAIN.fullmatch(word) or word[:2] in _WITH_VALUE:
            at += 1
        else:
            break
    target = words[at] if at < len(words) else "-"
    if target.startswith("-") and target != "-m":
        raise InvalidParameter(
            f"The run was no script but `{' '.join(words)}`, and only scripts and modules of a "
            "repository can be started again."
        )
    return list(words[1:at]), target, list(words[at + 1 :])


def _below(path: str, folder: str) -> str | None:
    """A path as seen from a folder that it is below, without asking any disk."""
    parts: list[str] = []
    for part in Path(path).parts:
        if part == ".." and parts:
            parts.pop()
        else:
            parts.append(part)
    whole = Path(*parts)
    if not whole.is_relative_to(folder):
        return None
    return whole.relative_to(folder).as_posix()
