"""Which runs match: conditions on runs in which each clause is a set of runs.

A search that follows an order may look each clause up for each run that it visits, since it ends
when the page is full. The table counts all matches, so that every clause is read from its index
once, as a set, and runs are looked up in it.
"""

from __future__ import annotations

from collections.abc import Sequence

from millstream.entities.run_tables import ColumnValue, GetRunGroups, GetRunTable
from millstream.query.parser import parse
from millstream.query.tree import Comparison
from millstream.query.vocabulary import RUNS
from millstream.store.sql.dialect import DialectName
from millstream.store.sql.locations import ArtifactRoot
from millstream.store.sql.reader import Reader
from millstream.store.sql.search.compile import condition, exists
from millstream.store.sql.search.fragment import (
    FALSE,
    TRUE,
    Sql,
    all_of,
    any_of,
    joined,
    listed,
    negated,
    select,
)
from millstream.store.sql.search.limits import searched_experiments, stages_of
from millstream.store.sql.search.run_fields import TABLES, RunFields
from millstream.store.sql.table.attributes import attribute, tag_of
from millstream.store.sql.table.bounds import MOST_MEMBERS, check
from millstream.store.sql.table.cycles import has_parent, is_long, runs_on_cycles
from millstream.store.sql.table.sets import among, among_few, run_meets
from millstream.store.sql.values import HEAD_LENGTH, stored

PARENT = "mlflow.parentRunId"
_NO_EXPERIMENT = -1
_RUNS = Sql("runs AS r")
_TAGS = Sql("tags AS x")


class Matches:
    """The runs of experiments in some stages that meet a filter and have all of some values."""

    def __init__(
        self, reader: Reader, root: ArtifactRoot, request: GetRunTable | GetRunGroups
    ) -> None:
        check("number of values in within", len(request.within), 0, MOST_MEMBERS)
        self.reader = reader
        self.dialect: DialectName = reader.dialect.name
        within = searched_experiments(reader, request.experiment_ids)
        self.experiments = within or [_NO_EXPERIMENT]
        self.stages = stages_of(request.run_view_type)
        self.fields = _SetFields(reader, root, self.experiments)
        found = condition(parse(request.filter, RUNS), self.fields.leaf)
        self.conditions = [] if found == TRUE else [found]
        self.conditions += [self._has(value) for value in request.within]
        self.on_cycles: list[int] = []
        self._looked_up: Sql | None = None

    def keep_roots(self) -> None:
        """Keep those whose parent is not among them, and those on cycles."""
        key_id = self.reader.key_id(PARENT)
        if key_id is None:
            return
        nested = self.of_key(key_id)
        self.on_cycles = runs_on_cycles(self.reader, key_id, nested, self.where())
        on_cycle = self.is_on_cycle("r.run_key")
        within = among_few(self.dialect, "x.head", self._parents(nested))
        children = self.fields.among("tags", [nested, within])
        if not self.conditions and self.dialect == "sqlite":
            parent = all_of([Sql("r.run_id = x.value"), self.where()])
            has_parent = joined("", [Sql("EXISTS ("), select(Sql("1"), _RUNS, parent), Sql(")")])
            own = all_of([Sql("x.run_key = r.run_key"), nested, has_parent])
            child = joined("", [Sql("(NOT EXISTS ("), select(Sql("1"), _TAGS, own), Sql("))")])
            self._looked_up = all_of([self.where(), any_of([child, *on_cycle])])
        long_named = self.fields.among("tags", [nested, *self._has_long_parent()])
        is_root = all_of([negated(children), negated(long_named)])
        self.conditions.append(any_of([is_root, *on_cycle]))

    def is_on_cycle(self, column: str) -> list[Sql]:
        """The condition that the run whose key is in a column is on a cycle; none without any."""
        if not self.on_cycles:
            return []
        return [joined(" IN ", [Sql(column), listed(self.on_cycles)])]

    def _has_long_parent(self) -> list[Sql]:
        """Whether a row `x` names a parent by an id that is longer than what the index holds.

        Such rows are hardly ever there, so the index tells them by the length of what it holds,
        and only for them the whole id is looked up.
        """
        is_match = run_meets(self.dialect, "run_id", "y.value", self.where())
        own = [Sql("y.run_key = x.run_key"), Sql("y.key_id = x.key_id"), is_match]
        return [is_long(self.dialect), exists("tags AS y", own, self.dialect)]

    def _parents(self, nested: Sql) -> Sql:
        """The ids of matches that are named as parents, each looked up by its id."""
        named = select(Sql("DISTINCT x.head"), _TAGS, nested)
        heads = joined("", [Sql("("), named, Sql(") AS d")])
        if self.dialect != "postgresql":
            source = joined(" ", [heads, Sql("JOIN runs AS r ON r.run_id = d.head")])
            return select(Sql("d.head"), source, self.where())
        is_match = run_meets(self.dialect, "run_id", "d.head", self.where())
        return select(Sql("d.head"), heads, is_match)

    def keep_children(self, parent_run_id: str) -> None:
        """Keep those whose parent is this run, unless both are on a cycle."""
        key_id = self.reader.key_id(PARENT)
        if key_id is None:
            self.conditions.append(FALSE)
            return
        nested = self.of_key(key_id)
        if has_parent(self.reader, key_id, parent_run_id):
            self.on_cycles = runs_on_cycles(self.reader, key_id, nested, self.where())
        self.conditions.append(self.fields.among("tags", [nested, _text("x", parent_run_id)]))
        self.conditions += map(negated, self.is_on_cycle("r.run_key"))

    def where(self) -> Sql:
        """The condition on the row `r` of runs."""
        within = joined(" IN ", [Sql("r.experiment_key"), listed(self.experiments)])
        staged = joined(" IN ", [Sql("r.lifecycle_stage"), listed(self.stages)])
        return all_of([within, staged, *self.conditions])

    def where_visited(self) -> Sql:
        """The same, for rows that are visited in some order until a page is full.

        Most parents are among the first that are visited, so that looking for the parent of each
        run costs less there than the set of all children.
        """
        return self._looked_up or self.where()

    def of_key(self, key_id: int) -> Sql:
        """The condition on a row `x` that it is about a key and of the experiments."""
        within = joined(" IN ", [Sql("x.experiment_key"), listed(self.experiments)])
        return all_of([within, Sql("x.key_id = ?", (key_id,))])

    def _has(self, value: ColumnValue) -> Sql:
        value = tag_of(value)
        if value.kind == "attribute":
            return _attribute_is(value)
        key_id = self.reader.key_id(value.key)
        absent = value.text is None and value.number is None
        if key_id is None:
            return TRUE if absent else FALSE
        own = self.of_key(key_id)
        column = "value" if value.aggregate == "last" else f"{value.aggregate}_value"
        if absent:
            present = [] if column == "value" else [Sql(f"x.{column} IS NOT NULL")]
            return negated(self.fields.among(TABLES[value.kind], [own, *present]))
        if value.kind != "metric":
            text = value.text if value.text is not None else str(value.number)
            return self.fields.among(TABLES[value.kind], [own, _text("x", text)])
        if value.number is None:
            return FALSE
        number, special = stored(value.number)
        equal = Sql(f"x.{column} = ?", (number,))
        if column == "value":
            equal = all_of([equal, Sql("x.special = ?", (special,))])
        return self.fields.among("latest_metrics", [own, equal])


