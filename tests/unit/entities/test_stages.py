"""Which moves a policy allows, and what it protects."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from millstream.entities import stages as st
from millstream.errors import InvalidParameter

NAMES = ("Dev", "QA", "Shadow", "Live")
ALL = ("None", *NAMES, "Archived")


@some.composite
def policies(draw: some.DrawFn) -> st.StagePolicy:
    """A policy of some of the stages, in any order, with any moves between them."""
    names = draw(some.lists(some.sampled_from(ALL), unique=True))
    known = [*{*names, "None", "Archived"}]
    stages = [
        st.Stage(
            name,
            protected=name != "None" and draw(some.booleans()),
            next_stages=draw(some.none() | some.lists(some.sampled_from(known).map(draw(cases)))),
        )
        for name in names
    ]
    return st.checked_policy(st.SetStagePolicy(stages))


cases = some.sampled_from([str.upper, str.lower, str.swapcase, str.title])


@given(policies())
def test_a_policy_begins_with_none_and_ends_with_archived(policy: st.StagePolicy) -> None:
    names = policy.names
    assert (names[0], names[-1]) == ("None", "Archived")
    assert len(set(names)) == len(names)
    assert st.checked_policy(st.SetStagePolicy(policy.stages)) == policy


@given(policies(), some.sampled_from(ALL))
def test_moves_lead_to_other_stages_of_the_policy(policy: st.StagePolicy, name: str) -> None:
    allowed = policy.allowed_from(name)
    assert name not in allowed
    assert set(allowed) <= set(policy.names)
    assert sorted(allowed, key=policy.names.index) == allowed
    stage = next((each for each in policy.stages if each.name == name), None)
    if stage is None or stage.next_stages is None:
        assert set(allowed) == set(policy.names) - {name}
    else:
        assert set(allowed) == set(stage.next_stages) - {name}


@given(policies(), some.sampled_from(ALL), cases)
def test_an_alias_is_as_protected_as_the_stage_of_its_name(
    policy: st.StagePolicy, name: str, case: object
) -> None:
    assert callable(case)
    protected = policy.protection(name) is not None
    assert (policy.alias_protection(case(name)) is not None) == protected


def test_listed_aliases_are_protected_in_any_case() -> None:
    policy = st.checked_policy(st.SetStagePolicy([], ["Golden", "Golden"]))
    assert policy.protected_aliases == ["Golden"]
    found = policy.alias_protection("gOLDEN")
    assert found is not None
    assert not found.self_approval
    assert policy.alias_protection("golden2") is None


def test_a_stage_is_found_in_any_case_or_named_with_all_others() -> None:
    policy = st.default_policy()
    assert policy.stage("PRODUCTION").name == "Production"
    with pytest.raises(InvalidParameter, match="None, Staging, Production, Archived"):
        policy.stage("QA")
