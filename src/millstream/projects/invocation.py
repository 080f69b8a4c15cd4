"""How a run of a project was called, kept with it so that it can be called so again."""

from __future__ import annotations

from pathlib import Path

import msgspec

from millstream.capture.git import working_tree
from millstream.client.tracking import MillstreamClient
from millstream.entities.artifacts import CAPTURED

INVOCATION = "project.json"


class Invocation(msgspec.Struct, frozen=True):
    """An entry point and its values, defaults included.

    Params of the run say less: the code logs some of its own. `folder` is where the project is in
    its repository, empty for the whole of it.
    """

    entry_point: str
    parameters: dict[str, str] = {}
    folder: str = ""


def keep(run_id: str, entry_point: str, parameters: dict[str, str], folder: Path) -> None:
    """Keep with a run how it was called, of a project in a folder."""
    tree = working_tree(folder)
    below = "" if tree is None else folder.resolve().relative_to(tree.folder).as_posix()
    found = Invocation(entry_point, parameters, "" if below == "." else below)
    text = msgspec.json.format(msgspec.json.encode(found)).decode()
    MillstreamClient().log_text(run_id, text, f"{CAPTURED}/{INVOCATION}")
