"""A run carried out again as its child, and compared with it; whether it came out the same."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import msgspec

from millstream.client.active import PARENT
from millstream.client.context import SOURCE_TYPE, USER, user_name
from millstream.client.runs import RunMethods
from millstream.client.session import SESSION
from millstream.entities.runs import Param
from millstream.environments import preparation, requirements
from millstream.environments.preparation import say
from millstream.environments.specification import EnvironmentSpec, EnvManager
from millstream.errors import InvalidParameter, NotSupported
from millstream.projects import invocation
from millstream.projects.command import Command
from millstream.projects.container_options import ContainerOptions, container_options
from millstream.projects.launch.backend import LOCAL, Launch, launcher
from millstream.projects.manifest import Project, ProjectEnvironment, inside
from millstream.projects.reproduction import changes, images, record, restoration
from millstream.projects.reproduction.command_line import Script, script_of
from millstream.projects.reproduction.findings import (
    TOLERANCE,
    Comparison,
    Finding,
    as_json,
    comparable,
    compare,
)
from millstream.projects.reproduction.record import Record
from millstream.projects.running import env_manager_of
from millstream.projects.source import Source
from millstream.projects.submission import (
    BACKEND,
    ENTRY_POINT,
    EntryPointOfProject,
    variables_of,
)
from millstream.projects.submitted_run import SubmittedRun, wait
from millstream.projects.sweep import KIND as SWEEP

REPRODUCES = "millstream.reproduces"
OUTCOME = "millstream.reproduction.outcome"
FINDINGS = "millstream.reproduction.findings"
REPRODUCED = "millstream.reproduced"
REPRODUCED_AT = "millstream.reproduced.at"
REPRODUCED_TOLERANCE = "millstream.reproduced.tolerance"

_COPIED = ("mlflow.source.", ENTRY_POINT)
_MOST_NAMED = 5
_LONGEST_FINDINGS = 5_000  # characters; MLflow's servers take tags of so many


class Reproduction(msgspec.Struct, frozen=True):
    """How it went: the run, its child, whether that came out the same, and what differs.

    `status` is that of the child. Where it came out the same, what differs did not matter.
    """

    run_id: str
    child_run_id: str
    reproduced: bool
    status: str
    tolerance: float
    comparison: Comparison


class _Work(msgspec.Struct, frozen=True):
    """All that is decided before a run is made: what to run where, with what."""

    source: Source
    project: Project
    command: Command
    params: dict[str, str]
    invocation: invocation.Invocation | None
    paths: frozenset[str] = frozenset()
    container: ContainerOptions = ContainerOptions()


class _Means(msgspec.Struct, frozen=True):
    """With what a run is carried out again."""

    spec: EnvironmentSpec
    manager: EnvManager
    container: ContainerOptions


def reproduce(
    run_id: str,
    *,
    source: str | os.PathLike[str] | None = None,
    env_manager: str | None = None,
    tolerance: float = TOLERANCE,
    metrics: Collection[str] | None = None,
    storage_dir: str | os.PathLike[str] | None = None,
    docker_args: Mapping[str, Any] | None = None,
    attached: bool = True,
) -> Reproduction:
    """Run a run again, from what it recorded, as a child of it, and compare the two.

    The code is fetched from where it came from, or from the repository `source`. `env_manager` is
    auto, local, uv, virtualenv or conda. The last values of `metrics`, or of all, may differ by
    `tolerance`, relative to the larger one, and the datasets must have the same digests: then the
    run gets the tag `millstream.reproduced`, else the child gets what differs as a tag. What stands
    in the way is raised before there is a child. A run in an image is carried out in the image of
    the same id, unless `env_manager` is local; `docker_args` are further arguments for docker. If
    it is not `attached`, what the code prints goes to the standard error.
    """
    original = record.read(run_id)
    _check(original)
    compare(original, original, tolerance, metrics)  # raises for what makes no sense
    container = container_options(docker_args, build=False, auth=None)
    means = _Means(locked_specification(original), env_manager_of(env_manager), container)
    _check_environment(original, means)
    _warn_of_what_is_missing(original)
    storage = None if storage_dir is None else Path(storage_dir).absolute()
    place = None if source is None else os.fspath(source)
    work = _prepared(original, means, place, storage)
    child = _carried_out(original, work, means.manager, attached=attached)
    return _judged(original, record.read(child), tolerance, metrics)


def diff(
    run_id: str,
    other_run_id: str,
    *,
    tolerance: float = TOLERANCE,
    metrics: Collection[str] | None = None,
    source: str | os.PathLike[str] | None = None,
) -> Comparison:
    """What the second run has that the first has not, and the other way round, ranked by cause.

    The files that differ between their commits are told by the git repository in the folder
    `source`, or by those of this machine that the runs came from.
    """
    one, other = record.read(run_id), record.read(other_run_id)
    return compare(one, other, tolerance, metrics, changes.between(one, other, source))


def locked_specification(original: Record) -> EnvironmentSpec:
    """The environment that a run had: its lock, or else the packages that it saw."""
    found = original.lock if original.lock is not None else original.packages
    facts = original.machine or {}
    python = facts.get("python")
    return EnvironmentSpec(
        requirements=tuple(pin.line for pin in found or () if not pin.address),
        python=python if isinstance(python, str) else None,
    )


def _check(original: Record) -> None:
    info, tags = original.run.info, original.run.data.tags
    if info.status != "FINISHED":
        raise InvalidParameter(
            f"The run {info.run_id} is {info.status}; what is reproduced is a run that FINISHED."
        )
    if SWEEP in tags:
        raise InvalidParameter(
            f"The run {info.run_id} is the parent of a sweep, and has run nothing itself: "
            "reproduce one of its children."
        )
    kind = tags.get(SOURCE_TYPE)
    if kind not in ("PROJECT", "LOCAL"):
        raise NotSupported(
            f"The run {info.run_id} is of a {kind or 'source that is not known'}; those of "
            "projects (PROJECT) and of scripts (LOCAL) can be reproduced."
        )
    if not comparable(original.run.data.metrics) and not original.run.inputs.dataset_inputs:
        raise InvalidParameter(
            f"The run {info.run_id} has neither metrics nor datasets to compare."
        )
    restoration.check(original)
    if kind == "LOCAL":
        script_of(original)


def _check_environment(original: Record, means: _Means) -> None:
    """Refuse an environment that would have to be made, and cannot be from what is known."""
    if means.manager is EnvManager.LOCAL or images.is_boxed(original):
        return
    spec, manager = means.spec, means.manager
    found = original.lock if original.lock is not None else original.packages
    if found is None:
        raise InvalidParameter(
            f"Which packages the run {original.run_id} had is not recorded: reproduce it in the "
            "present environment with --env-manager local."
        )
    elsewhere = [pin for pin in found if pin.address and not _is_own(pin.name)]
    lines = (*spec.requirements, *(pin.line for pin in elsewhere))
    wanted = msgspec.structs.replace(spec, requirements=lines)
    is_present = manager is EnvManager.AUTO and not preparation.mismatches(wanted.resolved())
    if elsewhere and not is_present:
        names = ", ".join(pin.name for pin in elsewhere)
        raise InvalidParameter(
            f"The run {original.run_id} had {names} from a folder or a repository, "
            "which a new environment cannot get: reproduce it in an environment that has it with "
            "--env-manager local."
        )


def _warn_of_what_is_missing(original: Record) -> None:
    left_out = [] if original.tree is None else original.tree.left_out
    if left_out:
        say(
            f"Warning: sources of the run {original.run_id} were too large or too many to keep: "
            f"{', '.join(left_out[:_MOST_NAMED])}{', …' if left_out[_MOST_NAMED:] else ''}"
        )


def _is_own(name: str) -> bool:
    return requirements.name_of(name) in requirements.OURS


def _prepared(original: Record, means: _Means, place: str | None, storage: Path | None) -> _Work:
    is_script = original.run.data.tags[SOURCE_TYPE] == "LOCAL"
    fetched = restoration.restore(original, place, storage)
    try:
        if is_script:
            environment = ProjectEnvironment("locked", locked=means.spec)
            return _of_script(script_of(original), fetched, environment)
        return _of_project(original, fetched, means)
    except BaseException:
        fetched.remove()
        raise


def _of_script(script: Script, fetched: Source, environment: ProjectEnvironment) -> _Work:
    folder = script.start_folder(fetched.folder)
    project = Project(str(folder), None, environment, {})
    return _Work(fetched, project, script.command(fetched.folder), {}, None)


def _of_project(original: Record, fetched: Source, means: _Means) -> _Work:
    tags, params = original.run.data.tags, original.run.data.params
    called = original.invocation
    if called is None:  # by a program that keeps none
        sub = tags.get("mlflow.source.name", "").partition("#")[2]
        called = invocation.Invocation(tags.get(ENTRY_POINT, "main"), {}, sub)
    folder = inside(fetched.folder, called.folder)
    found = EntryPointOfProject(msgspec.structs.replace(fetched, folder=folder), called.entry_point)
    given = called.parameters
    if original.invocation is None:
        known = {parameter.name for parameter in found.entry_point.parameters}
        given = {name: value for name, value in params.items() if name in known}
    call = found.call(given)
    environment, container = ProjectEnvironment("locked", locked=means.spec), means.container
    if images.is_boxed(original) and means.manager is not EnvManager.LOCAL:
        environment, container = images.environment_of(
            original, called, found.project, fetched.commit, container
        )
    project = msgspec.structs.replace(found.project, environment=environment)
    logged, paths = call.values.logged, found.paths(call)
    return _Work(found.source, project, call.command, logged, called, paths, container)


def _carried_out(original: Record, work: _Work, manager: EnvManager, *, attached: bool) -> str:
    """Make the child and run the work in it to its end; the child's id."""
    client = RunMethods()
    info = original.run.info
    name = f"reproduction of {info.run_name or info.run_id}"
    created = client.create_run(info.experiment_id, tags=_tags(original), run_name=name)
    child = created.info.run_id
    say(f"=== Running command '{work.command.shown}' in run with ID '{child}' ===")
    try:
        client.log_batch(child, params=[Param(key, value) for key, value in work.params.items()])
        if work.invocation is not None:
            called = work.invocation
            folder = Path(work.project.folder)
            invocation.keep(child, called.entry_point, work.params, folder, work.container)
        submitted = _launched(child, info.experiment_id, work, manager, attached=attached)
    except BaseException:
        client.set_terminated(child, "FAILED")
        work.source.remove()
        raise
    wait(submitted, attached=attached)
    return child


