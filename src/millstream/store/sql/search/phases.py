"""An order of runs as phases that each follow an index.

Ordered by a metric, say: first the runs with a number, as its index has them; then those with NaN;
then those without the metric, in the order of the next key. A later phase is read only if the
earlier ones did not fill the page.
"""

from __future__ import annotations

from collections.abc import Sequence

from millstream.query.ordering import OrderKey
from millstream.store.sql.search.candidates import FEW
from millstream.store.sql.search.compile import exists
from millstream.store.sql.search.fragment import Param, Sql, joined, limited, listed, negated
from millstream.store.sql.search.paging import Phase, Term
from millstream.store.sql.search.run_fields import NO_KEY, TABLES, RunFields

_MOST_BRANCHES = 16
_MOST_PARAMS = 1_000
_FENCE = 2 * FEW  # more than there are, so that planners know how few there are
_KEY = "r.run_key"
_RUNS = Sql("runs AS r")
_LAST = Term(Sql("r.run_id"), "text")
_MISSING: dict[str, tuple[Param, ...]] = {
    "metric": (2, 0, 0),
    "param": (1, "", ""),
    "tag": (1, "", ""),
}
_PRESENT: dict[str, tuple[Param, ...]] = {"metric": (0,), "param": (0,), "tag": (0,)}
_NAN: tuple[Param, ...] = (1, 0, 2)


