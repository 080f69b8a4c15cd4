"""The public names; written by scripts/generate_stub.py."""

from collections.abc import Callable
from typing import Any

from millstream import artifacts as artifacts
from millstream.client import data as data
from millstream.client.active import ActiveRun as ActiveRun
from millstream.client.active import active_run as active_run
from millstream.client.active import end_run as end_run
from millstream.client.active import last_active_run as last_active_run
from millstream.client.active import start_run as start_run
from millstream.client.artifacts import flush_artifact_async_logging as flush_artifact_async_logging
from millstream.client.artifacts import get_artifact_uri as get_artifact_uri
from millstream.client.artifacts import log_artifact as log_artifact
from millstream.client.artifacts import log_artifacts as log_artifacts
from millstream.client.artifacts import log_dict as log_dict
from millstream.client.artifacts import log_figure as log_figure
from millstream.client.artifacts import log_stream as log_stream
from millstream.client.artifacts import log_text as log_text
from millstream.client.datasets import log_input as log_input
from millstream.client.datasets import log_inputs as log_inputs
from millstream.client.experiments import create_experiment as create_experiment
from millstream.client.experiments import delete_experiment as delete_experiment
from millstream.client.experiments import delete_experiment_tag as delete_experiment_tag
from millstream.client.experiments import get_experiment as get_experiment
from millstream.client.experiments import get_experiment_by_name as get_experiment_by_name
from millstream.client.experiments import restore_experiment as restore_experiment
from millstream.client.experiments import search_experiments as search_experiments
from millstream.client.experiments import set_experiment as set_experiment
from millstream.client.experiments import set_experiment_tag as set_experiment_tag
from millstream.client.experiments import set_experiment_tags as set_experiment_tags
from millstream.client.images import Image as Image
from millstream.client.images import log_image as log_image
from millstream.client.metrics import flush_async_logging as flush_async_logging
from millstream.client.metrics import log_metric as log_metric
from millstream.client.metrics import log_metrics as log_metrics
from millstream.client.models import ActiveModel as ActiveModel
from millstream.client.models import clear_active_model as clear_active_model
from millstream.client.models import create_external_model as create_external_model
from millstream.client.models import delete_logged_model_tag as delete_logged_model_tag
from millstream.client.models import finalize_logged_model as finalize_logged_model
from millstream.client.models import get_active_model_id as get_active_model_id
from millstream.client.models import get_logged_model as get_logged_model
from millstream.client.models import initialize_logged_model as initialize_logged_model
from millstream.client.models import last_logged_model as last_logged_model
from millstream.client.models import log_model_params as log_model_params
from millstream.client.models import search_logged_models as search_logged_models
from millstream.client.models import set_active_model as set_active_model
from millstream.client.models import set_logged_model_tags as set_logged_model_tags
from millstream.client.runs import delete_run as delete_run
from millstream.client.runs import delete_tag as delete_tag
from millstream.client.runs import get_parent_run as get_parent_run
from millstream.client.runs import get_run as get_run
from millstream.client.runs import log_outputs as log_outputs
from millstream.client.runs import log_param as log_param
from millstream.client.runs import log_params as log_params
from millstream.client.runs import restore_run as restore_run
from millstream.client.runs import set_tag as set_tag
from millstream.client.runs import set_tags as set_tags
from millstream.client.searching import search_runs as search_runs
from millstream.client.session import get_registry_uri as get_registry_uri
from millstream.client.session import get_tracking_uri as get_tracking_uri
from millstream.client.session import is_tracking_uri_set as is_tracking_uri_set
from millstream.client.session import set_registry_uri as set_registry_uri
from millstream.client.session import set_tracking_uri as set_tracking_uri
from millstream.client.tables import load_table as load_table
from millstream.client.tables import log_table as log_table
from millstream.client.tracking import MillstreamClient as MillstreamClient
from millstream.entities.artifacts import FileInfo as FileInfo
from millstream.entities.experiments import Experiment as Experiment
from millstream.entities.experiments import ExperimentTag as ExperimentTag
from millstream.entities.experiments import LifecycleStage as LifecycleStage
from millstream.entities.experiments import ViewType as ViewType
from millstream.entities.metrics import Metric as Metric
from millstream.entities.models import LoggedModel as LoggedModel
from millstream.entities.models import LoggedModelParameter as LoggedModelParameter
from millstream.entities.models import LoggedModelStatus as LoggedModelStatus
from millstream.entities.models import LoggedModelTag as LoggedModelTag
from millstream.entities.runs import Dataset as Dataset
from millstream.entities.runs import DatasetInput as DatasetInput
from millstream.entities.runs import InputTag as InputTag
from millstream.entities.runs import LoggedModelInput as LoggedModelInput
from millstream.entities.runs import LoggedModelOutput as LoggedModelOutput
from millstream.entities.runs import Param as Param
from millstream.entities.runs import Run as Run
from millstream.entities.runs import RunData as RunData
from millstream.entities.runs import RunInfo as RunInfo
from millstream.entities.runs import RunInputs as RunInputs
from millstream.entities.runs import RunOutputs as RunOutputs
from millstream.entities.runs import RunStatus as RunStatus
from millstream.entities.runs import RunTag as RunTag
from millstream.errors import MillstreamError as MillstreamError
from millstream.integrations import models as models
from millstream.integrations import pyfunc as pyfunc
from millstream.integrations import sklearn as sklearn
from millstream.version import MLFLOW_VERSION as MLFLOW_VERSION
from millstream.version import VERSION as VERSION

MillstreamException = MillstreamError

__version__: str
__all__: list[str]

def late(module: str, names: str) -> Callable[[str], Any]: ...
