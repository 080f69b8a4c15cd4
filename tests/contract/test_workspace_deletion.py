"""What becomes of what is in a workspace that is deleted, on every database."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from millstream.entities import deployments as d
from millstream.entities import experiments as e
from millstream.entities import registered_models as rm
from millstream.entities import roles as ro
from millstream.entities import runs as r
from millstream.entities import users as u
from millstream.entities import views as v
from millstream.entities import webhooks as w
from millstream.entities import workspaces as ws
from millstream.errors import InvalidParameter, NotFound
from millstream.store.access import Access
from millstream.store.interface import Store
from millstream.store.sql.access.store import SqlAccess
from millstream.store.sql.database import Database
from millstream.store.sql.reader import Reader
from millstream.store.sql.schema import metadata
from millstream.store.sql.store import SqlStore
from millstream.testing.deployments import deploy, end, found, numbered
from millstream.testing.workspaces import Things, fill

BY = u.Actor("tester")
# What is never taken back: names that were interned, and what was done to whom.
KEPT = {"keys", "audit_events", "registry_events", "transition_requests"}


@pytest.fixture(scope="module")
def whole(database_uri: str) -> Iterator[SqlStore]:
    store = SqlStore(Database(database_uri), "mlflow-artifacts:/")
    yield store
    store.close()


@pytest.fixture(scope="module")
def access(whole: SqlStore) -> Access:
    return SqlAccess(whole.database, "mlflow-artifacts:/")


@pytest.fixture
def name(access: Access) -> str:
    """A workspace, and a role in it."""
    name = f"team-{uuid.uuid4().hex[:12]}"
    access.workspaces.create(ws.CreateWorkspace(name), BY).result()
    access.roles.create(ro.CreateRole("reviewers", name), BY).result()
    return name


def delete(access: Access, name: str, mode: ws.DeletionMode) -> None:
    access.workspaces.delete(ws.DeleteWorkspace(name, mode), BY).result()


def counts(whole: SqlStore) -> dict[str, int]:
    """How many rows each table has."""

    def read(reader: Reader) -> dict[str, int]:
        found = {}
        for table in metadata.sorted_tables:
            if table.name in KEPT:
                continue
            sql = str(select(func.count()).select_from(table))
            found[table.name] = int(reader.execute(sql)[0][0])
        return found

    return whole.database.read(read)


def is_whole(store: Store, filled: Things) -> None:
    """All of it is found in a workspace."""
    ids = filled.ids
    assert store.runs.get(r.RunId(ids["run_id"])).info.experiment_id == ids["experiment_id"]
    experiment = store.experiments.get(e.ExperimentId(ids["experiment_id"]))
    model = store.registered_models.get(rm.GetRegisteredModel(ids["name"]))
    assert experiment.workspace == model.workspace
    store.views.get(v.ViewId(ids["view_id"]))
    store.deployments.get(d.DeploymentId(ids["deployment_id"]))
    store.webhooks.get(w.WebhookId(ids["webhook_id"]))


def test_what_holds_something_is_kept(whole: SqlStore, access: Access, name: str) -> None:
    filled = fill(whole.in_workspace(name), name)
    with pytest.raises(InvalidParameter, match="it still has 1 in 'registered_models'"):
        delete(access, name, "RESTRICT")
    is_whole(whole.in_workspace(name), filled)
    assert [role.name for role in access.roles.list(ro.ListRoles()).roles if role.workspace == name]


def test_what_is_in_it_moves_to_the_first_workspace(
    whole: SqlStore, access: Access, name: str
) -> None:
    filled = fill(whole.in_workspace(name), name)
    delete(access, name, "SET_DEFAULT")
    is_whole(whole.in_workspace("default"), filled)
    with pytest.raises(NotFound, match=name):
        access.workspaces.get(ws.WorkspaceName(name))
    roles = access.roles.list(ro.ListRoles()).roles
    assert [role for role in roles if role.workspace == name] == []


def test_names_that_are_taken_keep_everything_where_it_is(
    whole: SqlStore, access: Access, name: str
) -> None:
    filled = fill(whole.in_workspace(name), name)
    whole.in_workspace("default").experiments.create(e.CreateExperiment(name)).result()
    with pytest.raises(InvalidParameter, match=f"which has '{name}' in 'experiments' already"):
        delete(access, name, "SET_DEFAULT")
    is_whole(whole.in_workspace(name), filled)


def test_all_that_is_in_it_goes_for_good(whole: SqlStore, access: Access) -> None:
    before = counts(whole)
    name = f"team-{uuid.uuid4().hex[:12]}"
    access.workspaces.create(ws.CreateWorkspace(name), BY).result()
    store = whole.in_workspace(name)
    for number in range(2):
        fill(store, f"{name}-{number}")
    filled = counts(whole)
    touched = {table for table in before if filled[table] > before[table]}
    assert {"runs", "metrics", "params", "registered_models", "webhooks", "views"} <= touched
    delete(access, name, "CASCADE")
    assert counts(whole) == before


@pytest.mark.parametrize("is_live", [True, False])
def test_deployments_come_after_those_of_the_same_name(
    whole: SqlStore, access: Access, name: str, is_live: bool
) -> None:
    team, default = whole.in_workspace(name), whole.in_workspace("default")
    target = f"local://{name}"
    for store in (default, team, team):
        deploy(store, target)
    deploy(team, target, "other")
    if not is_live:
        end(team, target)
    delete(access, name, "SET_DEFAULT")
    assert numbered(found(default, target=target, name="churn")) == [
        (3, "live" if is_live else "ended"),
        (2, "replaced"),
        (1, "replaced" if is_live else "live"),
    ]
    assert numbered(found(default, target=target, name="other")) == [(1, "live")]
    assert deploy(default, target).revision == 4
