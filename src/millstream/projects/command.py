"""The command of an entry point with values in its places, of which none is ever executed.

The values travel in variables of the environment, and the shell puts them in: what it puts in it
does not read again, so a value is one word and nothing more, whatever is written in it. A place may
stand in quotation marks or not.
"""

from __future__ import annotations

import os
import re
import shlex
import string
from collections.abc import Iterator, Mapping

import msgspec

from millstream.environments import programs
from millstream.errors import InvalidParameter, NotFound

VARIABLE = "MILLSTREAM_PARAMETER_{}"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_MARK = "\0{}\0"  # neither YAML nor TOML can hold the sign
_MARKED = re.compile("\0([0-9]+)\0")
_FOR_SHELLS = re.compile(r"[|&;<>()$`*?#~{}\[\]!\n\0]")
_BUILTINS = {
    ".", "alias", "bg", "builtin", "case", "cd", "command", "declare", "do", "eval", "exec", "exit",
    "export", "for", "function", "if", "let", "local", "popd", "pushd", "readonly", "return",
    "select", "set", "shift", "shopt", "source", "time", "trap", "type", "ulimit", "umask", "unset",
    "until", "wait", "while",
}  # fmt: skip


class Command(msgspec.Struct, frozen=True):
    """A text for a shell, and the variables it needs.

    `shown` is the same with the values written out, quoted, for people. `words` are the same for
    where there is no shell; there are none if the command has anything that only a shell knows.
    """

    text: str
    variables: dict[str, str]
    shown: str
    words: tuple[str, ...] = ()


def fill(
    template: str, declared: Mapping[str, str], extra: Mapping[str, str], entry_point: str
) -> Command:
    """Fill in a command; what the entry point does not know follows as `--name value`.

    Places are written `{name}`, and a brace itself twice. A place that is no parameter, and a name
    that cannot be an option, raise `InvalidParameter`.
    """
    template = template.rstrip("\n")  # as blocks of YAML end; options belong to the last line
    variables: dict[str, str] = {}
    names: dict[str, str] = {}
    quotes = _Quotes()
    text, shown = [], []
    for literal, name in _pieces(template, entry_point):
        quotes.read(literal)
        if name is not None:
            literal = quotes.before_place(literal)
        text.append(literal)
        shown.append(literal)
        if name is None:
            continue
        if name not in declared:
            raise _no_place(template, entry_point, f"'{name}' is not a parameter of it")
        if name not in names:
            names[name] = VARIABLE.format(len(names))
            variables[names[name]] = declared[name]
        text.append(quotes.reference(names[name]))
        shown.append(shlex.quote(declared[name]))
    for name, value in extra.items():
        if not _NAME.fullmatch(name):
            raise InvalidParameter(
                f"The parameter {name!r} is not one of the entry point '{entry_point}', and its "
                "name cannot be an option: letters, digits, '.', '_' and '-' can."
            )
        variable = VARIABLE.format(len(variables))
        variables[variable] = value
        text.append(f' --{name} "${{{variable}}}"')
        shown.append(f" --{name} {shlex.quote(value)}")
    words = _words(template, entry_point, declared, extra)
    return Command("".join(text), variables, "".join(shown), words)


def _words(
    template: str, entry_point: str, declared: Mapping[str, str], extra: Mapping[str, str]
) -> tuple[str, ...]:
    """A command without a shell: values are put in once it is known where words begin and end."""
    literals, values, marked = list[str](), list[str](), list[str]()
    for literal, name in _pieces(template.strip(), entry_point):
        literals.append(literal)
        marked.append(literal)
        if name is not None:
            marked.append(_MARK.format(len(values)))
            values.append(declared[name])
    if _FOR_SHELLS.search("".join(literals)):
        return ()
    try:
        words = shlex.split("".join(marked))
    except ValueError:  # a quotation mark is left open, and a shell shall say so
        return ()
    if not words or words[0] in _BUILTINS or "=" in words[0]:
        return ()
    filled = [_MARKED.sub(lambda found: values[int(found[1])], word) for word in words]
    return (*filled, *(word for name in extra for word in (f"--{name}", extra[name])))


def shell_of(variables: Mapping[str, str]) -> str:
    """The shell that commands are for, on the PATH of these variables; raises `NotFound`."""
    shell = programs.find("bash", "sh", path=variables.get("PATH", os.defpath))
    if shell is None:
        raise NotFound("Commands of projects are for bash or sh, and neither is on PATH.")
    return str(shell)


def _pieces(template: str, entry_point: str) -> Iterator[tuple[str, str | None]]:
    """Text and the name of the place after it, by turns."""
    try:
        found = list(string.Formatter().parse(template))
    except ValueError as error:
        raise _no_place(template, entry_point, str(error)) from None
    for literal, name, layout, conversion in found:
        if layout or conversion:
            raise _no_place(template, entry_point, f"'{name}' is followed by more than its name")
        yield literal, name


def _no_place(template: str, entry_point: str, reason: str) -> InvalidParameter:
    return InvalidParameter(
        f"The command of the entry point '{entry_point}' cannot be filled in: {template!r} "
        f"({reason}). Places are written {{name}}, and a brace itself is written twice."
    )


class _Quotes:
    """Which quotation marks of a shell a text has left open.

    Where it is mistaken (in a comment, in a here-document) a value may come apart at its blanks;
    executed it is never.
    """

    def __init__(self) -> None:
        self._open: list[str] = []
        self._escaped = False
        self._before = ""

    def read(self, text: str) -> None:
        """Go on with a text."""
        for character in text:
            if self._escaped:
                self._escaped = False
            elif character == "\\" and self._inner != "'":
                self._escaped = True
            else:
                self._step(character)
            self._before = character

    def before_place(self, literal: str) -> str:
        """The text without a backslash at its end that would be one before a sign of ours.

        In quotation marks it stands for itself, and elsewhere for nothing.
        """
        if not self._escaped:
            return literal
        self._escaped = False
        return f"{literal}\\" if self._inner == '"' else literal[:-1]

    def reference(self, variable: str) -> str:
        """The value of a variable as a single word, or as part of one, at this place."""
        if self._inner == '"':
            return f"${{{variable}}}"
        if self._inner == "'":
            return f"'\"${{{variable}}}\"'"
        return f'"${{{variable}}}"'

    @property
    def _inner(self) -> str:
        return self._open[-1] if self._open else ""

    def _step(self, character: str) -> None:
        inner = self._inner
        if inner == "'":
            if character == "'":
                self._open.pop()
        elif character == inner:  # a second quotation mark, or the end of a substitution
            self._open.pop()
        elif character in '"`' or (character == "'" and inner != '"'):
            self._open.append(character)
        elif character == "(" and (self._before == "$" or inner != '"'):
            self._open.append(")")
