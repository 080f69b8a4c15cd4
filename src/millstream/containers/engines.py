"""The programs that run containers: docker, podman, or buildah alone.

Their options are those of their manuals: `docker container run`, `docker image build`, `docker
image inspect`, `docker image push` and `docker login` (docs.docker.com/reference/cli/docker), the
pages `podman-run(1)`, `podman-build(1)`, `podman-push(1)`, and `buildah-from(1)`, `buildah-run(1)`,
`buildah-build(1)`, `buildah-push(1)`, `buildah-inspect(1)`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from millstream import settings
from millstream.client.away import warn
from millstream.containers.box import Box, checked_volume
from millstream.containers.buildah import Buildah
from millstream.containers.calling import Caller, complaint
from millstream.containers.manner import PLAIN, Manner
from millstream.containers.program import Program
from millstream.errors import MillstreamError, NotFound

ENGINES = ("docker", "podman", "buildah")


class Engine(Protocol):
    """What is asked of a program that knows of containers. Failures raise `MillstreamError`."""

    def login(self, auth: Mapping[str, str]) -> None:
        """Sign in to a registry, as the program itself does; the password is on no command line."""

    def image_id(self, image: str) -> str:
        """The id of an image, which is pulled if it is not here."""

    def has(self, image: str) -> bool:
        """Whether an image, given by a name or an id, is here."""

    def address(self, image: str) -> str | None:
        """By what a registry gives out the bytes of an image that is here, if that is known."""

    def build(self, tag: str, file: Path, context: Path, manner: Manner = PLAIN) -> None:
        """Build an image from a file and the folder that it copies from."""

    def push(self, tag: str) -> str:
        """Push an image to where its tag says; gives the digest that it has there."""

    def is_pushed(self, tag: str) -> bool:
        """Whether the registry in a tag has an image of that tag; not, if it cannot be asked."""

    def tag(self, image: str, name: str) -> None:
        """Give an image that is here another name."""

    def served(self, image: str, volume: str, published: str) -> list[str]:
        """The words that run what an image serves, in a container that is gone when it is over.

        `volume` is of the form here:there:ro, `published` address:port:port of the container.
        """

    def program(self, box: Box, folder: str) -> Program:
        """What runs a command in a container, which is gone when it is over."""


def find(need: str, instead: str) -> Engine:
    """The program that is there; without one, `NotFound` says what it is for, and what also helps.

    It is the one that the setting `container_engine` names, or else the first of docker, podman and
    buildah on PATH.
    """
    variables = settings.process_variables()
    chosen = settings.load().container_engine
    for name in ENGINES if chosen is None else (chosen,):
        path = shutil.which(name, path=variables.get("PATH"))
        if path is not None:
            caller = Caller(Path(path), variables)
            return _MADE_BY[name](caller)
    wanted = "none of docker, podman and buildah" if chosen is None else f"no {chosen}"
    raise NotFound(f"{need}, and there is {wanted} on PATH: install one of them, {instead}.")


class Docker:
    """Docker by its command, whose daemon may be elsewhere."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def login(self, auth: Mapping[str, str]) -> None:
        """Sign in, which docker keeps as its configuration says."""
        words = ["login", "--username", auth["username"], "--password-stdin"]
        self._caller.ask(*words, *filter(None, [auth.get("registry")]), given=auth["password"])

    def image_id(self, image: str) -> str:
        """The id of an image, which is pulled if it is not here."""
        words = ("image", "inspect", "--format", "{{.Id}}", image)
        found = self._caller.attempt(*words)
        if found.returncode == 0:
            return found.stdout.strip()
        self._caller.show("pull", image)
        return self._caller.ask(*words)

    def has(self, image: str) -> bool:
        """Whether an image, given by a name or an id, is here."""
        words = ("image", "inspect", "--format", "{{.Id}}", image)
        return self._caller.attempt(*words).returncode == 0

    def address(self, image: str) -> str | None:
        """By what a registry gives out the bytes of an image that is here, if that is known."""
        known = self._addresses(image)
        return str(known[0]) if known else None

    def build(self, tag: str, file: Path, context: Path, manner: Manner = PLAIN) -> None:
        """Build an image from a file and the folder that it copies from, by BuildKit."""
        variables = {"DOCKER_BUILDKIT": "1"}
        if manner.timeless:
            variables["SOURCE_DATE_EPOCH"] = "0"
        words = ("build", *manner.words(), "--tag", tag, "--file", str(file), str(context))
        self._caller.with_variables(variables).show(*words)

    def push(self, tag: str) -> str:
        """Push an image; the digest is that of the repository it was pushed to."""
        self._caller.show("push", tag)
        found = self._addresses(tag)
        repository = repository_of(tag)
        for known in found:
            name, _, digest = str(known).partition("@")
            if name in (repository, f"docker.io/{repository}", f"docker.io/library/{repository}"):
                return digest
        raise MillstreamError(
            f"'{tag}' was pushed, and its digest in '{repository}' is not among {found}."
        )

    def _addresses(self, image: str) -> list[object]:
        """Its names in repositories, each with the digest that it has there."""
        words = ("image", "inspect", "--format", "{{json .RepoDigests}}", image)
        return json.loads(self._caller.ask(*words)) or []

    def is_pushed(self, tag: str) -> bool:
        """Whether the registry in a tag has an image of that tag; not, if it cannot be asked."""
        return self._caller.attempt("manifest", "inspect", tag).returncode == 0

    def tag(self, image: str, name: str) -> None:
        """Give an image that is here another name."""
        self._caller.ask("tag", image, name)

    def served(self, image: str, volume: str, published: str) -> list[str]:
        """The words that run what an image serves, in a container that is gone when it is over."""
        run = [str(self._caller.program), "run", "--rm", "-p", published]
        return [*run, "-v", checked_volume(volume), image, "serve"]

    def program(self, box: Box, folder: str) -> Program:
        """What runs a command in a container, which is gone when it is over."""
        words = [str(self._caller.program), "run", "--rm", "--name", box.name, *box.arguments]
        for volume in box.volumes:
            words += ["-v", volume]
        for name in box.handed:  # their values are taken from the variables of the program
            words += ["-e", name]
        for name, value in box.written.items():
            words += ["-e", f"{name}={value}"]
        words += [box.image, "bash", "-c", box.command]
        variables = {**self._caller.variables, **box.handed}
        return Program(words, folder, variables, kill=lambda: self._kill(box.name))

    def _kill(self, name: str) -> None:
        done = self._caller.attempt("kill", name)
        if done.returncode and "no such container" not in done.stderr.lower():
            warn(f"the container {name} could not be killed: {complaint(done)}")


class Podman(Docker):
    """Podman, whose command takes what docker's does."""

    def build(self, tag: str, file: Path, context: Path, manner: Manner = PLAIN) -> None:
        """Build an image from a file and the folder that it copies from."""
        self._caller.show(
            "build", *manner.podman_words(), "--tag", tag, "--file", str(file), str(context)
        )

    def push(self, tag: str) -> str:
        """Push an image; podman says the digest in a file."""
        return self._caller.push(tag)

    def is_pushed(self, tag: str) -> bool:
        """Whether the registry in a tag has an image of that tag; not, if it cannot be asked."""
        return self._caller.has_manifest(tag)


def repository_of(tag: str) -> str:
    """A reference of an image without its tag."""
    before, slash, last = tag.rpartition("/")
    return f"{before}{slash}{last.partition(':')[0]}"


_MADE_BY: dict[str, Callable[[Caller], Engine]] = {
    "docker": Docker,
    "podman": Podman,
    "buildah": Buildah,
}
