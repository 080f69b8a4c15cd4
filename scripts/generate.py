"""Write what is said once and needed twice; with --check only say whether it is up to date."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable

from millstream.store.sql.schema import metadata

DDL = Path(__file__).parents[1] / "src" / "millstream" / "store" / "sql" / "ddl"
DIALECTS: dict[str, Dialect] = {
    "sqlite": sqlite.dialect(),
    "postgresql": postgresql.dialect(),  # type: ignore[no-untyped-call]  # so in SQLAlchemy
    "mysql": mysql.dialect(),
}


def ddl(dialect: Dialect) -> str:
    """The statements that create all tables and indexes, in the order of their references."""
    statements: list[str] = []
    for table in metadata.sorted_tables:
        created = str(CreateTable(table).compile(dialect=dialect))
        sorted_indexes = sorted(table.indexes, key=lambda index: str(index.name))
        indexes = [str(CreateIndex(index).compile(dialect=dialect)) for index in sorted_indexes]
        # MySQL writes each of these statements to disk by itself, which is what its creation costs.
        inside = dialect.name == "mysql"
        statements += [_with_indexes(created, indexes)] if inside else [created, *indexes]
    return "".join(f"{_tidy(statement)};\n" for statement in statements)


def _with_indexes(created: str, indexes: list[str]) -> str:
    """The statement for a table with those for its indexes in it."""
    columns, end, options = created.rpartition("\n)")
    lines = [re.sub(r"^CREATE (.*INDEX \S+) ON \S+", r",\n\t\1", index) for index in indexes]
    return f"{columns.rstrip()}{''.join(lines)}{end}{options}"


def _tidy(statement: str) -> str:
    """Without empty lines, tabs and MySQL's own quotes (connections use ANSI_QUOTES)."""
    lines = (line.replace("\t", "    ").rstrip() for line in statement.split("\n"))
    return "\n".join(line for line in lines if line).replace("`", '"')


def outputs() -> dict[Path, str]:
    """Each generated file and what it should contain."""
    return {DDL / f"{name}.sql": ddl(dialect) for name, dialect in DIALECTS.items()}


def main(arguments: list[str]) -> int:
    """Write, or with --check compare; the exit code is 1 if a file differs."""
    stale = [
        path
        for path, text in outputs().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in stale:
        if "--check" in arguments:
            print(f"{path.name} is out of date; run: python scripts/generate.py", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(outputs()[path], encoding="utf-8")
            print(f"wrote {path.name}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
