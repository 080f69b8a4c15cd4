"""The contract of stages: the policy of a store, and the moves it allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from millstream.entities import gates as g
from millstream.entities import model_versions as mv
from millstream.entities import registered_models as rm
from millstream.entities import registry_events as ev
from millstream.entities import stages as st
from millstream.errors import InvalidParameter
from millstream.store.interface import Store
from millstream.testing.fixtures import Contract
from millstream.testing.model_versions import move, stages
from millstream.testing.registered_models import new_registered_model, new_version


def get_policy(store: Store) -> st.StagePolicy:
    """The stages as they are now."""
    return store.stages.get_policy(st.GetStagePolicy())


def set_policy(
    store: Store, between: list[st.Stage], protected_aliases: list[str] | None = None
) -> st.StagePolicy:
    """Let these stages stand between None and Archived."""
    request = st.SetStagePolicy(between, protected_aliases or [], user_id="root", comment="test")
    return store.stages.set_policy(request).result()


class WithStages(Contract):
    """Tests of the stages, which all tests of a store share: each begins with MLflow's four."""

    @pytest.fixture(autouse=True)
    def default_stages(self, store: Store) -> Iterator[None]:
        """Empty all stages and restore the default ones, before and after each test."""
        _restore(store)
        yield
        _restore(store)


def at_once(calls: Sequence[Callable[[], object]]) -> list[InvalidParameter]:
    """Make all calls at the same time, and give the refusals."""

    def refusal(call: Callable[[], object]) -> InvalidParameter | None:
        try:
            call()
        except InvalidParameter as error:
            return error
        return None

    with ThreadPoolExecutor(len(calls)) as pool:
        return [error for error in pool.map(refusal, calls) if error is not None]


def _restore(store: Store) -> None:
    set_policy(store, [st.Stage(name) for name in get_policy(store).names])
    for version in store.model_versions.search(mv.SearchModelVersions()).model_versions:
        if version.current_stage not in (st.NO_STAGE, st.ARCHIVED):
            move(store, version.name, version.version, st.ARCHIVED)
    set_policy(store, [st.Stage(name) for name in st.DEFAULT_STAGES])
    assert get_policy(store) == st.default_policy()


