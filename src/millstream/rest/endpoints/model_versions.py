"""The rows about versions of registered models."""

from __future__ import annotations

from millstream.entities import model_versions as mv
from millstream.rest.endpoints.row import MLFLOW, Effort, Endpoint, Permission

_READ = Permission("read", "registered_model", "name")
_EDIT = Permission("edit", "registered_model", "name")
_DELETE = Permission("delete", "registered_model", "name")

MODEL_VERSIONS = (
    Endpoint(
        methods=("POST",),
        path=f"{MLFLOW}/model-versions/create",
        request=mv.CreateModelVersion,
        operation="model_versions.create",
        answer=mv.ModelVersion,
        envelope="model_version",
        effort=Effort.WRITE,
        permission=_EDIT,
        summary="Register the next version of a model",
    ),
    Endpoint(
        methods=("PATCH",),
        path=f"{MLFLOW}/model-versions/update",
        request=mv.UpdateModelVersion,
        operation="model_versions.update",
        answer=mv.ModelVersion,
        envelope="model_version",
        effort=Effort.WRITE,
        permission=_EDIT,
        summary="Describe a version",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{MLFLOW}/model-versions/transition-stage",
        request=mv.TransitionModelVersionStage,
        operation="model_versions.transition_stage",
        answer=mv.ModelVersion,
        envelope="model_version",
        effort=Effort.WRITE,
        permission=_EDIT,
        told="asking",
        summary="Move a version to a stage",
    ),
    Endpoint(
        methods=("DELETE",),
        path=f"{MLFLOW}/model-versions/delete",
        request=mv.DeleteModelVersion,
        operation="model_versions.delete",
        answer=None,
        effort=Effort.WRITE,
        permission=_DELETE,
        summary="Delete a version",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{MLFLOW}/model-versions/get",
        request=mv.GetModelVersion,
        operation="model_versions.get",
        answer=mv.ModelVersion,
        envelope="model_version",
        effort=Effort.POINT,
        permission=_READ,
        summary="Get a version",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{MLFLOW}/model-versions/search",
        request=mv.SearchModelVersions,
        operation="model_versions.search",
        answer=mv.ModelVersionPage,
        effort=Effort.SCAN,
        permission=Permission("read", "registered_model"),
        told="asking",
        summary="Search versions of all models",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{MLFLOW}/model-versions/get-download-uri",
        request=mv.GetModelVersion,
        operation="model_versions.get_download_uri",
        answer=mv.DownloadUri,
        effort=Effort.POINT,
        permission=_READ,
        summary="Say where the files of a version are",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{MLFLOW}/model-versions/set-tag",
        request=mv.SetModelVersionTag,
        operation="model_versions.set_tag",
        answer=None,
        effort=Effort.WRITE,
        permission=_EDIT,
        summary="Set a tag of a version",
    ),
    Endpoint(
        methods=("DELETE",),
        path=f"{MLFLOW}/model-versions/delete-tag",
        request=mv.DeleteModelVersionTag,
        operation="model_versions.delete_tag",
        answer=None,
        effort=Effort.WRITE,
        permission=_EDIT,
        summary="Remove a tag of a version",
    ),
)
