"""The tags that every run gets, under the names of `mlflow.tracking.context`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from millstream import settings
from millstream.client.context import context_tags, user_name


def resolve_tags(tags: Mapping[str, Any] | None = None, ignore: object = None) -> dict[str, Any]:
    """The tags of the context, replaced and extended by those given."""
    del ignore
    return {**context_tags(settings.load()), **(tags or {})}


def _get_user() -> str:
    """The name of the user."""
    return user_name(settings.load())
