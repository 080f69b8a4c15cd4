"""The image that a run of a project was carried out in: the very one, or one built as it was."""

from __future__ import annotations

import msgspec

from millstream.containers import engines
from millstream.containers.box import checked_image
from millstream.containers.engines import Engine
from millstream.environments.preparation import say
from millstream.errors import InvalidParameter, MillstreamError
from millstream.masking import shown
from millstream.projects.container_options import ContainerOptions
from millstream.projects.invocation import Invocation
from millstream.projects.launch.containers.image import repository_named, tag_of
from millstream.projects.launch.containers.starting import IMAGE_ADDRESS, IMAGE_ID, IMAGE_URI
from millstream.projects.manifest import Project, ProjectEnvironment
from millstream.projects.reproduction.record import Record
from millstream.projects.submission import BACKEND


def is_boxed(original: Record) -> bool:
    """Whether a run was carried out in an image."""
    tags = original.run.data.tags
    return IMAGE_ID in tags or IMAGE_URI in tags


def environment_of(
    original: Record,
    called: Invocation,
    project: Project,
    commit: str | None,
    options: ContainerOptions,
) -> tuple[ProjectEnvironment, ContainerOptions]:
    """What its project is to run in, and how that is made; an image that is not here is pulled.

    That is the image with the id of the run. If nobody has it any more, and it was built of the
    project's files, it is built again. Raises `NotFound` without a program that runs containers,
    and `MillstreamError` that says which image is missing.
    """
    written = project.environment.docker
    if written is None:
        raise InvalidParameter(
            f"The run {original.run_id} ran in an image, and its project names none in its commit."
        )
    engine = engines.find(
        f"The run {original.run_id} ran in an image",
        "or reproduce it in the present environment with --env-manager local",
    )
    _warn_of_options(original, called, options)
    tags = original.run.data.tags
    own_tag = tag_of(repository_named(project.name or ""), commit)
    is_built = (
        called.builds_image or tags.get(BACKEND) == "kubernetes" or tags.get(IMAGE_URI) == own_tag
    )
    found, failures = _same(engine, tags)
    if found is None and not is_built:
        raise MillstreamError(
            f"The image {_described(tags)} of the run {original.run_id} is not here "
            f"({'; '.join(failures)}). Load or pull that image, or reproduce the run in the "
            "present environment with --env-manager local."
        )
    if found is None:
        say(f"The image {_described(tags)} is not here, and is built again from the commit.")
    docker = msgspec.structs.replace(written, image=found or written.image)
    container = msgspec.structs.replace(options, build=found is None)
    return ProjectEnvironment("docker_env", docker=docker), container


def _same(engine: Engine, tags: dict[str, str]) -> tuple[str | None, list[str]]:
    """A name for the image of a run, or why it cannot be had, a phrase for each attempt."""
    identity = tags.get(IMAGE_ID, "")
    if identity and engine.has(checked_image(identity)):
        return identity, []
    failures = [] if identity else ["its id is not recorded"]
    for tag in (IMAGE_ADDRESS, IMAGE_URI):
        name = tags.get(tag)
        if name is None or not identity:
            continue
        try:
            other = engine.image_id(checked_image(name))
        except MillstreamError as error:
            failures.append(error.message)
            continue
        if other == identity:
            return name, []
        failures.append(f"{shown(name)} is {other} now")
    return None, failures


def _described(tags: dict[str, str]) -> str:
    return f"'{shown(tags.get(IMAGE_URI, ''))}' with the id {tags.get(IMAGE_ID, '(none)')}"


def _warn_of_options(original: Record, called: Invocation, options: ContainerOptions) -> None:
    missing = [name for name in called.container_options if name not in options.arguments]
    if missing:
        say(
            f"Warning: the container of the run {original.run_id} was started with the options "
            f"{', '.join(missing)}, which are not recorded: give them again with -A."
        )
