"""Frames of pandas as datasets."""

from __future__ import annotations

from typing import Any

from millstream.client.data.dataset import MOST_ROWS_HASHED, FrameDataset, check_columns, digest_of


class PandasDataset(FrameDataset):
    """A DataFrame; `targets` and `predictions` name columns of it."""

    def __init__(
        self,
        df: Any,
        source: Any | None = None,
        targets: str | None = None,
        name: str | None = None,
        digest: str | None = None,
        predictions: str | None = None,
    ) -> None:
        check_columns("pandas DataFrame", df.columns, targets=targets, predictions=predictions)
        columns = [
            {"type": _type(kind), "name": str(column), "required": not bool(df[column].hasnans)}
            for column, kind in df.dtypes.items()
        ]
        super().__init__(
            df,
            name,
            source,
            digest or digest_of(df.head(MOST_ROWS_HASHED).to_csv(index=True), df.shape),
            columns,
            {"num_rows": len(df), "num_elements": int(df.size)},
            targets=targets,
            predictions=predictions,
        )


def from_pandas(
    df: Any,
    source: Any | None = None,
    targets: str | None = None,
    name: str | None = None,
    digest: str | None = None,
    predictions: str | None = None,
) -> PandasDataset:
    """Describe a DataFrame as a dataset."""
    return PandasDataset(df, source, targets, name, digest, predictions)


def _type(kind: Any) -> str:
    """MLflow's name of a column's type."""
    name = str(kind)
    if name.startswith("datetime"):
        return "datetime"
    if kind.kind == "b":
        return "boolean"
    if kind.kind in "iu":
        return "long" if kind.itemsize > 4 else "integer"
    if kind.kind == "f":
        return "double" if kind.itemsize > 4 else "float"
    return "string"
