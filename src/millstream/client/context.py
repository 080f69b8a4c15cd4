"""What is known about a run without being told: the user, the source, the state of its git folder.

Nothing is started and nothing is waited for: git's own files are read.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from millstream.address import local_user
from millstream.client.away import warn
from millstream.settings import Settings

USER = "mlflow.user"
SOURCE_NAME = "mlflow.source.name"
SOURCE_TYPE = "mlflow.source.type"
GIT_COMMIT = "mlflow.source.git.commit"
GIT_BRANCH = "mlflow.source.git.branch"
GIT_URL = "mlflow.source.git.repoURL"


def context_tags(settings: Settings) -> dict[str, str]:
    """The tags that every run gets."""
    tags = {USER: user_name(settings), **_source(settings), **dict(_git(main_file(settings)))}
    if settings.run_context:
        tags.update(_from_environment(settings.run_context))
    return tags


def user_name(settings: Settings) -> str:
    """The user at the server if there are credentials, else at this machine."""
    return settings.tracking_username or local_user()


def git_tags(path: str) -> dict[str, str]:
    """Commit, branch and origin of the git working tree that holds a file, as far as known."""
    return dict(_git(path))


def _source(settings: Settings) -> dict[str, str]:
    shell = _notebook_shell()
    if shell is not None:
        name = _notebook(shell, settings) or "notebook"
        return {SOURCE_NAME: Path(name).name, SOURCE_TYPE: "NOTEBOOK"}
    return {SOURCE_NAME: main_file(settings) or "<console>", SOURCE_TYPE: "LOCAL"}


def main_file(settings: Settings) -> str:
    """The script or notebook that this process runs; empty in a console, and where none is known.

    Jupyter may say no more of a notebook than its name, which is no file from where the code runs.
    """
    shell = _notebook_shell()
    if shell is not None:
        notebook = _notebook(shell, settings)
        return notebook if Path(notebook).is_file() else ""
    name = sys.argv[0] if getattr(sys, "argv", None) else ""
    return "" if name in ("-c", "-m", "-") else name


def _notebook_shell() -> Any | None:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if hasattr(ipython, "get_ipython") else None  # type: ignore[union-attr]  # hasattr(None) is False
    return shell if type(shell).__name__ == "ZMQInteractiveShell" else None


def _notebook(shell: Any, settings: Settings) -> str:
    return str(shell.user_ns.get("__vsc_ipynb_file__") or settings.notebook or "")


def _from_environment(run_context: str) -> dict[str, str]:
    try:
        found = msgspec.json.decode(run_context, type=dict[str, Any])
    except msgspec.DecodeError as error:
        warn(f"MLFLOW_RUN_CONTEXT is no JSON object and is ignored: {error}")
        return {}
    return {key: str(value) for key, value in found.items()}


def _git(path: str) -> Iterator[tuple[str, str]]:
    if not path:
        return
    git = _git_folder(Path(path).resolve().parent)
    if git is None:
        return
    shared = git / (_text(git / "commondir") or ".")
    head = _text(git / "HEAD")
    branch = head.removeprefix("ref: ")
    commit = head if branch == head else _resolve(git, shared, branch)
    if commit:
        yield GIT_COMMIT, commit
    if branch != head:
        yield GIT_BRANCH, branch.removeprefix("refs/heads/")
    url = _origin(shared)
    if url:
        yield GIT_URL, url


def _git_folder(folder: Path) -> Path | None:
    """The `.git` folder of the innermost working tree around a folder."""
    for parent in (folder, *folder.parents):
        git = parent / ".git"
        if git.is_dir():
            return git
        if git.is_file():  # of a linked working tree or a submodule: "gitdir: <path>"
            return parent / _text(git).removeprefix("gitdir: ")
    return None


def _resolve(git: Path, shared: Path, reference: str) -> str:
    for folder in (git, shared):
        commit = _text(folder / reference)
        if commit:
            return commit
    for line in _text(shared / "packed-refs").splitlines():
        commit, _, name = line.partition(" ")
        if name == reference:
            return commit
    return ""


def _origin(shared: Path) -> str:
    """The address of the remote `origin`, or else of the first; without user and password."""
    section, urls = "", dict[str, str]()
    for line in _text(shared / "config").splitlines():
        text = line.strip()
        if text.startswith("["):
            section = text
        elif section.startswith("[remote ") and text.partition("=")[0].strip() == "url":
            urls.setdefault(section, text.partition("=")[2].strip())
    url = urls.get('[remote "origin"]') or next(iter(urls.values()), "")
    scheme, separator, rest = url.partition("://")
    if separator and scheme in ("http", "https"):
        host, slash, path = rest.partition("/")
        return scheme + separator + host.rpartition("@")[2] + slash + path
    return url


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
