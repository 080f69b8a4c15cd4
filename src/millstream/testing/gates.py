"""The contract of gates: rules that the store holds against a version before it moves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import pytest
import yaml

from millstream.artifacts.interface import ArtifactStore
from millstream.entities import gates as g
from millstream.entities import metrics as m
from millstream.entities import model_versions as mv
from millstream.entities import models as lm
from millstream.entities import registered_models as rm
from millstream.entities import registry_events as ev
from millstream.errors import InvalidParameter, MillstreamError, NotFound
from millstream.store.interface import Store
from millstream.testing.fixtures import Contract, get_run, new_run
from millstream.testing.model_versions import get_version, move, stages
from millstream.testing.registered_models import get, new_registered_model, new_version
from millstream.testing.registry_events import history
from millstream.testing.transition_requests import approve, ask

_PROXY = "mlflow-artifacts:/"
Move = Callable[[Store, str], object]


def set_gate(store: Store, name: str, rule: g.GateRule, **rest: object) -> g.Gate:
    """Give a model the gate "gate" before Production, or where `rest` says."""
    if "stages" not in rest and "aliases" not in rest:
        rest["stages"] = ["production"]
    gate = g.Gate("gate", rule, **rest)  # type: ignore[arg-type]  # the fields of a gate
    return store.gates.set(g.SetGate(name, gate, user_id="ada", comment="be safe")).result()


def check(store: Store, name: str, version: str, stage: str = "Production") -> g.GateFindings:
    """What the gates would say."""
    return store.gates.check(g.CheckGates(name, version, stage))


def columns(**types: str) -> str:
    """A schema of named columns as MLmodel has it."""
    return json.dumps([{"name": name, "type": kind} for name, kind in types.items()])


class GatesContract(Contract):
    """What every store promises about gates.

    Beside `store`, a test module provides `served`: the artifacts at `mlflow-artifacts:/`.
    """

    @pytest.fixture
    def name(self, store: Store) -> str:
        """A fresh registered model."""
        return new_registered_model(store)

    def _measured(self, store: Store, name: str, run_id: str, **values: float) -> str:
        """A version of a fresh logged model, with a metric "acc" on datasets of these digests."""
        experiment_id = get_run(store, run_id).info.experiment_id
        create = lm.CreateLoggedModel(experiment_id, "tree", source_run_id=run_id)
        model_id = store.models.create(create).result().model_id
        for digest, value in values.items():
            point = m.LogMetric(run_id, "acc", value, 1, 0, model_id, "eval", digest)
            store.metrics.log(point).result()
        request = mv.CreateModelVersion(name, f"models:/{model_id}", model_id=model_id)
        return store.model_versions.create(request).result().version

    def _stored(
        self,
        store: Store,
        served: ArtifactStore,
        name: str,
        run_id: str,
        signature: dict[str, str] | None = None,
    ) -> tuple[str, str]:
        """A version whose files are there, and their folder below `served`."""
        home = get_run(store, new_run(store, get_run(store, run_id).info.experiment_id)).info
        folder = f"{(home.artifact_uri or '').removeprefix(_PROXY)}/model"
        body = b"weights"
        digests = {"weights.bin": hashlib.sha256(body).hexdigest()}
        manifest = {"flavors": {}, "signature": signature, "file_digests": digests}
        served.write(f"{folder}/MLmodel", [yaml.safe_dump(manifest).encode()])
        served.write(f"{folder}/weights.bin", [body])
        request = mv.CreateModelVersion(name, f"{home.artifact_uri}/model", home.run_id)
        return store.model_versions.create(request).result().version, folder

    def test_a_gate_is_kept_and_noted(self, store: Store, name: str) -> None:
        made = set_gate(store, name, "metric_threshold", metric="acc", comparison=">=", threshold=1)
        assert (made.gate, made.stages, made.threshold) == ("gate", ["Production"], 1.0)
        assert store.gates.list(g.ListGates(name)).gates == [made]
        assert set_gate(store, name, "size_limit", most_bytes=7, aliases=["champion"]).most_bytes
        delete = g.DeleteGate(name, "gate", user_id="bob")
        store.gates.delete(delete).result()
        assert store.gates.list(g.ListGates(name)).gates == []
        with pytest.raises(NotFound, match="has no gate 'gate'; it has: none"):
            store.gates.delete(delete).result()
        first, second, third = history(store, name)[-3:]
        assert [event.kind for event in (first, second, third)] == [
            *("GATE_SET", "GATE_SET", "GATE_DELETED")
        ]
        assert (first.user_id, first.comment, first.subject) == ("ada", "be safe", "gate")
        assert second.from_value == first.to_value
        assert third.from_value == second.to_value

    @pytest.mark.parametrize(
        ("gate", "message"),
        [
            (g.Gate("x", "size_limit", most_bytes=1), "guards nothing"),
            (g.Gate("", "size_limit", ["Staging"], most_bytes=1), "needs a name"),
            (g.Gate("x", "size_limit", ["Staging"]), "needs 'most_bytes'"),
            (g.Gate("x", "metric_threshold", ["Staging"], metric="a"), "needs 'comparison'"),
            (g.Gate("x", "size_limit", ["QA"], most_bytes=1), "stage: QA. Value must be one of"),
            (
                g.Gate("x", "size_limit", ["none"], most_bytes=1),
                "cannot guard the stage 'None': .* between 'None' and 'Archived'",
            ),
            (g.Gate("x", "size_limit", [], ["a b"], most_bytes=1), "Invalid alias name: 'a b'"),
            (g.Gate("x", "digests_intact", ["Staging"], metric="a"), "cannot have 'metric'"),
            (g.Gate("x", "size_limit", ["Staging"], most_bytes=-1), "must be at least 0, not -1"),
        ],
    )
    def test_gates_that_make_no_sense(
        self, store: Store, name: str, gate: g.Gate, message: str
    ) -> None:
        with pytest.raises(InvalidParameter, match=message):
            store.gates.set(g.SetGate(name, gate)).result()
        assert store.gates.list(g.ListGates(name)).gates == []

    def test_a_metric_against_a_threshold(self, store: Store, name: str, run_id: str) -> None:
        set_gate(store, name, "metric_threshold", metric="acc", comparison=">", threshold=0.9)
        poor = self._measured(store, name, run_id, d1=0.95, d2=0.9)
        unknown = self._measured(store, name, run_id)
        nan = self._measured(store, name, run_id, d1=float("nan"))
        good = self._measured(store, name, run_id, d1=0.95)
        got = r"expected acc > 0\.9, got 0\.95 on eval \(d1\); 0\.9 on eval \(d2\)\."
        with pytest.raises(InvalidParameter, match=got) as caught:
            move(store, name, poor, "Production")
        (finding,) = caught.value.json_kwargs["findings"]
        assert (finding["gate"], finding["rule"]) == ("gate", "metric_threshold")
        assert (finding["expected"], finding["passed"]) == ("acc > 0.9", False)
        with pytest.raises(InvalidParameter, match="got no value"):
            move(store, name, unknown, "Production")
        with pytest.raises(InvalidParameter, match="got nan on eval"):
            move(store, name, nan, "Production")
        move(store, name, good, "Production")
        move(store, name, poor, "Staging")
        set_gate(
            store,
            name,
            "metric_threshold",
            metric="acc",
            comparison=">",
            threshold=0.9,
            dataset_digest="d1",
        )
        move(store, name, poor, "Production")

    def test_a_metric_of_the_run_counts_without_a_model(
        self, store: Store, name: str, run_id: str
    ) -> None:
        for step, value in enumerate((0.1, 0.4)):
            store.metrics.log(m.LogMetric(run_id, "loss", value, 1, step)).result()
        source = f"runs:/{run_id}/model"
        store.model_versions.create(mv.CreateModelVersion(name, source, run_id)).result()
        set_gate(store, name, "metric_threshold", metric="loss", comparison="<=", threshold=0.3)
        with pytest.raises(InvalidParameter, match=r"expected loss <= 0\.3, got 0\.4\."):
            move(store, name, "1", "Production")
        set_gate(store, name, "metric_threshold", metric="loss", comparison="<=", threshold=0.4)
        move(store, name, "1", "Production")

    def test_a_metric_against_the_champion(self, store: Store, name: str, run_id: str) -> None:
        set_gate(store, name, "metric_against_champion", metric="acc", least_improvement=0.1)
        first = self._measured(store, name, run_id, d1=0.2, d2=0.5)
        move(store, name, first, "Production")
        elsewhere = self._measured(store, name, run_id, d3=1.0)
        with pytest.raises(InvalidParameter, match="on a dataset digest that version 1 has too"):
            move(store, name, elsewhere, "Production", archive=True)
        slight = self._measured(store, name, run_id, d1=0.4, d2=0.55)
        refused = r"at least 0\.1 above acc of version 1: 0\.2 on d1; 0\.5 on d2, got 0\.4 on d1"
        with pytest.raises(InvalidParameter, match=refused):
            move(store, name, slight, "Production", archive=True)
        better = self._measured(store, name, run_id, d1=0.3, d3=0.0)
        move(store, name, better, "Production", archive=True)
        assert stages(store, name)[first] == "Archived"

    def test_the_same_data_under_two_names(self, store: Store, name: str, run_id: str) -> None:
        set_gate(store, name, "metric_against_champion", metric="acc")
        move(store, name, self._measured(store, name, run_id, d1=0.8), "Production")
        version = self._measured(store, name, run_id, d1=0.5)
        model_id = get_version(store, name, version).model_id
        point = m.LogMetric(run_id, "acc", 0.9, 1, 0, model_id, "other name", "d1")
        store.metrics.log(point).result()
        with pytest.raises(InvalidParameter, match=r"0\.8 on d1, got 0\.5 on d1; 0\.9 on d1"):
            move(store, name, version, "Production")

    def test_a_champion_under_an_alias_where_less_is_better(
        self, store: Store, name: str, run_id: str
    ) -> None:
        first, second, third = (
            self._measured(store, name, run_id, d1=value) for value in (0.5, 0.7, 0.5)
        )
        store.registered_models.set_alias(rm.SetRegisteredModelAlias(name, "best", first)).result()
        set_gate(
            store,
            name,
            "metric_against_champion",
            metric="acc",
            greater_is_better=False,
            champion_alias="best",
            aliases=["candidate"],
        )
        set_alias = store.registered_models.set_alias
        with pytest.raises(InvalidParameter, match=r"may not get the alias 'candidate'.*no worse"):
            set_alias(rm.SetRegisteredModelAlias(name, "candidate", second)).result()
        set_alias(rm.SetRegisteredModelAlias(name, "candidate", third)).result()
        assert get(store, name).aliases == {"best": first, "candidate": third}

    def test_an_alias_of_a_stages_name_counts_as_the_stage(self, store: Store, name: str) -> None:
        new_version(store, name)
        set_gate(store, name, "metric_threshold", metric="acc", comparison=">", threshold=0)
        alias = rm.SetRegisteredModelAlias(name, "PRODUCTION", "1")
        with pytest.raises(InvalidParameter, match="may not get the alias 'PRODUCTION'"):
            store.registered_models.set_alias(alias).result()

    def test_whichever_way_the_move_comes(self, store: Store, name: str) -> None:
        for number in (1, 2):
            new_version(store, name, number)
        move(store, name, "1", "Production")
        move(store, name, "2", "Production", archive=True)
        made = ask(store, name, "1", stage="Production")
        set_gate(store, name, "metric_threshold", metric="acc", comparison=">", threshold=0)
        before = history(store, name)
        ways: list[Move] = [
            lambda store, name: move(store, name, "1", "Production"),
            lambda store, _: approve(store, made.request_id),
            lambda store, name: store.registry_events.roll_back(
                ev.RollBack(name, "Production")
            ).result(),
        ]
        for way in ways:
            with pytest.raises(InvalidParameter, match=r"gate 'gate' \(metric_threshold\)"):
                way(store, name)
        assert stages(store, name) == {"1": "Archived", "2": "Production"}
        assert history(store, name) == before

    def test_a_roll_back_is_not_compared_with_what_it_replaces(
        self, store: Store, name: str, run_id: str
    ) -> None:
        for value in (0.5, 0.9):
            version = self._measured(store, name, run_id, d1=value)
            move(store, name, version, "Production", archive=True)
        set_gate(store, name, "metric_against_champion", metric="acc")
        store.registry_events.roll_back(ev.RollBack(name, "Production")).result()
        assert stages(store, name) == {"1": "Production", "2": "None"}

    def test_the_size(self, store: Store, served: ArtifactStore, name: str, run_id: str) -> None:
        version, folder = self._stored(store, served, name, run_id)
        size = sum(
            served.stat(f"{folder}/{file}").file_size or 0 for file in ("MLmodel", "weights.bin")
        )
        set_gate(store, name, "size_limit", most_bytes=size - 1)
        refused = f"expected at most {size - 1} bytes, got {size} bytes"
        with pytest.raises(InvalidParameter, match=refused):
            move(store, name, version, "Production")
        set_gate(store, name, "size_limit", most_bytes=size)
        move(store, name, version, "Production")

    def test_the_digests(self, store: Store, served: ArtifactStore, name: str, run_id: str) -> None:
        set_gate(store, name, "digests_intact")
        intact, _ = self._stored(store, served, name, run_id)
        move(store, name, intact, "Production")
        changed, folder = self._stored(store, served, name, run_id)
        served.write(f"{folder}/weights.bin", [b"others"])
        refused = "the file 'weights.bin' is not the one that was saved"
        with pytest.raises(InvalidParameter, match=refused):
            move(store, name, changed, "Production")
        lacking, folder = self._stored(store, served, name, run_id)
        served.delete(f"{folder}/weights.bin")
        assert check(store, name, lacking).findings[0].got == "the file 'weights.bin' is missing"
        added, folder = self._stored(store, served, name, run_id)
        served.write(f"{folder}/code/evil.py", [b"x"])
        got = check(store, name, added).findings[0].got
        assert got == "the file 'code/evil.py' was not saved with the model"

    def test_files_that_cannot_be_read_are_a_fault(self, store: Store, name: str) -> None:
        new_version(store, name)
        request = mv.CreateModelVersion(name, "hdfs://elsewhere.invalid/model")
        store.model_versions.create(request).result()
        set_gate(store, name, "digests_intact")
        with pytest.raises(
            InvalidParameter, match="expected all files as recorded in MLmodel, got"
        ):
            move(store, name, "2", "Production")
        assert not check(store, name, "2").passed

    def test_the_signature(
        self, store: Store, served: ArtifactStore, name: str, run_id: str
    ) -> None:
        gate: dict[str, object] = {"stages": ["Production"], "aliases": ["champion"]}
        set_gate(store, name, "signature_compatible", **gate)
        present = {"inputs": columns(a="float"), "outputs": columns(y="double")}
        first, _ = self._stored(store, served, name, run_id, present)
        move(store, name, first, "Production")
        wider = {"inputs": columns(a="double"), "outputs": columns(y="double", z="long")}
        fits, _ = self._stored(store, served, name, run_id, wider)
        narrow = {"inputs": columns(a="integer", b="long"), "outputs": columns(z="long")}
        misfit, _ = self._stored(store, served, name, run_id, narrow)
        with pytest.raises(InvalidParameter) as caught:
            move(store, name, misfit, "Production", archive=True)
        (finding,) = caught.value.json_kwargs["findings"]
        assert finding["expected"] == "a signature compatible with that of version 1"
        assert finding["got"] == (
            "the input 'a' is integer and does not take all of float; it requires the new input "
            "'b'; it does not give the output 'y' any more"
        )
        move(store, name, fits, "Production", archive=True)

    def test_all_failing_rules_at_once_and_without_a_move(
        self, store: Store, served: ArtifactStore, name: str, run_id: str
    ) -> None:
        version, _ = self._stored(store, served, name, run_id)
        gates = [
            g.Gate("big", "size_limit", ["Production"], most_bytes=1),
            g.Gate("known", "digests_intact", ["Production"]),
            g.Gate("only staging", "size_limit", ["Staging"], most_bytes=1),
            g.Gate("right", "metric_threshold", ["Production"], [], "acc", ">", 0.0),
        ]
        for gate in gates:
            store.gates.set(g.SetGate(name, gate)).result()
        before = history(store, name)
        found = check(store, name, version, "production")
        assert not found.passed
        assert {each.gate: each.passed for each in found.findings} == {
            "big": False,
            "known": True,
            "right": False,
        }
        with pytest.raises(MillstreamError) as caught:
            move(store, name, version, "Production")
        assert [each["gate"] for each in caught.value.json_kwargs["findings"]] == ["big", "right"]
        assert caught.value.status == 400
        assert history(store, name) == before
        alias = store.gates.check(g.CheckGates(name, version, alias="free"))
        assert alias == g.GateFindings(True)
        with pytest.raises(InvalidParameter, match="exactly one of 'stage' and 'alias'"):
            store.gates.check(g.CheckGates(name, version))
