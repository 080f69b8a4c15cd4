"""The files behind `models:/` URIs, under the names of `mlflow.store.artifact`."""

from __future__ import annotations

import os

from millstream import connect
from millstream.client.artifacts import download_artifacts
from millstream.client.model_uris import Where, places
from millstream.client.session import SESSION
from millstream.errors import InvalidParameter
from mlflow._compat.model_registry import get_model_name_and_version

__all__ = ["ModelsArtifactRepository", "get_model_name_and_version"]


class ModelsArtifactRepository:
    """The files of what a `models:/` URI names, to be fetched."""

    def __init__(
        self, artifact_uri: str, tracking_uri: str | None = None, registry_uri: str | None = None
    ) -> None:
        if not self.is_models_uri(artifact_uri):
            raise InvalidParameter(f"Not a proper models:/ URI: {artifact_uri}.")
        self.artifact_uri = artifact_uri
        self.tracking_uri = tracking_uri
        self.registry_uri = registry_uri

    @staticmethod
    def is_models_uri(uri: str) -> bool:
        """Whether it is a `models:/` URI."""
        return uri.startswith("models:/")

    @staticmethod
    def get_underlying_uri(
        uri: str, tracking_uri: str | None = None, registry_uri: str | None = None
    ) -> str:
        """The URI where the files are kept."""
        tracking = SESSION.place if tracking_uri is None else connect.canonical(tracking_uri)
        registry = (
            SESSION.registry_place(tracking)
            if registry_uri is None
            else connect.canonical(registry_uri)
        )
        place = places(uri, Where(tracking, registry))[-1]
        return f"{place.uri.rstrip('/')}/{place.path}" if place.path else place.uri

    def download_artifacts(
        self, artifact_path: str, dst_path: str | os.PathLike[str] | None = None
    ) -> str:
        """Fetch a file or folder, or with an empty path everything; see `download_artifacts`."""
        return download_artifacts(
            artifact_uri=self.artifact_uri,
            artifact_path=artifact_path,
            dst_path=dst_path,
            tracking_uri=self.tracking_uri,
            registry_uri=self.registry_uri,
        )
