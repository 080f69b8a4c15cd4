"""Asking a program that knows of containers, and hearing what it says."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from millstream.environments import programs
from millstream.environments.preparation import say
from millstream.errors import MillstreamError
from millstream.masking import without_secrets


class Caller:
    """Calls one program with the variables of this process."""

    def __init__(self, program: Path, variables: Mapping[str, str]) -> None:
        self.program = program
        self.variables = variables

    def with_variables(self, more: Mapping[str, str]) -> Caller:
        """One that calls the same program with more variables."""
        return Caller(self.program, {**self.variables, **more})

    def show(self, *words: str) -> None:
        """Call it, its output shown line by line; failure raises `MillstreamError`."""
        command = [str(self.program), *words]
        programs.run(command, variables=self.variables, folder=Path.cwd(), show=say)

    def ask(self, *words: str, given: str | None = None) -> str:
        """What it prints, when it reads `given`; failure raises `MillstreamError`."""
        done = self._call(words, given)
        if done.returncode:
            raise MillstreamError(
                f"`{self.program.name} {words[0]}` failed with exit code {done.returncode}: "
                f"{complaint(done)}"
            )
        return done.stdout.strip()

    def push(self, tag: str) -> str:
        """Push an image by podman or buildah; gives the digest that it has there."""
        with tempfile.TemporaryDirectory(prefix="millstream-push-") as folder:
            file = Path(folder, "digest")
            self.show("push", "--digestfile", str(file), tag)
            return file.read_text("utf-8").strip()

    def has_manifest(self, tag: str) -> bool:
        """Whether podman or buildah find an image in its registry; `docker://` means there only."""
        return self.attempt("manifest", "inspect", f"docker://{tag}").returncode == 0

    def attempt(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call it, whatever comes of it."""
        return self._call(words, None)

    def _call(self, words: Sequence[str], given: str | None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  # a list of words, no shell
            [str(self.program), *words],
            env=dict(self.variables),
            input=given or "",
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """What a program complained of, in one line and without secrets."""
    return without_secrets(" ".join((done.stderr or done.stdout).split())[-2000:])
