"""One of everything that a server keeps, and a request about it for each row of the table."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from millstream.artifacts.local import LocalArtifacts
from millstream.entities import deployments as d
from millstream.entities import experiments as e
from millstream.entities import gates as g
from millstream.entities import groups as gr
from millstream.entities import metrics as m
from millstream.entities import model_versions as mv
from millstream.entities import models as lm
from millstream.entities import permissions as p
from millstream.entities import registered_models as rm
from millstream.entities import roles as ro
from millstream.entities import runs as r
from millstream.entities import tokens as t
from millstream.entities import transition_requests as tr
from millstream.entities import users as u
from millstream.entities import views as v
from millstream.entities import webhooks as w
from millstream.entities import workspaces as ws
from millstream.rest.endpoints import Endpoint
from millstream.store.access import Access
from millstream.store.interface import Store

BY = u.Actor("the test")
PASSWORD = "a password for tests"  # noqa: S105  # of users that live for one test
_OF_MODELS = (
    "deployments",
    "gates",
    "lineage",
    "model_versions",
    "registered_models",
    "registry_events",
    "transition_requests",
)
_numbers = itertools.count()


def unique(noun: str) -> str:
    """A name that nothing has; whoever may not read it must never see it."""
    return f"hidden-{noun}-{next(_numbers):06}"


class Bundle(NamedTuple):
    """The values that requests about it name things by, and all texts that tell of it."""

    values: Mapping[str, Any]

    def request(self, row: Endpoint, username: str) -> dict[str, Any]:
        """What a request of a row says about this bundle; `username` is whom it names, if any."""
        given = {**self.values, "username": username, **self._special(row)}
        asked = _SPECIAL.get(row.operation)
        special = asked(self.values) if asked is not None else {}
        fields = row.request.__struct_fields__
        return {**{name: given[name] for name in fields if name in given}, **special}

    def _special(self, row: Endpoint) -> dict[str, Any]:
        """A name is a model's in the registry, and a group's elsewhere."""
        if row.operation.partition(".")[0] in _OF_MODELS:
            return {"name": self.values["model_name"]}
        return {"name": self.values["group"]}

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that only who may read it may see."""
        names = ("run_id", "model_id", "experiment_name", "model_name", "view_id")
        return tuple(self.values[name] for name in names)


def make(store: Store, access: Access, files: LocalArtifacts) -> Bundle:
    """Make one."""
    name, model_name, group = unique("experiment"), unique("model"), unique("group")
    experiment_id = store.experiments.create(e.CreateExperiment(name)).result().experiment_id
    store.experiments.set_tag(e.SetExperimentTag(experiment_id, "k", "v")).result()
    run = store.runs.create(r.CreateRun(experiment_id)).result().info
    store.runs.log_batch(
        r.LogBatch(
            run.run_id,
            [m.Metric("loss", 0.5, 1, 0)],
            [r.Param("width", "3")],
            [r.RunTag("k", "v")],
        )
    ).result()
    model = store.models.create(lm.CreateLoggedModel(experiment_id, source_run_id=run.run_id))
    logged = model.result().info
    tags = lm.SetLoggedModelTags(logged.model_id, [lm.LoggedModelTag("k", "v")])
    store.models.set_tags(tags).result()
    places = {}
    for kind, uri in (("files", run.artifact_uri or ""), ("model_files", logged.artifact_uri)):
        places[kind] = uri.partition(":/")[2].strip("/")
        files.write(f"{places[kind]}/file.txt", [b"content"])
    store.registered_models.create(rm.CreateRegisteredModel(model_name)).result()
    source = f"models:/{logged.model_id}"
    store.model_versions.create(mv.CreateModelVersion(model_name, source)).result()
    store.registered_models.set_alias(rm.SetRegisteredModelAlias(model_name, "a", "1")).result()
    gate = g.Gate("small", "size_limit", stages=["Production"], most_bytes=1 << 30)
    store.gates.set(g.SetGate(model_name, gate)).result()
    asked = tr.CreateTransitionRequest(model_name, version="1", stage="Staging", user_id="somebody")
    request_id = store.transition_requests.create(asked).result().request_id
    target = f"local://{unique('target')}"
    runs_now = d.RecordDeployment(target, model_name, source, model_name=model_name)
    deployment = store.deployments.record(runs_now).result()
    view = store.views.create(v.CreateView(unique("view"), "/", experiment_id)).result()
    event = w.WebhookEvent("REGISTERED_MODEL", "CREATED")
    hook = store.webhooks.create(
        w.CreateWebhook(unique("hook"), "https://127.0.0.1:1999/", [event])
    )
    values = {
        **places,
        "experiment_id": experiment_id,
        "experiment_ids": [experiment_id],
        "experiment_name": name,
        "run_id": run.run_id,
        "run_ids": [run.run_id],
        "model_id": logged.model_id,
        "model_name": model_name,
        "source": source,
        "view_id": view.view_id,
        "request_id": request_id,
        "target": target,
        "model_uri": source,
        "deployment_id": deployment.deployment_id,
        "webhook_id": hook.result().webhook_id,
        "metric_key": "loss",
        "metric_keys": ["loss"],
        "key": "k",
        "tag_key": "k",
        "value": "v",
        "version": "1",
        "alias": "a",
        "resource_type": "experiment",
        "resource_id": experiment_id,
        "resource_ids": [experiment_id],
        "permission": "READ",
    }
    return Bundle({**values, **_people(access, group, experiment_id)})


