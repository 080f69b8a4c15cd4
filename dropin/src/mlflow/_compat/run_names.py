"""Names for runs that nobody named, under the name of `mlflow.utils.name_utils`."""

from __future__ import annotations

from millstream.store.sql.names import random_name


def _generate_random_name(sep: str = "-", integer_scale: int = 3, max_length: int = 20) -> str:
    """A predicate, a noun and a number."""
    del integer_scale
    while True:
        name = random_name().replace("-", sep)
        if len(name) <= max_length:
            return name
