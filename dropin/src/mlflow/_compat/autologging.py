"""What libraries that log by themselves take from `mlflow.utils.autologging_utils`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

from millstream.client.operations import RunOperations as Operations
from millstream.client.runs import RunMethods
from millstream.entities.runs import DatasetInput
from millstream.integrations.autologging.calls import arguments_of
from millstream.integrations.autologging.configuration import (
    AUTOLOGGING_INTEGRATIONS,
    autologging_integration,
    autologging_is_disabled,
    disable_autologging,
    disable_discrete_autologging,
    get_autologging_config,
)
from millstream.integrations.autologging.patches import revert_patches, safe_patch
from millstream.integrations.autologging.recording import (
    BatchMetricsLogger,
    Record,
    batch_metrics_logger,
)
from millstream.integrations.autologging.reports import report
from millstream.integrations.autologging.runs import with_managed_run
from millstream.integrations.autologging.versions import (
    get_min_max_version_and_pip_release,
    is_autolog_supported,
)

__all__ = [
    "AUTOLOGGING_INTEGRATIONS",
    "BatchMetricsLogger",
    "MlflowAutologgingQueueingClient",
    "RunOperations",
    "autologging_integration",
    "autologging_is_disabled",
    "batch_metrics_logger",
    "disable_autologging",
    "disable_discrete_autologging",
    "get_autologging_config",
    "get_method_call_arg_value",
    "get_min_max_version_and_pip_release",
    "get_mlflow_run_params_for_fn_args",
    "is_autolog_supported",
    "is_testing",
    "log_fn_args_as_params",
    "picklable_exception_safe_function",
    "revert_patches",
    "safe_patch",
    "with_managed_run",
]


class RunOperations(Operations):
    """Writes under way."""

    def await_completion(self) -> None:
        """Wait for all writes."""
        self.wait()


class MlflowAutologgingQueueingClient:
    """Gathers what is logged to runs, until `flush` sends it in few requests."""

    def __init__(self, tracking_uri: str | None = None) -> None:
        self._tracking_uri = tracking_uri
        self._client = RunMethods(tracking_uri)
        self._records: dict[str, Record] = {}
        self._inputs: list[tuple[str, list[DatasetInput]]] = []
        self._ends: list[tuple[str, str | None, int | None]] = []

    def __enter__(self) -> MlflowAutologgingQueueingClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.flush(synchronous=True)

    def create_run(
        self,
        experiment_id: str,
        start_time: int | None = None,
        tags: Mapping[str, Any] | None = None,
        run_name: str | None = None,
    ) -> str:
        """Create a run at once and give its id."""
        return self._client.create_run(experiment_id, start_time, tags, run_name).info.run_id

    def set_terminated(
        self, run_id: str, status: str | None = None, end_time: int | None = None
    ) -> None:
        """End a run, after all else that is gathered."""
        self._ends.append((run_id, status, end_time))

    def log_params(self, run_id: str, params: Mapping[str, Any]) -> None:
        """Gather params."""
        self._record(run_id).params(params)

    def log_inputs(self, run_id: str, datasets: Sequence[DatasetInput] | None) -> None:
        """Gather datasets that the run reads."""
        if datasets:
            self._inputs.append((run_id, list(datasets)))

    def log_metrics(
        self,
        run_id: str,
        metrics: Mapping[str, Any],
        step: int | None = None,
        dataset: Any | None = None,
        model_id: str | None = None,
    ) -> None:
        """Gather points."""
        about = None if dataset is None else (dataset.name, dataset.digest)
        self._record(run_id).metrics(metrics, step or 0, model_id=model_id, dataset=about)

    def set_tags(self, run_id: str, tags: Mapping[str, Any]) -> None:
        """Gather tags."""
        self._record(run_id).tags(tags)

    def flush(self, synchronous: bool = True) -> RunOperations:
        """Send what was gathered; it has arrived when the call returns, however it is asked."""
        del synchronous
        records, self._records = self._records, {}
        for record in records.values():
            record.send()
        inputs, self._inputs = self._inputs, []
        for run_id, datasets in inputs:
            self._client.log_inputs(run_id, datasets)
        ends, self._ends = self._ends, []
        for run_id, status, end_time in ends:
            self._client.set_terminated(run_id, status, end_time)
        return RunOperations([])

    def _record(self, run_id: str) -> Record:
        return self._records.setdefault(run_id, Record(run_id, self._tracking_uri))


class _Unfailing:
    """A function that never raises; pickled it is the function with this around it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        try:
            return self._function(*arguments, **options)
        except Exception as error:  # noqa: BLE001  # training goes on whatever happened here
            name = getattr(self._function, "__name__", repr(self._function))
            report(name, error, silent=False)
            return None


def picklable_exception_safe_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, but that it warns where it would raise."""
    return _Unfailing(function)


def get_method_call_arg_value(
    arg_index: int,
    arg_name: str | None,
    default_value: Any,
    call_pos_args: Sequence[Any],
    call_kwargs: Mapping[str, Any],
) -> Any:
    """The argument of a call, given by name or place, else its default."""
    if arg_name is not None and arg_name in call_kwargs:
        return call_kwargs[arg_name]
    return call_pos_args[arg_index] if arg_index < len(call_pos_args) else default_value


def get_mlflow_run_params_for_fn_args(
    fn: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    unlogged: Sequence[str] | None = None,
) -> dict[str, Any]:
    """The arguments of a call by name, with the defaults of those that were not given."""
    found = arguments_of(fn, args, kwargs)
    return {name: value for name, value in found.items() if name not in (unlogged or [])}


def log_fn_args_as_params(
    fn: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    unlogged: Sequence[str] | None = None,
) -> None:
    """Log the arguments of a call as params of the active run."""
    record = Record()
    record.params(get_mlflow_run_params_for_fn_args(fn, args, kwargs, unlogged))
    record.send()


def is_testing() -> bool:
    """Whether errors of automatic logging are raised, as MLflow's own tests ask for; never."""
    return False
