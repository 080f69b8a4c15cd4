"""Millstream: track experiments, keep models, deploy them; each public name loads on first use."""

from __future__ import annotations

import sys
from importlib import import_module

from millstream.aliases import AliasFinder
from millstream.version import MLFLOW_VERSION as MLFLOW_VERSION
from millstream.version import VERSION as VERSION

TYPE_CHECKING = False  # the constant in `typing`, whose import would cost more than all else here
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

__version__ = VERSION

PLACES = {
    "client.session": (
        "get_registry_uri get_tracking_uri is_tracking_uri_set set_registry_uri set_tracking_uri"
    ),
    "client.active": "ActiveRun active_run end_run last_active_run start_run",
    "client.attempts": "fork_run",
    "client.experiments": (
        "create_experiment delete_experiment delete_experiment_tag get_experiment "
        "get_experiment_by_name restore_experiment search_experiments set_experiment "
        "set_experiment_tag set_experiment_tags"
    ),
    "client.runs": (
        "delete_run delete_tag get_parent_run get_run log_outputs log_param log_params restore_run "
        "set_tag set_tags"
    ),
    "client.searching": "search_runs",
    "client.metrics": "flush_async_logging log_metric log_metrics",
    "client.artifacts": (
        "flush_artifact_async_logging get_artifact_uri log_artifact log_artifacts log_dict "
        "log_figure log_stream log_text"
    ),
    "client.images": "Image log_image",
    "client.system_metrics": (
        "disable_system_metrics_logging enable_system_metrics_logging set_system_metrics_node_id "
        "set_system_metrics_samples_before_logging set_system_metrics_sampling_interval"
    ),
    "client.tables": "load_table log_table",
    "client.datasets": "log_input log_inputs",
    "client.models": (
        "ActiveModel clear_active_model create_external_model delete_logged_model_tag "
        "finalize_logged_model get_active_model_id get_logged_model initialize_logged_model "
        "last_logged_model log_model_params search_logged_models set_active_model "
        "set_logged_model_tags"
    ),
    "client.model_versions": "search_model_versions set_model_version_tag",
    "client.registration": "register_model",
    "client.registered_models": "search_registered_models",
    "client.tracking": "MillstreamClient",
    "client.workspaces": (
        "create_workspace delete_workspace get_workspace list_workspaces set_workspace "
        "update_workspace"
    ),
    "entities.artifacts": "FileInfo",
    "entities.attempts": "Attempt",
    "entities.deployments": "Deployment",
    "entities.experiments": "Experiment ExperimentTag LifecycleStage ViewType",
    "entities.gates": "Gate GateFinding GateFindings",
    "entities.metrics": "Metric",
    "entities.model_versions": "ModelVersion ModelVersionTag",
    "entities.models": ("LoggedModel LoggedModelParameter LoggedModelStatus LoggedModelTag"),
    "entities.registered_models": "RegisteredModel RegisteredModelAlias RegisteredModelTag",
    "entities.runs": (
        "Dataset DatasetInput InputTag LoggedModelInput LoggedModelOutput Param Run RunData "
        "RunInfo RunInputs RunOutputs RunStatus RunTag"
    ),
    "entities.stages": "Stage StagePolicy",
    "entities.transition_requests": "TransitionRequest",
    "entities.webhooks": "Webhook WebhookEvent WebhookStatus WebhookTestResult",
    "entities.workspaces": "Workspace",
    "errors": "MillstreamError",
    "evaluation.evaluate": "evaluate",
    "projects.running": "run",
    "evaluation.thresholds": "MetricThreshold validate_evaluation_results",
    "integrations.autologging.frameworks": "autolog",
}
_NAMES = {name: place for place, names in PLACES.items() for name in names.split()}
_FRAMEWORKS = (
    "catboost h2o keras lightgbm onnx optuna paddle pmdarima prophet pytorch sentence_transformers "
    "shap sklearn spacy spark statsmodels tensorflow transformers xgboost"
)
MODULES = {
    "artifacts": "artifacts",
    "data": "client.data.api",
    "deployments": "deploy.api",
    "metrics": "evaluation.metrics",
    "models": "integrations.models",
    "projects": "projects.api",
    "pyfunc": "integrations.pyfunc",
    **{name: f"integrations.{name}" for name in _FRAMEWORKS.split()},
}
ALIASES = {"MillstreamException": "MillstreamError"}

VERSIONS = ("MLFLOW_VERSION", "VERSION")

# So that `import millstream.sklearn` finds what the attribute gives.
sys.meta_path.append(
    AliasFinder(
        {f"{__name__}.{n}": f"{__name__}.{place}" for n, place in MODULES.items() if n != place}
    )
)

__all__ = [
    *VERSIONS,
    "__version__",
    *sorted([*_NAMES, *MODULES, *ALIASES]),
]


def __getattr__(name: str) -> Any:
    known = ALIASES.get(name, name)
    if known in _NAMES:
        value = getattr(import_module(f"{__name__}.{_NAMES[known]}"), known)
    elif known in MODULES:
        value = import_module(f"{__name__}.{MODULES[known]}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def late(places: Mapping[str, str]) -> Callable[[str], Any]:
    """A `__getattr__` for a module whose public names live in rooms above it: names by module."""
    known = {name: place for place, names in places.items() for name in names.split()}

    def load(name: str) -> Any:
        if name not in known:
            raise AttributeError(f"there is no attribute {name!r} here; known are {[*known]}")
        return getattr(import_module(f"{__name__}.{known[name]}"), name)

    return load


def __dir__() -> list[str]:
    return __all__
