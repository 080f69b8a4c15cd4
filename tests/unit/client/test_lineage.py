"""Where versions come from, and where runs and datasets went."""

from __future__ import annotations

import numpy as np
import pytest

import millstream
from millstream import MillstreamClient
from millstream.errors import NotFound


def test_from_a_version_back(
    client: MillstreamClient, logged: millstream.LoggedModel, registered: str
) -> None:
    found = client.get_model_version_lineage(registered, 1)
    assert found.model == client.get_logged_model(logged.model_id)
    assert found.run is not None
    assert found.run.info.run_id == logged.source_run_id
    assert found.code is not None
    assert found.code.source_type == "LOCAL"
    assert found.artifact_uri == logged.artifact_location
    with pytest.raises(NotFound):
        client.get_model_version_lineage(registered, 3)


def test_from_a_run_and_a_dataset_forth(
    client: MillstreamClient, logged: millstream.LoggedModel, registered: str
) -> None:
    data = millstream.data.from_numpy(np.array([[1.0, 2.0]]), name="rows")
    with millstream.start_run(run_id=logged.source_run_id):
        millstream.log_input(data, context="training")
    forth = [
        f"run_id = '{logged.source_run_id}'",
        f"dataset.name = 'rows' AND dataset.digest = '{data.digest}'",
    ]
    for question in forth:
        versions = client.search_model_versions(question)
        assert {version.version for version in versions} == {"1", "2"}, question
    used = client.get_model_version_lineage(registered, 2).datasets
    assert [(item.dataset.name, item.dataset.digest) for item in used] == [("rows", data.digest)]