def _people(access: Access, group: str, experiment_id: str) -> dict[str, Any]:
    """A group, a role and a user who were granted something, all of which may be changed."""
    name, user = unique("role"), unique("user")
    empty = unique("group")
    for one in (group, empty):
        access.groups.create(gr.CreateGroup(one), BY).result()
    access.users.create(u.CreateUser(user), BY).result()
    access.groups.add_member(gr.GroupMember(group, user), BY).result()
    role_id = access.roles.create(ro.CreateRole(name), BY).result().id
    permission = ro.AddRolePermission(role_id, "experiment", experiment_id, "READ")
    permitted = access.roles.add_permission(permission, BY).result()
    access.roles.assign(ro.AssignRole(role_id, user), BY).result()
    access.roles.assign_to_group(ro.AssignGroupRole(role_id, group), BY).result()
    access.permissions.grant(
        p.GrantPermission("experiment", experiment_id, "READ", user), BY
    ).result()
    access.permissions.grant_to_group(
        p.GrantGroupPermission("experiment", experiment_id, "READ", group), BY
    ).result()
    token = access.tokens.create(t.CreateToken(user, "of another", "read"), BY).result().token
    workspace = unique("workspace")
    access.workspaces.create(ws.CreateWorkspace(workspace), BY).result()
    return {
        "workspace_name": workspace,
        "group": group,
        "empty_group": empty,
        "role_id": role_id,
        "role_permission_id": permitted.id,
        "other": user,
        "token_id": token.token_id,
    }


