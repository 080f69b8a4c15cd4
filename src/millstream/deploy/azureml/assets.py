"""What a deployment is made from: the image that serves it, or the files of its model.

Azure keeps every version of these for good. One that is no longer used is archived, which takes it
out of all lists; its name says what is in it, so that the same is never kept twice.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from millstream.deploy.azureml import names
from millstream.deploy.azureml.workspace import Workspace
from millstream.deploy.resources import Resource
from millstream.deploy.wish import Wish
from millstream.errors import InvalidParameter, NotFound
from millstream.model_format.digests import MANIFEST, file_digests

PORT = 8080
ROUTES = {"liveness_route": "/ping", "readiness_route": "/ping", "scoring_route": "/invocations"}
"""Where the image of a model answers, as `models build-docker` makes it."""


class Environments:
    """Images, each with where it answers: an environment in Azure's words."""

    kind = "Environment"

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def wanted(self, endpoint: str, wish: Wish) -> Resource:
        """The environment of an image."""
        version = _version({"image": wish.image, "port": PORT, **ROUTES})
        name = f"{names.asset(endpoint, wish.name)}:{version}"
        return Resource(self.kind, name, {"image": wish.image})

    def present(self, endpoint: str, name: str) -> list[Resource]:
        """Those of a deployment that are not archived: more than one after a failure."""
        return listed(self._workspace, self.kind, names.asset(endpoint, name), "image")

    def make(self, after: Resource) -> None:
        """Register an image, or use again what was archived."""
        name, version = after.name.split(":")
        routes = {route: {"port": PORT, "path": path} for route, path in ROUTES.items()}
        with self._workspace.asked(f"Registering the image {after.body['image']}"):
            environment = self._workspace.entities.Environment(
                name=name,
                version=version,
                image=after.body["image"],
                inference_config=routes,
                tags={names.OF_DEPLOYMENT: name},
            )
            self._workspace.client.environments.create_or_update(environment)

    def remove(self, resource: Resource) -> None:
        """Archive one."""
        archive(self._workspace, self._workspace.client.environments, resource)


class Models:
    """The files of models, which Azure serves by itself."""

    kind = "Model"

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._folders: dict[str, Path] = {}

    def wanted(self, endpoint: str, wish: Wish) -> Resource:
        """The model as it is on this machine, by a version that says what is in its files."""
        manifest = hashlib.sha256((wish.model / MANIFEST).read_bytes()).hexdigest()
        version = _version({MANIFEST: manifest, **file_digests(wish.model)})
        name = f"{names.asset(endpoint, wish.name)}:{version}"
        self._folders[name] = wish.model
        return Resource(self.kind, name, {"type": "mlflow_model"})

    def present(self, endpoint: str, name: str) -> list[Resource]:
        """Those of a deployment that are not archived: more than one after a failure."""
        return listed(self._workspace, self.kind, names.asset(endpoint, name), "type")

    def make(self, after: Resource) -> None:
        """Upload the files of a model, and register them."""
        name, version = after.name.split(":")
        with (
            _as_they_are(self._folders[after.name]) as folder,
            self._workspace.asked(f"Registering the model {after.name}"),
        ):
            model = self._workspace.entities.Model(
                name=name,
                version=version,
                path=str(folder),
                type=after.body["type"],
                tags={names.OF_DEPLOYMENT: name},
            )
            self._workspace.client.models.create_or_update(model)

    def remove(self, resource: Resource) -> None:
        """Archive one."""
        archive(self._workspace, self._workspace.client.models, resource)


def listed(workspace: Workspace, kind: str, name: str, told: str) -> list[Resource]:
    """The versions of an asset that are not archived, each with one thing that is told of it."""
    plural = f"{kind.lower()}s"
    try:
        with workspace.asked(f"Listing the {plural} of {name}"):
            found = list(getattr(workspace.client, plural).list(name=name))
    except NotFound:  # nobody made one
        return []
    return [Resource(kind, f"{name}:{one.version}", {told: getattr(one, told)}) for one in found]


def archive(workspace: Workspace, assets: Any, resource: Resource) -> None:
    """Take a version of an asset out of the lists; one that is gone is no error."""
    try:
        with workspace.asked(f"Archiving the {resource.kind.lower()} {resource.name}"):
            assets.archive(*resource.name.split(":"))
    except NotFound:
        return


def _version(told: object) -> str:
    return hashlib.sha256(msgspec.json.encode(told, order="sorted")).hexdigest()[:16]


@contextmanager
def _as_they_are(model: Path) -> Iterator[Path]:
    """A folder of the model's files whose name the SDK takes, and of which it leaves nothing out.

    It leaves out what an ignore file in the folder says, follows links out of it, and takes no
    folder with a `.` in its name for a model.
    """
    links = [path for path in model.rglob("*") if path.is_symlink()]
    if links:
        raise InvalidParameter(
            f"The model's file {links[0].relative_to(model)} is a link; put the file in its place."
        )
    with tempfile.TemporaryDirectory() as above:
        folder = Path(above, "model")
        shutil.copytree(model, folder, copy_function=_linked)
        if not (folder / ".amlignore").exists() and (folder / ".gitignore").exists():
            (folder / ".amlignore").touch()  # which counts before the other, and names nothing
        yield folder


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # on another disk
        shutil.copy2(source, target)
