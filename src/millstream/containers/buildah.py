"""Containers by buildah alone, which needs neither a daemon nor namespaces: it changes the root.

That keeps the files apart, and neither processes nor the network.
"""

from __future__ import annotations

import shlex
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from millstream.client.away import warn
from millstream.containers.box import Box
from millstream.containers.calling import Caller, complaint
from millstream.containers.manner import PLAIN, Manner
from millstream.containers.program import Program
from millstream.errors import NotSupported

_ISOLATION = ("--isolation", "chroot")
_VARIABLES = "/mlflow/variables"
_COMMAND = f'. {_VARIABLES} && exec bash -c "$0"'


class Buildah:
    """Buildah by its command."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def login(self, auth: Mapping[str, str]) -> None:
        """Sign in, which buildah keeps as its configuration says."""
        registry = auth.get("registry") or "docker.io"
        words = ("login", "--username", auth["username"], "--password-stdin", registry)
        self._caller.ask(*words, given=auth["password"])

    def image_id(self, image: str) -> str:
        """The id of an image, which is pulled if it is not here."""
        words = ("inspect", "--type", "image", "--format", "{{.FromImageID}}", image)
        found = self._caller.attempt(*words)
        if found.returncode == 0:
            return found.stdout.strip()
        self._caller.show("pull", image)
        return self._caller.ask(*words)

    def has(self, image: str) -> bool:
        """Whether an image, given by a name or an id, is here."""
        return self._caller.attempt("inspect", "--type", "image", image).returncode == 0

    def address(self, image: str) -> str | None:  # noqa: ARG002  # for engines that know
        """Of an image that was built here, buildah tells a digest which no registry has."""
        return None

    def build(self, tag: str, file: Path, context: Path, manner: Manner = PLAIN) -> None:
        """Build an image from a file and the folder that it copies from."""
        self._caller.show(
            "build",
            *_ISOLATION,
            *manner.podman_words(),
            "--tag",
            tag,
            "--file",
            str(file),
            str(context),
        )

    def push(self, tag: str) -> str:
        """Push an image to where its tag says; gives the digest that it has there."""
        return self._caller.push(tag)

    def is_pushed(self, tag: str) -> bool:
        """Whether the registry in a tag has an image of that tag; not, if it cannot be asked."""
        return self._caller.has_manifest(tag)

    def tag(self, image: str, name: str) -> None:
        """Give an image that is here another name."""
        self._caller.ask("tag", image, name)

    def served(self, image: str, volume: str, published: str) -> list[str]:  # noqa: ARG002  # for engines that can
        """Buildah runs commands of a build, and publishes no ports."""
        raise NotSupported(
            f"buildah cannot serve {image} at a port of this machine: docker and podman can."
        )

    def program(self, box: Box, folder: str) -> Program:
        """What runs a command in a container, which is gone when it is over.

        Variables are handed over in a file that only its owner can read: buildah takes their values
        from a command line and nowhere else.
        """
        kept = Path(tempfile.mkdtemp(prefix="millstream-variables-"))
        try:
            self._caller.ask("from", "--name", box.name, box.image)
            file = kept / "variables"
            lines = [
                f"export {name}={shlex.quote(value)}\n"
                for name, value in {**box.written, **box.handed}.items()
            ]
            file.write_text("".join(lines), "utf-8")
        except BaseException:
            shutil.rmtree(kept)
            raise
        words = [str(self._caller.program), "run", *_ISOLATION, *box.arguments]
        for volume in (*box.volumes, f"{file}:{_VARIABLES}:ro"):
            words += ["-v", volume]
        words += [box.name, "--", "bash", "-c", _COMMAND, box.command]

        def over() -> None:
            shutil.rmtree(kept)
            done = self._caller.attempt("rm", box.name)
            if done.returncode:
                warn(f"the container {box.name} could not be removed: {complaint(done)}")

        return Program(words, folder, self._caller.variables, over=over)