_GATE = {"gate": "small", "rule": "size_limit", "stages": ["Production"], "most_bytes": 1}
_EVENTS = [{"entity": "REGISTERED_MODEL", "action": "CREATED"}]
_SPECIAL: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "experiments.create": lambda _: {"name": unique("new")},
    "experiments.update": lambda _: {"new_name": unique("renamed")},
    "experiments.search": lambda _: {"max_results": 1_000},
    "experiments.list_values": lambda _: {"kind": "tag", "key": "k"},
    "runs.update": lambda _: {"status": "FINISHED"},
    "run_leases.heartbeat": lambda _: {
        "lease": {"lease_id": "l", "lease_seconds": 60, "holder": {"host": "h", "process_id": 1}}
    },
    "runs.set_lifecycle_stage": lambda _: {"lifecycle_stage": "deleted"},
    "runs.tag": lambda _: {"key": "k", "values": ["w"]},
    "runs.find": lambda values: {"text": values["run_id"]},
    "runs.get_groups": lambda _: {"group_by": [{"kind": "tag", "key": "k"}]},
    "runs.create": lambda _: {"run_id": None},
    "runs.log_param": lambda _: {"key": "new", "value": "1"},
    "runs.log_outputs": lambda values: {"models": [{"model_id": values["model_id"], "step": 0}]},
    "runs.log_inputs": lambda values: {"models": [{"model_id": values["model_id"]}]},
    "runs.log_batch": lambda _: {"params": [{"key": "p", "value": "1"}]},
    "runs.log_model_history": lambda values: {
        "model_json": json.dumps(
            {
                "artifact_path": "m",
                "flavors": {},
                "run_id": values["run_id"],
                "utc_time_created": "2026-01-01 00:00:00",
            }
        )
    },
    "attempts.start": lambda _: {"from_step": 0},
    "console.log": lambda _: {"process": "p", "lines": [{"number": 0, "text": "a"}]},
    "console.search": lambda _: {"text": "a"},
    "metrics.log": lambda values: {
        "key": "loss",
        "value": 1.0,
        "timestamp": 1,
        "model_id": values["model_id"],
    },
    "metrics.get_history_bulk": lambda values: {"run_id": values["run_ids"]},
    "models.create": lambda values: {"source_run_id": values["run_id"], "model_id": None},
    "models.finalize": lambda _: {"status": "LOGGED_MODEL_READY"},
    "models.log_params": lambda _: {"params": [{"key": "p", "value": "1"}]},
    "models.set_tags": lambda _: {"tags": [{"key": "k", "value": "w"}]},
    "registered_models.create": lambda _: {"name": unique("new")},
    "registered_models.rename": lambda _: {"new_name": unique("renamed")},
    "registered_models.get_latest_versions": lambda _: {},
    "model_versions.create": lambda _: {"run_id": None, "model_id": None},
    "model_versions.transition_stage": lambda _: {"stage": "Staging"},
    "registry_events.roll_back": lambda _: {"alias": "a"},
    "webhooks.create": lambda _: {"url": "https://127.0.0.1:1999/", "events": _EVENTS},
    "webhooks.update": lambda _: {"description": "another"},
    "webhooks.replay": lambda _: {},
    "stages.set_policy": lambda _: {"stages": [{"name": "Staging"}, {"name": "Production"}]},
    "transition_requests.create": lambda _: {"alias": None, "stage": "Production"},
    "gates.set": lambda _: {"gate": _GATE},
    "gates.delete": lambda _: {"gate": "small"},
    "gates.check": lambda _: {"alias": None, "stage": "Staging"},
    "views.create": lambda _: {"name": unique("view"), "view_id": None},
    "views.update": lambda _: {"name": unique("view")},
    "users.create": lambda _: {"username": unique("user"), "kind": "service"},
    "users.set_password": lambda _: {
        "password": f"another {PASSWORD}",
        "current_password": PASSWORD,
    },
    "users.set_admin": lambda values: {"username": values["other"], "is_admin": True},
    "users.set_active": lambda values: {"username": values["other"], "is_active": False},
    "users.delete": lambda values: {"username": values["other"]},
    "groups.create": lambda _: {"name": unique("group")},
    "groups.list": lambda _: {"username": None},
    "groups.update": lambda _: {"description": "another"},
    "groups.add_member": lambda values: {"username": values["other"]},
    "groups.remove_member": lambda values: {"username": values["other"]},
    "roles.create": lambda _: {"name": unique("role")},
    "roles.update": lambda _: {"name": unique("role")},
    "roles.add_permission": lambda values: {
        "resource_type": "registered_model",
        "resource_pattern": values["model_name"],
    },
    "roles.assign": lambda _: {"username": "administrator"},
    "roles.unassign": lambda values: {"username": values["other"]},
    "roles.assign_to_group": lambda values: {"group": values["empty_group"]},
    "permissions.grant": lambda values: {"username": values["other"]},
    "permissions.revoke": lambda values: {"username": values["other"]},
    "permissions.list_of_group": lambda values: {"name": values["group"]},
    "tokens.create": lambda _: {
        "name": "mine",
        "scope": "read",
        "expiration_time": int(time.time() * 1_000) + 3_600_000,
    },
    "workspaces.create": lambda _: {"name": unique("workspace")},
    "workspaces.update": lambda _: {"description": "another"},
    "artifacts.presigned_upload": lambda _: {"path": "up.txt", "model_id": None},
    "artifacts.presigned_download": lambda _: {"path": "file.txt"},
    "audit.search": lambda _: {},
    "session.create": lambda _: {"username": unique("user"), "password": PASSWORD},
    "session.redeem": lambda _: {"secret": "x", "password": PASSWORD},
}
