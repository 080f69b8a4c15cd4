"""What scripts use of datasets: `millstream.data`, and the drop-in's."""

from __future__ import annotations

from millstream.client.data.dataset import Dataset
from millstream.client.data.huggingface_dataset import HuggingFaceDataset, from_huggingface
from millstream.client.data.numpy_dataset import NumpyDataset, from_numpy
from millstream.client.data.pandas_dataset import PandasDataset, from_pandas
from millstream.client.data.polars_dataset import PolarsDataset, from_polars
from millstream.client.data.sources import DatasetSource, get_source
from millstream.client.data.spark_dataset import SparkDataset, from_spark, load_delta
from millstream.client.data.tensorflow_dataset import TensorFlowDataset, from_tensorflow

__all__ = [
    "Dataset",
    "DatasetSource",
    "HuggingFaceDataset",
    "NumpyDataset",
    "PandasDataset",
    "PolarsDataset",
    "SparkDataset",
    "TensorFlowDataset",
    "from_huggingface",
    "from_numpy",
    "from_pandas",
    "from_polars",
    "from_spark",
    "from_tensorflow",
    "get_source",
    "load_delta",
]