class _SetFields(RunFields):
    """Writes what is logged as sets of runs."""

    def __init__(self, reader: Reader, root: ArtifactRoot, experiments: Sequence[int]) -> None:
        super().__init__(reader, root)
        self._experiments = experiments

    def leaf(self, comparison: Comparison) -> Sql:
        """The condition of a comparison, never NULL."""
        field = comparison.field
        if field.entity in ("attribute", "dataset"):
            return super().leaf(comparison)
        key_id = self.reader.key_id(field.key)
        if key_id is None:
            return TRUE if comparison.operator == "IS NULL" else FALSE
        within = joined(" IN ", [Sql("x.experiment_key"), listed(self._experiments)])
        own = [within, Sql("x.key_id = ?", (key_id,)), *self.row_conditions(comparison)]
        found = self.among(TABLES[field.entity], own)
        return negated(found) if comparison.operator == "IS NULL" else found

    def among(self, table: str, conditions: Sequence[Sql]) -> Sql:
        """Whether the run `r` is among those of a table's rows `x` that meet all conditions."""
        source = Sql(f"{table} AS x")
        return among(self.dialect, "r.run_key", "x.run_key", source, all_of(conditions))


def _text(alias: str, text: str) -> Sql:
    """Whether a row has this text, looked for by its first characters."""
    head = Sql(f"{alias}.head = ?", (text[:HEAD_LENGTH],))
    if len(text) < HEAD_LENGTH:
        return head
    return all_of([head, Sql(f"{alias}.value = ?", (text,))])


def _attribute_is(value: ColumnValue) -> Sql:
    found = attribute(value.key)
    given = value.number if found.is_number else value.text
    if given is None:
        return Sql(f"({found.expression}) IS NULL")
    # A value beside NULL is no match; a condition has to be true or false.
    return Sql(f"COALESCE(({found.expression}) = ?, 1 = 0)", (given,))
