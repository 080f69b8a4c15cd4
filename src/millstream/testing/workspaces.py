"""The contract of workspaces: names may be the same in two, and nothing of one is found in another.

Fixtures: `stores` gives two stores on one database, each confined to a workspace of its own.
"""

from __future__ import annotations

import operator
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from millstream.entities import deployments as d
from millstream.entities import experiments as e
from millstream.entities import metrics as m
from millstream.entities import model_versions as mv
from millstream.entities import models as lm
from millstream.entities import registered_models as rm
from millstream.entities import registry_events as ev
from millstream.entities import runs as r
from millstream.entities import transition_requests as tr
from millstream.entities import views as v
from millstream.entities import webhooks as w
from millstream.errors import MillstreamError
from millstream.rest.endpoints import ENDPOINTS
from millstream.store.interface import Store
from millstream.store.pending import Pending

_REGISTRY = (
    "registered_models",
    "model_versions",
    "registry_events",
    "transition_requests",
    "gates",
    "deployments",
    "lineage",
)
_SERVER_WIDE = ("stages", "server_status", "workspaces")
_VALUES: dict[str, Any] = {
    "alias": "champion",
    "stage": "Staging",
    "version": "1",
    "status": "FINISHED",
    "kind": "param",
    "lifecycle_stage": "deleted",
    "value": 1.5,
    "timestamp": 1,
    "model_json": '{"artifact_path":"a","flavors":{},"utc_time_created":"","run_id":"r"}',
    "values": ["x"],
    "metric_key": "loss",
    "metric_keys": ["loss"],
    "buckets": 10,
    "from_step": 0,
    "lease": {"lease_id": "l", "lease_seconds": 60, "holder": {"host": "h", "process_id": 1}},
    "url": "https://example.com/hook",
    "source": "s3://bucket/model",
    "path": "file.txt",
    "text": "anything",
}
_MORE: dict[str, dict[str, str]] = {
    "runs.create": {"run_name": "first"},
    "models.create": {"name": "ridge"},
    "models.finalize": {"status": "LOGGED_MODEL_READY"},
    "transition_requests.create": {"version": "1", "stage": "Production"},
    "registry_events.roll_back": {"stage": "Staging"},
    "gates.check": {"stage": "Staging"},
}
_CONSOLE: dict[str, Any] = {"process": "here", "lines": [{"number": 1, "text": "a line"}]}
_MANY = {"run_ids": "run_id", "experiment_ids": "experiment_id"}
_NESTED: dict[str, Any] = {
    "metrics": lambda model_id: [{"key": "loss", "value": 1, "timestamp": 1, "model_id": model_id}],
    "models": lambda model_id: [{"model_id": model_id}],
}
_DIGITS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4,12}){4}|[0-9a-f]{32}|\d+")


class Things(NamedTuple):
    """The ids of one of each in a workspace, or of nothing, by the names of fields."""

    ids: Mapping[str, str]


class Probe(NamedTuple):
    """An operation, and a request in which one field names something of another workspace."""

    operation: str
    field: str
    foreign: msgspec.Struct
    absent: msgspec.Struct


def fill(store: Store, name: str) -> Things:
    """Make one of each in the workspace of a store; all names are this one."""
    experiment_id = store.experiments.create(e.CreateExperiment(name)).result().experiment_id
    run_id = store.runs.create(r.CreateRun(experiment_id)).result().info.run_id
    store.runs.log_batch(
        r.LogBatch(
            run_id,
            metrics=[m.Metric("loss", 0.5, 1)],
            params=[r.Param("key", "v")],
            tags=[r.RunTag("key", "v")],
        )
    ).result()
    logged = store.models.create(
        lm.CreateLoggedModel(experiment_id, name, source_run_id=run_id)
    ).result()
    store.registered_models.create(rm.CreateRegisteredModel(name)).result()
    store.model_versions.create(mv.CreateModelVersion(name, "s3://bucket/m")).result()
    asked = store.transition_requests.create(
        tr.CreateTransitionRequest(name, version="1", stage="Staging", user_id="ada")
    ).result()
    runs_now = d.RecordDeployment(f"local://{name}", name, f"models:/{name}/1", model_name=name)
    deployment = store.deployments.record(runs_now).result()
    view = store.views.create(v.CreateView(name, "?a", experiment_id)).result()
    event = w.WebhookEvent.from_str("model_version.created")
    hook = store.webhooks.create(
        w.CreateWebhook(name, "https://example.com/hook", [event])
    ).result()
    return Things(
        {
            "experiment_id": experiment_id,
            "experiment_name": name,
            "run_id": run_id,
            "source_run_id": run_id,
            "parent_run_id": run_id,
            "model_id": logged.info.model_id,
            "name": name,
            "request_id": asked.request_id,
            "model_name": name,
            "target": f"local://{name}",
            "deployment_id": deployment.deployment_id,
            "view_id": view.view_id,
            "webhook_id": hook.webhook_id,
        }
    )


