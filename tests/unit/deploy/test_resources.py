"""Plans: what is there against what shall be, whatever a target adds of its own."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from millstream.deploy.resources import Resource, changes, part

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
BODIES = st.dictionaries(
    st.sampled_from("abcd"),
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xy"), inner),
        max_leaves=6,
    ),
    max_size=4,
)


def with_more(value: Any) -> Any:
    """The same with defaults that a target adds to every object in it."""
    if isinstance(value, dict):
        return {**{key: with_more(one) for key, one in value.items()}, "defaulted": 1}
    if isinstance(value, list):
        return [with_more(one) for one in value]
    return value


@given(BODIES)
def test_what_a_target_adds_is_no_difference(body: dict[str, Any]) -> None:
    there = Resource("Server", "churn", with_more(copy.deepcopy(body)))
    (change,) = changes([there], [Resource("Server", "churn", body)]).changes
    assert change.action == "keep"


@given(BODIES, BODIES)
def test_an_update_says_each_line_that_differs(one: dict[str, Any], other: dict[str, Any]) -> None:
    plan = changes([Resource("Server", "churn", one)], [Resource("Server", "churn", other)])
    (change,) = plan.changes
    assert (change.action == "keep") == (part(one, other) == other)
    if change.action == "update":
        assert any(line.strip()[:1] in "+-" for line in change.lines()[1:])


def test_things_are_made_in_order_and_go_the_other_way() -> None:
    things = [Resource(kind, "churn", {}) for kind in "ABC"]
    forth = changes([], things)
    assert [(one.action, one.resource.kind) for one in forth.changes] == [
        ("create", "A"),
        ("create", "B"),
        ("create", "C"),
    ]
    back = changes(things, [])
    assert [(one.action, one.resource.kind) for one in back.changes] == [
        ("delete", "C"),
        ("delete", "B"),
        ("delete", "A"),
    ]


def test_a_plan_reads_as_a_difference() -> None:
    present = [
        Resource("Server", "churn", {"image": "churn:1", "replicas": 2, "uid": "7"}),
        Resource("Ingress", "churn", {"host": "churn.example.com"}),
    ]
    wanted = [
        Resource("Account", "churn", {"name": "churn"}),
        Resource("Server", "churn", {"image": "churn:2", "replicas": 2}),
    ]
    assert changes(present, wanted).text().splitlines() == [
        "+ Account churn",
        "    @@ -0,0 +1 @@",
        "    +name: churn",
        "~ Server churn",
        "    @@ -1,2 +1,2 @@",
        "    -image: churn:1",
        "    +image: churn:2",
        "     replicas: 2",
        "- Ingress churn",
        "    @@ -1 +0,0 @@",
        "    -host: churn.example.com",
        "1 to create, 1 to update, 1 to delete, 0 unchanged",
    ]
