"""Amounts of processors and memory, written as a cluster itself writes them.

A cluster keeps an amount in one form of many (kubernetes.io, "Quantity"): what was said as `0.5`
comes back as `500m`. Said in that form, what comes back is what was said.
"""

from __future__ import annotations

import re
from fractions import Fraction

from millstream.errors import InvalidParameter

_AMOUNT = re.compile(r"(?P<number>[0-9]{1,9}(?:\.[0-9]{1,6})?)(?P<unit>m|[KMGT]i|[kMGT]|)")
_BINARY = ("", "Ki", "Mi", "Gi", "Ti")
_DECIMAL = ("", "k", "M", "G", "T")
_THOUSAND, _KIBI = 1000, 1024
_MOST_CORES = 4096
_MOST_BYTES = 1 << 50


def cores(text: str) -> str:
    """An amount of processors, such as `2`, `0.5` or `500m`; at least a thousandth of one."""
    found = _AMOUNT.fullmatch(text)
    if found is None or found["unit"] not in ("", "m"):
        raise _refused(text, "an amount of processors, such as 2, 0.5 or 500m")
    thousandths = Fraction(found["number"]) * (1 if found["unit"] else _THOUSAND)
    if thousandths.denominator != 1 or not 1 <= thousandths <= _MOST_CORES * _THOUSAND:
        raise _refused(text, f"between 1m and {_MOST_CORES} processors, in steps of 1m")
    whole, rest = divmod(int(thousandths), _THOUSAND)
    return f"{int(thousandths)}m" if rest else str(whole)


def size(text: str) -> str:
    """An amount of memory in bytes, such as `512Mi`, `1.5Gi` or `2G`; at least 1Mi."""
    found = _AMOUNT.fullmatch(text)
    if found is None or found["unit"] == "m":
        raise _refused(text, "an amount of memory, such as 512Mi or 2Gi")
    units = _BINARY if found["unit"].endswith("i") else _DECIMAL
    base = _KIBI if units is _BINARY else _THOUSAND
    amount = Fraction(found["number"]) * base ** units.index(found["unit"])
    if amount.denominator != 1 or not 1 << 20 <= amount <= _MOST_BYTES:
        raise _refused(text, "whole bytes from 1Mi to 1024Ti")
    left, power = int(amount), 0
    while left % base == 0 and power < len(units) - 1:
        left, power = left // base, power + 1
    return f"{left}{units[power]}"


def _refused(text: str, right: str) -> InvalidParameter:
    return InvalidParameter(f"{text!r} is not {right}.")
