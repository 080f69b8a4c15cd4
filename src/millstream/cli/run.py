"""The command that runs a project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
import msgspec

from millstream.cli.named_values import docker_arguments, docker_option, pairs
from millstream.cli.options import environment_names, example, json_option, tracking_uri_option
from millstream.cli.output import report
from millstream.cli.run_sweep import NAMES, SweepOptions, resume, sweep, sweep_options
from millstream.client.session import SESSION
from millstream.client.tracking import MillstreamClient
from millstream.environments.specification import EnvManager
from millstream.errors import ExecutionException
from millstream.projects import running
from millstream.projects.container_options import container_options
from millstream.projects.launch.backend import LOCAL
from millstream.projects.manifest import MAIN
from millstream.projects.submitted_run import wait


@example(
    "millstream run examples/diabetes -P alpha=0.3",
    "millstream run https://example.com/team/project.git#training -v v1.2 -e evaluate",
    "millstream run examples/ridge --random 20 --metric mse --parallel 2",
)
@click.command()
@click.argument("uri", required=False)
@click.option(
    "-e",
    "--entry-point",
    default=MAIN,
    show_default=True,
    help="The entry point, or a script of the project.",
)
@click.option("-v", "--version", help="A commit, branch or tag, of projects in git.")
@click.option(
    "-P",
    "--param-list",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter; repeatable. What the entry point does not know becomes --NAME VALUE.",
)
@docker_option
@click.option(
    "--experiment-name",
    envvar=environment_names("EXPERIMENT_NAME"),
    help="The experiment of the run, by name; created if absent.",
)
@click.option(
    "--experiment-id",
    envvar=environment_names("EXPERIMENT_ID"),
    help="The experiment of the run, by id.",
)
@click.option(
    "-b",
    "--backend",
    default=LOCAL,
    show_default=True,
    help="Where it is carried out: local, kubernetes, ray, slurm, ssh, or as a plug-in is called.",
)
@click.option(
    "-c",
    "--backend-config",
    metavar="FILE",
    help="What the backend has to know: a file of JSON ending in .json, or the JSON itself.",
)
@click.option(
    "--env-manager",
    type=click.Choice([manager.value for manager in EnvManager]),
    help="Who makes the environment; auto, the default, uses the present one if it has what the "
    "project asks for, and else makes one with uv.",
)
@click.option("--storage-dir", help="The folder for what has to be fetched.")
@click.option("--run-id", help="Log to this run instead of a new one.")
@click.option("--run-name", help="The name of the run.")
@click.option("--build-image", is_flag=True, help="Put the project's files into its docker image.")
@sweep_options
@json_option
@tracking_uri_option
def run(
    uri: str | None,
    param_list: tuple[str, ...],
    docker_args: tuple[str, ...],
    backend_config: str | None,
    build_image: bool,
    as_json: bool,
    tracking_uri: str | None,
    **said: Any,
) -> None:
    """Run an entry point of a project, or a sweep of many runs of it.

    URI is a folder, a git repository or a zip file; #FOLDER at its end names a folder in it.
    """
    if said["experiment_name"] and said["experiment_id"]:
        raise click.UsageError("Specify only one of 'experiment-name' or 'experiment-id' options.")
    parameters, options = pairs(param_list, "-P"), docker_arguments(docker_args)
    about_sweep = SweepOptions({name: said.pop(name) for name in NAMES})
    to_resume = said.pop("resume")
    if tracking_uri is not None:
        SESSION.set_tracking_uri(tracking_uri)
    config = _config(backend_config)
    place = {**said, "config": config, "container": container_options(options, build_image, None)}
    if to_resume is not None:
        found = MillstreamClient().get_run(to_resume).info
        resume(to_resume, found.experiment_id, about_sweep.parallel, place, as_json=as_json)
        return
    if uri is None:
        raise click.UsageError("Missing argument 'URI'.")
    if about_sweep.strategy is not None:
        sweep(about_sweep, uri, parameters, place, as_json=as_json)
        return
    try:
        submitted = running.run(
            uri,
            parameters=parameters,
            docker_args=options,
            backend_config=config,
            build_image=build_image,
            synchronous=not as_json,
            **said,
        )
        if as_json and not wait(submitted, attached=False):  # stdout is for the JSON alone
            raise ExecutionException(f"Run (ID '{submitted.run_id}') failed")
    except ExecutionException as error:
        raise click.ClickException(f"=== {error.message} ===") from error
    report(
        f"=== Run (ID '{submitted.run_id}') succeeded ===",
        {"run_id": submitted.run_id, "status": submitted.get_status()},
        as_json=as_json,
    )


def _config(text: str | None) -> Mapping[str, object] | str | None:
    if text is None or text.endswith(".json"):
        return text
    try:
        return msgspec.json.decode(text, type=dict[str, object])
    except msgspec.DecodeError as error:
        raise click.UsageError(
            f"Invalid backend config JSON '{text}': {error}. Give the name of a file that ends in "
            ".json, or an object in JSON."
        ) from error
