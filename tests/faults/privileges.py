"""What a machine does not let us do."""

from __future__ import annotations


class NotHere(Exception):
    """A fault cannot be caused on this machine; says why."""
