"""From a launch to the program that carries it out in a container."""

from __future__ import annotations

from pathlib import Path

from millstream import settings
from millstream.client.runs import RunMethods
from millstream.client.session import SESSION
from millstream.containers import engines
from millstream.containers.box import (
    Box,
    checked_image,
    checked_variable,
    checked_volume,
)
from millstream.containers.engines import Engine
from millstream.containers.program import Program
from millstream.environments.preparation import say
from millstream.errors import InvalidParameter
from millstream.projects.environment import TAG
from millstream.projects.launch.backend import Launch
from millstream.projects.launch.containers import image
from millstream.projects.launch.containers.access import access, store_folder, volume
from millstream.projects.manifest import DockerEnvironment

IMAGE_URI = "mlflow.docker.image.uri"
IMAGE_ID = "mlflow.docker.image.id"
IMAGE_ADDRESS = "millstream.docker.image.address"
"""The tag of a run that says by what a registry gives out the very bytes of its image."""

_NAMES_OF_PLACE = ("MLFLOW_TRACKING_URI", "MILLSTREAM_TRACKING_URI")


def program(job: Launch) -> Program:
    """Prepare the image and give what runs the command in it; the run says which image it is."""
    environment = environment_of(job)
    engine = engines.find(
        "The project runs in a container",
        "or run the project in the present environment with --env-manager local",
    )
    if job.container.auth is not None:
        engine.login(job.container.auth)
    chosen = checked_image(environment.image)
    if job.container.build:
        chosen = image.tag_of(image.repository_named(job.project.name or ""), job.commit)
    box = _box(job, environment, chosen)
    if job.container.build:
        build(engine, job, environment, chosen)
    else:
        say(f"The image '{chosen}' is used as it is; --build-image puts the project's files in it.")
    identity = engine.image_id(chosen)
    tell(job.run_id, chosen, identity, engine.address(chosen))
    return engine.program(box, job.project.folder)


def environment_of(job: Launch) -> DockerEnvironment:
    """The image and what belongs to it; a project without one raises `InvalidParameter`."""
    found = job.project.environment.docker
    if found is None:
        raise InvalidParameter(
            f"The project in '{job.project.folder}' has no docker_env, and so no image to run in."
        )
    return found


def build(engine: Engine, job: Launch, environment: DockerEnvironment, tag: str) -> None:
    """Build the image of a project under a tag, without what runs have logged beside it."""
    say(f"=== Building the image '{tag}' ===")
    logged = store_folder(SESSION.place)
    image.build(engine, environment.image, Path(job.project.folder), tag, besides=logged)


def tell(run_id: str, uri: str, identity: str, address: str | None) -> None:
    """Say on a run which image it is of."""
    client = RunMethods()
    told = {TAG: "docker", IMAGE_URI: uri, IMAGE_ID: identity, IMAGE_ADDRESS: address}
    for key, value in told.items():
        if value is not None:
            client.set_tag(run_id, key, value)


def _box(job: Launch, environment: DockerEnvironment, chosen: str) -> Box:
    known = settings.process_variables()
    reached = access(SESSION.place, RunMethods().get_run(job.run_id).info.artifact_uri)
    written, copied = dict[str, str](), dict[str, str]()
    for variable in environment.environment:
        name = checked_variable(variable if isinstance(variable, str) else variable[0])
        if not isinstance(variable, str):
            written[name] = variable[1]
        elif name in known:
            copied[name] = known[name]
    # Values that name a file of this machine mean the same inside.
    shown = [volume(Path(path), path, read_only=True) for path in sorted(job.paths)]
    own = {**job.variables, **dict.fromkeys(_NAMES_OF_PLACE, reached.tracking_uri)}
    return Box(
        name=f"millstream-{job.run_id}",
        image=chosen,
        command=job.command.text,
        volumes=(*map(checked_volume, environment.volumes), *shown, *reached.volumes),
        handed={**copied, **reached.variables, **job.command.variables, **own},
        written=written,
        arguments=tuple(job.container.words()),
    )
