"""Run by the tests of races: becomes the administrator, adds to the audit log, or creates things.

Arguments: URI of a database, what to do, then a link's secret, a number of entries or who creates.
It says what came of it in one line.
"""

from __future__ import annotations

import contextlib
import sys

from millstream.entities import audit_events as ae
from millstream.entities import experiments as e
from millstream.entities import registered_models as rm
from millstream.entities import users as u
from millstream.entities.asking import Asking
from millstream.errors import AlreadyExists, Conflict
from millstream.store.access import Access
from millstream.store.interface import Store
from millstream.store.sql.access.passwords import HashingCost
from millstream.store.sql.access.store import SqlAccess
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore
from millstream.testing.access import PASSWORD
from millstream.testing.fixtures import unique
from millstream.testing.registry_races import at_once

THREADS = 4
NAMES = 12


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


def create(store: Store, access: Access, username: str) -> str:
    """Create experiments and registered models whose names the others want too."""
    asking = Asking(username, access.users.get_caller(u.UserName(username)))

    def work(thread: int) -> None:
        for number in range(NAMES):
            with contextlib.suppress(AlreadyExists):
                store.experiments.create(e.CreateExperiment(f"race-{number}"), asking).result()
            access.audit.append(ae.AuditRecord(f"race.{thread}"), u.Actor("racer")).result()
            with contextlib.suppress(AlreadyExists):
                request = rm.CreateRegisteredModel(f"race-{number}")
                store.registered_models.create(request, asking).result()

    return repr(at_once(THREADS, work))


def main(uri: str, task: str, argument: str) -> None:
    database = Database(uri)
    access = SqlAccess(database, "/artifacts", cost=HashingCost(passes=1, memory=8, lanes=1))
    print("ready", flush=True)
    sys.stdin.readline()
    if task == "administer":
        print(administer(access, argument))
    elif task == "append":
        print(append(access, int(argument)))
    else:
        print(create(SqlStore(database, "/artifacts"), access, argument))
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
