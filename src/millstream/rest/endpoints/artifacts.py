"""The rows about artifacts that speak JSON; their bytes travel by `server.artifacts`."""

from __future__ import annotations

from millstream.entities import artifacts as a
from millstream.rest.endpoints.row import MLFLOW, Effort, Endpoint, Permission

ARTIFACTS = (
    Endpoint(
        methods=("GET",),
        path=f"{MLFLOW}/artifacts/list",
        request=a.ListArtifacts,
        operation="artifacts.list_for_run",
        answer=a.ArtifactPage,
        effort=Effort.SCAN,
        permission=Permission("read", "run", "run_id"),
        summary="List the files directly below a folder of a run's artifacts",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{MLFLOW}/logged-models/{{model_id}}/artifacts/directories",
        request=a.ListModelArtifacts,
        operation="artifacts.list_for_model",
        answer=a.ArtifactPage,
        effort=Effort.SCAN,
        permission=Permission("read", "logged_model", "model_id"),
        summary="List the files directly below a folder of a logged model's artifacts",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{MLFLOW}/artifacts/presigned-upload-url",
        request=a.CreatePresignedUploadUrl,
        operation="artifacts.presigned_upload",
        answer=a.PresignedUrl,
        effort=Effort.SCAN,
        permission=Permission("edit", "artifact"),
        summary="Get an address to PUT a file to, without passing through this server",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{MLFLOW}/artifacts/presigned-download-url",
        request=a.CreatePresignedDownloadUrl,
        operation="artifacts.presigned_download",
        answer=a.PresignedUrl,
        effort=Effort.SCAN,
        permission=Permission("read", "run", "run_id"),
        summary="Get an address to GET a file from, without passing through this server",
    ),
)
