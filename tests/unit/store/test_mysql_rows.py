"""Rows of MySQL are what PyMySQL makes of them, and read without its calls for each value."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pymysql
import pytest
from pymysql.protocol import MysqlPacket

from millstream.errors import MillstreamError
from millstream.store.sql import address
from millstream.store.sql.connections import ConnectionLost
from millstream.store.sql.drivers.mysql import MysqlConnection
from millstream.store.sql.drivers.mysql_rows import parsed
from millstream.testing.databases import empty_database

VALUES = (
    "1, -9223372036854775807, NULL, 0.1, -1e300, 1.50, SUM(2), CAST(7 AS UNSIGNED), TRUE, '', "
    "'a\u00e9\u4e16\U0001f600', CAST(X'00ff' AS BINARY(2)), DATE '2024-02-29', "
    "REPEAT('x', 250), REPEAT('y', 251), REPEAT('\u4e16', 30000), REPEAT('z', 70000), NULL"
)
SLEEPING = "SELECT id FROM information_schema.processlist WHERE id = ? AND state = 'User sleep'"
DIGIT = f"(SELECT 0 d {' '.join(f'UNION SELECT {digit}' for digit in range(1, 10))})"
NUMBERS = f"(SELECT a.d + 10 * b.d + 100 * c.d i FROM {DIGIT} a, {DIGIT} b, {DIGIT} c) n"  # noqa: S608  # constants
ROWS = f"SELECT i, NULLIF(i % 3, 0), CONCAT('row ', i) FROM {NUMBERS} ORDER BY i"  # noqa: S608  # constants


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with empty_database("mysql", tmp_path_factory.mktemp("database")) as made:
        yield made


@pytest.fixture
def connection(uri: str) -> Iterator[MysqlConnection]:
    opened = MysqlConnection(address.parse(uri))
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "statement",
    [f"SELECT {VALUES}", ROWS, "SELECT 1 FROM DUAL WHERE 1 = 0", "SET @nothing = 1"],
    ids=["values", "rows", "none", "no result"],
)
def test_values_are_those_of_pymysql(uri: str, statement: str, connection: MysqlConnection) -> None:
    target = address.parse(uri)
    plain = pymysql.connect(
        host=target.host or "localhost",
        port=target.port or 3306,
        user=target.user,
        password=target.password or "",
        charset="utf8mb4",
    )
    with plain, plain.cursor() as cursor:
        cursor.execute(statement)
        expected = list(cursor.fetchall())
    found = connection.execute(statement)
    assert found == expected
    assert [[*map(type, row)] for row in found] == [[*map(type, row)] for row in expected]


def test_lengths_take_up_to_nine_bytes() -> None:
    """Servers send no value of 16 MB unless they are told to."""
    packet = b"\xfe" + (3).to_bytes(8, "little") + b"one" + b"\xfd\x03\0\0two" + b"\xfb" + b"\x012"
    assert parsed(packet, [bytes.decode, bytes, int, int]) == ("one", b"two", None, 2)


def test_no_value_is_asked_of_pymysql(
    connection: MysqlConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[MysqlPacket] = []
    ask: Any = MysqlPacket.read_length_coded_string

    def note(packet: MysqlPacket) -> object:
        asked.append(packet)
        return ask(packet)

    monkeypatch.setattr(MysqlPacket, "read_length_coded_string", note)
    few = connection.execute(f"{ROWS} LIMIT 1")
    for_one = len(asked)
    assert len(connection.execute(ROWS)) == 1_000 * len(few)
    assert len(asked) == 2 * for_one  # which describe the columns


def test_an_error_between_rows_leaves_the_connection_usable(connection: MysqlConnection) -> None:
    """It comes once rows were sent, so the rows that were read are no answer."""
    late = ROWS.replace(
        "NULLIF(i % 3, 0)", "(SELECT 1 UNION SELECT 1 + i DIV 900), REPEAT('x', 99)"
    )
    with pytest.raises(MillstreamError, match="more than 1 row"):
        connection.execute(late)
    assert connection.execute("SELECT 1") == [(1,)]


def test_a_connection_that_ends_between_rows_is_lost(uri: str, connection: MysqlConnection) -> None:
    slow = ROWS.replace("NULLIF(i % 3, 0)", "SLEEP(IF(i < 900, 0, 60)), REPEAT('x', 99)")
    ((number,),) = connection.execute("SELECT CONNECTION_ID()")
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(connection.execute, slow)
        other = MysqlConnection(address.parse(uri))
        while not other.execute(SLEEPING, (number,)):
            assert not reading.done()
        other.run("KILL ?", (number,))
        other.close()
        with pytest.raises(ConnectionLost):
            reading.result()
