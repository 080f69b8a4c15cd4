"""What can be chosen of how an image is built."""

from __future__ import annotations

from pathlib import Path

import msgspec

_TIMELESS = ("--timestamp", "0", "--format", "docker")
"""What podman and buildah take so that an image does not tell when it was built.

The form is docker's, since that of the Open Container Initiative has no health checks.
"""


class Manner(msgspec.Struct, frozen=True):
    """How an image is built.

    `secrets` are files that the build can read under a name and that no layer keeps. `platform` is
    what the image is for, such as linux/arm64; by default what the builder is. What is built
    `timeless` is the same whenever it is built, if what it copies is.
    """

    secrets: dict[str, Path] = {}
    platform: str | None = None
    timeless: bool = False

    def words(self) -> list[str]:
        """The options that docker, podman and buildah share."""
        found = [] if self.platform is None else ["--platform", self.platform]
        for name, path in sorted(self.secrets.items()):
            found += ["--secret", f"id={name},src={path}"]
        return found

    def podman_words(self) -> list[str]:
        """The options of podman and buildah."""
        return [*self.words(), *(_TIMELESS if self.timeless else ())]


PLAIN = Manner()
