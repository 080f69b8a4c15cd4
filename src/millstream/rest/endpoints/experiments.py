"""The rows about experiments."""

from __future__ import annotations

from millstream.entities import experiments as e
from millstream.entities import run_tables as rt
from millstream.entities import runs as r
from millstream.rest.endpoints.row import MLFLOW, OWN, Effort, Endpoint, Permission

_READ = Permission("read", "experiment", "experiment_id")
_EDIT = Permission("edit", "experiment", "experiment_id")
_DELETE = Permission("delete", "experiment", "experiment_id")

EXPERIMENTS = (
    Endpoint(
        methods=("POST",),
        path=f"{MLFLOW}/experiments/create",
        request=e.CreateExperiment,
        operation="experiments.create",
        answer=e.ExperimentCreated,
        effort=Effort.WRITE,
        permission=Permission("create", "experiment"),
        summary="Create an experiment",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{MLFLOW}/experiments/get",
        request=e.ExperimentId,
        operation="experiments.get",
        answer=e.Experiment,
        envelope="experiment",
        effort=Effort.POINT,
        permission=_READ,
        summary="Get an experiment",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{MLFLOW}/experiments/get-by-name",
        request=e.GetExperimentByName,
        operation="experiments.get_by_name",
        answer=e.Experiment,
        envelope="experiment",
        effort=Effort.POINT,
        permission=Permission("read", "experiment", "experiment_name"),
        summary="Get an experiment by its name",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{MLFLOW}/experiments/update",
        request=e.UpdateExperiment,
        operation="experiments.update",
        answer=None,
        effort=Effort.WRITE,
        permission=_EDIT,
        summary="Rename an experiment",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{MLFLOW}/experiments/delete",
        request=e.ExperimentId,
        operation="experiments.delete",
        answer=None,
        effort=Effort.WRITE,
        permission=_DELETE,
        summary="Delete an experiment with its runs, so that it can be restored",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{MLFLOW}/experiments/restore",
        request=e.ExperimentId,
        operation="experiments.restore",
        answer=None,
        effort=Effort.WRITE,
        permission=_DELETE,
        summary="Restore a deleted experiment with its runs",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{MLFLOW}/experiments/set-experiment-tag",
        request=e.SetExperimentTag,
        operation="experiments.set_tag",
        answer=None,
        effort=Effort.WRITE,
        permission=_EDIT,
        summary="Set a tag of an experiment",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{MLFLOW}/experiments/delete-experiment-tag",
        request=e.DeleteExperimentTag,
        operation="experiments.delete_tag",
        answer=None,
        effort=Effort.WRITE,
        permission=_EDIT,
        summary="Remove a tag of an experiment",
    ),
    Endpoint(
        methods=("POST", "GET"),
        path=f"{MLFLOW}/experiments/search",
        request=e.SearchExperiments,
        operation="experiments.search",
        answer=e.ExperimentPage,
        effort=Effort.SCAN,
        permission=Permission("read", "experiment"),
        summary="Search experiments",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{MLFLOW}/experiments/search-datasets",
        request=r.SearchDatasets,
        operation="experiments.search_datasets",
        answer=r.DatasetSummaryPage,
        effort=Effort.SCAN,
        permission=Permission("read", "experiment", "experiment_ids"),
        ajax_only=True,
        summary="List the datasets used in experiments",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{OWN}/experiments/columns",
        request=rt.ListColumns,
        operation="experiments.list_columns",
        answer=rt.ColumnSummaries,
        effort=Effort.SCAN,
        permission=Permission("read", "experiment", "experiment_id"),
        summary="List the metrics, params and tags that the runs of an experiment have",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{OWN}/experiments/values",
        request=rt.ListColumnValues,
        operation="experiments.list_values",
        answer=rt.ColumnTexts,
        effort=Effort.SCAN,
        permission=Permission("read", "experiment", "experiment_id"),
        summary="List different values of a column that begin with a text",
    ),
)
