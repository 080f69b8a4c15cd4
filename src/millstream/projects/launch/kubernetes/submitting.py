"""From a project to a Job: its image built and pushed, the template filled in, the Job created."""

from __future__ import annotations

from datetime import UTC, datetime

from millstream import settings
from millstream.clusters.connecting import connect
from millstream.containers import engines
from millstream.containers.box import checked_variable
from millstream.environments.preparation import say
from millstream.projects.launch.backend import Launch
from millstream.projects.launch.carried_run import CarriedRun
from millstream.projects.launch.containers import image, starting
from millstream.projects.launch.kubernetes import cluster_config
from millstream.projects.launch.kubernetes.job import job_name, label, manifest
from millstream.projects.launch.kubernetes.job_work import JobWork, Place
from millstream.projects.manifest import DockerEnvironment

_PLACE = "KUBE_MLFLOW_TRACKING_URI"
_NAMES_OF_PLACE = ("MLFLOW_TRACKING_URI", "MILLSTREAM_TRACKING_URI")


def launch(job: Launch) -> CarriedRun:
    """Have a cluster carry out a project that has a docker_env.

    The image always gets the project's files. Raises `InvalidParameter` for what is wrong with the
    project or the configuration, before anything is built.
    """
    config = cluster_config.read(job.config)
    environment = starting.environment_of(job)
    variables = _variables(job, environment)
    cluster, namespace = connect(config.context)
    namespace = (config.template.get("metadata") or {}).get("namespace") or namespace
    pushed = _push(job, environment, config.repository)
    project = job.project.name or ""
    made = manifest(
        config.template,
        name=job_name(project, datetime.now(UTC)),
        container=label(project),
        image=pushed,
        command=job.command,
        variables=variables,
    )
    name = made["metadata"]["name"]
    cluster.create(namespace, made)
    say(f"=== The Job '{name}' is in the namespace '{namespace}' ===")
    work = JobWork(cluster, Place(namespace, name, label(project)), job.run_id)
    return CarriedRun(job, work, echo=job.attached)


def _push(job: Launch, environment: DockerEnvironment, repository: str) -> str:
    """Build and push the image; gives the reference that names these very bytes."""
    engine = engines.find(
        "The cluster gets an image of the project", "or run the project on this machine"
    )
    if job.container.auth is not None:
        engine.login(job.container.auth)
    tag = image.tag_of(repository, job.commit)
    starting.build(engine, job, environment, tag)
    identity = engine.image_id(tag)
    say(f"=== Pushing the image '{tag}' ===")
    pushed = engine.push(tag)
    starting.tell(job.run_id, tag, identity, f"{engines.repository_of(tag)}@{pushed}")
    return f"{tag}@{pushed}"


def _variables(job: Launch, environment: DockerEnvironment) -> dict[str, str]:
    """Those of the run and those that the project's file gives.

    What it would have copied from here is left out: everybody who may read Jobs would see it.
    """
    written = {
        checked_variable(one[0]): one[1]
        for one in environment.environment
        if not isinstance(one, str)
    }
    place = settings.process_variables().get(_PLACE)
    elsewhere = dict.fromkeys(_NAMES_OF_PLACE, place) if place else {}
    return {**written, **job.variables, **elsewhere}
