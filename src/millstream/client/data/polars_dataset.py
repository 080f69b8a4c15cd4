"""Frames of polars as datasets."""

from __future__ import annotations

from typing import Any

from millstream.client.data.dataset import MOST_ROWS_HASHED, FrameDataset, check_columns, digest_of
from millstream.client.extras import load
from millstream.errors import InvalidParameter

_TYPES = {
    "Boolean": "boolean",
    **dict.fromkeys(("Int8", "Int16", "Int32", "UInt8", "UInt16"), "integer"),
    **dict.fromkeys(("Int64", "UInt32", "UInt64"), "long"),
    **dict.fromkeys(("Float16", "Float32"), "float"),
    **dict.fromkeys(("Float64", "Decimal"), "double"),
    **dict.fromkeys(("String", "Utf8", "Categorical", "Enum"), "string"),
    "Binary": "binary",
    **dict.fromkeys(("Date", "Datetime"), "datetime"),
}


class PolarsDataset(FrameDataset):
    """A DataFrame of polars; `targets` and `predictions` name columns of it."""

    def __init__(
        self,
        df: Any,
        source: Any | None = None,
        targets: str | None = None,
        name: str | None = None,
        digest: str | None = None,
        predictions: str | None = None,
    ) -> None:
        if not isinstance(df, load("polars", "describing a DataFrame of polars").DataFrame):
            raise InvalidParameter(f"'df' must be a DataFrame of polars, but it is a {type(df)}.")
        check_columns("polars DataFrame", df.columns, targets=targets, predictions=predictions)
        missing = df.null_count().row(0) if df.columns else ()
        columns = [
            {**_type(kind), "name": column, "required": not nulls}
            for (column, kind), nulls in zip(df.schema.items(), missing, strict=True)
        ]
        super().__init__(
            df,
            name,
            source,
            digest or digest_of(df.head(MOST_ROWS_HASHED).rows(), df.shape),
            columns,
            {"num_rows": df.height, "num_elements": df.height * df.width},
            targets=targets,
            predictions=predictions,
        )


def from_polars(
    df: Any,
    source: Any | None = None,
    targets: str | None = None,
    name: str | None = None,
    digest: str | None = None,
    predictions: str | None = None,
) -> PolarsDataset:
    """Describe a DataFrame of polars as a dataset."""
    return PolarsDataset(df, source, targets, name, digest, predictions)


def _type(kind: Any) -> dict[str, Any]:
    name = type(kind).__name__
    if name in ("List", "Array"):
        return {"type": "array", "items": _type(kind.inner)}
    if name == "Struct":
        inner = {field.name: {**_type(field.dtype), "required": False} for field in kind.fields}
        return {"type": "object", "properties": inner}
    return {"type": _TYPES.get(name, "any")}
