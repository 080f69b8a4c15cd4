"""The rows of a result of MySQL, taken apart a row at a time.

PyMySQL takes each value out of its packet by several calls; for a page of wide rows that lasts
longer than the query. So a result is begun and ended by PyMySQL, as one that it does not buffer,
and only the values in between are read here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pymysql.cursors import SSCursor

from millstream.store.sql.connections import Row

Decoder = Callable[[bytes], Any]

_LONGEST = 250  # a length up to this is one byte
_NULL = 251
_BYTES_OF_LENGTH = {252: 2, 253: 3, 254: 8}


class RowCursor(SSCursor):
    """A cursor that reads all rows at once."""

    _result: Any

    def read_all(self) -> list[Row]:
        """The rows that the statement gave, if it gives any; the connection is free after it."""
        result = self._result
        if not result.unbuffered_active:
            return []
        try:
            return _rows(result)
        finally:  # whoever closes the cursor must not wait for rows that do not come
            result.unbuffered_active = False


def _rows(result: Any) -> list[Row]:
    decoders = [decoder(*converter) for converter in result.converters]
    read = result.connection._read_packet
    rows = []
    packet = read()
    while not result._check_packet_is_eof(packet):
        rows.append(parsed(packet.get_all_data(), decoders))
        packet = read()
    return rows


def decoder(encoding: str | None, convert: Callable[[Any], Any] | None) -> Decoder:
    """What makes a value of the bytes of a column; connections speak UTF-8."""
    if encoding is None:
        return convert or bytes
    if convert is None:
        return bytes.decode
    if convert in (int, float):
        return convert  # which read digits as they come
    return lambda data: convert(data.decode())


def parsed(data: bytes, decoders: Iterable[Decoder]) -> Row:
    """The row in a packet of text: each value has its length in front, or is marked as NULL."""
    row: list[Any] = []
    place = 0
    for decode in decoders:
        size = data[place]
        place += 1
        if size == _NULL:
            row.append(None)
            continue
        if size > _LONGEST:
            width = _BYTES_OF_LENGTH[size]
            size = int.from_bytes(data[place : place + width], "little")
            place += width
        row.append(decode(data[place : place + size]))
        place += size
    return tuple(row)