class Phases:
    """Lays out the phases of a search among experiments and stages under a condition.

    `merges` tells whether each experiment and stage is read on its own and merged, which an index
    that begins with them allows; there must not be too many of them for that.
    """

    def __init__(
        self,
        fields: RunFields,
        experiments: Sequence[int],
        stages: Sequence[str],
        condition: Sql,
    ) -> None:
        self.fields = fields
        self.stages = stages
        self.experiments = experiments
        self.condition = condition
        pairs = len(experiments) * len(stages)
        self.merges = pairs == 1 or (
            pairs <= _MOST_BRANCHES and len(condition.params) <= _MOST_PARAMS
        )
        self._follow = fields.reader.dialect.join_in_order

    def sorted(self, keys: Sequence[OrderKey], few: Sql | None) -> list[Phase]:
        """One phase that sorts all matches; `few` selects the keys to look at, if known."""
        return [self._sorted(keys, (), [], few)]

    def ordered(self, keys: Sequence[OrderKey]) -> list[Phase]:
        """The phases in which indexes give the order, as far as they can."""
        return self._phases(keys, (), [])

    def _phases(
        self, keys: Sequence[OrderKey], fixed: tuple[Param, ...], extra: list[Sql]
    ) -> list[Phase]:
        field = keys[0].field
        if field.key == "start_time" and field.entity == "attribute":
            return self._by_start(keys, fixed, extra)
        if field.entity == "attribute" or field.aspect != "value" or not self.merges:
            return [self._sorted(keys, fixed, extra, None)]
        return self._by_logged(keys, fixed, extra)

    def _sorted(
        self,
        keys: Sequence[OrderKey],
        fixed: tuple[Param, ...],
        extra: list[Sql],
        few: Sql | None,
    ) -> Phase:
        source = _RUNS
        if few is not None:
            text, params = few if self.fields.dialect == "sqlite" else limited(few, _FENCE)
            source = Sql(f"({text}) AS f {self._follow} runs AS r ON r.run_key = f.run_key", params)
        joins, terms = self._rest(keys)
        within = joined(" IN ", [Sql("r.experiment_key"), listed(self.experiments)])
        staged = joined(" IN ", [Sql("r.lifecycle_stage"), listed(self.stages)])
        conditions = (within, staged, *extra, self.condition)
        return Phase(_KEY, fixed, terms, ((joined(" ", [source, *joins]), conditions),))

    def _by_start(
        self, keys: Sequence[OrderKey], fixed: tuple[Param, ...], extra: list[Sql]
    ) -> list[Phase]:
        joins, rest = self._rest(keys[1:])
        source = joined(" ", [_RUNS, *joins])
        start = Term(Sql("r.start_time"), "whole", keys[0].ascending)
        phases = []
        for presence, known, terms in (
            ("IS NOT NULL", (0,), (start, *rest)),
            ("IS NULL", (1, 0), rest),
        ):
            given = Sql(f"r.start_time {presence}")
            branches = tuple(
                (source, (*homes, given, *extra, self.condition)) for homes in self._homes()
            )
            phases.append(Phase(_KEY, (*fixed, *known), terms, branches))
        return phases

    def _by_logged(
        self, keys: Sequence[OrderKey], fixed: tuple[Param, ...], extra: list[Sql]
    ) -> list[Phase]:
        """By the value of a metric, param or tag, from the index of these values."""
        entity = keys[0].field.entity
        alias = f"k{len(keys)}"
        known = self.fields.reader.key_id(keys[0].field.key)
        key_id = NO_KEY if known is None else known
        phases = [self._present(keys, fixed, extra, (alias, key_id))]
        if entity == "metric":
            phases.append(self._not_a_number(keys, fixed, extra, (alias, key_id)))
        own = [Sql("x.run_key = r.run_key"), Sql("x.key_id = ?", (key_id,))]
        without = negated(exists(f"{TABLES[entity]} AS x", own, self.fields.dialect))
        return phases + self._phases(keys[1:], (*fixed, *_MISSING[entity]), [*extra, without])

    def _present(
        self,
        keys: Sequence[OrderKey],
        fixed: tuple[Param, ...],
        extra: list[Sql],
        source: tuple[str, int],
    ) -> Phase:
        alias = source[0]
        entity, ascending = keys[0].field.entity, keys[0].ascending
        if entity == "metric":
            own = (
                Term(Sql(f"{alias}.value"), "number", ascending),
                Term(Sql(f"{alias}.special"), "whole", ascending),
            )
            given = [Sql(f"{alias}.special < 2")]
        else:
            own = (
                Term(Sql(f"{alias}.head"), "text", ascending),
                Term(Sql(f"{alias}.value"), "text", ascending),
            )
            given = []
        joins, rest = self._rest(keys[1:])
        branches = self._logged(entity, source, joins, [*given, *extra])
        return Phase(_KEY, (*fixed, *_PRESENT[entity]), (*own, *rest), branches)

    def _not_a_number(
        self,
        keys: Sequence[OrderKey],
        fixed: tuple[Param, ...],
        extra: list[Sql],
        source: tuple[str, int],
    ) -> Phase:
        joins, rest = self._rest(keys[1:])
        given = Sql(f"{source[0]}.value = 0 AND {source[0]}.special = 2")
        branches = self._logged("metric", source, joins, [given, *extra])
        return Phase(_KEY, (*fixed, *_NAN), rest, branches)

    def _logged(
        self, entity: str, source: tuple[str, int], joins: list[Sql], conditions: list[Sql]
    ) -> tuple[tuple[Sql, tuple[Sql, ...]], ...]:
        alias, key_id = source
        first = Sql(
            f"{TABLES[entity]} AS {alias} {self._follow} runs AS r ON r.run_key = {alias}.run_key"
        )
        follow = joined(" ", [first, *joins])
        return tuple(
            (
                follow,
                (
                    Sql(f"{alias}.experiment_key = ?", (experiment,)),
                    Sql(f"{alias}.key_id = ?", (key_id,)),
                    Sql("r.lifecycle_stage = ?", (stage,)),
                    *conditions,
                    self.condition,
                ),
            )
            for experiment in self.experiments
            for stage in self.stages
        )

    def _rest(self, keys: Sequence[OrderKey]) -> tuple[list[Sql], tuple[Term, ...]]:
        joins: list[Sql] = []
        terms: list[Term] = []
        for number, key in enumerate(keys):
            join, own = self.fields.terms(key, f"k{len(keys) - number}")
            if join is not None:
                joins.append(join)
            terms += own
        if all(term.sql != _LAST.sql for term in terms):
            terms.append(_LAST)
        return joins, tuple(terms)

    def _homes(self) -> list[tuple[Sql, ...]]:
        """Where runs lie: one experiment and stage each, or all experiments of a stage."""
        if self.merges:
            return [
                (
                    Sql("r.experiment_key = ?", (experiment,)),
                    Sql("r.lifecycle_stage = ?", (stage,)),
                )
                for experiment in self.experiments
                for stage in self.stages
            ]
        aside = "+" if self.fields.dialect == "sqlite" else ""
        within = joined(" IN ", [Sql(f"{aside}r.experiment_key"), listed(self.experiments)])
        return [(within, Sql("r.lifecycle_stage = ?", (stage,))) for stage in self.stages]
