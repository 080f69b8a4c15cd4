"""What every dataset says of itself: name, digest, source, schema and profile."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from millstream.client.data.sources import DatasetSource
from millstream.errors import InvalidParameter

MOST_ROWS_HASHED = 10_000
_DIGEST_LENGTH = 8


class Dataset:
    """A dataset that a run can log with `log_input`.

    `source` says where it comes from: a URI or path (see `DatasetSource`), or else the code that
    made it.
    """

    def __init__(
        self,
        data: Any,
        name: str | None,
        source: Any | None,
        digest: str,
        schema: Mapping[str, Any],
        profile: Mapping[str, Any],
    ) -> None:
        self.data = data
        self.name = name or "dataset"
        self.digest = digest
        self.source = DatasetSource.of(source)
        self.schema = dict(schema)
        self.profile = dict(profile)

    def to_dict(self) -> dict[str, str]:
        """What the store keeps of it; source, schema and profile are JSON."""
        return {
            "name": self.name,
            "digest": self.digest,
            "source": self.source.to_json(),
            "source_type": self.source.kind,
            "schema": json.dumps(self.schema),
            "profile": json.dumps(self.profile),
        }

    def to_json(self) -> str:
        """The same as JSON."""
        return json.dumps(self.to_dict())


class FrameDataset(Dataset):
    """Rows with named columns, of which `targets` and `predictions` name one each."""

    def __init__(
        self,
        df: Any,
        name: str | None,
        source: Any | None,
        digest: str,
        columns: Sequence[Mapping[str, Any]],
        profile: Mapping[str, Any],
        *,
        targets: str | None,
        predictions: str | None,
    ) -> None:
        super().__init__(df, name, source, digest, {"mlflow_colspec": list(columns)}, profile)
        self.targets = targets
        self.predictions = predictions

    @property
    def df(self) -> Any:
        """The DataFrame."""
        return self.data


def digest_of(*parts: Any) -> str:
    """Eight hexadecimal digits; over at most the first rows, so that it costs little."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part if isinstance(part, bytes) else str(part).encode())
    return found.hexdigest()[:_DIGEST_LENGTH]


def check_columns(kind: str, columns: Collection[str], **roles: str | None) -> None:
    """A column of `roles` (such as `targets`) that is not among the columns is refused."""
    for role, column in roles.items():
        if column is not None and column not in columns:
            raise InvalidParameter(
                f"The specified {kind} does not contain the specified {role} column '{column}'."
            )
