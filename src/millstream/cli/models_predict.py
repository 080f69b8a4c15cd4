"""The command that predicts with a model for whole files."""

from __future__ import annotations

import importlib
import os

import click

from millstream.cli.models_options import (
    env_manager_option,
    ignored_install_option,
    local_models,
    manager_of,
    model_uri_option,
    tracking,
)
from millstream.cli.options import example, tracking_uri_option
from millstream.environments import programs
from millstream.integrations.model_environment import prepare
from millstream.integrations.model_files import temporary_folder
from millstream.serving.prediction import scoring_command
from millstream.serving.scoring_input import KINDS
from millstream.serving.scoring_job import CHUNK_ROWS, ScoringJob
from millstream.settings import process_variables


@example(
    "millstream models predict -m ./model -i rows.csv -o predictions.csv",
    "echo '{\"inputs\": [[1.0, 2.0]]}' | millstream models predict -m models:/churn/3",
    "millstream models predict -m ./model -i big.parquet -o big.jsonl --resume",
)
@click.command()
@model_uri_option
@click.option(
    "-i",
    "--input-path",
    type=click.Path(exists=True, dir_okay=False),
    help="File of the input (default: the standard input).",
)
@click.option(
    "-o",
    "--output-path",
    type=click.Path(dir_okay=False),
    help="File for the predictions (default: the standard output).",
)
@click.option(
    "-t",
    "--content-type",
    type=click.Choice(KINDS),
    help="What the input is; jsonl has a row in each line (default: as the name of --input-path "
    "ends, else json).",
)
@click.option(
    "--output-type",
    type=click.Choice(KINDS),
    help="What to write (default: as the name of --output-path ends, else json).",
)
@env_manager_option
@ignored_install_option
@click.option(
    "-r",
    "--pip-requirements-override",
    metavar="REQUIREMENTS",
    help="Requirements, separated by commas, in place of the model's for the same packages.",
)
@click.option(
    "--env",
    "variables",
    multiple=True,
    metavar="NAME=VALUE",
    help="An environment variable for the model; may be repeated.",
)
@click.option(
    "--chunk-rows",
    type=click.IntRange(min=1),
    default=CHUNK_ROWS,
    show_default=True,
    help="How many rows are in memory and predicted at a time, unless the input is json.",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Go on where an earlier call was ended; without one, begin.",
)
@tracking_uri_option
def predict(
    model_uri: str,
    input_path: str | None,
    output_path: str | None,
    content_type: str | None,
    output_type: str | None,
    env_manager: str,
    no_conda: bool,
    pip_requirements_override: str | None,
    variables: tuple[str, ...],
    chunk_rows: int,
    resume: bool,
    tracking_uri: str | None,
) -> None:
    """Predict for a file of rows, or for the standard input.

    The answer is that of `models serve` to the same rows. CSV, JSON lines and Parquet may be of any
    size. An output file appears when it is complete; what is finished before is kept beside it,
    and --resume goes on from there.
    """
    tracking(tracking_uri)
    (directory,) = local_models([model_uri])
    job = ScoringJob(
        model=str(directory),
        input_path=input_path,
        output_path=output_path,
        content_type=content_type,
        output_type=output_type,
        chunk_rows=chunk_rows,
        resume=resume,
    ).completed()
    override = [one.strip() for one in (pip_requirements_override or "").split(",") if one.strip()]
    prepared = prepare(
        [directory],
        manager_of(env_manager, no_conda),
        override=override,
        also=job.packages(),
    )
    extra = dict(map(_variable, variables))
    if prepared.is_present:
        os.environ.update(extra)
        # Late, since it loads NumPy, and only here.
        importlib.import_module("millstream.serving.scoring").score(job)
        return
    command = scoring_command(prepared, job)
    all_variables = prepared.variables({**process_variables(), **extra})
    if temporary_folder(directory):  # somebody must stay to remove it
        raise click.exceptions.Exit(programs.attend(command, all_variables))
    programs.become(command, all_variables)


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.UsageError(f"--env takes NAME=VALUE, not {text!r}.")
    return name, value
