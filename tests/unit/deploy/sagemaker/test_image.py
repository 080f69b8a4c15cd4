"""What an image of ours is asked by SageMaker."""

from __future__ import annotations

import pytest

from millstream.cli.models_serve import serve


def test_sagemaker_says_at_which_port_a_container_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """As to each container of an endpoint that has several of them."""
    monkeypatch.setenv("MILLSTREAM_PORT", "8080")
    monkeypatch.setenv("MILLSTREAM_MODEL_URI", "/opt/ml/model")
    assert serve.make_context("serve", []).params["port"] == 8080
    monkeypatch.setenv("SAGEMAKER_BIND_TO_PORT", "15001")
    said = serve.make_context("serve", []).params
    assert (said["port"], said["model_uris"]) == (15001, ("/opt/ml/model",))
