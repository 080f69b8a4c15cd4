"""What an image of ours is told by Vertex AI."""

from __future__ import annotations

import pytest

from millstream.cli.models_serve import serve
from millstream.deploy.container.dockerfile import PORT


def test_vertex_says_where_a_container_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLSTREAM_PORT", str(PORT))
    monkeypatch.setenv("MILLSTREAM_MODEL_URI", "/opt/ml/model")
    said = serve.make_context("serve", []).params
    assert (said["port"], said["health_route"], said["predict_route"]) == (PORT, None, None)
    monkeypatch.setenv("AIP_HTTP_PORT", "7080")
    monkeypatch.setenv("AIP_HEALTH_ROUTE", "/v1/endpoints/1/deployedModels/2")
    monkeypatch.setenv("AIP_PREDICT_ROUTE", "/v1/endpoints/1/deployedModels/2:predict")
    said = serve.make_context("serve", []).params
    assert said["port"] == 7080
    assert said["health_route"] == "/v1/endpoints/1/deployedModels/2"
    assert said["predict_route"] == "/v1/endpoints/1/deployedModels/2:predict"