def _launched(
    child: str, experiment_id: str, work: _Work, manager: EnvManager, *, attached: bool
) -> SubmittedRun:
    launch = launcher(LOCAL)
    assert launch is not None  # noqa: S101  # the local backend is always there
    return launch(
        Launch(
            project=work.project,
            command=work.command,
            run_id=child,
            variables=variables_of(child, experiment_id),
            env_manager=manager,
            config={},
            attached=attached,
            finished=work.source.remove,
            paths=work.paths,
            container=work.container,
            commit=work.source.commit,
        )
    )


def _tags(original: Record) -> dict[str, str]:
    """Where the code is from, as the original says it, and whose child this is."""
    tags = original.run.data.tags
    copied = {name: value for name, value in tags.items() if name.startswith(_COPIED)}
    return {
        **copied,
        USER: user_name(SESSION.settings()),
        BACKEND: LOCAL,
        PARENT: original.run_id,
        REPRODUCES: original.run_id,
    }


def _judged(
    original: Record, child: Record, tolerance: float, metrics: Collection[str] | None
) -> Reproduction:
    """Compare, and write the outcome on the run or on its child."""
    comparison = compare(original, child, tolerance, metrics)
    status = child.run.info.status
    outcomes = [one for one in comparison.findings if one.cause in ("metrics", "data")]
    reproduced = status == "FINISHED" and not outcomes
    client = RunMethods()
    if reproduced:
        client.set_tag(original.run_id, REPRODUCED_AT, time.time_ns() // 1_000_000)
        client.set_tag(original.run_id, REPRODUCED_TOLERANCE, repr(tolerance))
        client.set_tag(original.run_id, REPRODUCED, child.run_id)
    else:
        client.set_tag(child.run_id, FINDINGS, _tag_of(comparison.findings))
    # The original's stamp is of the latest child that came out the same; each child keeps its own.
    client.set_tag(child.run_id, OUTCOME, "same" if reproduced else "different")
    ids = (original.run_id, child.run_id)
    return Reproduction(*ids, reproduced, status, tolerance, comparison)


def _tag_of(findings: tuple[Finding, ...]) -> str:
    """As many of the findings as a tag holds, the likeliest first."""
    found = [as_json(finding) for finding in findings]
    while len(text := msgspec.json.encode(found).decode()) > _LONGEST_FINDINGS:
        found.pop()
    return text
