"""Databases that earlier versions made still open, with all that is in them.

`schema_version_<n>.sql` is the dump of a small database as the first release with that schema
wrote it. It is never changed; a new schema adds a file.
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine

from millstream.entities import audit_events as ae
from millstream.entities import console as c
from millstream.entities import experiments as e
from millstream.entities import groups as gr
from millstream.entities import metrics as m
from millstream.entities import models as lm
from millstream.entities import registered_models as rm
from millstream.entities import runs as r
from millstream.entities import stages as st
from millstream.entities import users as u
from millstream.errors import AlreadyExists, InvalidState, PermissionDenied
from millstream.store.sql.access.store import SqlAccess
from millstream.store.sql.connections import SCHEMA_VERSION
from millstream.store.sql.creation import MIGRATIONS_TABLE
from millstream.store.sql.database import Database
from millstream.store.sql.metric_blocks import Blocks
from millstream.store.sql.schema import metadata
from millstream.store.sql.store import SqlStore
from millstream.store.sql.transaction import Transaction
from millstream.store.sql.upgrade import upgrade
from millstream.testing.databases import KINDS, empty_database

DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}
DUMPS = sorted(Path(__file__).parent.glob("schema_version_*.sql"))
RUN = "0123456789abcdef0123456789abcdef"
TOKEN = "ms_282a9f181ffb40e7_lniAZ_HyWDy596C5UWFro9ve8PIe9NnZGWhXgvYfN3Y"  # noqa: S105  # of a database that is a test's
KEPT_AT = 1_795_841_400_000
KEPT_ENTRY = ae.VerifyAudit(12, "819729645cf89de3dc5e8becbb6d4ded0f0acffe9ea5f6e1c11c116c29e5de36")


def restored(dump: Path, folder: Path) -> str:
    connection = sqlite3.connect(folder / "old.db")
    connection.executescript(dump.read_text(encoding="utf-8"))
    connection.close()
    return f"sqlite:///{folder / 'old.db'}"


def set_version(path: Path, version: int) -> None:
    connection = sqlite3.connect(path)
    connection.execute("UPDATE millstream_schema SET version = ?", (version,))
    connection.commit()
    connection.close()


def test_each_released_schema_is_kept() -> None:
    """The newest joins them when it is released."""
    assert [path.name for path in DUMPS] == [
        f"schema_version_{version}.sql" for version in range(1, SCHEMA_VERSION)
    ]


@pytest.mark.parametrize("dump", DUMPS, ids=lambda path: path.stem)
def test_an_old_database_opens_with_all_that_is_in_it(dump: Path, tmp_path: Path) -> None:
    uri = restored(dump, tmp_path)
    upgrade(uri)
    store = SqlStore(Database(uri), "/moved")
    experiment = store.experiments.get_by_name(e.GetExperimentByName("diabetes"))
    assert (experiment.experiment_id, experiment.tags) == ("1", {"team": "red"})
    run = store.runs.get(r.RunId(RUN))
    assert run.info.artifact_uri == f"/moved/1/{RUN}/artifacts"
    assert (run.info.status, run.info.user_id, run.info.run_name) == ("FINISHED", "ada", "first")
    assert run.data.params == {"alpha": "0.5", "text": "naïve ✓"}
    assert run.data.tags["mlflow.source.name"] == "train.py"
    assert run.data.metrics == {"loss": 0.2, "odd": -math.inf, "auc": 0.75}
    history = store.metrics.get_history(m.GetMetricHistory(RUN, "odd")).metrics
    assert repr([point.value for point in history]) == "[nan, inf, -inf]"
    assert run.inputs.dataset_inputs[0].tags == [r.InputTag("mlflow.data.context", "train")]
    (output,) = run.outputs.model_outputs
    model = store.models.get(lm.GetLoggedModel(output.model_id))
    assert (model.name, model.params, model.tags) == ("ridge", {"alpha": "0.5"}, {"stage": "draft"})
    assert [metric.dataset_name for metric in model.metrics] == ["data"]
    with pytest.raises(AlreadyExists, match="It is deleted, but its name is kept"):
        store.experiments.create(e.CreateExperiment("gone")).result()
    created = store.experiments.create(e.CreateExperiment("new")).result()
    assert int(created.experiment_id) == (4 if dump in DUMPS[4:] else 3)
    assert store.experiments.get(e.ExperimentId("1")).workspace == "default"
    store.close()


@pytest.mark.parametrize("dump", DUMPS[3:], ids=lambda path: path.stem)
def test_who_had_access_has_it(dump: Path, tmp_path: Path) -> None:
    uri = restored(dump, tmp_path)
    upgrade(uri)
    database = Database(uri)
    access = SqlAccess(database, "/artifacts", clock=lambda: KEPT_AT)
    who = access.sign_ins.check_password(u.CheckPassword("ada", "a password that was kept")).caller
    assert who.administers
    assert access.tokens.check(TOKEN).caller.username == "robot"
    listed = access.permissions.list(u.UserName("robot")).permissions
    assert [(one.resource_type, one.resource_pattern, one.permission) for one in listed] == [
        ("experiment", "1", "EDIT"),
        ("registered_model", "forecast", "READ"),
    ]
    assert access.groups.get(gr.GroupName("team")).members == ["robot"]
    assert access.audit.verify(KEPT_ENTRY).intact
    database.close()


def test_accounts_at_a_provider_are_read_from_the_audit_log(tmp_path: Path) -> None:
    uri = restored(DUMPS[4], tmp_path)
    connection = sqlite3.connect(tmp_path / "old.db")
    keys = dict(connection.execute("SELECT username, user_key FROM users"))
    ada, robot = str(keys["ada"]), str(keys["robot"])
    entries = [
        ("ada", "link", {"user_id": ada, "issuer": "https://old", "subject": "1"}),
        ("boss", "unlink", {"user_id": ada}),
        ("ada", "link", {"user_id": ada, "issuer": "https://new", "subject": "2"}),
        ("ada", "link", {"user_id": ada, "issuer": "https://new", "subject": "3"}),
        ("robot", "link", {"user_id": robot, "issuer": "https://new", "subject": "4"}),
        ("boss", "unlink", {"user_id": robot}),
        ("gone", "link", {"user_id": "987", "issuer": "https://new", "subject": "5"}),
    ]
    insert = (
        "INSERT INTO audit_events (sequence, timestamp, actor, action, result, details, hash) "
        "VALUES (?, ?, ?, ?, 'success', ?, '')"
    )
    for at, (actor, kind, details) in enumerate(entries):
        values = (1_000 + at, 50 + at, actor, f"user.{kind}_openid", json.dumps(details))
        connection.execute(insert, values)
    connection.commit()
    connection.close()
    upgrade(uri)
    database = Database(uri)
    access = SqlAccess(database, "/artifacts")
    links = access.users.list_links(u.ListUserLinks()).links
    assert links == [u.UserLink("ada", "https://new", "2", 52)]
    database.close()


@pytest.mark.parametrize("dump", DUMPS[5:], ids=lambda path: path.stem)
def test_what_a_run_printed_is_kept(dump: Path, tmp_path: Path) -> None:
    uri = restored(dump, tmp_path)
    upgrade(uri)
    store = SqlStore(Database(uri), "/moved")
    lines = store.console.list(c.ListConsole(RUN)).lines
    assert [(line.process, line.text) for line in lines] == [("worker", "naïve line")]
    store.close()


@pytest.mark.parametrize("dump", DUMPS[4:], ids=lambda path: path.stem)
def test_what_was_in_a_workspace_is_in_it(dump: Path, tmp_path: Path) -> None:
    uri = restored(dump, tmp_path)
    upgrade(uri)
    store = SqlStore(Database(uri), "/moved")
    team = store.in_workspace("red-team")
    experiment = team.experiments.get_by_name(e.GetExperimentByName("diabetes"))
    assert (experiment.experiment_id, experiment.workspace) == ("3", "red-team")
    assert experiment.artifact_location == "/moved/workspaces/red-team/3"
    assert team.registered_models.get(rm.GetRegisteredModel("forecast")).latest_versions == []
    store.close()


@pytest.mark.parametrize("dump", DUMPS[1:], ids=lambda path: path.stem)
def test_an_old_registry_is_found_by_where_its_files_are(dump: Path, tmp_path: Path) -> None:
    uri = restored(dump, tmp_path)
    upgrade(uri)
    store = SqlStore(Database(uri), "/moved")
    store.stages.set_policy(st.SetStagePolicy([st.Stage("Production", protected=True)])).result()
    with pytest.raises(PermissionDenied, match="version 2 of 'forecast'"):
        store.protected_files.check(["s3://bucket/model/2/MLmodel"])
    store.protected_files.check(["s3://bucket/model/1/MLmodel"])
    store.close()


def test_long_series_are_summed_up_by_the_upgrade(tmp_path: Path) -> None:
    uri = restored(DUMPS[2], tmp_path)
    connection = sqlite3.connect(tmp_path / "old.db")
    point = "INSERT INTO metrics SELECT run_key, key_id, ?, ?, ?, 0 FROM latest_metrics"
    first = f"{point} ORDER BY run_key, key_id LIMIT 1"
    connection.executemany(first, [(step, step, step % 97) for step in range(1_000, 21_000)])
    last = "UPDATE latest_metrics SET step = 20999, timestamp = 20999 WHERE key_id = 5"
    connection.execute(last)
    connection.commit()
    connection.close()
    upgrade(uri)
    store = SqlStore(Database(uri), "/moved")
    # The first one begins with the points that were there before.
    blocks = store.database.read(Blocks, (1, 5), (1_000, 21_000))
    assert len(blocks) == 18
    (series,) = store.metrics.get_series(m.GetSeries([RUN], ["loss"], 1_000, buckets=10)).series
    assert (series.total, min(series.values), max(series.values)) == (20_000, 0.0, 96.0)
    store.close()


def test_unusual_spellings_of_locations_are_found_after_the_upgrade(tmp_path: Path) -> None:
    uri = restored(DUMPS[1], tmp_path)
    connection = sqlite3.connect(tmp_path / "old.db")
    spelled = "UPDATE model_versions SET storage_location = ? WHERE version = 2"
    connection.execute(spelled, ("mlflow-artifacts://host:5000/1//run/./model%20a/",))
    connection.commit()
    connection.close()
    upgrade(uri)
    store = SqlStore(Database(uri), "/moved")
    store.stages.set_policy(st.SetStagePolicy([st.Stage("Production", protected=True)])).result()
    with pytest.raises(PermissionDenied, match="version 2 of 'forecast'"):
        store.protected_files.check(["mlflow-artifacts:/1/run/model%20a/MLmodel"])
    store.close()


def test_an_outdated_database_is_refused_until_it_is_upgraded(tmp_path: Path) -> None:
    uri = restored(DUMPS[0], tmp_path)
    with pytest.raises(InvalidState, match=f"millstream db upgrade {uri}"):
        Database(uri)
    assert upgrade(uri) == (1, SCHEMA_VERSION)
    assert upgrade(uri) == (SCHEMA_VERSION, SCHEMA_VERSION)
    Database(uri).close()


def test_a_newer_database_is_not_upgraded(tmp_path: Path) -> None:
    uri = restored(DUMPS[-1], tmp_path)
    set_version(tmp_path / "old.db", 999)
    with pytest.raises(InvalidState, match="Install a Millstream that knows schema version 999"):
        upgrade(uri)


@pytest.mark.parametrize("kind", KINDS)
def test_upgrading_an_empty_database_creates_it(kind: str, tmp_path: Path) -> None:
    with empty_database(kind, tmp_path) as uri:
        assert upgrade(uri) == (SCHEMA_VERSION, SCHEMA_VERSION)
        Database(uri).close()


@pytest.mark.parametrize("kind", KINDS)
def test_migrations_run_on_every_database(kind: str, tmp_path: Path) -> None:
    with empty_database(kind, tmp_path) as uri:
        opened = Database(uri)
        opened.write(_back_to_version_1).result()
        opened.close()
        assert upgrade(uri) == (1, SCHEMA_VERSION)
        opened = Database(uri)
        log = SqlAccess(opened, "/artifacts").audit
        assert log.append(ae.AuditRecord("upgraded"), u.Actor()).result().sequence == 1
        assert log.verify(ae.VerifyAudit()).intact
        opened.close()
        engine = create_engine(f"{DRIVERS[kind]}://{uri.partition('://')[2]}")
        with engine.connect() as connection:
            assert compare_metadata(_context(connection), metadata) == []
        engine.dispose()


@pytest.mark.parametrize("kind", KINDS)
def test_of_several_that_upgrade_at_once_one_does(kind: str, tmp_path: Path) -> None:
    with empty_database(kind, tmp_path) as uri:
        opened = Database(uri)
        opened.write(_back_to_version_1).result()
        opened.close()
        with ThreadPoolExecutor(4) as threads:
            found = sorted(threads.map(upgrade, [uri] * 4))
        assert found == [(1, SCHEMA_VERSION), *[(SCHEMA_VERSION, SCHEMA_VERSION)] * 3]
        Database(uri).close()


def _context(connection: Connection) -> MigrationContext:
    return MigrationContext.configure(connection, opts={"version_table": MIGRATIONS_TABLE})


# Unique constraints of version 5 as they were, where the column alone cannot be dropped.
_NARROWED = {
    "sqlite": (
        "CREATE TABLE narrow (experiment_key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "
        "name VARCHAR(500) NOT NULL, artifact_location TEXT, lifecycle_stage VARCHAR(10) NOT NULL, "
        "creation_time INTEGER, last_update_time INTEGER, UNIQUE (name))",
        "INSERT INTO narrow SELECT experiment_key, name, artifact_location, lifecycle_stage, "
        "creation_time, last_update_time FROM experiments",
        "DELETE FROM experiments",
        "DROP TABLE experiments",
        "ALTER TABLE narrow RENAME TO experiments",
        "ALTER TABLE experiments ADD COLUMN workspace TEXT",
    ),
    "postgresql": ("ALTER TABLE experiments ADD CONSTRAINT experiments_name_key UNIQUE (name)",),
    "mysql": (
        "ALTER TABLE experiments DROP INDEX workspace",
        "ALTER TABLE experiments ADD UNIQUE (name)",
    ),
}


def _back_to_version_1(transaction: Transaction) -> None:
    first = (Path(__file__).parent / "schema_version_1.sql").read_text(encoding="utf-8")
    for statement in _NARROWED[transaction.dialect.name]:
        transaction.run(statement)
    for table in reversed(metadata.sorted_tables):
        created = re.search(rf'CREATE TABLE "?{table.name}"? .*?;\n', first, re.DOTALL)
        if created is None:
            transaction.run(f"DROP TABLE {table.name}")
            continue
        for column in table.columns:
            if not re.search(rf'^ +"?{column.name}"? ', created.group(), re.MULTILINE):
                transaction.run(f"ALTER TABLE {table.name} DROP COLUMN {column.name}")
        for index in table.indexes:
            if not re.search(rf"CREATE INDEX {index.name} ", first):
                table_too = f" ON {table.name}" if transaction.dialect.name == "mysql" else ""
                transaction.run(f"DROP INDEX {index.name}{table_too}")
    transaction.run("UPDATE millstream_schema SET version = 1")
