"""Models over datasets of Ray: batches through actors that load the model once each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import ray
from ray.data import ActorPoolStrategy, Dataset

from millstream.errors import InvalidParameter
from millstream.integrations.worker_model import WorkerModel, packed, unpacked, worker_model
from millstream.model_format.schema import Schema


class Predictor:
    """An actor's model: called with a batch, it answers with the batch to keep."""

    def __init__(
        self,
        model: WorkerModel,
        directory: str,
        archive: Any,
        output_column: str,
        keep_columns: bool | list[str],
    ) -> None:
        self._model = model
        self._unpacked = unpacked(ray.get(archive)) if archive is not None else None
        self._directory = self._unpacked or Path(directory)
        self._output_column = output_column
        self._keep_columns = keep_columns
        self._inputs = model.load(self._directory).metadata.get_input_schema()

    def __call__(self, batch: pd.DataFrame | dict[str, Any]) -> dict[str, Any]:
        """The columns to keep and those of the predictions."""
        rows = len(next(iter(batch.values()))) if isinstance(batch, dict) else len(batch)
        data = _tensors(batch, self._inputs) if isinstance(batch, dict) else _plain(batch)
        found = _columns(self._model.predict(self._directory, data), self._output_column)
        for name, values in found.items():
            if len(values) != rows:
                raise InvalidParameter(
                    f"the model gave {len(values)} predictions for {rows} rows in {name!r}"
                )
        return {**self._kept(batch), **found}

    def _kept(self, batch: pd.DataFrame | dict[str, Any]) -> dict[str, Any]:
        names: list[Any] = list(batch) if self._keep_columns is True else self._keep_columns or []
        missing = [name for name in names if name not in batch]
        if missing:
            raise InvalidParameter(
                f"keep_columns names {missing}, which the dataset does not have; it has "
                f"{list(batch)}"
            )
        return {str(name): _values(batch[name]) for name in names}

    def __del__(self) -> None:
        """Remove what was unpacked."""
        if getattr(self, "_unpacked", None) is not None:
            shutil.rmtree(str(self._unpacked), ignore_errors=True)


def ray_map(
    dataset: Dataset,
    model_uri: str | os.PathLike[str],
    *,
    params: Mapping[str, Any] | None,
    batch_size: int,
    concurrency: int | tuple[int, int],
    num_cpus: float | None,
    num_gpus: float | None,
    model_config: Mapping[str, Any] | None,
    output_column: str,
    keep_columns: bool | Sequence[str],
) -> Dataset:
    """The dataset described in `millstream.integrations.batches`."""
    if not isinstance(dataset, Dataset):
        raise InvalidParameter(f"`dataset` must be a Dataset of Ray, not {dataset!r}")
    directory, manifest, model = worker_model(model_uri, params, model_config)
    inputs = manifest.get_input_schema()
    keep = keep_columns if isinstance(keep_columns, bool) else list(keep_columns)
    return dataset.map_batches(
        Predictor,
        fn_constructor_args=(model, *_place(directory), output_column, keep),
        batch_format="numpy" if inputs is not None and inputs.is_tensor_spec() else "pandas",
        batch_size=batch_size,
        compute=_actors(concurrency),
        num_cpus=num_cpus,
        num_gpus=num_gpus,
    )


def _actors(concurrency: int | tuple[int, int]) -> ActorPoolStrategy:
    least, most = concurrency if isinstance(concurrency, tuple) else (concurrency, concurrency)
    if not 1 <= least <= most:
        raise InvalidParameter(
            f"concurrency must be a number of actors, or a least and a most one; not {concurrency}"
        )
    return ActorPoolStrategy(min_size=least, max_size=most)


def _place(directory: Path) -> tuple[str, Any]:
    """Where actors find the model: in a folder of this machine, or in the store of the cluster."""
    alone = len([node for node in ray.nodes() if node["Alive"]]) == 1
    return str(directory.resolve()), None if alone else ray.put(packed(directory))


def _tensors(batch: dict[str, Any], inputs: Schema | None) -> Any:
    """The arrays by name, or the only one if the signature has no names."""
    if inputs is None or inputs.has_input_names():
        return batch
    if len(batch) != 1:
        raise InvalidParameter(
            "the model takes one tensor, and the dataset has several columns: "
            f"{sorted(batch)}; select the one to give to it"
        )
    return next(iter(batch.values()))


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows in the types that pandas reads from a file: models rarely know those of Arrow."""
    return pd.DataFrame(
        {
            name: column.array.__arrow_array__().to_pandas()
            if isinstance(column.dtype, pd.ArrowDtype)
            else column
            for name, column in frame.reset_index(drop=True).items()
        }
    )


def _columns(prediction: Any, name: str) -> dict[str, Any]:
    """The predictions as columns: one, or one for each that the model gives."""
    if isinstance(prediction, pd.DataFrame):
        prediction = {str(one): prediction[one] for one in prediction.columns}
    if not isinstance(prediction, Mapping):
        return {name: _values(prediction)}
    if len(prediction) == 1:
        return {name: _values(next(iter(prediction.values())))}
    return {f"{name}_{one}": _values(values) for one, values in prediction.items()}


def _values(column: Any) -> Any:
    """An array, which Ray takes for a column; lists of different lengths stay lists."""
    if hasattr(column, "toarray"):
        return column.toarray()
    if isinstance(column, (pd.Series, np.ndarray)):
        return column.to_numpy() if isinstance(column, pd.Series) else column
    try:
        return np.asarray(column)
    except ValueError:  # lists of different lengths
        values = np.empty(len(column), dtype=object)
        values[:] = column
        return values
