from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream import connect
from millstream.errors import InvalidParameter, MillstreamError
from millstream.settings import Settings
from millstream.store.sql import address
from millstream.store.sql.database import load_driver
from millstream.store.sql.password_file import with_password
from millstream.testing.databases import empty_database

PASSWORD = "p@ss:w/rd%41#?[]"  # noqa: S105  # of a user that the test makes


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=50))
def test_any_password_arrives(tmp_path_factory: pytest.TempPathFactory, password: str) -> None:
    file = tmp_path_factory.getbasetemp() / "password"
    file.write_text(f"{password}\n", "utf-8")
    target = address.parse(with_password("postgresql://ada@[::1]:5432/facts?a=b", str(file)))
    assert target.password == password
    assert (target.user, target.host, target.port, target.database) == ("ada", "::1", 5432, "facts")
    assert target.options == {"a": "b"}


@pytest.mark.parametrize(
    "uri",
    [
        "sqlite:///facts.db",
        "postgresql://ada:own@db/facts",
        "postgresql://ada:@db/facts",
        "postgresql://db/facts",
        "mysql://ada@[db/facts",
    ],
)
def test_what_asks_for_no_password_stays_as_it_is(uri: str, tmp_path: Path) -> None:
    assert with_password(uri, str(tmp_path / "absent")) == uri


@pytest.mark.parametrize("content", [None, "", "\n", "two\nlines", "x" * 4097, "\x00"])
def test_a_file_without_a_password_is_refused(content: str | None, tmp_path: Path) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_text(content)
    with pytest.raises(InvalidParameter, match="DATABASE_PASSWORD_FILE") as refused:
        with_password("mysql://ada@db/facts", str(file))
    assert "lines" not in str(refused.value)


def test_a_database_is_entered_with_it(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(PASSWORD)
    with empty_database("mysql", tmp_path) as uri:
        target = address.parse(uri)
        connection = load_driver("mysql").connect(target, "write")
        user = f"'{target.database[-12:]}'@'%'"
        connection.run(f"CREATE USER {user} IDENTIFIED BY ?", (PASSWORD,))
        try:
            connection.run(f'GRANT ALL ON "{target.database}".* TO {user}')
            named = uri.replace("//root@", f"//{target.database[-12:]}@")
            with pytest.raises(MillstreamError, match="Cannot connect"):
                connect.open_store(named, Settings())
            settings = Settings(database_password_file=str(tmp_path / "password"))
            connect.open_store(named, settings, artifacts=str(tmp_path)).close()
        finally:
            connection.run(f"DROP USER {user}")
            connection.close()
