"""scikit-learn models in runs and on disk (`millstream.sklearn`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from millstream.integrations.autologging.frameworks import turn_on
from millstream.integrations.flavor import LogOptions, SaveOptions, load, save
from millstream.integrations.models import Model, ModelInfo
from millstream.integrations.option_names import known_options
from millstream.model_format.environment import default_conda_env, pin_all
from millstream.model_format.manifest import Manifest
from millstream.model_format.serialize import CLOUDPICKLE, PICKLE, SKOPS
from millstream.model_format.signature import ModelSignature

FLAVOR_NAME = "sklearn"
SERIALIZATION_FORMAT_PICKLE = PICKLE
SERIALIZATION_FORMAT_CLOUDPICKLE = CLOUDPICKLE
SERIALIZATION_FORMAT_SKOPS = SKOPS
SUPPORTED_SERIALIZATION_FORMATS = [SKOPS, PICKLE, CLOUDPICKLE]


@known_options()
def save_model(
    sk_model: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    mlflow_model: Manifest | None = None,
    serialization_format: str | None = None,
    signature: ModelSignature | None = None,
    input_example: Any = None,
    pip_requirements: Sequence[str] | str | None = None,
    extra_pip_requirements: Sequence[str] | str | None = None,
    pyfunc_predict_fn: str = "predict",
    metadata: dict[str, Any] | None = None,
    skops_trusted_types: Sequence[str] | None = None,
    extra_files: Sequence[str] | None = None,
) -> None:
    """Write an estimator, or any object with the method `pyfunc_predict_fn`, as a directory.

    Without `serialization_format` it is skops where the types permit, else cloudpickle. With
    `input_example` and without `signature`, the signature is that of the example's prediction.
    """
    save(
        FLAVOR_NAME,
        sk_model,
        path,
        conda_env,
        code_paths,
        SaveOptions(
            mlflow_model=mlflow_model,
            signature=signature,
            input_example=input_example,
            pip_requirements=pip_requirements,
            extra_pip_requirements=extra_pip_requirements,
            metadata=metadata,
            extra_files=extra_files,
        ),
        serialization_format=serialization_format,
        trusted_types=skops_trusted_types,
        predict_fn=pyfunc_predict_fn,
    )


@known_options(LogOptions)
def log_model(
    sk_model: Any,
    artifact_path: str | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    serialization_format: str | None = None,
    registered_model_name: str | None = None,
    signature: ModelSignature | None = None,
    input_example: Any = None,
    await_registration_for: int = 300,
    pip_requirements: Sequence[str] | str | None = None,
    extra_pip_requirements: Sequence[str] | str | None = None,
    pyfunc_predict_fn: str = "predict",
    metadata: dict[str, Any] | None = None,
    extra_files: Sequence[str] | None = None,
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, Any] | None = None,
    model_type: str | None = None,
    step: int = 0,
    model_id: str | None = None,
    name: str | None = None,
    skops_trusted_types: Sequence[str] | None = None,
    **kwargs: Any,
) -> ModelInfo:
    """Log an estimator as a logged model, an output of the active run if there is one.

    `artifact_path` is an older name of `name`. The other options are those of `save_model`.
    """
    return Model.log(
        artifact_path,
        sys.modules[__name__],
        registered_model_name=registered_model_name,
        await_registration_for=await_registration_for,
        metadata=metadata,
        name=name,
        model_type=model_type,
        params=params,
        tags=tags,
        step=step,
        model_id=model_id,
        sk_model=sk_model,
        conda_env=conda_env,
        code_paths=code_paths,
        serialization_format=serialization_format,
        signature=signature,
        input_example=input_example,
        pip_requirements=pip_requirements,
        extra_pip_requirements=extra_pip_requirements,
        pyfunc_predict_fn=pyfunc_predict_fn,
        extra_files=extra_files,
        skops_trusted_types=skops_trusted_types,
        **kwargs,
    )


def load_model(model_uri: str | os.PathLike[str], dst_path: str | None = None) -> Any:
    """The estimator at a URI or path, once its files are shown to be those that were saved."""
    return load(FLAVOR_NAME, model_uri, dst_path)


def get_default_pip_requirements(
    include_cloudpickle: bool = False, include_skops: bool = False
) -> list[str]:
    """What a model of scikit-learn needs at least, at the versions installed here."""
    return pin_all(_default_modules(include_cloudpickle, include_skops))


def get_default_conda_env(
    include_cloudpickle: bool = False, include_skops: bool = False
) -> dict[str, Any]:
    """The same as a conda environment."""
    return default_conda_env(_default_modules(include_cloudpickle, include_skops))


def _default_modules(include_cloudpickle: bool, include_skops: bool) -> list[str]:
    cloudpickle = [CLOUDPICKLE] if include_cloudpickle else []
    return ["sklearn", *cloudpickle, *([SKOPS] if include_skops else [])]


def autolog(
    log_input_examples: bool = False,
    log_model_signatures: bool = True,
    log_models: bool = True,
    log_datasets: bool = True,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    max_tuning_runs: int | None = 5,
    log_post_training_metrics: bool = True,
    serialization_format: str = CLOUDPICKLE,
    registered_model_name: str | None = None,
    pos_label: Any = None,
    extra_tags: dict[str, str] | None = None,
) -> None:
    """Log each fit of an estimator: params, metrics on the training data, figures and the model.

    The outermost estimator is logged, to the active run or one of its own. A search logs its best
    candidate, and the `max_tuning_runs` best ones (None: all) as child runs. With
    `log_post_training_metrics`, metrics of scikit-learn and `score` on predictions of a model
    logged in this process are logged to its run.
    """
    turn_on(FLAVOR_NAME, locals())
