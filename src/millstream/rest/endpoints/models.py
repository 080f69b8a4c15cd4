"""The rows about logged models."""

from __future__ import annotations

from millstream.entities import models as lm
from millstream.rest.endpoints.row import MLFLOW, Effort, Endpoint, Permission

_EDIT = Permission("edit", "logged_model", "model_id")

MODELS = (
    Endpoint(
        methods=("POST",),
        path=f"{MLFLOW}/logged-models",
        request=lm.CreateLoggedModel,
        operation="models.create",
        answer=lm.LoggedModel,
        envelope="model",
        effort=Effort.WRITE,
        permission=Permission("edit", "experiment", "experiment_id"),
        summary="Create a logged model, pending until its files have arrived",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{MLFLOW}/logged-models/{{model_id}}",
        request=lm.GetLoggedModel,
        operation="models.get",
        answer=lm.LoggedModel,
        envelope="model",
        effort=Effort.POINT,
        permission=Permission("read", "logged_model", "model_id"),
        summary="Get a logged model",
    ),
    Endpoint(
        methods=("PATCH",),
        path=f"{MLFLOW}/logged-models/{{model_id}}",
        request=lm.FinalizeLoggedModel,
        operation="models.finalize",
        answer=lm.LoggedModel,
        envelope="model",
        effort=Effort.WRITE,
        permission=_EDIT,
        summary="Say whether the files of a logged model have all arrived",
    ),
    Endpoint(
        methods=("DELETE",),
        path=f"{MLFLOW}/logged-models/{{model_id}}",
        request=lm.LoggedModelId,
        operation="models.delete",
        answer=None,
        effort=Effort.WRITE,
        permission=Permission("delete", "logged_model", "model_id"),
        summary="Delete a logged model",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{MLFLOW}/logged-models/search",
        request=lm.SearchLoggedModels,
        operation="models.search",
        answer=lm.LoggedModelPage,
        effort=Effort.SCAN,
        permission=Permission("read", "experiment", "experiment_ids"),
        told="asking",
        summary="Search logged models",
    ),
    Endpoint(
        methods=("PATCH",),
        path=f"{MLFLOW}/logged-models/{{model_id}}/tags",
        request=lm.SetLoggedModelTags,
        operation="models.set_tags",
        answer=None,
        effort=Effort.WRITE,
        permission=_EDIT,
        summary="Set tags of a logged model",
    ),
    Endpoint(
        methods=("DELETE",),
        path=f"{MLFLOW}/logged-models/{{model_id}}/tags/{{tag_key:path}}",
        request=lm.DeleteLoggedModelTag,
        operation="models.delete_tag",
        answer=None,
        effort=Effort.WRITE,
        permission=_EDIT,
        summary="Remove a tag of a logged model",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{MLFLOW}/logged-models/{{model_id}}/params",
        request=lm.LogLoggedModelParams,
        operation="models.log_params",
        answer=None,
        effort=Effort.WRITE,
        permission=_EDIT,
        summary="Log params of a logged model",
    ),
)
