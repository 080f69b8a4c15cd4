"""The drop-in: the same objects under MLflow's names, and nothing that is not there."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import millstream
import mlflow
import mlflow._names
from millstream import settings
from millstream.errors import InvalidParameter, MillstreamError, NotFound
from millstream.version import MLFLOW_VERSION
from mlflow._beside import refuse_mixture
from mlflow._names import MODULES, RENAMED


@pytest.mark.parametrize(("name", "target"), sorted(MODULES.items()))
def test_a_name_of_the_table_is_the_module_it_stands_for(name: str, target: str) -> None:
    module = importlib.import_module(name)
    assert module is importlib.import_module(target)
    assert sys.modules[name] is module
    assert module.__spec__ is not None
    assert module.__spec__.name == target


def test_modules_are_found_as_attributes() -> None:
    assert mlflow.sklearn is millstream.sklearn
    assert mlflow.pyfunc is millstream.pyfunc
    assert mlflow.models is millstream.models
    assert mlflow.entities.run_status.RunStatus is millstream.RunStatus
    assert mlflow.tracking.client.MlflowClient is mlflow.MlflowClient


def test_importing_the_root_is_enough_for_all_modules() -> None:
    program = "\n".join(["import mlflow", *MODULES])
    subprocess.run([sys.executable, "-c", program], check=True)
    assert not hasattr(mlflow.utils, "no_such_module")
    assert not hasattr(mlflow.tracking.fluent, "no_such_function")
    assert mlflow.tracking.fluent.start_run is millstream.start_run


@pytest.mark.parametrize("name", sorted(set(mlflow.__all__) - {"VERSION", "__version__"}))
def test_a_public_name_is_the_object_it_stands_for(name: str) -> None:
    if f"mlflow.{name}" in MODULES:
        expected = importlib.import_module(MODULES[f"mlflow.{name}"])
    else:
        expected = getattr(millstream, RENAMED.get(name, name))
    assert getattr(mlflow, name) is expected


def test_the_version_is_that_of_the_interface() -> None:
    assert mlflow.__version__ == mlflow.VERSION == mlflow.version.VERSION == MLFLOW_VERSION


def test_what_is_not_there_does_not_exist() -> None:
    assert not hasattr(mlflow, "genai")
    assert "genai" not in dir(mlflow)
    with pytest.raises(ImportError):
        importlib.import_module("mlflow.genai")


def test_errors_are_caught_under_mlflows_names() -> None:
    exceptions = importlib.import_module("mlflow.exceptions")
    assert exceptions.MlflowException is mlflow.MlflowException is MillstreamError
    with pytest.raises(exceptions.RestException) as caught:
        raise NotFound("no such run")
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert caught.value.json["message"] == "no such run"
    raised = exceptions.MlflowException("x", error_code=exceptions.INVALID_PARAMETER_VALUE)
    assert raised.error_code == "INVALID_PARAMETER_VALUE"
    assert raised.get_http_status_code() == 400
    assert '"error_code": "INVALID_PARAMETER_VALUE"' in raised.serialize_as_json()
    made = exceptions.MlflowException.invalid_parameter_value("y")
    assert made.error_code == InvalidParameter("y").error_code
    assert exceptions.ErrorCode.Name(exceptions.ErrorCode.Value("ABORTED")) == "ABORTED"
    with pytest.raises(ValueError, match="no error code"):
        exceptions.ErrorCode.Name(-1)


def test_the_limits_and_tags_of_the_contract() -> None:
    limits = importlib.import_module("mlflow.utils.validation")
    tags = importlib.import_module("mlflow.utils.mlflow_tags")
    assert (limits.MAX_PARAM_VAL_LENGTH, limits.MAX_TAG_VAL_LENGTH) == (6000, 8000)
    assert (limits.MAX_PARAMS_TAGS_PER_BATCH, limits.MAX_METRICS_PER_BATCH) == (100, 1000)
    assert tags.MLFLOW_RUN_NAME == "mlflow.runName"
    assert tags.MLFLOW_PARENT_RUN_ID == "mlflow.parentRunId"


def test_environment_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = importlib.import_module("mlflow.environment_variables")
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME", raising=False)
    variable = variables.MLFLOW_EXPERIMENT_NAME
    assert variable.name == "MLFLOW_EXPERIMENT_NAME"
    assert not variable.is_set()
    variable.set("a")
    assert variable.get() == variable.get_raw() == "a"
    variable.unset()
    assert variable.get() is None


def test_a_script_can_ask_not_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_LOGGING", "")
    mlflow.config.enable_async_logging()
    assert settings.load().enable_async_logging
    mlflow.config.enable_async_logging(False)
    assert not settings.load().enable_async_logging
    assert mlflow.config.set_tracking_uri is mlflow.set_tracking_uri


def test_the_context_gives_tags() -> None:
    registry = importlib.import_module("mlflow.tracking.context.registry")
    tags = registry.resolve_tags({"mlflow.user": "somebody", "own": "1"})
    assert tags["mlflow.user"] == "somebody"
    assert tags["own"] == "1"
    assert "mlflow.source.name" in tags
    assert importlib.import_module("mlflow.tracking.context.default_context")._get_user()


def test_names_of_runs() -> None:
    names = importlib.import_module("mlflow.utils.name_utils")
    assert len(names._generate_random_name().split("-")) == 3
    assert len(names._generate_random_name("_", max_length=15)) <= 15


@pytest.mark.parametrize("distribution", ["mlflow-3.17.2", "mlflow_skinny-3.17.2"])
def test_mlflow_itself_beside_it_is_refused(tmp_path: Path, distribution: str) -> None:
    refuse_mixture([str(tmp_path), "no such folder"], [str(tmp_path)])
    (tmp_path / f"{distribution}.dist-info").mkdir()
    name = distribution.partition("-")[0].replace("_", "-")
    with pytest.raises(ImportError, match=f"pip uninstall {name}`"):
        refuse_mixture([str(tmp_path)], [])


def test_files_of_mlflow_among_ours_are_refused(tmp_path: Path) -> None:
    (tmp_path / "tracking").mkdir()
    (tmp_path / "tracking" / "__init__.py").touch()
    with pytest.raises(ImportError, match="MLflow itself is installed beside"):
        refuse_mixture([], [str(tmp_path)])
