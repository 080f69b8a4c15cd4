"""PyTorch models in runs and on disk (`millstream.pytorch`)."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from millstream.client.artifacts import log_artifacts
from millstream.client.session import SESSION
from millstream.integrations.autologging.checkpoints import check_options, download_checkpoint
from millstream.integrations.autologging.frameworks import turn_on
from millstream.integrations.flavor import LogOptions, SaveOptions, load, log, save
from millstream.integrations.model_files import local_path
from millstream.integrations.models import ModelInfo
from millstream.integrations.option_names import known_options
from millstream.model_format.adapters import adapter
from millstream.model_format.deserialize import without_pickles
from millstream.model_format.directory import create_directory
from millstream.model_format.environment import default_conda_env, pin_all
from millstream.model_format.manifest import Manifest

FLAVOR_NAME = "pytorch"
_MODULES = ["torch", "cloudpickle"]
_FURTHER = ("pickle_protocol", "_use_new_zipfile_serialization", "_disable_byteorder_record")


@known_options(SaveOptions, *_FURTHER)
def save_model(
    pytorch_model: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None = None,
    mlflow_model: Manifest | None = None,
    code_paths: Sequence[str] | None = None,
    pickle_module: Any = None,
    *,
    export_model: bool = False,
    serialization_format: str | None = None,
    input_example: Any = None,
    **options: Any,
) -> None:
    """Write a module as a directory.

    `serialization_format` is `pt2`, the default (and `export_model` asks for it): the operations
    that the module runs on `input_example`, an array or a tensor, are written and loaded without
    its code. Or it is `pickle`: the module whole, with `pickle_module`, whose loading can run any
    code. Options of `torch.save` may follow those of all frameworks.
    """
    known = {name: options.pop(name) for name in SaveOptions.__annotations__ if name in options}
    several = isinstance(input_example, (tuple, list))
    shared = {**known, "mlflow_model": mlflow_model}
    if not several:  # several inputs have no form that an example is kept in
        shared["input_example"] = _array(input_example)
    save(
        FLAVOR_NAME,
        pytorch_model,
        path,
        conda_env,
        code_paths,
        cast("SaveOptions", shared),
        example=input_example,
        signature=known.get("signature"),
        serialization_format="pt2" if export_model else serialization_format,
        pickle_module=pickle_module,
        **options,
    )


@known_options(LogOptions, *_FURTHER)
def log_model(
    pytorch_model: Any,
    artifact_path: str | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    pickle_module: Any = None,
    *,
    export_model: bool = False,
    serialization_format: str | None = None,
    **options: Any,
) -> ModelInfo:
    """Log the module as a logged model, an output of the active run if there is one.

    `artifact_path` is an older name of `name`. The other options are those of `save_model`.
    """
    own = {
        "pytorch_model": pytorch_model,
        "pickle_module": pickle_module,
        "export_model": export_model,
        "serialization_format": serialization_format,
    }
    this = sys.modules[__name__]
    return log(this, artifact_path, conda_env, code_paths, options, **own)  # type: ignore[arg-type]  # and those of torch.save


def load_model(
    model_uri: str | os.PathLike[str], dst_path: str | None = None, **options: Any
) -> Any:
    """The module at a URI or path, evaluating; `device` or `map_location` say where.

    The other options go to `torch.load`. An exported module comes back as its operations.
    """
    return load(FLAVOR_NAME, model_uri, dst_path, **options)


def save_state_dict(
    state_dict: Mapping[str, Any], path: str | os.PathLike[str], **options: Any
) -> None:
    """Write the parameters and buffers of a module into a directory; options of `torch.save`."""
    adapter(FLAVOR_NAME).save_state_dict(state_dict, create_directory(path), **options)


def log_state_dict(state_dict: Mapping[str, Any], artifact_path: str, **options: Any) -> None:
    """Log them as artifacts of the active run, which is started if there is none."""
    with tempfile.TemporaryDirectory(prefix="millstream-state-") as folder:
        directory = Path(folder, "state")
        save_state_dict(state_dict, directory, **options)
        log_artifacts(str(directory), artifact_path)


def load_state_dict(state_dict_uri: str | os.PathLike[str], **options: Any) -> Any:
    """The parameters and buffers at a URI or path; options of `torch.load`."""
    allow_pickle = SESSION.settings().allow_pickle
    return adapter(FLAVOR_NAME).load_state_dict(local_path(state_dict_uri), allow_pickle, **options)


def load_checkpoint(
    model_class: Any,
    run_id: str | None = None,
    epoch: int | None = None,
    global_step: int | None = None,
    kwargs: Mapping[str, Any] | None = None,
) -> Any:
    """The LightningModule of a checkpoint that automatic logging left in a run.

    The run is the active one if none is named, and the checkpoint its latest unless `epoch` or
    `global_step` says which. `kwargs` go to `model_class.load_from_checkpoint`.
    """
    with tempfile.TemporaryDirectory(prefix="millstream-checkpoint-") as folder:
        path = download_checkpoint(run_id, epoch, global_step, folder)
        with without_pickles(SESSION.settings().allow_pickle):
            return model_class.load_from_checkpoint(path, **(kwargs or {}))


def autolog(
    log_every_n_epoch: int = 1,
    log_every_n_step: int | None = None,
    log_models: bool = True,
    log_datasets: bool = True,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    registered_model_name: str | None = None,
    extra_tags: dict[str, str] | None = None,
    checkpoint: bool = True,
    checkpoint_monitor: str = "val_loss",
    checkpoint_mode: str = "min",
    checkpoint_save_best_only: bool = True,
    checkpoint_save_weights_only: bool = False,
    checkpoint_save_freq: str | int = "epoch",
    log_model_signatures: bool = True,
) -> None:
    """Log each `Trainer.fit` of PyTorch Lightning, of `pytorch_lightning` as of `lightning`.

    Logged are the number of epochs, the optimizer, early stopping, what the module logs after every
    `log_every_n_epoch` epochs (and `log_every_n_step` steps, if said), a summary of the layers,
    the model, and what `test` measures later on. A checkpoint is written after each epoch (or every
    `checkpoint_save_freq` steps) that `checkpoint_monitor` calls the best so far, by
    `checkpoint_mode`; with `checkpoint_save_best_only=False`, after each one. See
    `load_checkpoint`. Of data loaders nothing is recorded, whatever `log_datasets` says.
    """
    check_options(locals())
    turn_on(FLAVOR_NAME, locals())


def get_default_pip_requirements() -> list[str]:
    """What a model of PyTorch needs at least, at the versions installed here."""
    return pin_all(_MODULES)


def get_default_conda_env() -> dict[str, Any]:
    """The same as a conda environment."""
    return default_conda_env(_MODULES)


def _array(example: Any) -> Any:
    """A tensor as the array that it is for everyone who sends it to the model."""
    return example.detach().cpu().numpy() if hasattr(example, "detach") else example
