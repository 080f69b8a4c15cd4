"""The command that registers the model of a run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NamedTuple

import click

from millstream.bundles.side import Folder, Side, list_files, open_side
from millstream.cli.models_named import change, comment_option, name_option
from millstream.cli.options import example, json_option, run_id_option, tracking_uri_option
from millstream.cli.output import print_rows, report
from millstream.entities.model_versions import CreateModelVersion
from millstream.entities.models import SearchLoggedModels
from millstream.entities.registered_models import CreateRegisteredModel
from millstream.entities.runs import Run, RunId
from millstream.errors import AlreadyExists, NotFound
from millstream.model_format.digests import MANIFEST

MOST = 1_000


class Candidate(NamedTuple):
    """A model of a run: its name (for files among the run's artifacts, their path) and source."""

    name: str
    source: str
    model_id: str | None = None

    def __str__(self) -> str:
        return f"{self.name} ({self.model_id})" if self.model_id else self.name


@example(
    "millstream models register --run-id RUN_ID --name churn",
    'millstream models register -r RUN_ID -n churn --comment "more data"',
)
@click.command()
@run_id_option
@name_option
@click.option(
    "--model",
    help="Which of the run's models, if it has several: its name or ID, or its path among the "
    "run's artifacts.",
)
@comment_option
@json_option
@tracking_uri_option
def register(
    run_id: str,
    name: str,
    model: str | None,
    comment: str | None,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Register the model of a run as the next version of a registered model.

    The registered model is created if there is none of that name.
    """
    side = open_side(tracking_uri)
    run = side.tracking.runs.get(RunId(run_id))
    chosen = choose(_models_of(side, run), run_id, model)
    try:
        wish = CreateRegisteredModel(name=name, **change(comment))
        side.registry.registered_models.create(wish).result()
    except AlreadyExists:
        pass  # the next version of a known model, then
    version = side.registry.model_versions.create(
        CreateModelVersion(
            name=name,
            source=chosen.source,
            run_id=run_id,
            model_id=chosen.model_id,
            **change(comment),
        )
    ).result()
    report(
        f"Registered {chosen} of run {run_id} as version {version.version} of {name}.",
        version.to_dictionary(),
        as_json=as_json,
    )


def choose(candidates: Sequence[Candidate], run_id: str, model: str | None) -> Candidate:
    """The model that is meant; a person at a terminal is asked if that is not clear."""
    if not candidates:
        raise NotFound(
            f"Run {run_id} has no model: no logged model, and no folder with the file {MANIFEST} "
            "among its artifacts."
        )
    if model is not None:
        fitting = [one for one in candidates if model in (one.name, one.model_id)]
        if not fitting:
            raise NotFound(f"Run {run_id} has no model '{model}'. It has: {_listed(candidates)}.")
        candidates = fitting
    if len(candidates) == 1:
        return candidates[0]
    if sys.stdin.isatty() and sys.stdout.isatty():
        return _asked(candidates, run_id)
    raise click.UsageError(
        f"Run {run_id} has {len(candidates)} models; choose one with --model, by name or ID: "
        f"{_listed(candidates)}."
    )


def _models_of(side: Side, run: Run) -> list[Candidate]:
    """The logged models of a run; without any, the folders with an MLmodel among its artifacts."""
    request = SearchLoggedModels(
        experiment_ids=[run.info.experiment_id],
        filter=f"source_run_id = '{run.info.run_id}'",
        max_results=MOST,
    )
    logged = [
        Candidate(model.name, f"models:/{model.model_id}", model.model_id)
        for model in side.tracking.models.search(request).models
        if model.status != "FAILED"
    ]
    root = run.info.artifact_uri
    if logged or not root:
        return logged
    files = list_files(Folder(side.artifacts(root)))
    folders = [path.rpartition("/")[0] for path, _ in files if path.split("/")[-1] == MANIFEST]
    return [
        Candidate(folder or ".", f"{root.rstrip('/')}/{folder}".rstrip("/"))
        for folder in sorted(folders)
    ]


def _asked(candidates: Sequence[Candidate], run_id: str) -> Candidate:
    click.echo(f"Run {run_id} has {len(candidates)} models:")
    rows = [(number, one.name, one.model_id) for number, one in enumerate(candidates, 1)]
    print_rows(["", "Model", "ID"], rows, "")
    number = click.prompt("Which one", type=click.IntRange(1, len(candidates)))
    return candidates[number - 1]


def _listed(candidates: Sequence[Candidate]) -> str:
    return ", ".join(map(str, candidates))
