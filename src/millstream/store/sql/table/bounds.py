"""What a request for the table may ask for."""

from __future__ import annotations

from millstream.errors import InvalidParameter

MOST_ROWS = 1_000
MOST_ORDERS = 8
MOST_MEMBERS = 16
MOST_OFFSET = 2**53


def check(name: str, value: int, least: int, most: int) -> None:
    """Raises `InvalidParameter` unless a value is within these bounds."""
    if not least <= value <= most:
        raise InvalidParameter(f"Invalid {name} {value}: it must be {least} to {most:,}.")


def check_page(offset: int, max_results: int) -> None:
    """Raises `InvalidParameter` unless a page begins somewhere and has 1 to 1,000 rows."""
    check("max_results", max_results, 1, MOST_ROWS)
    check("offset", offset, 0, MOST_OFFSET)
