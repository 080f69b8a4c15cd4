"""Where a database is: its URI in parts."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from millstream.errors import InvalidParameter, NotSupported
from millstream.masking import shown
from millstream.store.sql.dialect import DialectName

_DIALECTS: dict[str, DialectName] = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "postgresql+psycopg": "postgresql",
    "postgresql+psycopg2": "postgresql",
    "mysql": "mysql",
    "mysql+pymysql": "mysql",
    "mysql+mysqldb": "mysql",
    "mariadb": "mysql",
    "mariadb+pymysql": "mysql",
}

_OPTIONS = re.compile(r"\?(\w+=[^?]*)$")
_NOT_ENCODED = re.compile("%(?![0-9A-Fa-f]{2})|%00")


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A database. `database` is the file for SQLite, else the name on the server."""

    dialect: DialectName
    uri: str
    database: str
    host: str = ""
    port: int | None = None
    user: str | None = None
    password: str | None = None
    options: dict[str, str] = {}

    @property
    def shown(self) -> str:
        """The URI without its password, for messages."""
        return shown(self.uri)


def parse(uri: str) -> Target:
    """The parts of `uri`; raises `InvalidParameter` if it names no database that we can use."""
    scheme = uri.partition(":")[0].lower()
    dialect = _DIALECTS.get(scheme)
    if dialect is None:
        known = ", ".join(f"{name}://" for name in ("sqlite", "postgresql", "mysql"))
        raise InvalidParameter(
            f"Invalid database URI {shown(uri)!r}: it must start with one of {known}."
        )
    if dialect == "sqlite":
        return _parse_file(uri)
    try:
        parts = urlsplit(uri)
        port = parts.port
        if _NOT_ENCODED.search(parts.netloc):  # drivers would quote it in their errors
            raise ValueError
    except ValueError:
        raise InvalidParameter(
            f"Invalid database URI {shown(uri)!r}: its host and port cannot be read. In a user and "
            "a password, write each of : / ? # [ ] @ % percent-encoded, such as %40 for @ "
            "and %25 for %."
        ) from None  # the original quotes what it takes for the port: a part of the password
    database = unquote(parts.path.lstrip("/"))
    if not database:
        raise InvalidParameter(
            f"Invalid database URI {shown(uri)!r}: it must name a database, as in "
            f"{dialect}://user:password@host/database."
        )
    return Target(
        dialect=dialect,
        uri=uri,
        database=database,
        host=unquote(parts.hostname or ""),
        port=port,
        user=_decoded(parts.username),
        password=_decoded(parts.password),
        options=dict(parse_qsl(parts.query)),
    )


def _parse_file(uri: str) -> Target:
    rest = uri.partition(":")[2]
    if not rest.startswith("///"):
        raise InvalidParameter(
            f"Invalid database URI {shown(uri)!r}: write sqlite:///relative/path.db or "
            "sqlite:////absolute/path.db."
        )
    path = _OPTIONS.sub("", rest[3:])
    if path in ("", ":memory:"):
        raise NotSupported(
            "A database in memory is lost with its process and cannot be shared; "
            "use a file, as in sqlite:///millstream.db."
        )
    return Target(dialect="sqlite", uri=uri, database=path)


def _decoded(text: str | None) -> str | None:
    return None if text is None else unquote(text)
