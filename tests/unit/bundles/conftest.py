"""What the tests of bundles share: two folders, and a version in the first of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.bundles.seed import log_model, log_run, open_folder, register, the_version

from millstream.bundles.side import Side
from millstream.client.session import SESSION
from millstream.client.tracking import MillstreamClient
from millstream.entities.metrics import Metric
from millstream.entities.model_versions import (
    ModelVersion,
    TransitionModelVersionStage,
)
from millstream.entities.registered_models import (
    SetRegisteredModelAlias,
)


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[Side]:
    side = open_folder(tmp_path / "origin")
    yield side
    side.tracking.close()


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Side]:
    side = open_folder(tmp_path / "target")
    yield side
    side.tracking.close()


@pytest.fixture
def version(origin: Side, tmp_path: Path) -> ModelVersion:
    """Version 1 of `prices`: in Production, champion, from a logged model, measured by a run."""
    client = MillstreamClient(origin.uri)
    run_id = log_run(client)
    model_id = log_model(client, run_id, tmp_path / "files")
    evaluation = client.create_run("0", run_name="evaluation").info.run_id
    client.log_batch(evaluation, [Metric("mae", 2.5, 9, 0, model_id, "later", "def", evaluation)])
    client.set_terminated(run_id, "FINISHED", 9_000)
    client.set_terminated(evaluation)
    SESSION.flush(origin.uri)
    register(origin, "prices", f"models:/{model_id}", run_id, model_id)
    versions, models = origin.registry.model_versions, origin.registry.registered_models
    versions.transition_stage(
        TransitionModelVersionStage(
            name="prices", version="1", stage="Production", user_id="ann", comment="best"
        )
    ).result()
    models.set_alias(SetRegisteredModelAlias(name="prices", alias="champion", version="1")).result()
    return the_version(origin)
