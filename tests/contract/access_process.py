"""Run by the tests of races: becomes the administrator, or adds to the audit log.

Arguments: URI of a database, what to do, then a link's secret or a number of entries. It says what
came of it in one line.
"""

from __future__ import annotations

import sys

from millstream.entities import audit_events as ae
from millstream.entities import users as u
from millstream.errors import Conflict
from millstream.store.access import Access
from millstream.store.sql.access.passwords import HashingCost
from millstream.store.sql.access.store import SqlAccess
from millstream.store.sql.database import Database
from millstream.testing.access import PASSWORD
from millstream.testing.fixtures import unique
from millstream.testing.registry_races import at_once

THREADS = 4


def administer(access: Access, secret: str) -> str:
    """Try to become the first administrator."""
    request = u.RedeemAdministratorLink(secret, unique("user"), PASSWORD)
    try:
        return access.sign_ins.redeem_link(request, u.Actor()).result().username
    except Conflict:
        return "too late"


def append(access: Access, count: int) -> str:
    """Add so many entries from several threads."""

    def work(thread: int) -> None:
        for number in range(count):
            record = ae.AuditRecord(f"race.{thread}.{number}")
            access.audit.append(record, u.Actor("racer")).result()

    return repr(at_once(THREADS, work))


def main(uri: str, task: str, argument: str) -> None:
    database = Database(uri)
    access = SqlAccess(database, "/artifacts", cost=HashingCost(passes=1, memory=8, lanes=1))
    print("ready", flush=True)
    sys.stdin.readline()
    print(administer(access, argument) if task == "administer" else append(access, int(argument)))
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
