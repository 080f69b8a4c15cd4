"""Predictions of a model in the environment it asks for (`millstream.models.predict`)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from millstream import settings
from millstream.environments.preparation import Prepared
from millstream.environments.specification import EnvManager
from millstream.errors import BadRequest, InvalidParameter
from millstream.integrations.model_environment import prepare
from millstream.integrations.model_files import local_path
from millstream.model_format.example import request_body
from millstream.serving.scoring_job import ScoringJob


def predict(
    model_uri: str,
    input_data: Any = None,
    input_path: str | os.PathLike[str] | None = None,
    content_type: str = "json",
    output_path: str | os.PathLike[str] | None = None,
    env_manager: str | None = None,
    install_mlflow: bool = False,  # noqa: ARG001 - MLflow's signature; this package always is there
    pip_requirements_override: Sequence[str] | None = None,
    extra_envs: Mapping[str, str] | None = None,
) -> None:
    """Predict with the model at a URI, in the environment it asks for, and print the answer.

    `input_data` is what the model takes, or a JSON or CSV text of it; or `input_path` is a file.
    `content_type` is json, jsonl, csv or parquet. With `output_path` the answer is written there
    as JSON, CSV, JSON lines or Parquet, as its ending says. Without `env_manager`, one of auto,
    local, uv, virtualenv and conda, the present environment is used if it meets the requirements.
    `extra_envs` are further environment variables. Raises `MillstreamError` if anything fails.
    """
    if input_data is not None and input_path is not None:
        raise InvalidParameter("Both input_data and input_path are given; give one of them.")
    directory = local_path(model_uri)
    job = ScoringJob(
        model=str(directory),
        input_path=None if input_path is None else os.fspath(input_path),
        output_path=None if output_path is None else os.fspath(output_path),
        content_type=content_type,
    ).completed()
    override = list(pip_requirements_override or ())
    prepared = prepare([directory], manager_of(env_manager), override=override, also=job.packages())
    done = subprocess.run(  # noqa: S603 our own module, no shell
        scoring_command(prepared, job),
        input=_as_text(input_data, content_type).encode(),
        capture_output=True,
        env=prepared.variables({**settings.process_variables(), **(extra_envs or {})}),
        check=False,
    )
    said = done.stderr.decode(errors="replace")
    if done.returncode:
        raise BadRequest(_complaint(said) or f"Predicting ended with code {done.returncode}.")
    sys.stderr.write(said)
    sys.stdout.write(done.stdout.decode())


def scoring_command(prepared: Prepared, job: ScoringJob) -> list[str]:
    """The program that does a job in an interpreter."""
    text = msgspec.json.encode(job).decode()
    return [str(prepared.python), "-P", "-m", "millstream.serving.scoring", text]


def _complaint(said: str) -> str:
    """The last line of a program, which is its error; else all that it said."""
    lines = said.strip().splitlines()
    if lines and lines[-1].startswith("Error: "):
        return lines[-1].removeprefix("Error: ")
    return said.strip()


def manager_of(name: str | None) -> EnvManager:
    """The environment manager of that name; `auto` for None."""
    try:
        return EnvManager(name or "auto")
    except ValueError as error:
        known = ", ".join(EnvManager)
        raise InvalidParameter(f"env_manager must be one of {known}, not {name!r}") from error


def _as_text(data: Any, content_type: str) -> str:
    if data is None:
        return ""
    if isinstance(data, str):
        return data
    if content_type == "csv" and hasattr(data, "to_csv"):
        return str(data.to_csv(index=False))
    return str(request_body(data))
