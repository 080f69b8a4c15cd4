"""Comparisons with tags of registered models and of their versions."""

from __future__ import annotations

from millstream.query.tree import Comparison
from millstream.store.sql.dialect import DialectName
from millstream.store.sql.search import comparisons
from millstream.store.sql.search.compile import exists
from millstream.store.sql.search.fragment import Sql, negated

_IS_PROMPT = "mlflow.prompt.is_prompt"


def tag_condition(table: str, joined: str, comparison: Comparison, dialect: DialectName) -> Sql:
    """Whether a row has a tag that compares so; `table` is the tags' as `t`, `joined` binds it.

    As everywhere, a tag that is absent compares with nothing, with one exception: MLflow's client
    adds to its searches that the tag of prompts is not 'true', and means what has no such tag.
    """
    field, operator, value = comparison.field, comparison.operator, comparison.value
    absent_matches = operator == "IS NULL"
    if field.key == _IS_PROMPT and operator == "!=":
        absent_matches, operator = True, "="
    own = [Sql(joined), Sql('t."key" = ?', (field.key,))]
    if value is not None:
        own.append(comparisons.text(Sql("t.value"), operator, value, dialect))
    found = exists(f"{table} AS t", own, dialect)
    return negated(found) if absent_matches else found
