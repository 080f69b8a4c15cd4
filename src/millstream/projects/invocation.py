"""How a run of a project was called, kept with it so that it can be called so again."""

from __future__ import annotations

from pathlib import Path

import msgspec

from millstream.capture.git import working_tree
from millstream.client.tracking import MillstreamClient
from millstream.entities.artifacts import CAPTURED
from millstream.projects.container_options import ContainerOptions

INVOCATION = "project.json"


class Invocation(msgspec.Struct, frozen=True):
    """An entry point and its values, defaults included.

    Params of the run say less: the code logs some of its own. `folder` is where the project is in
    its repository, empty for the whole of it. `builds_image` says that its image was built of its
    files, and `container_options` are the names of what the program that runs containers was told
    besides; what they hold may be secret.
    """

    entry_point: str
    parameters: dict[str, str] = {}
    folder: str = ""
    builds_image: bool = False
    container_options: list[str] = []


def keep(
    run_id: str,
    entry_point: str,
    parameters: dict[str, str],
    folder: Path,
    container: ContainerOptions,
) -> None:
    """Keep with a run how it was called, of a project in a folder."""
    tree = working_tree(folder)
    below = "" if tree is None else folder.resolve().relative_to(tree.folder).as_posix()
    found = Invocation(
        entry_point,
        parameters,
        "" if below == "." else below,
        container.build,
        sorted(container.arguments),
    )
    text = msgspec.json.format(msgspec.json.encode(found)).decode()
    MillstreamClient().log_text(run_id, text, f"{CAPTURED}/{INVOCATION}")
