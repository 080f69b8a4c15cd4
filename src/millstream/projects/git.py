"""Git repositories of projects, by the program git.

What a repository says of hooks, file monitors and other transports has no effect on what is
executed here. Nobody is asked for passwords: git's own helpers and keys have to know them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import msgspec

from millstream import settings
from millstream.client.context import GIT_COMMIT, GIT_URL, git_tags
from millstream.errors import InvalidParameter, MillstreamError, NotFound
from millstream.masking import shown

_VERSION = re.compile(r"[A-Za-z0-9_.][\w./@-]*")
_BRANCH = re.compile(r"^[0-9a-f]+\t\tbranch '(.+?)' of ", re.MULTILINE)
_SAFE = (
    ("core.hooksPath", os.devnull),
    ("core.fsmonitor", "false"),
    ("submodule.recurse", "false"),
    ("advice.detachedHead", "false"),
)
_REMOTE = "git:http:https:ssh"


class Fetched(msgspec.Struct, frozen=True):
    """The commit that was checked out, and the branch if that is what was asked for."""

    commit: str
    branch: str | None


def fetch(address: str, version: str | None, folder: Path) -> Fetched:
    """Check out a commit, branch or tag of a repository, or what it offers first, to a new folder.

    Only that commit is fetched where the other side allows it, submodules too. Raises
    `MillstreamError` if the repository cannot be reached or has no such version.
    """
    if version is not None and not _VERSION.fullmatch(version):
        raise InvalidParameter(f"'{version}' is no commit, branch or tag of git.")
    here = os.path.exists(address.removeprefix("file://"))  # noqa: PTH110  # a URL is no Path
    allowed = f"file:{_REMOTE}" if here else _REMOTE
    _git("init", "--quiet", str(folder), folder=folder.parent, allowed=allowed)
    branch = _fetch_one(address, version, folder, allowed)
    _git("checkout", "--quiet", "--detach", "FETCH_HEAD", folder=folder, allowed=allowed)
    if (folder / ".gitmodules").is_file():
        words = ("submodule", "update", "--quiet", "--init", "--recursive", "--depth", "1")
        _git(*words, folder=folder, allowed=allowed)
    commit = _git("rev-parse", "HEAD", folder=folder, allowed=allowed).strip()
    return Fetched(commit, branch if version is not None and branch == version else None)


def apply(patch: bytes, folder: Path) -> None:
    """Change the files of a working tree as a patch says; one that does not apply raises.

    Git itself refuses what would write outside of the tree, through a symbolic link or into `.git`.
    The settings of the user and of the machine have no effect, so that no filter of theirs runs.
    """
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    words = ("apply", "--whitespace=nowarn", "-")
    _git(*words, folder=folder, allowed="", given=patch, variables=alone)


def state(folder: Path) -> tuple[str | None, str | None]:
    """The commit and the address of the repository that a folder is part of, if it is of one."""
    tags = git_tags(str(folder / "any file"))
    return tags.get(GIT_COMMIT), tags.get(GIT_URL)


def _fetch_one(address: str, version: str | None, folder: Path, allowed: str) -> str | None:
    """Fetch a version, so that FETCH_HEAD is it; gives the branch that it is."""
    words = ("fetch", "--quiet", "--no-tags", "--depth", "1", "--", address, version or "HEAD")
    try:
        _git(*words, folder=folder, allowed=allowed)
    except MillstreamError as first:
        if version is None:
            raise
        try:
            _fetch_all(address, version, folder, allowed)
        except MillstreamError:
            raise MillstreamError(
                f"Unable to checkout version '{version}' of git repo {shown(address)} - please "
                f"ensure that the version exists in the repo. Error: {first.message}"
            ) from first
        return None
    branch = _BRANCH.search((folder / ".git" / "FETCH_HEAD").read_text("utf-8", "replace"))
    return branch.group(1) if branch else None


def _fetch_all(address: str, version: str, folder: Path, allowed: str) -> None:
    """For servers that do not give out a commit by its id, and ids that are cut short."""
    everything = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
    _git("fetch", "--quiet", "--", address, *everything, folder=folder, allowed=allowed)
    found = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{version}^{{commit}}")
    commit = _git(*found, folder=folder, allowed=allowed).strip()
    _git("update-ref", "FETCH_HEAD", commit, folder=folder, allowed=allowed)


def _git(
    *words: str,
    folder: Path,
    allowed: str,
    given: bytes = b"",
    variables: Mapping[str, str] | None = None,
) -> str:
    """What git prints when it is `given` this; raises `MillstreamError` with its complaint."""
    inherited = settings.process_variables()
    program = shutil.which("git", path=inherited.get("PATH"))
    if program is None:
        raise NotFound("The project is in a git repository, and there is no program git on PATH.")
    options = [part for name, value in _SAFE for part in ("-c", f"{name}={value}")]
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": allowed, "LC_ALL": "C"}
    done = subprocess.run(  # noqa: S603  # a list of words, no shell
        [program, *options, *words],
        cwd=folder,
        env={**inherited, **quiet, **(variables or {})},
        input=given,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        complaint = " ".join(done.stderr.decode("utf-8", "replace").split())
        raise MillstreamError(
            f"`git {words[0]}` failed with exit code {done.returncode}: {shown(complaint)}"
        )
    return done.stdout.decode("utf-8", "replace")
