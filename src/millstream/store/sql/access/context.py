"""What all nouns of access are given: the database, the rules, and the time."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from millstream.store.access import AccessRules
from millstream.store.sql.database import Database


class AccessContext(NamedTuple):
    """Where access is kept, what the server chose about it, and what time it is in ms."""

    database: Database
    rules: AccessRules
    clock: Callable[[], int]