def nothing() -> Things:
    """Ids of what exists nowhere."""
    fresh = uuid.uuid4().hex
    return Things(
        {
            "experiment_id": "987654321",
            "experiment_name": f"absent-{fresh}",
            "run_id": fresh,
            "source_run_id": fresh,
            "parent_run_id": fresh,
            "model_id": f"m-{fresh}",
            "name": f"absent-{fresh}",
            "request_id": "987654321",
            "model_name": f"absent-{fresh}",
            "target": f"local://absent-{fresh}",
            "deployment_id": fresh,
            "view_id": fresh,
            "webhook_id": str(uuid.uuid4()),
        }
    )


def probes(store: Store, own: Things, foreign: Things) -> Iterator[Probe]:
    """For every operation and each field that names something: the foreign thing, and nothing."""
    absent, seen = nothing(), set[str]()
    for endpoint in ENDPOINTS:
        noun = endpoint.operation.partition(".")[0]
        if endpoint.operation in seen or not hasattr(store, noun) or noun in _SERVER_WIDE:
            continue
        seen.add(endpoint.operation)
        for name in _naming_fields(endpoint.operation, endpoint.request):
            made = [
                _request(endpoint.operation, endpoint.request, own, name, other)
                for other in (foreign, absent)
            ]
            yield Probe(endpoint.operation, name, *made)


def check_confined(store: Store, own: Things, foreign: Things) -> int:
    """Assert that a store answers about foreign things as about absent ones; counts its probes."""
    count = 0
    for probe in probes(store, own, foreign):
        answers = [
            outcome(store, probe.operation, request) for request in (probe.foreign, probe.absent)
        ]
        assert answers[0] == answers[1], (probe, answers)
        count += 1
    return count


def outcome(store: Store, operation: str, request: msgspec.Struct) -> str:
    """What an operation comes to, without the numbers and ids in it."""
    try:
        answer = operator.attrgetter(operation)(store)(request)
        if isinstance(answer, Pending):
            answer = answer.result()
    except MillstreamError as error:
        return f"{type(error).__name__}: {_DIGITS.sub('#', _plain(str(error)))}"
    shown = msgspec.json.encode(answer).decode()
    return _DIGITS.sub("#", _plain(shown))


def _plain(text: str) -> str:
    return re.sub(r"(absent|there)-#?[0-9a-f]*", "@", text)


def _naming_fields(operation: str, kind: type[msgspec.Struct]) -> list[str]:
    known = nothing().ids
    found = []
    for field in msgspec.structs.fields(kind):
        name = field.name
        if name == "name":
            creates = operation.endswith("registered_models.create")
            named = operation.partition(".")[0] in _REGISTRY and not creates
        elif name.endswith("_id") and operation.endswith(".create") and not field.required:
            named = name not in (f"{operation[:-8]}_id", "model_id", "view_id", "run_id")
            named = named or (operation == "model_versions.create" and name != "user_id")
        else:
            named = name in known or name in _MANY or name in _NESTED
        if named and (name in known or name in _MANY or name in _NESTED):
            found.append(name)
    return found


def _request(
    operation: str, kind: type[msgspec.Struct], own: Things, foreign_field: str, other: Things
) -> msgspec.Struct:
    values: dict[str, Any] = {}
    named = _naming_fields(operation, kind)
    for field in msgspec.structs.fields(kind):
        name = field.name
        things = other if name == foreign_field else own
        if name in named and (field.required or name == foreign_field):
            values[name] = _named(name, things, kind)
        elif field.required:
            values[name] = _VALUES.get(name, "key")
            if name in ("name", "new_name"):
                values[name] = f"there-{uuid.uuid4().hex}"
            elif operation == "console.log" and name in _CONSOLE:
                values[name] = _CONSOLE[name]
            elif name == "events":
                values[name] = [{"entity": "MODEL_VERSION", "action": "CREATED"}]
            elif operation == "gates.set":
                values[name] = {"gate": "small", "rule": "size_limit", "stages": ["Staging"]}
    return msgspec.convert(values | _MORE.get(operation, {}), kind, strict=False)


def _named(name: str, things: Things, kind: type[msgspec.Struct]) -> Any:
    if name in _MANY:
        return [things.ids[_MANY[name]]]
    if name in _NESTED:
        return _NESTED[name](things.ids["model_id"])
    many = "list" in str(next(f.type for f in msgspec.structs.fields(kind) if f.name == name))
    return [things.ids[name]] if many else things.ids[name]


