"""Filters become trees, or errors that point at the place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.errors import InvalidParameter
from millstream.query.parser import parse
from millstream.query.refusal import InvalidQuery
from millstream.query.tree import EVERYTHING, And, Comparison, Node, Not, Or
from millstream.query.vocabulary import (
    EXPERIMENTS,
    LOGGED_MODELS,
    MODEL_VERSIONS,
    REGISTERED_MODELS,
    RUNS,
    Vocabulary,
)

NOW = 1_000_000_000_000
ALL = [RUNS, EXPERIMENTS, REGISTERED_MODELS, MODEL_VERSIONS, LOGGED_MODELS]


def drawn(node: Node) -> str:
    """A tree as text with all parentheses."""
    if isinstance(node, Comparison):
        field = node.field
        aspect = "" if field.aspect == "value" else f".{field.aspect}"
        return f"{field.entity}.{field.key}{aspect} {node.operator} {node.value!r}"
    if isinstance(node, Not):
        return f"not {drawn(node.item)}"
    word = " or " if isinstance(node, Or) else " and "
    return f"({word.join(drawn(item) for item in node.items)})"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("params.a = 'x'", "param.a = 'x'"),
        ("params.a = '1' and params.b = '2'", "(param.a = '1' and param.b = '2')"),
        (
            "status = 'a' OR status = 'b' AND status = 'c'",
            "(attribute.status = 'a' or (attribute.status = 'b' and attribute.status = 'c'))",
        ),
        (
            "(status = 'a' OR status = 'b') AND NOT status = 'c'",
            "((attribute.status = 'a' or attribute.status = 'b') and not attribute.status = 'c')",
        ),
        ("NOT NOT tags.t IS NULL", "not not tag.t IS NULL None"),
        ("AND AND tags.t is not null AND", "tag.t IS NOT NULL None"),
        (
            "metrics.a BETWEEN -1 AND 2.5 AND status = 'x'",
            "(metric.a BETWEEN (-1, 2.5) and attribute.status = 'x')",
        ),
        ("params.lr > 0.01", "param.lr > 0.01"),
        ("params.lr NOT BETWEEN 1 AND 2", "param.lr NOT BETWEEN (1, 2)"),
        ("params.lr IN ('a', \"b\",)", "param.lr IN ('a', 'b')"),
        ("status nOt   LiKe 'x'", "attribute.status NOT LIKE 'x'"),
        ("params.m rlike '^a|b$'", "param.m RLIKE '^a|b$'"),
        ("start_time > ago(7d)", f"attribute.start_time > {NOW - 604_800_000}"),
        ("created <= AGO( 1.5h )", f"attribute.start_time <= {NOW - 5_400_000}"),
        ("metrics.loss.min < 1", "metric.loss.min < 1"),
        ("metrics.loss.last < 1", "metric.loss < 1"),
        ("metrics.val.loss.max_step < 1", "metric.val.loss.max_step < 1"),
        ("metrics.loss.best_step < 1", "metric.loss.min_step < 1"),
        ("metrics.val_acc.best_step < 1", "metric.val_acc.max_step < 1"),
        ('metrics."loss.min" < 1', "metric.loss.min < 1"),
        ("metrics.min < 1", "metric.min < 1"),
        ("`metrics.a` < 1", "metric.a < 1"),
        ("params.lr. = 'x'", "param.lr. = 'x'"),
        ("params.lr = 'it''s'", "param.lr = \"it''s\""),
        ("run.Created > 99999999999999999999", "attribute.start_time > 1e+20"),
        ("`Run Name` = 'C:\\'", "attribute.run_name = 'C:\\\\'"),
    ],
)
def test_trees(text: str, tree: str) -> None:
    assert drawn(parse(text, RUNS, NOW)) == tree


def test_a_quoted_key_is_literal() -> None:
    summary, literal = (
        parse(text, RUNS) for text in ("metrics.loss.min < 1", "metrics.'loss.min' < 1")
    )
    assert isinstance(summary, Comparison)
    assert isinstance(literal, Comparison)
    assert (summary.field.key, summary.field.aspect) == ("loss", "min")
    assert (literal.field.key, literal.field.aspect) == ("loss.min", "value")


@pytest.mark.parametrize("text", ["", "  \n", None, "AND", " and AND "])
def test_nothing_matches_everything(text: str | None) -> None:
    assert parse(text, RUNS) == EVERYTHING == And(())


@pytest.mark.parametrize(
    ("text", "position", "part"),
    [
        ("status = 'a' AND foo = 'x'", 17, "Invalid attribute key 'foo' specified"),
        ("metrics.acc > 'x'", 14, "Expected numeric value type for metric. Found 'x'"),
        ("metrics.acc > 1 2", 16, "filter string: '2'"),
        ("metrics.a > 1 metrics.b > 1", 14, "AND or OR is missing"),
        ("params.a > 'x'", 9, "write the value without quotes"),
        ("params.a BETWEEN 1 AND 'x'", 9, "Invalid comparator 'BETWEEN'"),
        ("metrics.a-b > 1", 0, "Expected 'Identifier' found 'metrics.a-b' (at position 0: put"),
        ("metrics.a > ago(1d)", 12, "only times compare with it"),
        ("start_time > ago(7y)", 13, "Expected ago(<number><unit>)"),
        ("start_time > ago(", 13, "Expected ago(<number><unit>)"),
        ("run_id IN ('a' 'b')", 15, "ill-formed list"),
        ("run_id IN ('a', 5)", 16, "but got different type in list: ('a', 5)"),
        ("params.a = 'x", 11, "this quote is never closed"),
        ("(params.a = 'x'", 0, "this parenthesis is never closed"),
        ("params.a = 'x')", 14, "')'"),
        ("()", 1, "'()'"),
        ("NOT", 3, "'NOT'"),
        ("status = 'x' OR", 15, "'OR'"),
        ("OR status = 'x'", 0, "'OR'"),
        ("params.a RLIKE 'x(y'", 17, "Invalid regular expression 'x(y'"),
        ("params.a LIKE '" + "x" * 5_000 + "'", 14, "the limit is 4096"),
        ("run_id IN (" + ",".join(["''"] * 10_001) + ")", 10, "at most 10000"),
        ("(" * 65 + "status = 'x'" + ")" * 65, 64, "nested more than 64 levels"),
        ("NOT " * 65 + "status = 'x'", 256, "nested more than 64 levels"),
        (" OR ".join(["status = 'x'"] * 201), 3200, "more than 200 comparisons"),
    ],
)
def test_errors_point_at_the_place(text: str, position: int, part: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse(text, RUNS)
    assert part in caught.value.message
    assert caught.value.position == position
    assert f"(at position {position}" in caught.value.message
    assert caught.value.to_wire()["position"] == position


@pytest.mark.parametrize(
    ("text", "position", "missing"),
    [
        ("metrics.loss", 12, "an operator"),
        ("metrics.loss AND status = 'x'", 12, "an operator"),
        ("(metrics.loss ) OR status = 'x'", 13, "an operator"),
        ("metrics.loss <  ", 14, "a value"),
        ("metrics.loss < OR status = 'x'", 14, "a value"),
        ("status = 'x' and params.a NOT", 29, "LIKE, ILIKE, RLIKE, IN or BETWEEN"),
        ("tags.t IS", 9, "NULL or NOT NULL"),
        ("tags.t IS NOT", 13, "NULL"),
        ("metrics.a BETWEEN", 17, "a value"),
        ("metrics.a BETWEEN 1", 19, "AND with a second value"),
        ("metrics.a BETWEEN 1 AND", 23, "the second value"),
        ("params.a IN", 11, "a list"),
        ("status = 'x' OR", 15, "a comparison"),
        ("NOT", 3, "a comparison"),
        ("(status = 'x' OR )", 16, "a comparison"),
        ("()", 1, "a comparison"),
    ],
)
def test_errors_tell_what_is_missing(text: str, position: int, missing: str) -> None:
    for vocabulary in (RUNS, LOGGED_MODELS):
        with pytest.raises(InvalidQuery) as caught:
            parse(text, vocabulary)
        told = caught.value.to_wire()
        assert told["position"] == position
        assert str(told["hint"]).startswith(f"{missing} is missing here")
        assert caught.value.message.endswith(f"(at position {position}: {told['hint']})")


@pytest.mark.parametrize(
    ("text", "position", "hint"),
    [
        ("= 5", 0, "a name is missing before it, such as metrics.loss"),
        ("status = 'x' AND LIKE 'a'", 17, "a name is missing before it, such as metrics.loss"),
        ("OR status = 'x'", 0, "a comparison is missing before it"),
        ("params.a IN 'x'", 12, "a list stands in parentheses, such as ('a', 'b')"),
        ("params.a IN ('x'", 12, "this parenthesis is never closed: ) is missing at the end"),
        ("(params.a = 'x'", 0, "this parenthesis is never closed: ) is missing at the end"),
        ("params.a = 'x')", 14, "this parenthesis closes none"),
        ("metrics", 7, "a dot and a key are missing here, such as metrics.loss"),
        ("metrics. ", 8, "a key is missing here, such as metrics.loss"),
        ("attributes.", 11, "a key is missing here, such as attributes.status"),
        ("metrics.loss over 3", 13, "an operator is expected here, such as =, < or LIKE"),
        ("params.a NOT 3", 13, "LIKE, ILIKE, RLIKE, IN or BETWEEN is expected here"),
        ("status IS NOT nul", 14, "NULL is expected here"),
        (
            "loss < 1",
            0,
            "write metrics.loss, params.loss or tags.loss for what was logged; attributes are"
            " run_id, run_name, status, user_id, artifact_uri, start_time, end_time",
        ),
        (
            "attributes.statuz = 'x'",
            0,
            "attributes are run_id, run_name, status, user_id, artifact_uri, start_time, end_time",
        ),
        ("logged.loss < 1", 0, "names begin with attributes., metrics., params. or tags."),
        ("datasets.size = '1'", 0, "of datasets name, digest, context are known"),
        (
            "metrics.val/loss < 1",
            0,
            "put a key that has such signs into quotes: metrics.`val/loss`",
        ),
        ("a-b = 'x'", 0, "put a key that has such signs into quotes"),
        ("params.a = tree", 11, "text stands in quotes: 'tree'"),
        ("tags.a = 5", 9, "text stands in quotes: '5'"),
        ("params.a = " + "x" * 41, 11, "text stands in quotes"),
        ("tags.a = ('x')", 9, "one text in quotes is expected here"),
        ("params.a IN ('x', 5)", 18, "text stands in quotes: '5'"),
        (
            "params.a IN ()",
            12,
            "a list holds texts in quotes with commas between them, such as ('a', 'b')",
        ),
        ("metrics.a < fast", 12, "a number is expected here, such as 0.5"),
        (
            "start_time > 'monday'",
            13,
            "a time is expected here, such as ago(7d) or milliseconds since 1970",
        ),
        (
            "metrics.a LIKE 3",
            10,
            "here =, !=, >, >=, <, <=, BETWEEN, NOT BETWEEN, IS NULL or IS NOT NULL is expected",
        ),
    ],
)
def test_errors_tell_what_would_be_right(text: str, position: int, hint: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse(text, RUNS)
    assert caught.value.position == position
    assert caught.value.to_wire()["hint"] == hint


def test_each_search_hints_at_its_own_names() -> None:
    for vocabulary, hint in (
        (EXPERIMENTS, "write tags.team for what was logged; attributes are name, experiment_id,"),
        (LOGGED_MODELS, "write metrics.team, params.team or tags.team for what was logged;"),
    ):
        with pytest.raises(InvalidQuery) as caught:
            parse("team = 'red'", vocabulary)
        assert str(caught.value.to_wire()["hint"]).startswith(hint)


@pytest.mark.parametrize(
    "text", ["status = 'x'", "metrics.a BETWEEN 1 AND 2", "tags.a IS NOT NULL"]
)
def test_every_beginning_is_complete_or_says_where_it_is_not(text: str) -> None:
    positions = []
    for end in range(1, len(text)):
        try:
            parse(text[:end], RUNS)
        except InvalidQuery as error:
            positions.append((error.position, end))
    assert len(positions) > 5
    assert all(0 <= position <= end for position, end in positions)


def test_as_many_levels_and_comparisons_as_allowed() -> None:
    parse("(" * 64 + "status = 'x'" + ")" * 64, RUNS)
    parse(" AND ".join(["status = 'x'"] * 200), RUNS)


@pytest.mark.parametrize(
    ("text", "value"),
    [("name = alpha", "alpha"), ("name = 5", "5"), ('name = "a"', "a"), ("params.lr = 0.1", 0.1)],
)
def test_logged_models_take_values_without_quotes(text: str, value: object) -> None:
    tree = parse(text, LOGGED_MODELS)
    assert isinstance(tree, Comparison)
    assert tree.value == value


def test_logged_models_take_signs_in_keys() -> None:
    tree = parse("metrics.val-loss.min > 1", LOGGED_MODELS)
    assert isinstance(tree, Comparison)
    assert (tree.field.key, tree.field.aspect) == ("val-loss.min", "value")


def test_version_numbers_may_be_quoted() -> None:
    tree = parse("version_number = '12'", MODEL_VERSIONS)
    assert isinstance(tree, Comparison)
    assert tree.value == 12


WORDS = ["AND", "OR", "NOT", "(", ")", "IN", "LIKE", "IS", "NULL", "BETWEEN", "ago(", "1", "'x'"]
WORDS += ["metrics.a", "params.`b c`", "status", "=", "!=", ">", ",", ";", "--", "/*", "a-b", "."]
WORDS += ["7d", "`", '"', "'"]
words = st.sampled_from(WORDS)
PIECES = ["'", '"', "`", "/*", "--", "a.", "a.'", "(", "((", "-", "a-", "NOT ", "a=", "\\'", "1e"]


@given(
    st.one_of(st.text(max_size=40), st.lists(words, max_size=15).map(" ".join)),
    st.sampled_from(ALL),
)
def test_any_text_is_understood_or_refused(text: str, vocabulary: Vocabulary) -> None:
    refusal = None
    try:
        parse(text, vocabulary)
    except InvalidParameter as error:
        refusal = error
    assert refusal is None or 0 <= refusal.json_kwargs["position"] <= len(text)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("piece", PIECES)
def test_long_texts_are_read_in_linear_time(piece: str) -> None:
    """In quadratic time this would take minutes."""
    with pytest.raises(InvalidQuery):
        parse(piece * (60_000 // len(piece)), RUNS)
