"""What of an address, a setting or a text may be shown: everything but what lets somebody in."""

from __future__ import annotations

import re
from collections.abc import Sequence

MASK = "***"
_NAMES = r"pass|secret|token|key|credential|signature|\bsig\b"
_NAME = re.compile(_NAMES, re.IGNORECASE)
_FIELD = re.compile(rf"([?&;](?:[^=&;#]*(?:{_NAMES})[^=&;#]*)=)[^&;#\s]+", re.IGNORECASE)
_PASSWORD = re.compile(r"([^:/?#@\s]*):.*@", re.DOTALL)  # which may hold any sign
_PORT = re.compile(r"[^:/?#@\s]*:[0-9]+[/?#]")
_TOKEN = re.compile(r"[^/?#@\s]+@")


def shown(uri: str) -> str:
    """A URI for messages: without password, without a token in its place, without signatures."""
    scheme, mark, rest = uri.partition("://")
    of_server = scheme.lower() in ("http", "https")
    found = _PASSWORD.match(rest)
    if found is not None and not (of_server and _PORT.match(rest)):
        rest = f"{found[1]}:{MASK}@{rest[found.end() :]}"
    elif of_server and _TOKEN.match(rest):
        rest = _TOKEN.sub(f"{MASK}@", rest, count=1)
    return _FIELD.sub(rf"\1{MASK}", f"{scheme}{mark}{rest}")


def is_secret(name: str) -> bool:
    """Whether a setting of this name holds what must not be shown."""
    return _NAME.search(name) is not None


# Secrets that tell by their shape what they are, as their issuers document it.
_SHAPES = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"  # Amazon Web Services
    r"|\bgh[pousr]_[A-Za-z0-9]{30,255}|\bgithub_pat_\w{22,255}"  # GitHub
    r"|\bglpat-[\w-]{20,255}"  # GitLab
    r"|\bxox[abeprs]-[\w-]{10,255}"  # Slack
    r"|\bsk-[A-Za-z0-9_-]{20,255}|\b[rs]k_(?:live|test)_[A-Za-z0-9]{10,255}"
    r"|\bhf_[A-Za-z0-9]{30,255}"  # Hugging Face
    r"|\bAIza[\w-]{35}|\bya29\.[\w-]{20,1024}"  # Google
    r"|\bnpm_[A-Za-z0-9]{36}|\bpypi-[\w-]{50,255}"
    r"|\beyJ[\w-]{10,4096}\.[\w-]{10,4096}\.[\w-]{10,4096}"  # JSON Web Tokens
    r"|\bms_[0-9a-f]{16}_[\w-]{43}"  # our own
)
_BEARER = re.compile(r"\b(bearer|basic)([ \t]+)[A-Za-z0-9._~+/=-]{12,4096}", re.IGNORECASE)
_AUTHORITY = re.compile(r"(://[^/\s:@\"']{0,256}:)[^@\s/\"']{1,1024}@")
_PRIVATE_KEY = re.compile(
    r"(-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----).*?(-----END [A-Z ]{0,32}PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
_ASSIGNED = re.compile(
    r"""(?P<name>["']?\b[\w.-]{0,64}(?:passw(?:or)?d|passphrase|pwd|secret|token(?!s|i)"""
    r"""|api[_-]?key|access[_-]?key|private[_-]?key|credential)s?(?:[_-][\w-]{0,32})?["']?\]?)"""
    r"""(?P<mark>\s{0,8}[:=]\s{0,8})"""
    r"""(?P<value>"[^"\n]{1,4096}"|'[^'\n]{1,4096}'|[^\s"'(),;&\[\]{}<>]{4,4096})(?P<call>[(\[]?)""",
    re.IGNORECASE,
)
_PLAIN_NUMBER = re.compile(r"[-+\d.,:%/eE]{1,12}")
_SHORTEST_UNQUOTED = 8


def without_secrets(text: str) -> str:
    """A text without what looks like a secret, by its shape or by the name it is given."""
    text = _PRIVATE_KEY.sub(rf"\1{MASK}\2", text)
    text = _SHAPES.sub(MASK, text)
    text = _AUTHORITY.sub(rf"\1{MASK}@", text)
    text = _BEARER.sub(rf"\1\2{MASK}", text)
    return _ASSIGNED.sub(_hidden, text)


def command_line(words: Sequence[str]) -> list[str]:
    """The words of a command without secrets; options of such names lose their value."""
    found: list[str] = []
    hides_next = False
    for word in words:
        option, mark, _ = word.partition("=")
        is_option = word.startswith("-")
        if hides_next and not is_option:
            found.append(MASK)
        elif is_option and mark and _is_secret_option(option):
            found.append(f"{option}={MASK}")
        else:
            found.append(without_secrets(shown(word)))
        hides_next = is_option and not mark and _is_secret_option(option)
    return found


def _is_secret_option(option: str) -> bool:
    return is_secret(option) and not option.lower().endswith("tokens")


def _hidden(match: re.Match[str]) -> str:
    name, mark, value, call = match.group("name", "mark", "value", "call")
    if value[0] in "\"'":
        return f"{name}{mark}{value[0]}{MASK}{value[0]}{call}"
    of_environment = name.isupper() and "=" in mark
    guessed = any(sign.isdigit() for sign in value) and any(sign.isalpha() for sign in value)
    if call or _PLAIN_NUMBER.fullmatch(value):
        return match[0]
    if of_environment or (guessed and len(value) >= _SHORTEST_UNQUOTED):
        return f"{name}{mark}{MASK}{call}"
    return match[0]