def _snapshot(store: Store, things: Things) -> list[object]:
    """All that can be seen of the things of a workspace from within."""
    ids = things.ids
    name = ids["name"]
    return [
        store.experiments.get(e.ExperimentId(ids["experiment_id"])),
        store.runs.get(r.RunId(ids["run_id"])),
        store.models.get(lm.GetLoggedModel(ids["model_id"])),
        store.registered_models.get(rm.GetRegisteredModel(name)),
        store.model_versions.get(mv.GetModelVersion(name, "1")),
        store.registry_events.search(ev.SearchRegistryEvents(name)),
        store.transition_requests.get(tr.TransitionRequestId(ids["request_id"])),
        store.deployments.get(d.DeploymentId(ids["deployment_id"])),
        store.views.get(v.ViewId(ids["view_id"])),
        store.webhooks.get(w.WebhookId(ids["webhook_id"])),
    ]


class WorkspacesContract:
    """What holds for two workspaces of one server."""

    def test_nothing_of_another_workspace_is_found(self, stores: tuple[Store, Store]) -> None:
        here, there = stores
        own = fill(here, f"own-{uuid.uuid4().hex}")
        foreign = fill(there, f"there-{uuid.uuid4().hex}")
        before = _snapshot(there, foreign)
        assert check_confined(here, own, foreign) > 80
        assert _snapshot(there, foreign) == before

    def test_names_may_be_the_same(self, stores: tuple[Store, Store]) -> None:
        name = f"same-{uuid.uuid4().hex}"
        things = [fill(store, name) for store in stores]
        for store, own in zip(stores, things, strict=True):
            found = store.experiments.get_by_name(e.GetExperimentByName(name))
            assert found.experiment_id == own.ids["experiment_id"]
            model = store.registered_models.get(rm.GetRegisteredModel(name))
            assert model.workspace == found.workspace
            (event,) = store.registry_events.search(
                ev.SearchRegistryEvents(name, kinds=["MODEL_CREATED"])
            ).events
            assert event.name == name

    def test_searches_stay_within(self, stores: tuple[Store, Store]) -> None:
        name = f"same-{uuid.uuid4().hex}"
        things = [fill(store, name) for store in stores]
        quoted = f"name = '{name}'"
        for store, own in zip(stores, things, strict=True):
            experiments = store.experiments.search(
                e.SearchExperiments(10, filter=quoted)
            ).experiments
            assert [one.experiment_id for one in experiments] == [own.ids["experiment_id"]]
            every = [each.ids["experiment_id"] for each in things]
            runs = store.runs.search(r.SearchRuns(every)).runs
            assert [run.info.run_id for run in runs] == [own.ids["run_id"]]
            logged = store.models.search(lm.SearchLoggedModels(every)).models
            assert [model.info.model_id for model in logged] == [own.ids["model_id"]]
            models = store.registered_models.search(rm.SearchRegisteredModels(filter=quoted))
            assert len(models.registered_models) == 1
            versions = store.model_versions.search(mv.SearchModelVersions(filter=quoted))
            assert len(versions.model_versions) == 1
            asked = store.transition_requests.search(
                tr.SearchTransitionRequests(name)
            ).transition_requests
            assert [one.request_id for one in asked] == [own.ids["request_id"]]
            hooks = store.webhooks.list(w.ListWebhooks(1_000)).webhooks
            mine = [hook.webhook_id for hook in hooks if hook.name == name]
            assert mine == [own.ids["webhook_id"]]
            found = store.runs.find(r.FindRuns(own.ids["run_id"])).runs
            assert [run.run_id for run in found] == [own.ids["run_id"]]
        other = things[1].ids["run_id"]
        assert stores[0].runs.find(r.FindRuns(other)).runs == []

    def test_a_linked_model_of_another_workspace_is_not_shown(
        self, stores: tuple[Store, Store]
    ) -> None:
        here, there = stores
        own = fill(here, f"own-{uuid.uuid4().hex}")
        foreign = fill(there, f"there-{uuid.uuid4().hex}")
        output = r.LoggedModelOutput(foreign.ids["model_id"], 0)
        here.runs.log_outputs(r.LogOutputs(own.ids["run_id"], [output])).result()
        assert here.runs.get(r.RunId(own.ids["run_id"])).outputs == r.RunOutputs([])

    def test_events_reach_the_webhooks_of_their_workspace(
        self, stores: tuple[Store, Store]
    ) -> None:
        here, there = stores
        own = fill(here, f"own-{uuid.uuid4().hex}")
        fill(there, f"there-{uuid.uuid4().hex}")
        here.model_versions.create(mv.CreateModelVersion(own.ids["name"], "s3://b/m")).result()
        search = w.SearchWebhookDeliveries(own.ids["webhook_id"])
        (delivery,) = here.webhooks.search_deliveries(search).deliveries
        payload = msgspec.json.decode(delivery.payload)
        model = here.registered_models.get(rm.GetRegisteredModel(own.ids["name"]))
        assert (payload["data"]["version"], payload["workspace"]) == ("2", model.workspace)