class StagesContract(WithStages):
    """What every store promises about its stages."""

    def test_mlflows_stages_are_the_default(self, store: Store) -> None:
        policy = get_policy(store)
        assert policy.names == ["None", "Staging", "Production", "Archived"]
        assert policy == st.default_policy()

    def test_stages_of_ones_own(self, store: Store) -> None:
        name = new_registered_model(store)
        new_version(store, name)
        made = set_policy(
            store, [st.Stage("QA", next_stages=["live", "archived"]), st.Stage("Live")]
        )
        assert get_policy(store) == made
        assert made.names == ["None", "QA", "Live", "Archived"]
        assert made.stage("qa").next_stages == ["Live", "Archived"]
        move(store, name, "1", "qa")
        assert stages(store, name) == {"1": "QA"}
        known = "Value must be one of None, QA, Live, Archived"
        with pytest.raises(InvalidParameter, match=f"Invalid Model Version stage: None2. {known}"):
            move(store, name, "1", "None2")
        with pytest.raises(InvalidParameter, match=known):
            move(store, name, "1", "Production")
        latest = store.registered_models.get_latest_versions
        found = latest(rm.GetLatestVersions(name, ["QA"])).model_versions
        assert [version.version for version in found] == ["1"]
        with pytest.raises(InvalidParameter, match=known):
            latest(rm.GetLatestVersions(name, ["Production"]))
        state = store.registry_events.get_state(ev.GetRegistryState(name, stage="qa"))
        assert [version.current_stage for version in state.versions] == ["QA"]

    def test_a_move_that_is_not_allowed_names_those_that_are(self, store: Store) -> None:
        name = new_registered_model(store)
        new_version(store, name)
        set_policy(
            store,
            [
                st.Stage("None", next_stages=["Staging"]),
                st.Stage("Staging", next_stages=["Production"]),
                st.Stage("Production", next_stages=[]),
            ],
        )
        refused = r"may not go from 'None' to 'Production'. Allowed from 'None': Staging\."
        with pytest.raises(InvalidParameter, match=refused) as caught:
            move(store, name, "1", "Production")
        assert caught.value.json_kwargs == {"allowed_stages": ["Staging"]}
        assert stages(store, name) == {"1": "None"}
        for stage in ("Staging", "Production", "Production"):
            move(store, name, "1", stage)
        new_version(store, name, 2)
        move(store, name, "2", "Staging")
        nowhere = "version 1|Version 1 .* may not go from 'Production' to 'Archived'. Allowed from"
        with pytest.raises(InvalidParameter, match=nowhere):
            move(store, name, "2", "Production", archive=True)
        assert stages(store, name) == {"1": "Production", "2": "Staging"}

    def test_a_roll_back_may_go_where_no_move_leads(self, store: Store) -> None:
        name = new_registered_model(store)
        for number in (1, 2):
            new_version(store, name, number)
        move(store, name, "1", "Production")
        move(store, name, "2", "Production", archive=True)
        set_policy(store, [st.Stage("Staging"), st.Stage("Production", next_stages=["Archived"])])
        store.registry_events.roll_back(ev.RollBack(name, "Production")).result()
        assert stages(store, name) == {"1": "Production", "2": "None"}

    def test_gates_guard_a_stage_whatever_becomes_of_it(self, store: Store) -> None:
        name = new_registered_model(store)
        new_version(store, name)
        gate = g.Gate("good", "metric_threshold", ["Production"], [], "acc", ">", 0.0)
        store.gates.set(g.SetGate(name, gate)).result()
        set_policy(store, [st.Stage("Staging"), st.Stage("Live")])
        move(store, name, "1", "Live")
        set_policy(store, [st.Stage("PRODUCTION"), st.Stage("Live")])
        with pytest.raises(InvalidParameter, match="gate 'good'"):
            move(store, name, "1", "production")
        assert stages(store, name) == {"1": "Live"}

    def test_a_stage_that_holds_versions_stays(self, store: Store) -> None:
        name = new_registered_model(store)
        new_version(store, name)
        set_policy(store, [st.Stage("Staging"), st.Stage("Shadow"), st.Stage("Production")])
        move(store, name, "1", "Shadow")
        for left in (["Staging", "Production"], ["Staging", "Production", "shadow"]):
            with pytest.raises(InvalidParameter, match="'Shadow' cannot be left out: 1 version is"):
                set_policy(store, [st.Stage(each) for each in left])
        assert "Shadow" in get_policy(store).names
        move(store, name, "1", "Archived")
        set_policy(store, [st.Stage("Staging"), st.Stage("Production")])
        back = store.registry_events.roll_back(ev.RollBack(name, "Archived"))
        with pytest.raises(InvalidParameter, match="Invalid Model Version stage: Shadow"):
            back.result()

    def test_a_stage_goes_or_is_moved_into_but_not_both(self, store: Store) -> None:
        names = [new_registered_model(store) for _ in range(4)]
        for name in names:
            new_version(store, name)
        for _ in range(5):
            set_policy(store, [st.Stage("Staging"), st.Stage("Shadow"), st.Stage("Production")])
            refused = at_once(
                [lambda: set_policy(store, [st.Stage("Staging"), st.Stage("Production")])]
                + [partial(move, store, name, "1", "Shadow") for name in names]
            )
            moved = [name for name in names if stages(store, name) == {"1": "Shadow"}]
            kept = "Shadow" in get_policy(store).names
            assert kept == bool(moved)
            assert len(refused) == (1 if kept else len(names))
            for name in names:
                move(store, name, "1", st.ARCHIVED)

    def test_a_change_of_the_stages_is_in_the_history(self, store: Store) -> None:
        set_policy(store, [st.Stage("Staging"), st.Stage("Production", True)])
        search = ev.SearchRegistryEvents(kinds=["STAGES_CHANGED"], max_results=1)
        event = store.registry_events.search(search).events[0]
        assert (event.user_id, event.comment, event.name) == ("root", "test", "")
        assert '"protected":true' in (event.to_value or "")
        set_policy(store, [st.Stage("Staging"), st.Stage("Production", True)])
        assert store.registry_events.search(search).events[0] == event

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            (["a/b"], "Invalid name of a stage: 'a/b'"),
            (["7"], "it would mean a version"),
            (["Latest"], "it would mean a version"),
            (["QA", "qa"], "'qa' is given twice"),
            (["none"], "'none' is given twice"),
            (["x" * 65], "must have 1 to 64"),
            ([f"s{number}" for number in range(50)], "There may be 50 stages, not 52"),
        ],
    )
    def test_what_cannot_be_a_stage(self, store: Store, given: list[str], message: str) -> None:
        with pytest.raises(InvalidParameter, match=message):
            set_policy(store, [st.Stage(name) for name in given])

    def test_policies_that_make_no_sense(self, store: Store) -> None:
        with pytest.raises(InvalidParameter, match="'None' cannot be protected"):
            set_policy(store, [st.Stage("None", protected=True)])
        with pytest.raises(InvalidParameter, match="Invalid Model Version stage: Nowhere"):
            set_policy(store, [st.Stage("QA", next_stages=["Nowhere"])])
        with pytest.raises(InvalidParameter, match="'None' and 'Archived' may be given only once"):
            set_policy(store, [st.Stage("None"), st.Stage("None")])
        with pytest.raises(InvalidParameter, match="'latest' alias name"):
            set_policy(store, [], ["latest"])
