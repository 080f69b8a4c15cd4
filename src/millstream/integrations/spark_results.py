"""Predictions as values of a type of Spark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import types as spark

from millstream.errors import InvalidParameter
from millstream.integrations.batch_frames import answer_frame
from millstream.model_format.schema import Schema, TensorSpec
from millstream.model_format.value_types import Array, DataType, Map, Object, ValueType

_BY_NAME: dict[str, spark.DataType] = {
    "bool": spark.BooleanType(),
    "boolean": spark.BooleanType(),
    "double": spark.DoubleType(),
    "float": spark.FloatType(),
    "int": spark.IntegerType(),
    "integer": spark.IntegerType(),
    "long": spark.LongType(),
    "string": spark.StringType(),
}
_SCALARS: dict[DataType, spark.DataType] = {
    DataType.boolean: spark.BooleanType(),
    DataType.integer: spark.IntegerType(),
    DataType.long: spark.LongType(),
    DataType.float: spark.FloatType(),
    DataType.double: spark.DoubleType(),
    DataType.string: spark.StringType(),
    DataType.binary: spark.BinaryType(),
    DataType.datetime: spark.TimestampType(),
}
_NUMBERS = {
    spark.IntegerType: np.int32,
    spark.LongType: np.int64,
    spark.FloatType: np.float32,
    spark.DoubleType: np.float64,
}


def result_type_of(given: spark.DataType | str | None, outputs: Schema | None) -> spark.DataType:
    """The type of the function: as given, else that of the model's outputs, else double."""
    if isinstance(given, spark.DataType):
        return given
    if isinstance(given, str):
        return _BY_NAME.get(given.strip().lower()) or _parsed(given)
    if given is not None:
        raise InvalidParameter(f"result_type must be a type of Spark or its name, not {given!r}")
    if outputs is None:
        return spark.DoubleType()
    kinds = [_output_type(one) for one in outputs]
    if len(kinds) == 1:
        return kinds[0]
    names = outputs.input_names()
    fields = zip(names, kinds, strict=True)
    return spark.StructType([spark.StructField(str(name), kind) for name, kind in fields])


def _parsed(text: str) -> spark.DataType:
    parse = getattr(spark.DataType, "fromDDL", None) or spark._parse_datatype_string
    try:
        found: spark.DataType = parse(text)
    except Exception as error:  # Spark's parser has errors of its own, by version
        raise InvalidParameter(
            f"result_type {text!r} is neither one of {sorted(_BY_NAME)} nor columns as in "
            f"'label string, score double': {error}"
        ) from error
    return found


def _output_type(spec: Any) -> spark.DataType:
    if not isinstance(spec, TensorSpec):
        return _spark_type(spec.type)
    kind = _spark_type(_tensor_type(spec))
    for _ in range(max(1, len(spec.shape) - 1)):  # also of one dimension, as in MLflow
        kind = spark.ArrayType(kind)
    return kind


def _tensor_type(spec: TensorSpec) -> DataType:
    kind, size = spec.type.kind, spec.type.itemsize
    if kind in "iu":
        return DataType.integer if size < 4 or (kind == "i" and size == 4) else DataType.long
    if kind == "f":
        return DataType.float if size <= 4 else DataType.double
    found = {
        "b": DataType.boolean,
        "U": DataType.string,
        "O": DataType.string,
        "M": DataType.datetime,
    }
    if kind not in found:
        raise InvalidParameter(
            f"the model's output {spec!r} has no type in Spark; say one in result_type"
        )
    return found[kind]


def _spark_type(kind: ValueType) -> spark.DataType:
    if isinstance(kind, DataType):
        return _SCALARS[kind]
    if isinstance(kind, Array):
        return spark.ArrayType(_spark_type(kind.dtype))
    if isinstance(kind, Map):
        return spark.MapType(spark.StringType(), _spark_type(kind.value_type))
    if isinstance(kind, Object):
        fields = [spark.StructField(one.name, _spark_type(one.dtype)) for one in kind.properties]
        return spark.StructType(fields)
    raise InvalidParameter(
        f"the model's output of the type {kind!r} has no type in Spark; say one in result_type"
    )


