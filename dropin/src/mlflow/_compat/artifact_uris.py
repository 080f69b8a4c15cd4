"""Where artifacts are and how to get them, under the names of `mlflow.tracking.artifact_utils`."""

from __future__ import annotations

import os
from pathlib import Path

from millstream.client.artifacts import download_artifacts
from millstream.client.tracking import MillstreamClient


def get_artifact_uri(
    run_id: str, artifact_path: str | None = None, tracking_uri: str | None = None
) -> str:
    """The URI of a run's artifacts, or of one of them."""
    if not run_id:
        raise ValueError("a run ID must be given to get the URI of its artifacts")
    root = MillstreamClient(tracking_uri).get_run(run_id).info.artifact_uri or ""
    return f"{root.rstrip('/')}/{artifact_path.lstrip('/')}" if artifact_path else root


def _download_artifact_from_uri(
    artifact_uri: str | os.PathLike[str],
    output_path: str | None = None,
    lineage_header_info: object = None,
    tracking_uri: str | None = None,
    registry_uri: str | None = None,
) -> str:
    """The local path of what a URI names; a local path stays itself unless a target is given."""
    del lineage_header_info
    text = os.fspath(artifact_uri)
    if output_path is None and Path(text).exists():
        return text
    return str(
        download_artifacts(
            artifact_uri=text,
            dst_path=output_path,
            tracking_uri=tracking_uri,
            registry_uri=registry_uri,
        )
    )