def answers(prediction: Any, wanted: spark.DataType, rows: int) -> Any:
    """The predictions for a batch as a column of the wanted type, or a DataFrame of a struct's."""
    frame = answer_frame(prediction)
    if len(frame) != rows:
        raise InvalidParameter(f"the model gave {len(frame)} predictions for {rows} rows")
    if not isinstance(wanted, spark.StructType):
        return _column(frame, wanted)
    if len(frame.columns) == 1 and frame.iloc[:, 0].map(_is_mapping).all():
        frame = pd.DataFrame(frame.iloc[:, 0].tolist())
    missing = [name for name in wanted.names if name not in frame.columns]
    if missing:
        raise InvalidParameter(
            f"the model does not give the columns {missing} of the result type; it gives "
            f"{list(frame.columns)}"
        )
    return pd.DataFrame({one.name: _column(frame[[one.name]], one.dataType) for one in wanted})


def empty_answers(wanted: spark.DataType) -> Any:
    """No predictions."""
    if isinstance(wanted, spark.StructType):
        return pd.DataFrame({name: pd.Series(dtype=object) for name in wanted.names})
    return pd.Series(dtype=object)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _column(frame: pd.DataFrame, wanted: spark.DataType) -> Any:
    """The leftmost column that is of the type, or for arrays all of them beside each other."""
    if isinstance(wanted, spark.ArrayType):
        return _arrays(frame, wanted.elementType)
    if type(wanted) in _NUMBERS or isinstance(wanted, spark.BooleanType):
        return _converted(_fitting(frame, wanted)[0], wanted)
    return _converted(frame.iloc[:, 0], wanted)


def _arrays(frame: pd.DataFrame, element: spark.DataType) -> Any:
    first = frame.iloc[:, 0]
    if any(isinstance(value, (list, tuple, np.ndarray)) for value in first):
        return first.map(lambda value: None if value is None else _nested(value, element))
    columns = _fitting(frame, element)
    rows = zip(*(_converted(one, element).tolist() for one in columns), strict=True)
    return pd.Series([list(row) for row in rows], index=frame.index)


def _nested(value: Any, element: spark.DataType) -> list[Any]:
    if isinstance(element, spark.ArrayType):
        return [_nested(inner, element.elementType) for inner in value]
    converted: list[Any] = _converted(pd.Series(list(value)), element).tolist()
    return converted


def _fitting(frame: pd.DataFrame, wanted: spark.DataType) -> list[Any]:
    """The columns whose values are of the type without loss."""
    if isinstance(wanted, spark.StringType):
        return [frame[name] for name in frame]
    found = [frame[name] for name in frame if _fits(frame[name].infer_objects().dtype, wanted)]
    if not found:
        raise InvalidParameter(
            f"the model gives no values of the type {wanted.simpleString()!r}: its columns are "
            f"{ {name: str(kind) for name, kind in frame.dtypes.items()} }; ask for another "
            "result_type, such as 'string' or 'array<string>'"
        )
    return found


def _fits(dtype: Any, wanted: spark.DataType) -> bool:
    if isinstance(wanted, spark.BooleanType):
        return bool(pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_numeric_dtype(dtype))
    if pd.api.types.is_bool_dtype(dtype) or not pd.api.types.is_numeric_dtype(dtype):
        return False
    if isinstance(wanted, (spark.FloatType, spark.DoubleType)):
        return True
    source = np.dtype(getattr(dtype, "numpy_dtype", dtype))
    target = np.dtype(_NUMBERS.get(type(wanted), np.int64))
    if source.kind == "u":
        return bool(source.itemsize < target.itemsize)
    return bool(source.kind == "i" and source.itemsize <= target.itemsize)


def _converted(column: Any, wanted: spark.DataType) -> Any:
    if isinstance(wanted, spark.StringType):
        return column.astype(object).map(lambda value: None if value is None else str(value))
    missing = column.isna()
    if type(wanted) in _NUMBERS and not (missing.any() and isinstance(wanted, spark.IntegralType)):
        return column.infer_objects().astype(_NUMBERS[type(wanted)])
    if isinstance(wanted, spark.BooleanType) and not missing.any():
        return column.astype(bool)
    return column.astype(object).where(~missing, None)
